"""What an operator takes away from deploy/: checked by the tools of its trades, and rehearsed."""
