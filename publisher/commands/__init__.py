"""The commands that publish: `run`, `demo` and `simulate`."""
