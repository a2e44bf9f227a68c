"""Entries of any stream as they are, and their canonical JSON, the same in every language (WIRE
§9).

`line` and `error_line` are pure. The command `python -m pykraken_consumer.tail STREAM`
prints one line an entry until Ctrl-C or `--count`; gaps and the loss of Redis go to stderr. Knows
nothing of states: a status stream reads as well as a book's.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final

from ._events import Disconnected, Gap, Quarantined, Reconnected, Record
from ._records import Start
from .client import Client
from .errors import Code, ConsumerError
from .wire import AnySnapshot, EntryId, OrdersGap, TradesGap, Unknown, WireEvent, parse_id

__all__ = ["Record", "Start", "error_line", "line", "main"]

_SHORT: Final = {"\n": "n", "\t": "t", "\b": "b", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
_ESCAPES: Final = {
    **{code: f"\\u{code:04x}" for code in range(0x20)},
    **{ord(sign): f"\\{letter}" for sign, letter in _SHORT.items()},
}


def line(event: WireEvent) -> str:
    """Return the canonical line of an event, without a newline."""
    if isinstance(event, Unknown):
        return f'{{"id":"{event.entry_id}","type":{_text(event.type)}}}'
    parts = [f'"id":"{event.entry_id}"', f'"type":"{_type(event)}"']
    for key, value in zip(event._fields[1:], event[1:], strict=True):
        if value is not None:
            parts.append(f'"{key}":{_json(value)}')
    return f"{{{','.join(parts)}}}"


def error_line(entry_id: EntryId, code: Code) -> str:
    """Return the canonical line of an entry that does not decode."""
    return f'{{"id":"{entry_id}","error":"{code}"}}'


def _type(event: WireEvent) -> str:
    """Return what `t` was: several classes share a name on the wire."""
    if isinstance(event, AnySnapshot):
        return "snapshot"
    if isinstance(event, TradesGap | OrdersGap):
        return "gap"
    return type(event).__name__.lower()


def _json(value: int | str | tuple[Any, ...]) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    return f"[{','.join(map(_json, value))}]"


def _text(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a stream's entries as canonical lines. Return 0 when stopped, 3 when Redis refuses."""
    parser = argparse.ArgumentParser(prog="python -m pykraken_consumer.tail")
    parser.add_argument("stream", help="the stream's key, such as '{kraken.BTC/USD}:book.10'")
    parser.add_argument("--url", default=os.environ.get("PYKRAKEN_REDIS_URL", Client.DEFAULT_URL))
    parser.add_argument(
        "--from", dest="start", default="now", help="now, snapshot, oldest or an id"
    )
    parser.add_argument("--count", type=int, help="stop after so many lines")
    options = parser.parse_args(arguments)
    named = {"now": "now", "snapshot": "snapshot", "oldest": "oldest"}
    printed = 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a supervisor's word is Ctrl-C's
    try:
        start = options.start if options.start in named else parse_id(options.start)
        with Client(options.url) as client:
            for record in client.entries(options.stream, start=start):
                printed += _print(record)
                if printed == options.count:
                    break
    except KeyboardInterrupt:
        return 0
    except ValueError as error:
        parser.error(str(error))
    except ConsumerError as error:
        print(error, file=sys.stderr)
        return 3
    except BrokenPipeError:
        # The reader of our output is gone; without this the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _print(record: Record) -> int:
    """Print one record; return 1 for a line of stdout, 0 for a remark on stderr."""
    match record.body:
        case Quarantined(code=code, entry_id=entry_id):
            _write(error_line(entry_id, code))
        case Gap() | Disconnected() | Reconnected():
            print(record.body, file=sys.stderr)
            return 0
        case event:
            _write(line(event))
    return 1


def _write(text: str) -> None:
    print(f"{text}\n", end="", flush=True)  # at once: Ctrl-C leaves no line without its end


if __name__ == "__main__":
    sys.exit(main())
