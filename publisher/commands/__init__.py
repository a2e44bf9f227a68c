"""The commands that publish, `run`, `demo` and `simulate`, and the one that clears up: `retire`."""
