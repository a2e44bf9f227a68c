"""The commands of `pykraken`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from publisher import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    parser = argparse.ArgumentParser(prog="pykraken", description="Verified Kraken market data.")
    parser.add_argument("--version", action="version", version=f"pykraken {__version__}")
    parser.parse_args(arguments)
    return 0
