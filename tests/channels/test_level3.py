"""A level3 session: the recorded frames, instruments given by another connection, tokens, and the
pace that Kraken asks for.
"""

from __future__ import annotations

import json
from pathlib import Path

from publisher.actions import Action, Close, Emit, Listed, Send
from publisher.channels.book import BookChannel
from publisher.channels.level3 import COSTS, SYMBOLS_PER_CONNECTION, Level3Channel
from publisher.channels.plans import connections_of
from publisher.kraken.messages import Instruments
from publisher.kraken.requests import INSTRUMENTS
from publisher.model import Instrument, Now
from publisher.session import Session, SessionGroup
from publisher.session.subscription import State
from publisher.wire import Orders, OrdersSnapshot, Reset
from tests.bus.desk import plan
from tests.level3_model import integers, replay_level3
from tests.session.desk import BTC, ETH, requests

NOW = Now(1000.0, 7_000)
TOKEN = "a-token-that-nobody-may-see"
CAPTURE = "l3-btc-d10-20240924.ndjson"
LISTED = Instruments(True, [Instrument(BTC, 1, 8, "online"), Instrument(ETH, 2, 8, "online")])


def begun(*symbols: str, depth: int = 10) -> Session:
    """Return a session that has its token and its instruments."""
    session = Session(symbols or (BTC,), Level3Channel(depth))
    session.connected(NOW, TOKEN)
    session.listed(LISTED, NOW)
    return session


def events(actions: list[Action]) -> list[object]:
    return [action.event for action in actions if isinstance(action, Emit)]


def test_the_recorded_book_is_proven_after_every_message(captures: Path) -> None:
    lines = (captures / CAPTURE).read_text().splitlines()
    models = replay_level3(lines, depth=10)
    session, proven = begun(), 0
    for line in lines:
        for event in events(session.received(line.encode(), NOW)):
            assert isinstance(event, Orders | OrdersSnapshot)
            frame, model = next(models)
            assert event.checksum == frame.checksum == model.checksum()
            snapshot = session.capture(BTC)
            assert isinstance(snapshot, OrdersSnapshot)
            assert snapshot.bids == integers(model.bids)
            assert snapshot.asks == integers(model.asks)
            proven += 1
    assert proven == 296


def test_nothing_is_asked_before_the_instruments_are_given() -> None:
    session = Session((BTC, ETH), Level3Channel(100))
    assert session.connected(NOW, TOKEN) == []
    (request,) = requests(session.listed(LISTED, NOW))
    assert request["params"] == {
        "channel": "level3", "symbol": [BTC, ETH], "depth": 100, "token": TOKEN,
    }  # fmt: skip


def test_instruments_given_before_the_connection_serve_it() -> None:
    session = Session((BTC, "NO/PE"), Level3Channel(10))
    session.listed(LISTED, NOW)
    actions = session.connected(NOW, TOKEN)
    assert [request["params"]["symbol"] for request in requests(actions)] == [[BTC]]
    assert session.refused == ["NO/PE"]


def test_a_new_precision_given_later_drops_the_book() -> None:
    session = begun()
    snapshot = (
        '{"channel":"level3","type":"snapshot","data":[{"symbol":"BTC/USD","checksum":0,'
        '"bids":[],"asks":[]}]}'
    )
    session.received(snapshot.encode(), NOW)
    assert session.live == 1
    changed = Instruments(False, [Instrument(BTC, 2, 8, "online")])
    (reset,) = events(session.listed(changed, NOW))
    assert isinstance(reset, Reset)
    assert reset.reason == "instrument"
    assert session.subscriptions[BTC].state is State.UNSUBSCRIBING


def test_a_spent_token_ends_the_connection() -> None:
    """The answer has a channel too, and no symbol (protocol.md 11)."""
    session = begun()
    answer = {
        "channel": "level3", "error": "ESession:Invalid session", "method": "subscribe",
        "status": "error", "success": False, "req_id": session.subscriptions[BTC].req_id,
    }  # fmt: skip
    (close,) = session.received(json.dumps(answer).encode(), NOW)
    assert close == Close("ESession:Invalid session", "token")


def test_no_repr_shows_the_token() -> None:
    session = Session((BTC,), Level3Channel(10))
    actions = [*session.connected(NOW, TOKEN), *session.listed(LISTED, NOW)]
    assert any(isinstance(action, Send) and TOKEN.encode() in action.request for action in actions)
    assert TOKEN not in repr(actions)
    assert TOKEN not in repr(vars(session))


def test_symbols_are_subscribed_at_the_pace_of_their_depth() -> None:
    """A budget of 200 a second, 100 for a symbol of depth 1000: two a second (protocol.md 1.1)."""
    symbols = tuple(f"S{i}/USD" for i in range(12))
    session = Session(symbols, Level3Channel(1000))
    session.connected(NOW, TOKEN)
    listed = [Instrument(symbol, 1, 8, "online") for symbol in symbols]
    asked = requests(session.listed(Instruments(True, listed), NOW))
    for tick in range(1, 61):
        now = Now(NOW.mono + tick * 0.05, 0)
        session.received(b'{"channel":"heartbeat"}', now)
        asked += requests(session.ticked(now))
        count = sum(len(request["params"]["symbol"]) for request in asked)
        assert count <= 2 + 2 * tick * 0.05 + 1e-6
    assert count == 8


def test_a_session_without_symbols_hands_the_instruments_on() -> None:
    watch = Session((), BookChannel(10))
    (request,) = requests(watch.connected(NOW))
    assert request["params"] == {"channel": "instrument", **INSTRUMENTS}
    pair = {"symbol": BTC, "status": "online", "price_precision": 1, "qty_precision": 8}
    message = {"channel": "instrument", "type": "snapshot", "data": {"assets": [], "pairs": [pair]}}
    actions = watch.received(json.dumps(message).encode(), NOW)
    assert actions == [Listed(True, [Instrument(BTC, 1, 8, "online")])]


def test_more_symbols_than_a_connection_takes_are_spread() -> None:
    symbols = tuple(f"S{i}/USD" for i in range(2 * SYMBOLS_PER_CONNECTION + 1))
    shares = connections_of(plan(channel="level3", symbols=symbols, depth=10))
    assert [len(share) for share, _ in shares] == [SYMBOLS_PER_CONNECTION] * 2 + [1]
    assert sum((tuple(share) for share, _ in shares), ()) == symbols
    each = [channel.symbols_per_s for _, channel in shares]
    assert sum(each) * COSTS[10] == 200  # the account's budget, in all


def test_sessions_of_a_feed_are_looked_at_as_one() -> None:
    one, two = begun(BTC), begun(ETH)
    group = SessionGroup([one, two])
    assert set(group.subscriptions) == {BTC, ETH}
    snapshot = (
        '{"channel":"level3","type":"snapshot","data":[{"symbol":"ETH/USD","checksum":0,'
        '"bids":[],"asks":[]}]}'
    )
    two.received(snapshot.encode(), NOW)
    assert (group.live, group.refused, group.system) == (1, [], "")
    captured = group.capture(ETH)
    assert isinstance(captured, OrdersSnapshot)
    assert captured.symbol == ETH
    assert group.capture(BTC) is None
    assert group.state_of(ETH) == ("live", 0, 0)
    one.counts["updates ignored"] += 2
    two.counts["updates ignored"] += 1
    assert group.counts["updates ignored"] == 3
