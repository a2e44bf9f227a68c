"""Every level3 message that the venue sends, judged by a naive client and by the venue's own L2.

The models read the text on the wire and share no code with the simulator.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from publisher.simulator.channels import Host
from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Connection, Exchange
from publisher.simulator.instruments import WELL_KNOWN, choose
from publisher.simulator.ladder import Order
from publisher.simulator.market import Market
from publisher.simulator.order_frames import checksum
from publisher.simulator.regimes import hold, restate, with_precision
from tests.level3_model import Level3Frame, ModelLevel3, ModelSide, level3_frames
from tests.model import ModelBook, book_frames, rescaled
from tests.spec.level3_vectors import NAMES, load_level3_vectors

NOW = 1_790_000_000_000_000_000
BUSY = ("BTC/USD", "ETH/USD", "DOGE/USD", "METAx/USD", "PEPE/USD")
ORDER_ID = re.compile(r"O[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}")
NINE_DIGITS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


class Venue:
    """An exchange with a client of each endpoint; every message goes to the models."""

    def __init__(self, symbols: str, depth: int, seed: int = 1) -> None:
        self.exchange = Exchange(Engine(choose(symbols), seed=seed))
        self.depth = depth
        self.orders: dict[str, ModelLevel3] = {}
        self.levels: dict[str, ModelBook] = {}
        self.frames: list[Level3Frame] = []
        self.now_ns = NOW
        for channel, host in (("book", "public"), ("level3", "level3")):
            connection, _ = self.exchange.connected(NOW, host)  # type: ignore[arg-type]
            for text in subscribe(self.exchange, connection, channel, symbols, depth):
                self.take(text)

    def take(self, text: str) -> None:
        for told in book_frames([text]):
            levels = self.levels.setdefault(told.symbol, ModelBook(self.depth))
            (levels.snapshot if told.kind == "snapshot" else levels.update)(told.bids, told.asks)
        for frame in level3_frames([text]):
            orders = self.orders.setdefault(frame.symbol, ModelLevel3(self.depth))
            (orders.snapshot if frame.kind == "snapshot" else orders.update)(frame.bids, frame.asks)
            assert frame.bids or frame.asks, "an empty difference was sent"
            assert orders.checksum() == frame.checksum, text
            self.frames.append(frame)

    def step(self) -> bool:
        """Move a market; return whether its two books agree."""
        self.now_ns += 1_000_000
        moved = self.exchange.engine.step(self.now_ns)
        assert moved is not None
        for publication in self.exchange.publish(*moved, self.now_ns):
            self.take(publication.text)
        return self.agrees(moved[0].instrument.symbol)

    def agrees(self, symbol: str) -> bool:
        """Return whether the sums of the orders are the levels, on both sides."""
        orders, levels = self.orders[symbol], self.levels[symbol]
        return (sums(orders.bids), sums(orders.asks)) == (
            {Decimal(price): Decimal(qty) for price, qty in levels.sorted_bids()},
            {Decimal(price): Decimal(qty) for price, qty in levels.sorted_asks()},
        )

    def is_whole(self, symbol: str) -> bool:
        """Return whether the client holds the venue's orders in the venue's queues, one by one."""
        market = self.exchange.engine.market(symbol)
        return all(
            [(rescaled(order.price), rescaled(order.qty)) for order in side.listed()]
            == [
                (abs(key), order.qty)
                for key in ladder.keys[: self.depth]
                for order in ladder.queues[key].values()
            ]
            for side, ladder in (
                (self.orders[symbol].bids, market.bids),
                (self.orders[symbol].asks, market.asks),
            )
        )


def sums(side: ModelSide) -> dict[Decimal, Decimal]:
    """Return {price: total qty} of one side's orders."""
    totals: dict[Decimal, Decimal] = {}
    for order in side.orders.values():
        price = Decimal(order.price)
        totals[price] = totals.get(price, Decimal(0)) + Decimal(order.qty)
    return totals


def subscribe(
    exchange: Exchange, connection: Connection, channel: str, symbols: str, depth: int
) -> list[str]:
    """Subscribe and return the snapshots."""
    params: dict[str, object] = {"channel": channel, "symbol": symbols.split(","), "depth": depth}
    if channel == "level3":
        params["token"] = exchange.tokens.issue(NOW)
    request = json.dumps({"method": "subscribe", "params": params})
    answers = exchange.received(connection, request, NOW)
    assert [frame.kind for frame in answers if frame.kind == "error"] == []
    return [frame.text for frame in answers if frame.kind == "snapshot"]


@pytest.mark.parametrize(
    ("symbols", "depth", "steps"),
    [(",".join(BUSY), 10, 3000), ("BTC/USD,METAx/USD", 100, 300), ("SOL/USD", 1000, 12)],
)
def test_orders_add_up_to_the_book_after_every_step(symbols: str, depth: int, steps: int) -> None:
    venue = Venue(symbols, depth)
    assert all(venue.agrees(symbol) for symbol in venue.orders)
    for _ in range(steps):
        assert venue.step()
    assert all(venue.is_whole(symbol) for symbol in venue.orders)
    assert len(venue.frames) > steps // 4


def test_forced_shapes_and_new_precisions_keep_both_books_alike() -> None:
    venue = Venue("ETH/USD", 10)
    exchange, market = venue.exchange, venue.exchange.engine.market("ETH/USD")
    for regime in ("thin", "one_sided", "empty", "crossed", "normal"):
        change = hold(market, regime, venue.now_ns)
        for publication in exchange.publish(market, change, venue.now_ns):
            venue.take(publication.text)
        for _ in range(150):
            assert venue.step(), regime
    restate(market, with_precision(market.instrument, 1, 6))
    exchange.reopen("ETH/USD")
    late, _ = exchange.connected(NOW, "level3")
    other, _ = exchange.connected(NOW, "public")
    for text in (
        *subscribe(exchange, late, "level3", "ETH/USD", 10),
        *subscribe(exchange, other, "book", "ETH/USD", 10),
    ):
        venue.take(text)
    for _ in range(200):
        assert venue.step()
    assert venue.is_whole("ETH/USD")


def test_messages_show_what_real_ones_show() -> None:
    """The kinds of events in a share like that of protocol.md 6.1, and what clients fail on."""
    venue = Venue("BTC/USD", 10, seed=3)
    known: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for item in (*venue.frames[0].bids, *venue.frames[0].asks):
        known[item["order_id"]] = item["order_qty"]
    for _ in range(2500):
        venue.step()
    for frame in venue.frames[1:]:
        for side in (frame.bids, frame.asks):
            adds = [item["timestamp"] for item in side if item["event"] == "add"]
            seen["unsorted"] += adds != sorted(adds)
            for item in side:
                event, name = item["event"], item["order_id"]
                assert ORDER_ID.fullmatch(name)
                assert NINE_DIGITS.fullmatch(item["timestamp"])
                seen[event] += 1
                if event == "delete":
                    assert item["order_qty"] == known[name], "a delete repeats the last qty"
                    assert Decimal(item["order_qty"]) > 0
                seen["returned"] += event == "add" and name in known
                known[name] = item["order_qty"]
        deleted = {item["order_id"] for item in (*frame.bids, *frame.asks) if is_(item, "delete")}
        added = {item["order_id"] for item in (*frame.bids, *frame.asks) if is_(item, "add")}
        seen["requeued"] += bool(deleted & added)
    assert seen["add"] > seen["delete"] > seen["modify"] > 20
    assert min(seen["unsorted"], seen["returned"], seen["requeued"]) > 5


def is_(item: dict[str, str], event: str) -> bool:
    return item["event"] == event


def test_a_partial_fill_is_a_modify_with_the_original_time() -> None:
    venue = Venue("BTC/USD", 10)
    times: dict[str, str] = {}
    modified = 0
    for _ in range(1500):
        venue.step()
    for frame in venue.frames:
        for item in (*frame.bids, *frame.asks):
            if item.get("event") == "modify":
                assert times[item["order_id"]] == item["timestamp"]
                modified += 1
            elif item.get("event") != "delete":
                times[item["order_id"]] = item["timestamp"]
    assert modified > 10


@pytest.mark.parametrize("flaw", ["array order", "never cuts", "ten orders"])
def test_the_common_bugs_fail(flaw: str) -> None:
    """The feed must punish what protocol.md 6.2, 5.4 and 6.3 warn of."""
    venue = Venue("BTC/USD", 10)
    for _ in range(1500):
        venue.step()
    client = ModelLevel3(10)
    wrong = 0
    for number, frame in enumerate(venue.frames):
        bids, asks = frame.bids, frame.asks
        if flaw == "array order":
            bids, asks = untimed(bids, number), untimed(asks, number)
        if flaw == "never cuts":
            client.depth = 10**6
        (client.snapshot if frame.kind == "snapshot" else client.update)(bids, asks)
        if flaw == "ten orders":
            for side in (client.bids, client.asks):
                for order in side.listed()[10:]:
                    del side.orders[order.order_id]
        wrong += client.checksum() != frame.checksum
    assert wrong > 20


def untimed(items: list[dict[str, str]], number: int) -> list[dict[str, str]]:
    """Return the items with times that say no more than the order in which they came."""
    second = f"2026-01-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    return [{**item, "timestamp": f"{second}.{place:09d}Z"} for place, item in enumerate(items)]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_checksum_is_that_of_the_published_vectors(name: str) -> None:
    model = ModelLevel3(10)
    for number, step in enumerate(load_level3_vectors()[name]):
        (model.update if number else model.snapshot)(step.bids, step.asks)
        market = Market(WELL_KNOWN[0], seed=1)
        for ladder, side in ((market.bids, model.bids), (market.asks, model.asks)):
            for key in list(ladder.keys):
                ladder.remove_level(key)
            for number, order in enumerate(side.listed()):
                placed = Order(number, rescaled(order.qty), number)
                ladder.place(ladder.sign * rescaled(order.price), placed)
        market.drain()
        assert checksum(market) == step.checksum


def test_the_same_seed_gives_the_same_messages() -> None:
    first, second = (Venue("BTC/USD,ETH/USD", 10, seed=9) for _ in range(2))
    for venue in (first, second):
        for _ in range(300):
            venue.step()
    assert first.frames == second.frames


class Asking:
    """A connection of one endpoint."""

    def __init__(self, host: Host, symbols: str = "BTC/USD,ETH/USD") -> None:
        self.exchange = Exchange(Engine(choose(symbols), seed=1))
        self.connection, _ = self.exchange.connected(NOW, host)
        self.token = self.exchange.tokens.issue(NOW)

    def ask(self, method: str = "subscribe", at_s: float = 0, **params: Any) -> list[Any]:
        request = {"method": method, "req_id": 5, "params": params}
        now_ns = NOW + int(at_s * 1e9)
        answers = self.exchange.received(self.connection, json.dumps(request), now_ns)
        return [json.loads(frame.text) for frame in answers]

    def level3(self, *symbols: str, at_s: float = 0, **params: Any) -> list[Any]:
        given = {"channel": "level3", "symbol": list(symbols), "token": self.token, **params}
        answers = self.ask(at_s=at_s, **given)
        return [answer.get("error") for answer in answers if "method" in answer]


def test_acks_name_the_depth_and_an_unsubscribe_does_not() -> None:
    client = Asking("level3")
    given = {"channel": "level3", "symbol": ["BTC/USD"], "token": client.token}
    ack, snapshot = client.ask(**given, depth=100)
    assert ack["result"] == {
        "channel": "level3", "depth": 100, "snapshot": True, "symbol": "BTC/USD",
    }  # fmt: skip
    assert len({order["limit_price"] for order in snapshot["data"][0]["bids"]}) == 100
    assert client.level3("BTC/USD") == ["Already subscribed"]
    (ack,) = client.ask("unsubscribe", **given)
    assert ack["result"] == {"channel": "level3", "symbol": "BTC/USD"}
    (ack,) = client.ask(**given, snapshot=False)
    assert ack["result"]["snapshot"] is False


@pytest.mark.parametrize("depth", [25, 500, 1, "10"])
def test_other_depths_are_refused(depth: object) -> None:
    (error,) = Asking("level3").level3("BTC/USD", depth=depth)
    assert error in (
        "Subscription depth not supported", "Subscription book depth must be an integer",
    )  # fmt: skip


@pytest.mark.parametrize(("depth", "admitted"), [(10, 40), (100, 8), (1000, 2)])
def test_the_budget_of_one_second_and_its_refill(depth: int, admitted: int) -> None:
    """protocol.md 1.1: 200 a second; 5, 25 and 100 a symbol."""
    client = Asking("level3", "60")
    symbols = list(client.exchange.engine.instruments)
    errors = client.level3(*symbols[: admitted + 1], depth=depth)
    assert errors == [None] * admitted + ["EAPI:Rate limit exceeded"]
    (error,) = client.level3(symbols[admitted], depth=depth, at_s=0.001)
    assert error == "EAPI:Rate limit exceeded"
    assert client.level3(symbols[admitted], depth=depth, at_s=1.001) == [None]


def test_a_connection_holds_two_hundred_symbols() -> None:
    client = Asking("level3", "203")
    symbols = list(client.exchange.engine.instruments)
    for second in range(5):
        part = symbols[40 * second : 40 * second + 40]
        assert set(client.level3(*part, at_s=second * 2)) == {None}
    (error,) = client.level3(symbols[200], at_s=20)
    assert error.startswith("EGeneral:Invalid arguments")
    client.connection, _ = client.exchange.connected(NOW, "level3")
    assert client.level3(symbols[200], at_s=30) == [None]
