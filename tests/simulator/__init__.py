"""The exchange simulator: its books by an independent model, its faults over real sockets."""
