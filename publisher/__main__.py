"""`python -m publisher` is `pykraken`."""

from __future__ import annotations

from publisher.cli import program

if __name__ == "__main__":
    program()
