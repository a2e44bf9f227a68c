"""Real processes and real faults: books right, losses announced, nothing twice."""
