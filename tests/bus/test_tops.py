"""The streams of best bids and offers: streams like any other, where only the newest top waits."""

from __future__ import annotations

from typing import Any

import msgpack

from publisher import wire
from publisher.bus.calls import Call, Kind
from publisher.bus.stream import Stream
from publisher.wire import Flag
from tests.bus.desk import MS, A, B, Desk, of, top, top_snapshot

TOPS = "{t.A/USD}:bbo.book.10"
BOOK = "{t.A/USD}:book.10"
RESET = wire.Reset(ts_event=0, ts_recv=0, ts_pub=0, flags=0, reason="checksum")


def opened() -> Desk:
    return Desk.opened(bbo=True)


def stream(desk: Desk) -> Stream:
    return desk.publication.data.tops[A]


def written(desk: Desk, name: str = TOPS) -> list[dict[str, Any]]:
    """Return the entries that were appended to a stream, in order."""
    found: list[dict[str, Any]] = []
    for call in of(desk.sent, Kind.APPEND):
        found += appended(call).get(name, [])
    return found


def appended(call: Call) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of an append by stream: 3 words, and 5 before each (append.lua)."""
    keys = 3 * len(call.streams)
    names = call.command[3 : 3 + keys : 3]
    words = call.command[3 + keys + 3 :]
    found: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        count, snaps = int(words[3]), int(words[4])
        found[str(name)] = [msgpack.unpackb(word) for word in words[5 : 5 + count]]
        words = words[5 + count + 2 * snaps :]
    return found


def test_without_the_setting_there_are_none() -> None:
    desk = Desk.opened()
    assert list(desk.publication.data.tops) == []
    assert not any("bbo" in str(call.command) for call in desk.sent)


def test_it_opens_with_an_epoch_a_snapshot_and_a_row_of_its_own() -> None:
    desk = Desk(bbo=True)
    desk.lead()
    (call,) = [c for c in of(desk.sent, Kind.OPEN) if c.streams[0].keys.stream == TOPS]
    epoch, snapshot, _ = (msgpack.unpackb(bytes(entry)) for entry in call.command[-3:])
    header = {"ch": "bbo", "y": A, "d": 10, "sc": "book", "pp": 1, "qp": 8}
    assert epoch.items() >= {"t": "epoch", **header}.items()
    assert snapshot.items() >= {"t": "snapshot", **header}.items()
    (listing,) = [c.command for c in of(desk.sent, Kind.PLAIN) if c.command[0] == "HSET"]
    row = msgpack.unpackb(bytes(listing[listing.index(TOPS) + 1]))
    assert row.items() >= {**header, "fd": "f", "ep": MS}.items()


def test_it_waits_for_a_live_book() -> None:
    desk = Desk(bbo=True)
    desk.live = {B}
    desk.lead()
    assert not stream(desk).takes_entries
    desk.publication.publish_top(A, top(), 1)
    desk.live.add(A)
    desk.tick()
    desk.settle()
    assert stream(desk).last_seq == 1


def test_while_an_append_flies_only_the_newest_top_waits_and_says_so() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    for bid in (2, 3, 4):
        desk.publication.publish_top(A, top(bid), 1)
        assert desk.calls() == []
    desk.answer(flying)
    desk.settle()
    tops = [(event["bp"], event["f"]) for event in written(desk)]
    assert tops == [(1, 0), (4, Flag.CONFLATED)]
    assert stream(desk).last_seq == 3
    desk.publication.publish_top(A, top(5), 1)
    desk.settle()
    assert written(desk)[-1]["f"] == 0


def test_one_that_waits_alone_replaced_nothing() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.answer(flying)
    desk.settle()
    assert [(event["bp"], event["f"]) for event in written(desk)] == [(1, 0), (2, 0)]


def test_the_book_s_stream_never_waits_for_it() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.update(A)
    (call,) = desk.calls()
    assert [s.keys.stream for s in call.streams] == [BOOK]
    desk.answer(call, flying)
    desk.settle()
    assert len(written(desk)) == 2


def test_a_reset_stands_in_both_behind_the_top_that_waited() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.publication.publish(A, RESET, 1)
    desk.publication.publish_top(A, top_snapshot(A), 1)
    desk.answer(flying)
    desk.settle()
    assert [event["t"] for event in written(desk)] == ["top", "top", "reset", "snapshot"]
    assert [event["t"] for event in written(desk, BOOK)] == ["reset"]


def test_quiet_streams_have_heartbeats_without_a_checksum() -> None:
    desk = opened()
    desk.tick(5.1)
    desk.settle()
    (beat,) = written(desk)
    assert (beat["t"], beat["s"], "c" in beat) == ("heartbeat", "live", False)
    assert "c" in written(desk, BOOK)[0]


def test_snapshots_come_in_turn_and_never_ahead_of_a_top_that_waits() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.now += 11
    assert not any(c.streams[0].keys.stream == TOPS for c in of(desk.calls(), Kind.SNAPSHOT))
    desk.answer(flying)
    desk.settle()
    desk.now += 11
    desk.settle()
    taken = [c for c in of(desk.sent, Kind.SNAPSHOT) if c.streams[0].keys.stream == TOPS]
    assert len(taken) == 1
    trimmed = [call.command[1] for call in desk.publication.trims()]
    assert TOPS + ".snap" in trimmed


def test_a_link_that_goes_loses_no_top_that_waited() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.publication.disconnected()
    desk.calls()
    desk.publication.connected()
    desk.settle()
    assert [event["bp"] for event in written(desk)] == [1, 1, 2]


def test_a_top_that_waited_goes_before_one_that_comes_once_the_append_was_answered() -> None:
    """Both may come in one turn of the loop: an answer, then a message, and only then calls."""
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.answer(flying)
    desk.publication.publish_top(A, top(3), 1)
    desk.settle()
    assert [event["bp"] for event in written(desk)] == [1, 2, 3]


def test_a_farewell_is_said_behind_all_tops() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    (flying,) = desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.publication.bye(desk.instant())
    desk.answer(flying)
    desk.settle()
    assert [event["t"] for event in written(desk)] == ["top", "top", "bye"]
    assert desk.publication.is_settled


def test_standing_by_forgets_what_waits() -> None:
    desk = opened()
    desk.publication.publish_top(A, top(1), 1)
    desk.calls()
    desk.publication.publish_top(A, top(2), 1)
    desk.publication.stand_by()
    assert stream(desk).held is None
    assert desk.publication.is_settled
