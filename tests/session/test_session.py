"""Every rule of the session, with hand-made frames and no clock: books, failures, announcements."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from publisher.actions import Emit
from publisher.model import BookState, Now
from publisher.session.oddities import FIELDS_SAMPLE
from publisher.session.session import NEW_SOCKET_EVERY_S
from publisher.session.subscription import State
from publisher.session.suspicion import CROSSED_S
from publisher.wire import Flag, Reset, Snapshot, Update
from tests.session.desk import (
    BIDS,
    BTC,
    ETH,
    Desk,
    asked,
    book_frame,
    closes,
    events,
    logs,
    notices,
    pair,
)

BETTER = [("100.5", "1.00000000")]


def kinds(emitted: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in emitted]


# The way to a live book


def test_from_connect_to_live() -> None:
    desk = Desk()
    (hello,) = desk.connect()
    assert b'"instrument"' in hello.request  # type: ignore[union-attr]
    assert asked(desk.instruments(), "subscribe") == [[BTC, ETH]]
    assert desk.ack(BTC) == []
    (emit,) = desk.snapshot(BTC)
    assert isinstance(emit, Emit)
    snapshot = emit.event
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.symbol, snapshot.depth, snapshot.flags) == (BTC, 10, 0)
    assert (snapshot.price_precision, snapshot.qty_precision) == (1, 8)
    assert snapshot.bids == [(1000 - 10 * i, 10**8) for i in range(10)]
    assert snapshot.asks == [(1010 + 10 * i, 2 * 10**8) for i in range(10)]
    assert snapshot.checksum == desk.books[BTC].checksum()
    assert snapshot.ts_event == 1767323045_123_456_000
    assert snapshot.ts_recv == int(desk.now * 1e9)
    assert desk.session.live == 1
    assert desk.state(ETH) is State.SUBSCRIBING


def test_a_snapshot_before_its_ack_counts() -> None:
    """§3.4: assume interleaving."""
    desk = Desk()
    desk.connect()
    desk.instruments()
    assert kinds(events(desk.snapshot(BTC))) == ["Snapshot"]
    desk.ack(BTC)
    assert desk.state(BTC) is State.LIVE


def test_an_update_is_published_as_it_came() -> None:
    desk = Desk.begun()
    (event,) = events(
        desk.update(BTC, [("100.0", "0.00000000"), *BETTER], [("101.0", "5.50000000")])
    )
    assert isinstance(event, Update)
    assert event.bids == [(1000, 0), (1005, 10**8)]
    assert event.asks == [(1010, 550000000)]
    assert (event.flags, event.checksum) == (0, desk.books[BTC].checksum())


def test_updates_before_the_snapshot_are_not_data() -> None:
    desk = Desk()
    desk.connect()
    desk.instruments()
    assert desk.update(BTC, BETTER) == []
    assert desk.session.counts["updates ignored"] == 1


def test_a_snapshot_in_the_middle_replaces() -> None:
    desk = Desk.begun()
    desk.update(BTC, BETTER)
    assert kinds(events(desk.snapshot(BTC))) == ["Snapshot"]
    assert events(desk.update(BTC, BETTER))


def test_symbols_of_others_are_counted_and_logged_once() -> None:
    desk = Desk.begun()
    frame = book_frame("update", "DOGE/USD", [], [], 0)
    assert len(desk.receive(frame)) == 1
    assert desk.receive(frame) == []
    assert desk.session.counts["unknown symbol DOGE/USD"] == 2


# A book that fails


def failed_once(desk: Desk, symbol: str = BTC) -> list[object]:
    """Send an update with a wrong checksum."""
    return list(desk.update(symbol, BETTER, off=1))


def test_a_wrong_checksum_drops_that_book_only() -> None:
    desk = Desk.begun()
    actions = desk.update(BTC, BETTER, off=1)
    (reset,) = events(actions)
    assert isinstance(reset, Reset)
    assert reset.reason == "checksum"
    assert reset.ts_event == 1767323045_123_456_000
    assert asked(actions, "unsubscribe") == [[BTC]]
    assert closes(actions) == []
    assert desk.update(BTC, BETTER) == [], "nothing from an unverified book"
    assert kinds(events(desk.update(ETH, BETTER))) == ["Update"]


def test_unsubscribe_await_ack_subscribe_snapshot() -> None:
    desk = Desk.begun()
    failed_once(desk)
    assert asked(desk.tick(0.5), "subscribe") == [], "the ack comes first"
    actions = desk.ack(BTC, "unsubscribe")
    assert asked(actions, "subscribe") == [[BTC]]
    desk.ack(BTC)
    assert kinds(events(desk.snapshot(BTC))) == ["Snapshot"]
    assert kinds(events(desk.update(BTC, BETTER))) == ["Update"]


def test_not_found_is_as_good_as_unsubscribed() -> None:
    desk = Desk.begun()
    failed_once(desk)
    actions = desk.error("Subscription Not Found", BTC, method="unsubscribe")
    assert asked(actions, "subscribe") == [[BTC]]


def test_a_first_snapshot_that_is_wrong_is_no_reset() -> None:
    """Promise 2: a reset says that a book which was live is so no more."""
    desk = Desk(BTC)
    desk.connect()
    desk.instruments()
    desk.ack(BTC)
    actions = desk.snapshot(BTC, off=1)
    assert events(actions) == []
    assert asked(actions, "unsubscribe") == [[BTC]]
    assert desk.session.capture(BTC) is None


def test_a_wrong_snapshot_of_a_live_book_is_a_reset() -> None:
    desk = Desk.begun()
    assert kinds(events(desk.snapshot(BTC, off=1))) == ["Reset"]


@pytest.mark.parametrize(
    "bad",
    [
        [("100.55", "1.00000000")],  # finer than the precision
        [("-100.5", "1.00000000")],
        [("null", "1.00000000")],
        [("100.5", "true")],
        [('"abc"', "1.00000000")],
    ],
)
def test_a_bad_number_drops_the_book(bad: list[tuple[str, str]]) -> None:
    desk = Desk.begun()
    actions = desk.receive(book_frame("update", BTC, bad, [], 1))
    (reset,) = events(actions)
    assert isinstance(reset, Reset)
    assert reset.reason == "malformed"
    assert asked(actions, "unsubscribe") == [[BTC]]
    assert events(desk.update(ETH, BETTER))


def test_a_bad_stamp_drops_the_book() -> None:
    desk = Desk.begun()
    frame = book_frame("update", BTC, [], [], desk.books[BTC].checksum())
    actions = desk.receive(frame.replace(b"2026-01-02T03:04:05.123456Z", b"9999-12-31T00:00:00Z"))
    assert [type(event) for event in events(actions)] == [Reset]


def test_failures_in_a_row_wait_longer_and_longer() -> None:
    """Resubscribing on each bad frame ends in `Exceeded msg rate` (§5.2)."""
    desk = Desk.begun()
    waits = []
    for _ in range(2):
        failed_once(desk)
        desk.ack(BTC, "unsubscribe")
        began = desk.now
        while desk.state(BTC) is not State.SUBSCRIBING:
            desk.tick(0.1)
            desk.receive({"channel": "heartbeat"})
        waits.append(round(desk.now - began, 1))
        desk.live(BTC)
    assert waits[0] <= 0.1
    assert 0.9 <= waits[1] <= 1.2


def fail_three_times(desk: Desk) -> list[str]:
    """Fail BTC until the connection is blamed or three failures are over."""
    done: list[str] = []
    for _ in range(3):
        done += closes(desk.update(BTC, BETTER, off=1))
        if done:
            return done
        desk.ack(BTC, "unsubscribe")
        while desk.state(BTC) is not State.SUBSCRIBING:
            desk.rest(1)
        desk.live(BTC)
    return done


def test_three_failures_in_a_minute_blame_the_connection_once_in_ten_minutes() -> None:
    desk = Desk.begun(BTC)
    assert len(fail_three_times(desk)) == 1
    assert events(desk.disconnect()) == [], "its reset is told already"
    desk.connect()
    desk.instruments()
    while desk.state(BTC) is not State.SUBSCRIBING:
        desk.rest(1)
    desk.live()
    assert fail_three_times(desk) == [], "not again so soon"
    desk.rest(NEW_SOCKET_EVERY_S)
    assert len(fail_three_times(desk)) == 1


def test_instants_before_the_book_is_proven_nothing_is_captured() -> None:
    desk = Desk.begun()
    captured = desk.session.capture(BTC)
    assert captured is not None
    assert captured.checksum == desk.books[BTC].checksum()
    failed_once(desk)
    assert desk.session.capture(BTC) is None
    state, checksum, ts_event = desk.session.state_of(BTC)
    assert (state, checksum) == (BookState.AWAITING_SNAPSHOT, None)
    assert ts_event == 1767323045_123_456_000


# Crossed books

CROSSING = [("101.5", "1.00000000")]
UNCROSSING = [("101.5", "0.00000000")]


def test_a_crossed_book_is_flagged_and_after_a_second_asked_for_again() -> None:
    desk = Desk.begun()
    (event,) = events(desk.update(BTC, CROSSING))
    assert isinstance(event, Update)
    assert event.flags == Flag.CROSSED
    assert desk.tick(CROSSED_S - 0.01) == []
    actions = desk.tick(0.02)
    (reset,) = events(actions)
    assert isinstance(reset, Reset)
    assert reset.reason == "crossed"
    assert asked(actions, "unsubscribe") == [[BTC]]


def test_a_book_that_uncrosses_in_time_lives_on() -> None:
    desk = Desk.begun()
    desk.update(BTC, CROSSING)
    desk.tick(0.9)
    (event,) = events(desk.update(BTC, UNCROSSING))
    assert isinstance(event, Update)
    assert event.flags == 0
    assert desk.tick(0.9) == []


def test_a_snapshot_that_is_crossed_is_asked_for_again_too() -> None:
    desk = Desk.begun()
    (event,) = events(desk.snapshot(BTC, bids=CROSSING))
    assert isinstance(event, Snapshot)
    assert event.flags == Flag.CROSSED
    assert [type(e) for e in events(desk.tick(CROSSED_S))] == [Reset]


def test_a_locked_book_is_crossed() -> None:
    desk = Desk.begun()
    (event,) = events(desk.update(BTC, [("101.0", "1.00000000")]))
    assert event.flags == Flag.CROSSED


# Every Nth checksum


def test_updates_between_checks_are_flagged() -> None:
    desk = Desk.begun(BTC, checksum_freq=3)
    flags = [events(desk.update(BTC, [("100.5", f"{i}.00000000")]))[0].flags for i in range(1, 8)]
    assert flags == [1, 1, 0, 1, 1, 0, 1]


def test_a_wrong_update_is_found_at_the_next_check() -> None:
    desk = Desk.begun(BTC, checksum_freq=3)
    desk.books[BTC].update([("100.9", "9.00000000")], [])  # what the session never saw
    assert kinds(events(desk.update(BTC, BETTER))) == ["Update"]
    assert desk.session.capture(BTC) is None, "a snapshot is proven whatever the frequency"
    assert kinds(events(desk.update(BTC, BETTER))) == ["Update"]
    (reset,) = events(desk.update(BTC, BETTER))
    assert isinstance(reset, Reset)
    assert reset.reason == "checksum"


def test_a_snapshot_begins_the_count_anew() -> None:
    desk = Desk.begun(BTC, checksum_freq=2)
    desk.update(BTC, BETTER)
    desk.snapshot(BTC)
    assert [events(desk.update(BTC, BETTER))[0].flags for _ in range(2)] == [1, 0]


# Instruments


def test_a_new_precision_rebuilds_the_book() -> None:
    """X22: reset, then a snapshot in the new precision; never a mixture."""
    desk = Desk.begun()
    actions = desk.instruments(pair(BTC, price=2), kind="update")
    (reset,) = events(actions)
    assert isinstance(reset, Reset)
    assert reset.reason == "instrument"
    assert asked(actions, "unsubscribe") == [[BTC]]
    desk.ack(BTC, "unsubscribe")
    desk.ack(BTC)
    bids = [("100.05", "1.00000000")]
    (event,) = events(desk.snapshot(BTC, bids=bids, asks=[]))
    assert isinstance(event, Snapshot)
    assert (event.price_precision, event.bids) == (2, [(10005, 10**8)])


def test_news_of_other_pairs_or_none_change_nothing() -> None:
    desk = Desk.begun()
    assert desk.instruments(pair("DOGE/USD", price=7), pair(BTC), kind="update") == []
    assert desk.session.live == 2


def test_delisted() -> None:
    """X21: the others go on, people are told, nobody asks again."""
    desk = Desk.begun()
    actions = desk.instruments(pair(BTC, status="delisted"), kind="update")
    (reset,) = events(actions)
    assert isinstance(reset, Reset)
    assert reset.reason == "delisted"
    assert [(n.kind, n.symbol) for n in notices(actions)] == [("refused", BTC)]
    assert desk.session.refused == [BTC]
    assert asked(desk.rest(70), "subscribe") == []
    assert events(desk.update(ETH, BETTER))
    assert desk.instruments(pair(BTC, status="delisted"), kind="update") == []


def test_listed_again() -> None:
    desk = Desk.begun()
    desk.instruments(pair(BTC, status="delisted"), kind="update")
    assert asked(desk.instruments(pair(BTC), kind="update"), "subscribe") == [[BTC]]


def test_a_symbol_that_is_not_listed_is_refused() -> None:
    desk = Desk(BTC, "XBT/USD")
    desk.connect()
    actions = desk.instruments(pair(BTC))
    assert asked(actions, "subscribe") == [[BTC]]
    assert [(n.kind, n.symbol) for n in notices(actions)] == [("refused", "XBT/USD")]


def test_no_instruments_no_connection() -> None:
    desk = Desk()
    desk.connect()
    done = closes(desk.rest(11))
    assert done[:1] == ["no instruments"]


# What is not known, and what is broken


def test_unknown_channels_are_logged_once_a_kind() -> None:
    desk = Desk.begun()
    assert len(logs(desk.receive({"channel": "novelty", "data": []}), "kraken.unknown")) == 1
    assert desk.receive({"channel": "novelty", "data": []}) == []
    assert len(desk.receive({"channel": "other"})) == 1


def test_a_warning_of_krakens_is_logged_once() -> None:
    """protocol.md 4.4: "timestamp is deprecated, use interval_begin", with each answer."""
    desk = Desk.begun()
    warned = {"warnings": ["x is deprecated", "y too", "y too"]}
    answer = {"method": "subscribe", "req_id": 99, "success": True, "result": warned}
    assert logs(desk.receive(answer), "kraken.warned") == ["x is deprecated", "y too"]
    assert logs(desk.receive(answer), "kraken.warned") == []


def test_unknown_fields_pass_and_are_logged_once() -> None:
    desk = Desk.begun()
    novel = book_frame("snapshot", BTC, [], [], 0).replace(b'"symbol"', b'"novel":1,"symbol"')
    actions = desk.receive(novel)
    assert kinds(events(actions)) == ["Snapshot"]
    assert logs(actions, "kraken.unknown") == ["unknown field book.data.novel"]
    assert logs(desk.receive(novel), "kraken.unknown") == []


def test_unknown_fields_of_updates_are_found_in_time() -> None:
    desk = Desk.begun()
    frame = book_frame("update", BTC, [], [], desk.books[BTC].checksum())
    novel = frame.replace(b'"symbol"', b'"novel":1,"symbol"')
    found = [d for _ in range(FIELDS_SAMPLE) for d in logs(desk.receive(novel), "kraken.unknown")]
    assert found == ["unknown field book.data.novel"]


def test_a_text_that_is_no_json_is_not_data() -> None:
    """§3.5: `CloudFlare WebSocket proxy restarting` has come as a text frame."""
    desk = Desk.begun()
    for noise in (b"CloudFlare WebSocket proxy restarting", b"\xff\xfe\x00", b"[1]", b""):
        actions = desk.receive(noise)
        assert events(actions) == []
        assert closes(actions) == []
        assert logs(actions, "frame.bad")
    assert desk.session.live == 2


@pytest.mark.parametrize(
    "broken",
    [
        b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"pri',
        b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"}]}',
        b'  {"channel":"\xff"}',
        b'{"channel":"book","data":' + b"[" * 100_000,
    ],
)
def test_a_message_that_is_broken_costs_the_connection(broken: bytes) -> None:
    """X11: which book it was for cannot be known."""
    desk = Desk.begun()
    actions = desk.receive(broken)
    assert len(closes(actions)) == 1
    assert [type(event) for event in events(desk.disconnect())] == [Reset, Reset]


def test_bad_frames_are_logged_in_part() -> None:
    (line,) = logs(Desk.begun().receive(b"<html>" + b"x" * 10_000), "frame.bad")
    assert len(line) < 400


# Status, silence, ends


def status(system: str, **more: object) -> dict[str, object]:
    return {"channel": "status", "type": "update", "data": [{"system": system, **more}]}


def test_a_change_of_kraken_s_state_is_told_once() -> None:
    desk = Desk.begun()
    (first,) = notices(desk.receive(status("online")))
    assert (first.kind, first.symbol) == ("system", "")
    assert desk.receive(status("online")) == []
    (told,) = notices(desk.receive(status("maintenance")))
    assert "maintenance" in told.note
    assert desk.session.system == "maintenance"
    assert desk.session.live == 2, "X9: books stay valid"
    (planned,) = notices(
        desk.receive(status("maintenance", upcoming_maintenance=[{"title": "Engine upgrade"}]))
    )
    assert "Engine upgrade" in planned.note
    assert json.loads(planned.report)["upcoming_maintenance"] == [{"title": "Engine upgrade"}]


def test_an_unchanged_status_is_not_told_again_by_the_next_connection() -> None:
    desk = Desk.begun()
    planned = {"title": "Engine upgrade", "phase": "announced", "time_to_start_s": 900}
    assert notices(desk.receive(status("online", connection_id=1, upcoming_maintenance=[planned])))
    desk.disconnect()
    desk.connect()
    later = {**planned, "time_to_start_s": 600}
    assert not notices(
        desk.receive(status("online", connection_id=2, upcoming_maintenance=[later]))
    )
    (over,) = notices(desk.receive(status("online", connection_id=2)))
    assert over.note == "system online"


def test_silence_ends_the_connection_after_five_seconds() -> None:
    desk = Desk.begun()
    assert closes(desk.tick(4.9)) == []
    assert len(closes(desk.tick(0.1))) == 1


@pytest.mark.parametrize(
    "sign", [b'{"channel":"heartbeat"}', b'{"method":"pong"}', b"noise", b"{}"]
)
def test_any_message_is_a_sign_of_life(sign: bytes) -> None:
    desk = Desk.begun()
    desk.tick(4.9)
    desk.receive(sign)
    assert closes(desk.tick(4.9)) == []


def test_a_part_of_a_message_is_no_sign_of_life() -> None:
    """X4: a read that completes no message leaves the silence as it is."""
    desk = Desk.begun()
    for _ in range(9):
        desk.tick(0.5)
        assert desk.session.received_all([], Now(desk.now, 0)) == []
    assert len(closes(desk.tick(0.5))) == 1


def test_a_ping_is_sent_into_silence() -> None:
    desk = Desk.begun()
    assert desk.tick(2.4) == []
    assert len(desk.tick(0.2)) == 1
    assert desk.tick(0.1) == [], "one at a time"


def test_a_quiet_book_is_no_dead_book() -> None:
    desk = Desk.begun()
    assert desk.rest(60) == []
    assert desk.session.live == 2


def test_a_disconnect_resets_what_was_live() -> None:
    desk = Desk()
    desk.connect()
    desk.instruments()
    desk.live(BTC)
    (action,) = desk.disconnect()
    assert isinstance(action, Emit)
    assert (action.symbol, action.event.reason) == (BTC, "disconnected")  # type: ignore[union-attr]
    assert desk.session.live == 0
    assert desk.session.state_of(BTC)[0] is BookState.DISCONNECTED
    assert desk.disconnect() == []
    assert desk.tick(100) == [], "without a connection nothing is due"


def test_after_a_reconnect_everything_is_asked_for_again() -> None:
    desk = Desk.begun()
    desk.disconnect()
    desk.tick(1)
    desk.connect()
    assert desk.update(BTC, BETTER) == []
    assert asked(desk.instruments(), "subscribe") == [[BTC, ETH]]
    desk.live()
    assert desk.session.live == 2


def test_a_thin_book_and_an_empty_one_are_books() -> None:
    desk = Desk(BTC)
    desk.connect()
    desk.instruments()
    desk.ack(BTC)
    (empty,) = events(desk.snapshot(BTC, bids=[], asks=[]))
    assert isinstance(empty, Snapshot)
    assert (empty.checksum, empty.bids, empty.asks) == (0, [], [])
    assert events(desk.update(BTC, BIDS[:1]))


def test_a_message_for_many_symbols_is_taken_apart() -> None:
    """§2: one element is documented, iterate anyway; one symbol's fault never touches another's."""
    desk = Desk.begun()
    one = book_frame("update", BTC, [], [], desk.books[BTC].checksum() + 1)
    two = book_frame("update", ETH, [], [], desk.books[ETH].checksum())

    def body(frame: bytes) -> bytes:
        return frame[frame.index(b"[{") + 1 : -2]

    both = b'{"channel":"book","type":"update","data":[' + body(one) + b"," + body(two) + b"]}"
    actions = desk.receive(both)
    assert [(a.symbol, type(a.event)) for a in actions if isinstance(a, Emit)] == [
        (BTC, Reset),
        (ETH, Update),
    ]
