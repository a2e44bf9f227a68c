"""`pykraken tail`: the events of one stream as canonical JSON, one object a line (WIRE.md 9).

stdout holds nothing else; holes in the sequence and the loss of Redis are logged to stderr.
"""

from __future__ import annotations

import argparse

from pykraken_consumer import Disconnected, EntryId, Gap, Quarantined, Reconnected, Record
from pykraken_consumer._choosing import BOTH
from pykraken_consumer.tail import Start, error_line, line
from pykraken_consumer.wire import parse_id

from publisher.errors import ConfigurationError
from publisher.logs import get_logger
from publisher.views import target
from publisher.views.numbers import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    parser.add_argument(
        "--from",
        dest="start",
        default="now",
        metavar="WHERE",
        help="now (default), snapshot (the newest, then on), oldest, or an entry id to read after",
    )
    parser.add_argument("--count", type=positive, metavar="N", help="stop after so many lines")
    target.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print until told to stop or `--count` is reached; return 0. Raises PykrakenError."""
    start = start_of(arguments.start)
    where = target.target_of(arguments)
    with target.opened(where) as client:
        where, key = target.in_lines(client, where)
        if where.line == BOTH:  # a line of output is an entry, and entries are of one stream
            get_logger("tail").info("line.chosen", stream=key, other="--line b")
        printed = 0
        for record in client.entries(key, start=start):
            printed += show(record)
            if printed == arguments.count:
                break
    return 0


def start_of(text: str) -> Start | EntryId:
    """Return where to start; raise ConfigurationError for what is neither a word nor an id."""
    match text:
        case "now" | "snapshot" | "oldest":
            return text
    try:
        return parse_id(text)
    except ValueError:
        allowed = "must be now, snapshot, oldest or an entry id such as 1795479290094-7"
        raise ConfigurationError("--from", text, allowed) from None


def show(record: Record) -> int:
    """Print a line and return 1, or log a remark and return 0."""
    log = get_logger("tail")
    match record.body:
        case Gap(cursor=cursor, found=found):
            log.warning("gap", after=str(cursor), found=str(found))
        case Disconnected(reason=reason):
            log.warning("redis.away", reason=reason)
        case Reconnected():
            log.info("redis.back")
        case Quarantined(code=code, entry_id=entry_id):
            _write(error_line(entry_id, code))
            return 1
        case event:
            _write(line(event))
            return 1
    return 0


def _write(text: str) -> None:
    print(f"{text}\n", end="", flush=True)  # at once: Ctrl-C leaves no line without its end
