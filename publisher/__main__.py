"""`python -m publisher` is `pykraken`."""

from __future__ import annotations

import sys

from publisher.cli import main

if __name__ == "__main__":
    sys.exit(main())
