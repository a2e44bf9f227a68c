"""The status stream: Kraken's state is there for whoever begins to read with an epoch."""

from __future__ import annotations

from typing import Any

import msgpack

from publisher import wire
from publisher.bus.calls import Kind
from tests.bus.desk import MS, Desk, of


def notice(note: str, kind: str = "system", symbol: str = "") -> wire.Notice:
    return wire.Notice(
        ts_event=0, ts_recv=7, ts_pub=0, flags=0, kind=kind, symbol=symbol, note=note, report="{}"
    )


def notices(desk: Desk) -> list[str]:
    """Return the notes of all notices that were appended."""
    found: list[str] = []
    for call in of(desk.sent, Kind.APPEND):
        for word in call.command:
            if isinstance(word, bytes):
                event: dict[str, Any] = msgpack.unpackb(word)
                found += [event["n"]] if event["t"] == "notice" else []
    return found


def test_what_kraken_said_before_this_process_led_is_told() -> None:
    desk = Desk()
    desk.publication.announce(notice("system online"), desk.instant())
    desk.publication.announce(notice("system maintenance"), desk.instant())
    desk.lead()
    assert notices(desk) == ["system maintenance"]


def test_what_was_refused_before_this_process_led_is_told_once_and_no_more() -> None:
    desk = Desk()
    for symbol, note in (("A/USD", "no pair"), ("B/USD", "no"), ("B/USD", "no pair")):
        desk.publication.announce(notice(note, "refused", symbol), desk.instant())
    desk.lead()
    assert notices(desk) == ["no pair", "no pair"]
    desk.publication.stand_by()
    desk.publication.lead(MS + 1024, "takeover")
    desk.settle()
    desk.tick()
    desk.settle()
    assert notices(desk) == ["no pair", "no pair"]


def test_a_notice_stands_once_in_its_epoch_and_again_in_the_next() -> None:
    desk = Desk.opened()
    desk.publication.announce(notice("system online"), desk.instant())
    desk.settle()
    desk.tick(10)
    desk.settle()
    assert notices(desk) == ["system online"]
    desk.publication.stand_by()
    desk.publication.lead(MS + 1024, "takeover")
    desk.settle()
    desk.tick()
    desk.settle()
    assert notices(desk) == ["system online", "system online"]
