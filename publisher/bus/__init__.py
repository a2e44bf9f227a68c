"""Everything that speaks Redis: keys, scripts, ring, streams, lease, and the link to the server."""
