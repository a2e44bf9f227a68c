"""`python -m publisher.simulator`: the simulator without the rest of the command line."""

from __future__ import annotations

import argparse
import sys

from publisher.errors import PykrakenError
from publisher.simulator.main import run
from publisher.simulator.options import add_arguments, from_args

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m publisher.simulator")
    add_arguments(parser)
    try:
        sys.exit(run(from_args(parser.parse_args())))
    except PykrakenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
