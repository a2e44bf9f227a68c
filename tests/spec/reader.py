"""A second reading of WIRE.md, naive on purpose: what a person would write who had only the page.

`understand` turns an entry's bytes into an event with full names; `Reader` follows §7 step by
step over the model's book. It judges stories and properties, and shares no code with publisher or
consumer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack

from tests.model import ModelBook, rescaled, unscaled
from tests.spec.vectors.events import KEYS, LEVELS, TEXTS, Event

NAMES = {short: name for name, short in KEYS.items()}
LOOK_AFTER_S = 15.0


@dataclass(frozen=True)
class Undecodable(Exception):
    """An entry that does not decode, with a code of §8."""

    code: str


def understand(data: bytes) -> Event:
    """Return the event of an entry's bytes; knows only what stories break."""
    try:
        fields: dict[str, Any] = msgpack.unpackb(data)
    except (ValueError, msgpack.UnpackException) as reason:
        raise Undecodable("MSGPACK") from reason
    event = full_names(fields)
    if any(
        type(n) is float
        for side in LEVELS & set(event)
        for level in fields[KEYS[side]]
        for n in level
    ):
        raise Undecodable("SCHEMA")
    if fields.get("v", 1) != 1:
        raise Undecodable("VERSION")
    if fields["te"] < 0:
        raise Undecodable("RANGE")
    if event["type"] == "snapshot" and "bids" in event:
        bids = [int(price) for price, _ in event["bids"]]
        asks = [int(price) for price, _ in event["asks"]]
        if bids != sorted(set(bids), reverse=True) or asks != sorted(set(asks)):
            raise Undecodable("ORDER")
    return event


def full_names(fields: Mapping[str, Any]) -> Event:
    """Return an event with full names and numbers as digits, unknown keys left out."""
    return {NAMES[key]: _digits(NAMES[key], value) for key, value in fields.items() if key in NAMES}


def _digits(name: str, value: Any) -> Any:
    if name in TEXTS:
        return value
    if name in LEVELS:
        return [[str(price), str(qty)] for price, qty in value]
    return str(value)


Id = tuple[int, int]


def parse_id(text: str) -> Id:
    """Return (epoch, seq) of an entry id."""
    epoch, _, seq = text.partition("-")
    return int(epoch), int(seq)


def print_id(entry_id: Id) -> str:
    """Return an entry id as text."""
    return f"{entry_id[0]}-{entry_id[1]}"


@dataclass
class Reader:
    """A consumer of one book stream, §7 to the letter; handed things, it tells and wants."""

    waits: bool = True
    wants: str = "join"
    cursor: Id | None = None
    valid: bool = False
    stale: bool = False
    skipped: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    book: ModelBook = field(default_factory=lambda: ModelBook(depth=0))
    shape: Event = field(default_factory=dict)
    clock: float = 0.0
    heard: float = 0.0
    looked: float = 0.0
    quarantined: Id | None = None
    rolled_back: Id | None = None

    def snap(self, entry: tuple[str, bytes] | None) -> None:
        """§7.1: the newest entry of `.snap`."""
        if entry is None:
            if not self.waits:
                self.told.append({"code": "NO_STREAM"})
            return
        entry_id = parse_id(entry[0])
        if self.quarantined is not None and entry_id < self.quarantined:
            return
        if self._take(entry_id, entry[1]):
            self.cursor, self.wants, self.heard = entry_id, "entries", self.clock
            self.stale, self.rolled_back = False, None

    def pointer(self, entry: tuple[str, bytes] | None) -> None:
        """§7.2.2: what a pointer names."""
        assert self.cursor is not None
        if entry is None:
            self.told.append({"code": "POINTER", "id": print_id(self.cursor)})
            self.wants = "join"
        elif self._take(self.cursor, entry[1]):
            self.wants = "entries"

    def _take(self, entry_id: Id, data: bytes) -> bool:
        # §7.3: what is bad in `.snap` cannot help itself; only a later snapshot can.
        later = entry_id[0], entry_id[1] + 1
        try:
            event = understand(data)
        except Undecodable as refused:
            self._quarantine(entry_id, refused.code, until=later)
            return False
        if not self._load(event):
            self._quarantine(entry_id, "CHECKSUM", until=later)
        return self.valid

    def entry(self, text_id: str, data: bytes) -> None:
        """§7.2: the next entry of the stream."""
        (epoch, seq), cursor = parse_id(text_id), self.cursor
        assert cursor is not None
        if (epoch, seq) <= cursor:
            return
        self.heard, self.stale, self.rolled_back = self.clock, False, None
        is_next = (epoch, seq) == (cursor[0], cursor[1] + 1)
        if not is_next and not (epoch > cursor[0] and seq == 0):
            self._gap((epoch, seq))
            return
        try:
            event = understand(data)
        except Undecodable as refused:
            self._quarantine((epoch, seq), refused.code, until=(epoch, seq))
            self.cursor = (epoch, seq)
            return
        if is_next:
            self.cursor = (epoch, seq)
            self._act((epoch, seq), event)
        elif event["type"] == "epoch":
            self.cursor, self.valid, self.wants = (epoch, 0), False, "entries"
            self.quarantined = None
            self.told.append(_told_epoch(cursor, (epoch, seq), event))
        else:
            self._gap((epoch, seq))

    def _act(self, entry_id: Id, event: Event) -> None:
        match event["type"]:
            case "update" if self.valid:
                self.book.update(self._texts(event["bids"]), self._texts(event["asks"]))
                self._compare(entry_id, event)
            case "snapshot" if "pointer" in event:
                self.valid, self.wants = False, "pointer"
            case "snapshot":
                if self._load(event):
                    self.wants = "entries"
                else:
                    self._quarantine(entry_id, "CHECKSUM", until=entry_id)
            case "reset":
                self.valid = False
                told = {"type": "reset", "id": print_id(entry_id), "reason": event["reason"]}
                self.told.append(told)
            case "heartbeat" if self.valid and "checksum" in event:
                self._compare(entry_id, event)
            case "bye":
                self.told.append({"type": "bye", "id": print_id(entry_id)})
            case "update" | "heartbeat":
                pass
            case _:
                self.skipped += 1

    def now(self, seconds: float) -> None:
        """§7.4: time passes."""
        self.clock = seconds
        if self.wants == "entries" and seconds - max(self.heard, self.looked) >= LOOK_AFTER_S:
            self.wants = "heads"

    def heads(self, stream: str | None) -> None:
        """§7.4: the last id of the stream, after a silence."""
        self.looked, self.wants = self.clock, "entries"
        assert self.cursor is not None
        head = parse_id(stream) if stream else self.cursor
        if head > self.cursor:
            self.wants = "join"
        elif head[0] < self.cursor[0] and self.rolled_back is None:
            self.rolled_back = head
        elif head[0] < self.cursor[0] and self.rolled_back and head > self.rolled_back:
            told = {"cursor": print_id(self.cursor), "head": print_id(head)}
            self.told.append({"code": "REGRESSION", **told})
            self.cursor, self.valid, self.stale, self.wants = None, False, False, "join"
            self.rolled_back = self.quarantined = None
        elif not self.stale:
            self.stale = True
            self.told.append({"code": "STALE", "age": f"{self.clock - self.heard:g}"})

    def _load(self, event: Event) -> bool:
        self.shape = event
        self.book = ModelBook(depth=int(event["depth"]))
        self.book.snapshot(self._texts(event["bids"]), self._texts(event["asks"]))
        is_unverified = int(event["flags"]) & 1
        self.valid = bool(is_unverified) or str(self.book.checksum()) == event["checksum"]
        if self.valid:
            self.quarantined = None
        return self.valid

    def _texts(self, levels: list[list[str]]) -> list[tuple[str, str]]:
        precisions = int(self.shape["price_precision"]), int(self.shape["qty_precision"])
        return [
            (unscaled(int(price), precisions[0]), unscaled(int(qty), precisions[1]))
            for price, qty in levels
        ]

    def _compare(self, entry_id: Id, event: Event) -> None:
        if str(self.book.checksum()) != event["checksum"]:
            self._quarantine(entry_id, "CHECKSUM", until=entry_id)

    def _gap(self, found: Id) -> None:
        assert self.cursor is not None
        told = {"cursor": print_id(self.cursor), "found": print_id(found)}
        self.told.append({"code": "GAP", **told})
        self.valid, self.wants = False, "join"
        # §7.2.4: a snapshot from before the hole would lead here again.
        self.quarantined = (found[0], max(found[1] - 1, 0))
        self.cursor = found

    def _quarantine(self, entry_id: Id, code: str, *, until: Id) -> None:
        self.told.append({"code": code, "id": print_id(entry_id)})
        self.valid, self.wants, self.quarantined = False, "join", until

    def levels(self) -> tuple[list[list[str]], list[list[str]]]:
        """Return bids and asks as scaled digits, best first."""
        sides = self.book.sorted_bids(), self.book.sorted_asks()
        bids, asks = ([[str(rescaled(n)) for n in level] for level in side] for side in sides)
        return bids, asks


def _told_epoch(cursor: Id, entry_id: Id, event: Event) -> dict[str, Any]:
    unseen = missed = None
    if "prev_epoch" in event:
        epoch, last = int(event["prev_epoch"]), int(event["prev_seq"])
        first = cursor[1] + 1 if epoch == cursor[0] else 0
        if epoch >= cursor[0] and last >= first:
            unseen = [f"{epoch}-{first}", f"{epoch}-{last}"]
        if "missed_first" in event:
            missed = [f"{epoch}-{event['missed_first']}", f"{epoch}-{event['missed_last']}"]
    told = {"type": "epoch", "id": print_id(entry_id), "reason": event["reason"]}
    return {**told, "unseen": unseen, "missed": missed}
