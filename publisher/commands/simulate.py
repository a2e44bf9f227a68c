"""`pykraken simulate`: the exchange simulator, until told to stop."""

from __future__ import annotations

import argparse

from publisher.simulator import options
from publisher.simulator.main import run as serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the simulator's flags."""
    options.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve; return the exit code. Raises PykrakenError."""
    return serve(options.from_args(arguments))
