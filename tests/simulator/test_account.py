"""Executions and balances: sparse reports that add up, by a client that merges what it is told.

Shapes are those of protocol.md 8 and of the recorded private frames.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Connection, Exchange
from publisher.simulator.instruments import choose

NOW = 1_790_000_000_000_000_000
OVER = ("filled", "canceled")
SUMS = {"cum_qty", "cum_cost", "fee_usd_equiv", "avg_price"}
SPARSE = {"timestamp", "order_status", "exec_type", "order_userref", "order_id"}
SHAPES = {
    "pending_new": SPARSE | SUMS | {
        "symbol", "side", "order_type", "order_qty", "limit_price", "limit_price_type",
        "time_in_force", "post_only", "reduce_only", "margin",
    },
    "new": SPARSE,
    "trade": SPARSE | SUMS | {
        "exec_id", "trade_id", "symbol", "side", "order_type", "last_qty", "last_price", "cost",
        "liquidity_ind", "fees",
    },
    "filled": SPARSE | SUMS,
    "amended": SPARSE | {
        "cum_qty", "reason", "amended", "order_qty", "limit_price", "limit_price_type",
    },
    "canceled": SPARSE | SUMS | {"cancel_reason", "reason"},
}  # fmt: skip
"""What each kind of report holds; the whole order is told once only."""


class Client:
    """What one connection knows of the account after merging every message."""

    def __init__(self, venue: Venue, *channels: str, **params: Any) -> None:
        self.venue = venue
        self.orders: dict[str, dict[str, Any]] = {}
        self.balances: dict[str, str] = {}
        self.trades: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.connection, _ = venue.exchange.connected(NOW, "auth")
        venue.clients[self.connection.number] = self
        for channel in channels:
            for text in venue.ask(self.connection, channel=channel, **params):
                self.take(text)

    def take(self, text: str) -> None:
        message = json.loads(text, parse_float=str, parse_int=str)
        if "channel" not in message:
            return
        self.messages.append(message)
        for item in message["data"]:
            if message["channel"] == "balances":
                self.balances[item["asset"]] = item["balance"]
                continue
            if item["exec_type"] == "trade":
                self.trades.append(item["exec_id"])
            order = self.orders.setdefault(item["order_id"], {})
            order |= item
            if item["order_status"] in OVER:
                del self.orders[item["order_id"]]

    def of(self, channel: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["channel"] == channel]

    def is_right(self) -> bool:
        """Return whether the merged state is what the account says of itself."""
        truth: Any = self.venue.exchange.private.report()
        merged = {
            name: {field: order[field] for field in truth["orders"].get(name, order)}
            for name, order in self.orders.items()
        }
        return merged == truth["orders"] and self.balances == truth["balances"]


class Venue:
    """An exchange and the clients of its private endpoint."""

    def __init__(self, seed: int = 1, symbols: str = "BTC/USD,ETH/USD,PEPE/USD") -> None:
        self.exchange = Exchange(Engine(choose(symbols), seed=seed))
        self.clients: dict[int, Client] = {}
        self.now_ns = NOW
        self.told: list[str] = []

    def ask(self, connection: Connection, method: str = "subscribe", **params: Any) -> list[str]:
        params["token"] = self.exchange.tokens.issue(NOW)
        request = json.dumps({"method": method, "params": params})
        return [frame.text for frame in self.exchange.received(connection, request, NOW)]

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.now_ns += 10_000_000
            for publication in self.exchange.private.step(self.now_ns):
                self.told.append(publication.text)
                for number in publication.watchers:
                    self.clients[number].take(publication.text)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_merged_reports_are_the_accounts_true_state_after_every_step(seed: int) -> None:
    venue = Venue(seed)
    client = Client(venue, "executions", "balances")
    for number in range(600):
        venue.step()
        assert client.is_right(), number
        if number % 50 == 0:
            assert Client(venue, "executions", "balances").is_right(), "a late joiner"
    assert all(each.is_right() for each in venue.clients.values())


def test_every_kind_of_report_has_its_own_few_fields() -> None:
    venue = Venue()
    client = Client(venue, "executions", "balances")
    venue.step(500)
    seen: Counter[str] = Counter()
    for message in client.of("executions")[1:]:
        (item,) = message["data"]
        seen[item["exec_type"]] += 1
        assert set(item) == SHAPES[item["exec_type"]]
    assert set(seen) == set(SHAPES)
    kinds = {item["type"] for message in client.of("balances")[1:] for item in message["data"]}
    assert kinds == {"trade", "deposit"}


def test_a_fill_says_partially_filled_and_filled_comes_behind_it() -> None:
    venue = Venue()
    client = Client(venue, "executions")
    venue.step(300)
    items = [message["data"][0] for message in client.of("executions")[1:]]
    assert {i["order_status"] for i in items if i["exec_type"] == "trade"} == {"partially_filled"}
    for before, item in itertools.pairwise(items):
        if item["exec_type"] == "filled":
            assert (before["exec_type"], before["order_id"]) == ("trade", item["order_id"])


def test_balances_change_by_amount_and_fee_twice_a_trade() -> None:
    venue = Venue()
    client = Client(venue, "executions", "balances")
    venue.step(400)
    first, *updates = client.of("balances")
    held = {item["asset"]: Decimal(item["balance"]) for item in first["data"]}
    for item in first["data"]:
        assert sum(Decimal(wallet["balance"]) for wallet in item["wallets"]) == held[item["asset"]]
    references: Counter[str] = Counter()
    for message in updates:
        (item,) = message["data"]
        held[item["asset"]] += Decimal(item["amount"]) - Decimal(item["fee"])
        assert held[item["asset"]] == Decimal(item["balance"]) >= 0
        if item["type"] == "trade":
            references[item["ref_id"]] += 1
    assert references == dict.fromkeys(client.trades, 2)
    assert len(client.trades) > 50


def test_numbers_are_plain_and_unpadded() -> None:
    venue = Venue()
    Client(venue, "executions", "balances")
    venue.step(300)
    numbers = re.findall(r'(?<=":)-?[\d.]+(?:[eE][+-]?\d+)?(?=[,}])', "".join(venue.told))
    assert len(numbers) > 500
    assert not [number for number in numbers if "e" in number.lower()]
    assert not [number for number in numbers if "." in number and number[-1] in "0."]


def test_each_channel_and_connection_counts_its_own_messages() -> None:
    venue = Venue()
    first = Client(venue, "executions", "balances")
    venue.step(40)
    Client(venue, "executions", "balances")
    venue.step(40)
    for client in venue.clients.values():
        for channel in ("executions", "balances"):
            numbers = [int(message["sequence"]) for message in client.of(channel)]
            assert numbers == list(range(1, len(numbers) + 1))
    assert len(first.of("executions")) != len(first.of("balances"))


def test_a_number_left_out_is_left_out_once() -> None:
    venue = Venue()
    client = Client(venue, "executions", "balances")
    venue.step(20)
    venue.exchange.private.skip("executions")
    venue.step(20)
    numbers = [int(message["sequence"]) for message in client.of("executions")]
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers)]
    assert sorted(set(steps)) == [1, 2]
    assert steps.count(2) == 1
    assert client.is_right()
    with pytest.raises(ValueError, match="balances"):
        venue.exchange.private.skip("book")


@pytest.mark.parametrize("orders", [True, False])
@pytest.mark.parametrize("trades", [True, False])
def test_the_snapshot_holds_what_was_asked_for(orders: bool, trades: bool) -> None:
    venue = Venue()
    venue.step(300)
    client = Client(venue, "executions", snap_orders=orders, snap_trades=trades)
    (snapshot,) = client.messages
    kinds = Counter(item["exec_type"] for item in snapshot["data"])
    account = venue.exchange.private.account
    assert kinds["new"] == (len(account.orders) if orders else 0)
    assert kinds["trade"] == (50 if trades else 0)


def test_the_acks_and_refusals() -> None:
    venue = Venue()
    connection, _ = venue.exchange.connected(NOW, "auth")
    ack, _ = map(json.loads, venue.ask(connection, channel="executions"))
    assert ack["result"] == {
        "channel": "executions", "maxratecount": 180, "snap_orders": True, "snap_trades": False,
        "warnings": ["cancel_reason is deprecated, use reason"],
    }  # fmt: skip
    (error,) = map(json.loads, venue.ask(connection, channel="executions"))
    assert error["error"] == "Already subscribed"
    (ack,) = map(json.loads, venue.ask(connection, channel="balances", snapshot=False))
    assert ack["result"] == {"channel": "balances", "snapshot": False}
    (ack,) = map(json.loads, venue.ask(connection, "unsubscribe", channel="executions"))
    assert ack["result"] == {"channel": "executions"}
    (error,) = map(json.loads, venue.ask(connection, "unsubscribe", channel="executions"))
    assert error["error"] == "Subscription Not Found"
    (ack,) = map(json.loads, venue.ask(connection, channel="executions", users="all"))
    assert ack["success"]


def test_without_order_status_only_openings_and_ends_are_told() -> None:
    venue = Venue()
    client = Client(venue, "executions", order_status=False)
    venue.step(300)
    kinds = {item["exec_type"] for message in client.messages[1:] for item in message["data"]}
    assert kinds == {"new", "filled", "canceled"}


def test_the_same_seed_tells_the_same_story() -> None:
    stories = []
    for seed in (5, 5, 6):
        venue = Venue(seed)
        Client(venue, "executions", "balances")
        venue.step(200)
        stories.append(venue.told)
    assert stories[0] == stories[1] != stories[2]
