"""A second reading of WIRE.md §7, naive on purpose: what a person would write who has the page.

`Reader` follows it step by step over states made of the models. It judges stories and properties,
and shares no code with publisher or consumer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.spec.states import Bad, State, state_of
from tests.spec.strict import Refused, decode
from tests.spec.vectors.events import Event

LOOK_AFTER_S = 15.0
UNVERIFIED = 1


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
    """A consumer of one stream, §7 to the letter; handed things, it tells and wants."""

    channel: str = "book"
    waits: bool = True
    wants: str = "join"
    cursor: Id | None = None
    valid: bool = False
    stale: bool = False
    skipped: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    state: State = field(default_factory=lambda: state_of("book"))
    clock: float = 0.0
    heard: float = 0.0
    looked: float = 0.0
    quarantined: Id | None = None
    rolled_back: Id | None = None

    def __post_init__(self) -> None:
        self.state = state_of(self.channel)

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
            self._load(decode(data, f"{self.channel}.snap"))
        except (Refused, Bad) as refused:
            self._quarantine(entry_id, refused.code, until=later)
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
            event = decode(data, self.channel)
            if is_next:
                self._act((epoch, seq), event)
        except (Refused, Bad) as refused:
            self._quarantine((epoch, seq), refused.code, until=(epoch, seq))
            self.cursor = (epoch, seq)
            return
        if is_next:
            self.cursor = (epoch, seq)
        elif event["type"] == "epoch":
            self.state = state_of(self.channel)
            self.cursor, self.valid, self.wants = (epoch, 0), False, "entries"
            self.quarantined = None
            self.told.append(_told_epoch(cursor, (epoch, seq), event))
        else:
            self._gap((epoch, seq))

    def _act(self, entry_id: Id, event: Event) -> None:
        match event["type"]:
            case kind if kind == "epoch" or "flags" not in event:  # unknown here, or out of place
                self.skipped += 1
            case "snapshot" if "pointer" in event:
                self.valid, self.wants = False, "pointer"
            case "snapshot":
                self._load(event)
                self.wants = "entries"
            case "reset":
                self.valid = False
                told = {"type": "reset", "id": print_id(entry_id), "reason": event["reason"]}
                self.told.append(told)
            case "heartbeat":
                self._compare(event)
            case "bye":
                self.told.append({"type": "bye", "id": print_id(entry_id)})
            case _ if self.valid or self.channel == "trade":
                self.state.changed(event)
                self._compare(event)

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
            self.state = state_of(self.channel)
            self.cursor, self.valid, self.stale, self.wants = None, False, False, "join"
            self.rolled_back = self.quarantined = None
        elif not self.stale:
            self.stale = True
            self.told.append({"code": "STALE", "age": f"{self.clock - self.heard:g}"})

    def _load(self, event: Event) -> None:
        self.valid = False
        self.state.load(event)
        self.valid, self.quarantined = True, None
        if not int(event["flags"]) & UNVERIFIED:
            self._compare(event)

    def _compare(self, event: Event) -> None:
        own = self.state.shown().get("checksum") if self.valid else None
        if own is not None and event.get("checksum", own) != own:
            raise Bad("CHECKSUM")

    def _gap(self, found: Id) -> None:
        assert self.cursor is not None
        told = {"cursor": print_id(self.cursor), "found": print_id(found)}
        self.told.append({"code": "GAP", **told})
        self.state = state_of(self.channel)
        self.valid, self.wants = False, "join"
        # §7.2.4: a snapshot from before the hole would lead here again.
        self.quarantined = (found[0], max(found[1] - 1, 0))
        self.cursor = found

    def _quarantine(self, entry_id: Id, code: str, *, until: Id) -> None:
        self.told.append({"code": code, "id": print_id(entry_id)})
        self.state = state_of(self.channel)
        self.valid, self.wants, self.quarantined = False, "join", until


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
