"""One target under atheris: `python -m tests.fuzz.drive TARGET [libFuzzer's flags] FOLDER...`.

libFuzzer never returns, so each target has a process of its own; __main__.py starts them.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["publisher", "pykraken_consumer", "tests.fuzz"]):
    from tests.fuzz.targets import TARGETS, planted


def main() -> None:
    """Fuzz one target until its limits, or until something comes out of it."""
    name = sys.argv.pop(1)
    target = planted if name == "planted" else TARGETS[name][0]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


main()
