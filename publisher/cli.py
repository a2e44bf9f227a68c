"""The command line of `pykraken`: one command is chosen, loaded and run; its code ends the process.

Only the chosen command is imported, so that `--help` is quick and a command works without what the
others need. An error that pykraken raises on purpose is one line on stderr, never a traceback; any
other is our own fault, told with its traceback and exit code 70.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import NamedTuple, NoReturn, Protocol

from publisher import __version__
from publisher.dial import outcome
from publisher.errors import InternalError, PykrakenError

EXIT_STOPPED = 0
DESCRIPTION = "Verified Kraken market data on Redis Streams."
CODES = """\
exit codes: 0 stopped on request, 2 bad configuration, 3 refused by Redis or Kraken for good,
4 fenced by another feed, 70 internal error, 75 Kraken cannot be reached at the start"""


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Register the command's flags."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command; return the exit code. Raises PykrakenError."""


def _run() -> Command:
    from publisher.commands import run

    return run


def _demo() -> Command:
    from publisher.commands import demo

    return demo


def _simulate() -> Command:
    from publisher.commands import simulate

    return simulate


def _watch() -> Command:
    from publisher.views import watch

    return watch


def _tail() -> Command:
    from publisher.views import tail

    return tail


def _book() -> Command:
    from publisher.views import book

    return book


def _doctor() -> Command:
    from publisher import doctor

    return doctor


def _retire() -> Command:
    from publisher.commands import retire

    return retire


def _size() -> Command:
    from publisher.commands import size

    return size


class Entry(NamedTuple):
    """A command before it is loaded."""

    summary: str
    load: Callable[[], Command]


COMMANDS: Mapping[str, Entry] = {
    "run": Entry("publish books to Redis Streams until told to stop", _run),
    "demo": Entry("simulator, server, publisher and a live ladder, offline", _demo),
    "simulate": Entry("the exchange simulator alone", _simulate),
    "watch": Entry("a live ladder of one book", _watch),
    "tail": Entry("the events of one stream, one JSON object a line", _tail),
    "book": Entry("one book, rebuilt and verified, printed once", _book),
    "doctor": Entry("what is wrong here, and how to mend it", _doctor),
    "retire": Entry("what feeds that no longer run left in Redis, listed or removed", _retire),
    "size": Entry("what a deployment needs of cores and memory", _size),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in words if word in COMMANDS), None)
    try:
        result = outcome(lambda: _run_chosen(chosen, words))
    except KeyboardInterrupt:
        return EXIT_STOPPED
    match result:
        case int():
            return result
        case PykrakenError():
            print(f"pykraken {chosen}: {result}", file=sys.stderr)
            return result.exit_code
        case BrokenPipeError():  # `pykraken tail ... | head` has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_STOPPED
    print(_unforeseen(chosen, result), file=sys.stderr)
    return InternalError.exit_code


def program() -> NoReturn:
    """Be the process: run one command and leave with its exit code.

    A thread of a dial may still be inside OpenSSL, which an interpreter that ends would crash:
    SIGSEGV instead of the code. What is to be closed has been; such a thread is left where it is.
    """
    code = main()
    if any(thread.daemon for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # gone, closed, None
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _run_chosen(chosen: str | None, words: Sequence[str]) -> int:
    with _signals_held():
        command = COMMANDS[chosen].load() if chosen else None
    parser = _parser(chosen, command)
    parsed = parser.parse_args(words)
    if command is not None:
        return command.run(parsed)
    parser.print_help()
    return EXIT_STOPPED


def _unforeseen(chosen: str | None, error: Exception) -> str:
    """Return the traceback, secrets masked, and what to do with it."""
    import traceback

    from publisher.setting_rules import mask_secrets

    lines = mask_secrets("".join(traceback.format_exception(error)))
    return f"{lines}pykraken {chosen}: an error of pykraken itself: please report the lines above"


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM until the end of the block, then have both raise KeyboardInterrupt.

    In the middle of an import the exception can get lost in a callback of the import system.
    """
    held: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        signal.signal(number, lambda number, _frame: held.append(number))
    yield
    for number in numbers:
        signal.signal(number, _interrupt)
    if held:
        raise KeyboardInterrupt


def _parser(chosen: str | None, command: Command | None) -> argparse.ArgumentParser:
    """Return the parser: every command by name, the chosen one with its flags."""
    parser = argparse.ArgumentParser(
        prog="pykraken",
        description=DESCRIPTION,
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pykraken {__version__}")
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, entry in COMMANDS.items():
        kind = kinds.add_parser(name, help=entry.summary, description=entry.summary.capitalize())
        if name == chosen and command is not None:
            command.add_arguments(kind)
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End a command, with everything that it started."""
    raise KeyboardInterrupt
