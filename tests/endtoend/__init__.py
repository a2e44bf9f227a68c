"""Real processes from end to end: simulator, daemon, server, consumer."""
