"""The commands that read: `watch`, `tail` and `book`, each on top of pykraken_consumer."""
