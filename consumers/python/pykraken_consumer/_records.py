"""The program that reads one stream's entries as they are. Knows nothing of states. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from ._events import Disconnected, Gap, Quarantined, Reconnected, Record
from ._programs import (
    BACKOFF_S,
    BLOCK_MS,
    JOIN_RETRY_S,
    READ_COUNT,
    Ask,
    Batch,
    Command,
    Pause,
    Program,
    Tell,
    entries_of,
    newest,
    rows_of,
)
from .errors import Code, DecodeError
from .wire import EntryId, decode, parse_id, place_of

Start = Literal["now", "snapshot", "oldest"]


def records(stream: str, start: Start | EntryId) -> Program[Record, None]:
    """Yield every entry of `stream` after `start`, decoded and in order, for ever.

    `snapshot` starts with the newest entry of `.snap`. A hole in the sequence is a `Gap`.
    """
    cursor = start if isinstance(start, EntryId) else None
    while start == "snapshot" and cursor is None:
        for text, data in rows_of((yield from _read(stream, newest(f"{stream}.snap")))):
            cursor = parse_id(text)
            yield Tell([_record(f"{stream}.snap", cursor, data)._replace(stream=stream)])
        if cursor is None:
            yield Pause(JOIN_RETRY_S)
    if start == "now":
        for text, _ in rows_of((yield from _read(stream, newest(stream)))):
            cursor = parse_id(text)
    while True:
        after = str(cursor or EntryId(0, 0))
        command = ("XREAD", "COUNT", READ_COUNT, "BLOCK", BLOCK_MS, "STREAMS", stream, after)
        for _, batch in entries_of((yield from _read(stream, command))):
            yield Tell(_batch(stream, batch, cursor))
            cursor = parse_id(batch[-1][0])


def _batch(stream: str, batch: Batch, cursor: EntryId | None) -> Iterator[Record]:
    for text, data in batch:
        entry_id = parse_id(text)
        if cursor is not None and not cursor.is_followed_by(entry_id):
            yield Record(stream, Gap(cursor, entry_id))
        cursor = entry_id
        yield _record(stream, entry_id, data)


def _read(stream: str, command: Command) -> Program[Record, Any]:
    """Return the reply, after as many attempts as it takes."""
    pause, is_away = BACKOFF_S[0], False
    while True:
        answer = yield Ask([command])
        if not isinstance(answer.replies, str):
            if is_away:
                yield Tell([Record(stream, Reconnected())])
            return answer.replies[0]
        if not is_away:
            yield Tell([Record(stream, Disconnected(answer.replies))])
        is_away = True
        yield Pause(pause)
        pause = min(pause * 2, BACKOFF_S[1])


def _record(stream: str, entry_id: EntryId, data: bytes | None) -> Record:
    try:
        if data is None:
            raise DecodeError(Code.SCHEMA, "field d")
        return Record(stream, decode(entry_id, data, place_of(stream)))
    except DecodeError as error:
        return Record(stream, Quarantined(error.code, entry_id, error.where))
