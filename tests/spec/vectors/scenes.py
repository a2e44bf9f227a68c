"""What stories are made of: steps, what they leave behind, and books whose checksums are known.

The books are those of `kraken_books`: the sequence CUT has a snapshot and four updates, all with
checksums that were published or derived before any of our code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.model import ModelBook, rescaled, unscaled
from tests.spec.vectors.builders import epoch, snapshot, update
from tests.spec.vectors.events import Event, short
from tests.spec.vectors.kraken_books import CUT, CUT_NEXT, BookText
from tests.spec.vectors.packing import pack
from tests.spec.vectors.samples import HEADERS
from tests.spec.vectors.valid_books import book_event

Step = dict[str, Any]
Told = dict[str, Any]

E1, E2, E3 = "1767323045000", "1767323099000", "1767323188000"


def story(
    name: str,
    clause: str,
    about: str,
    *,
    steps: Sequence[Step],
    final: dict[str, Any],
    expect: Sequence[Told] = (),
    waits: str = "yes",
    stream: str = "book",
) -> dict[str, Any]:
    """Return a story; `waits` is `no` where the application asked not to wait for a stream."""
    body = {"name": name, "clause": clause, "about": about}
    if stream != "book":
        body["stream"] = stream
    if waits != "yes":
        body["waits"] = waits
    return {**body, "steps": list(steps), "expect": list(expect), "final": final}


def after(
    wants: str, cursor: str | None = "-", *, valid: str = "", stale: str = ""
) -> dict[str, Any]:
    """Return how the consumer stands; a cursor of `-` and an empty `valid` are not looked at."""
    then: dict[str, Any] = {"wants": wants}
    if cursor != "-":
        then["cursor"] = cursor
    if valid:
        then["valid"] = valid == "yes"
    if stale:
        then["stale"] = stale == "yes"
    return then


def good(cursor: str) -> dict[str, Any]:
    """Return the usual state: a valid book, reading on."""
    return after("entries", cursor, valid="yes")


def bad(cursor: str, wants: str = "entries") -> dict[str, Any]:
    """Return the state of a book that may not be used."""
    return after(wants, cursor, valid="no")


def lost(cursor: str | None = "-") -> dict[str, Any]:
    """Return the state after a bad entry or a gap: wanting to join, no usable book."""
    return after("join", cursor, valid="no")


def handed(kind: str, entry_id: str, event: Event | bytes, then: dict[str, Any]) -> Step:
    """Return a step that hands over an entry: of the stream, of `.snap`, or a pointer's."""
    data = event if isinstance(event, bytes) else pack(short(event))
    return {kind: {"id": entry_id, "hex": data.hex()}, "then": then}


def entry(entry_id: str, event: Event | bytes, then: dict[str, Any] | None = None) -> Step:
    """Return a step with the next entry of the stream; by default all is well after it."""
    return handed("entry", entry_id, event, then or good(entry_id))


def snap(entry_id: str, event: Event | bytes, then: dict[str, Any] | None = None) -> Step:
    """Return a step with the newest entry of `.snap`; by default it is loaded."""
    return handed("snap", entry_id, event, then or good(entry_id))


def heads(snap_id: str | None, stream_id: str | None, then: dict[str, Any]) -> Step:
    """Return a step with the newest ids of `.snap` and of the stream."""
    return {"heads": {"snap": snap_id, "stream": stream_id}, "then": then}


def now(seconds: str, then: dict[str, Any]) -> Step:
    """Return a step in which only time passes."""
    return {"now": seconds, "then": then}


def cut_snapshot(updates: int = 0, **fields: Any) -> Event:
    """Return the snapshot event of CUT after so many of its updates."""
    book = cut_book(updates)
    levels = {"bids": _scaled(book.sorted_bids()), "asks": _scaled(book.sorted_asks())}
    stated = CUT.checksum if updates == 0 else CUT_NEXT[updates - 1][2]
    return book_event(CUT, **{**levels, "checksum": stated, **fields})


def cut_update(number: int, **fields: Any) -> Event:
    """Return the update event of CUT's update 1 to 4."""
    bids, asks, stated = CUT_NEXT[number - 1]
    return update(**{"bids": bids, "asks": asks, "checksum": stated, **fields})


def cut_epoch(**fields: Any) -> Event:
    """Return an epoch event of CUT's stream."""
    return epoch(**{"symbol": CUT.symbol, "price_precision": CUT.price_precision, **fields})


def cut_book(updates: int) -> ModelBook:
    """Return CUT after so many updates, by the model."""
    book = ModelBook(depth=10)
    book.snapshot(_texts(CUT.bids), _texts(CUT.asks))
    for bids, asks, _ in CUT_NEXT[:updates]:
        book.update(_texts(bids), _texts(asks))
    return book


def _texts(levels: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    return [(unscaled(int(price), 2), unscaled(int(qty), 8)) for price, qty in levels]


def _scaled(levels: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[str(rescaled(price)), str(rescaled(qty))] for price, qty in levels]


def ends(cursor: str | None, event: Event, *, skipped: str = "0") -> dict[str, Any]:
    """Return a final state whose book is that of a snapshot event."""
    names = ("depth", "price_precision", "qty_precision", "checksum", "bids", "asks")
    shown = {name: event[name] for name in names}
    return {"cursor": cursor, "valid": True, "skipped": skipped, **shown}


def ends_cut(cursor: str, updates: int, *, skipped: str = "0") -> dict[str, Any]:
    """Return a final state whose book is CUT after so many updates."""
    return ends(cursor, cut_snapshot(updates), skipped=skipped)


def ends_invalid(cursor: str | None) -> dict[str, Any]:
    """Return a final state without a usable book."""
    return {"cursor": cursor, "valid": False, "skipped": "0"}


def told_epoch(entry_id: str, reason: str = "start", **fields: Any) -> Told:
    """Return what is told of a new epoch; `unseen` and `missed` are null unless given."""
    usual = {"type": "epoch", "id": entry_id, "reason": reason, "unseen": None, "missed": None}
    return {**usual, **fields}


def thin(book: BookText, **fields: Any) -> Event:
    """Return the snapshot event of another small book."""
    return book_event(book, **fields)


def joined() -> Step:
    """Return the usual first step: CUT, joined at seq 10 of the first epoch."""
    return snap(f"{E1}-10", cut_snapshot())


def build(**fields: Any) -> Event:
    """Return a snapshot event of any levels, its checksum from the model."""
    return snapshot(symbol=CUT.symbol, **fields)


SHAPE = (
    "depth", "price_precision", "qty_precision", "source", "trigger", "interval", "account",
)  # fmt: skip


def ends_as(
    cursor: str, channel: str, state: dict[str, Any], *, skipped: str = "0"
) -> dict[str, Any]:
    """Return a final state of another channel than `book`."""
    shape = {name: HEADERS[channel][name] for name in SHAPE if name in HEADERS[channel]}
    return {"cursor": cursor, "valid": True, "skipped": skipped, **shape, **state}
