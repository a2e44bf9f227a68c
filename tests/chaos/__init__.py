"""`make chaos`: real processes, real servers, and a fault every few seconds."""
