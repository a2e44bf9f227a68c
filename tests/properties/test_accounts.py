"""An account's channels through any line: the state equals the account's own, or says that it does
not know.

A naive account acts at random and tells sparse reports; messages are lost and doubled, connections
end, and a real session asks again. The reader applies the events as WIRE.md 7.2 has it. Both
account and reader are this file's own: objects merged as plain dicts, sums of Decimals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random
from typing import Any, Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.actions import Action, Close, Emit, Send
from publisher.channels.balances import BalancesChannel
from publisher.channels.executions import ExecutionsChannel
from publisher.model import Now
from publisher.session import Session
from publisher.wire import (
    Balance,
    BalancesSnapshot,
    Event,
    Execution,
    ExecutionsSnapshot,
    Json,
    OrdersGap,
    Reset,
)

OVER = {"filled", "canceled", "expired"}
SAYS = {"order_id", "symbol", "order_qty", "limit_price", "cum_qty", "order_status"}
"""What the naive account knows of an order."""
FILLS_TOLD = 50
Fields = dict[str, str]


def text(fields: Fields) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def read(told: Json) -> Any:
    joined = told if isinstance(told, str) else "".join(told)
    return json.loads(joined, parse_float=Decimal, parse_int=Decimal)


def decimal(random: Random) -> str:
    """Return a positive number as Kraken writes them: padded or not."""
    return random.choice(("7", "0.50", "12.25", "1000000.00000001", "3.10000"))


class Account(Protocol):
    channel: ExecutionsChannel | BalancesChannel

    def step(self) -> Iterable[str]: ...
    def snapshot(self) -> list[str]: ...


class Orders:
    """The orders of a naive account, all that was ever said of each in one dict."""

    def __init__(self, random: Random) -> None:
        self.channel = ExecutionsChannel("main")
        self.open: dict[str, Fields] = {}
        self.fills: list[tuple[str, str]] = []
        self._random = random
        self._count = 0
        self._clock = 0

    def step(self) -> Iterable[str]:
        """Let something happen; yield its reports, each as it happens."""
        if not self.open or (len(self.open) < 6 and self._random.random() < 0.4):
            return self._placed()
        order = self._random.choice(list(self.open.values()))
        match self._random.randrange(7):
            case 0:
                return [
                    self._told(order, {"exec_type": '"canceled"', "order_status": '"canceled"'})
                ]
            case 1:
                return [self._told(order, {"exec_type": '"expired"', "order_status": '"expired"'})]
            case 2:
                more = {"order_qty": decimal(self._random), "limit_price": decimal(self._random)}
                return [self._told(order, {"exec_type": '"amended"', **more})]
            case 3:
                novel = {"exec_type": '"teleported"', "order_status": '"triggered"', "novel": "[1]"}
                return [self._told(order, novel)]
        return self._filled(order)

    def snapshot(self) -> list[str]:
        """Return the open orders and the latest fills, newest first."""
        orders = [text(order | {"exec_type": '"new"'}) for order in self.open.values()]
        return orders + [told for _, told in self.fills[: -FILLS_TOLD - 1 : -1]]

    def _placed(self) -> Iterator[str]:
        self._count += 1
        name = f"O{self._count}"
        whole = {"order_id": f'"{name}"', "symbol": '"BTC/USD"', "cum_qty": "0"}
        whole |= {"order_qty": decimal(self._random), "limit_price": decimal(self._random)}
        order = self.open[name] = whole | {"order_status": '"pending_new"'}
        yield text(order | {"exec_type": '"pending_new"'})
        yield self._told(order, {"exec_type": '"new"', "order_status": '"new"'})

    def _filled(self, order: Fields) -> Iterator[str]:
        self._count += 1
        part = {"exec_type": '"trade"', "order_status": '"partially_filled"'}
        fill = {"exec_id": f'"T{self._count}"', "trade_id": str(self._count), "last_qty": "0.10"}
        sums = {"cum_qty": f"{json.loads(order['cum_qty'], parse_float=Decimal) + 1}"}
        told = self._told(order, part | fill | sums)
        self.fills.append((f"T{self._count}", told))
        yield told
        if self._random.random() < 0.4:
            yield self._told(order, {"exec_type": '"filled"', "order_status": '"filled"'})

    def _told(self, order: Fields, report: Fields) -> str:
        """Return a sparse report of an order, which it changes."""
        self._clock += self._random.randrange(2)
        order |= {name: value for name, value in report.items() if name in SAYS}
        name = json.loads(order["order_id"])
        if json.loads(order["order_status"]) in OVER:
            del self.open[name]
        minute, second = divmod(self._clock, 60)
        stamp = f'"2026-01-02T{minute // 60:02}:{minute % 60:02}:{second:02}.000001Z"'
        return text(report | {"order_id": order["order_id"], "timestamp": stamp})


class Wallets:
    """The wallets of a naive account."""

    KINDS = (("spot", "main"), ("earn", "flex"), ("earn", "bonded"))

    def __init__(self, random: Random) -> None:
        self.channel = BalancesChannel("main")
        self.held: dict[str, dict[tuple[str, str], str]] = {}
        self._random = random

    def step(self) -> list[str]:
        """Let a wallet change; return the report."""
        asset = self._random.choice(("BTC", "USD", "DOT", "KAR"))
        kind, name = self._random.choice(self.KINDS)
        balance = self._random.choice(("0", "0.00000000", decimal(self._random)))
        self.held.setdefault(asset, {})[kind, name] = balance
        report = {"asset": f'"{asset}"', "asset_class": '"currency"', "balance": balance}
        report |= {"wallet_type": f'"{kind}"', "wallet_id": f'"{name}"', "amount": "-1.5"}
        return [text(report)]

    def snapshot(self) -> list[str]:
        """Return all assets, wallets that hold nothing left out."""
        return [
            text({"asset": f'"{asset}"', "balance": f"{self.total(asset):f}", "wallets": wallets})
            for asset, held in self.held.items()
            for wallets in [
                "[" + ",".join(
                    text({"type": f'"{kind}"', "id": f'"{name}"', "balance": balance})
                    for (kind, name), balance in held.items() if Decimal(balance)
                ) + "]"
            ]
        ]  # fmt: skip

    def total(self, asset: str) -> Decimal:
        return sum(map(Decimal, self.held[asset].values()), Decimal(0))


class Reader:
    """What a consumer knows, and what it was told that it cannot know."""

    def __init__(self) -> None:
        self.is_valid = False
        self.state: dict[str, Any] = {}
        self.seen: set[str] = set()
        self.fills: list[str] = []
        self.over: set[str] = set()
        self.gaps: list[OrdersGap] = []

    def take(self, event: Event) -> None:
        match event:
            case Reset():
                self.is_valid = False
            case ExecutionsSnapshot(orders=orders):
                assert orders is not None
                self._is(orders, "order_id")
            case BalancesSnapshot(balances=balances):
                assert balances is not None
                self._is(balances, "asset")
            case OrdersGap():
                self.gaps.append(event)
            case Execution():
                self._execution(event)
            case Balance():
                self.state[event.asset] = read(event.state)
            case _:
                raise AssertionError(event)

    def _is(self, told: list[Json], name: str) -> None:
        self.state = {each[name]: each for each in map(read, told)}
        self.seen |= self.state.keys()
        self.is_valid = True

    def _execution(self, event: Execution) -> None:
        order, report = read(event.order), read(event.report)
        assert report.items() <= order.items()
        self.state[event.order_id] = order
        self.seen |= {event.order_id} if self.is_valid else set()
        if order.get("order_status") in OVER:
            del self.state[event.order_id]
            self.over.add(event.order_id)
        if report.get("exec_type") == "trade":
            self.fills.append(report["exec_id"])


class Line:
    """A session between an account and a reader, on a connection that may end."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.reader = Reader()
        self.session = Session(("",), account.channel)
        self.mono = 0.0
        self.is_up = False
        self.sequence: int | None = None
        """Of the subscription; None without one."""

    @property
    def now(self) -> Now:
        return Now(self.mono, int(self.mono * 1e9))

    def connect(self) -> None:
        self.is_up, self.sequence = True, None
        self.obey(self.session.connected(self.now, "token"))

    def cut(self) -> None:
        if self.is_up:
            self.is_up, self.sequence = False, None
            self.obey(self.session.disconnected(self.now))

    def happen(self, fate: str) -> None:
        """Let the account act; each report is a message that arrives, gets lost or comes twice."""
        for report in self.account.step():
            if self.sequence is None:
                continue
            self.sequence += 1
            message = self.message("update", [report])
            for _ in range({"arrives": 1, "lost": 0, "twice": 2}[fate]):
                if self.is_up:
                    self.obey(self.session.received(message, self.now))

    def passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.mono += 1
            if not self.is_up:
                continue
            self.obey(self.session.received(b'{"channel":"heartbeat"}', self.now))
            self.obey(self.session.ticked(self.now))

    def settle(self) -> None:
        """Let all be told, and one message more, which shows whether one was lost before."""
        for _ in range(4):
            if not self.is_up:
                self.connect()
            self.passes(70)
            self.happen("arrives")
        assert self.session.live == 1
        assert self.reader.is_valid

    def message(self, kind: str, items: list[str]) -> bytes:
        data, name = ",".join(items), self.account.channel.name
        return (
            f'{{"channel":"{name}","type":"{kind}","sequence":{self.sequence},"data":[{data}]}}'
        ).encode()

    def obey(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Emit("", event):
                    self.reader.take(event)
                case Send(request) if self.is_up:
                    self._answer(json.loads(request))
                case Close():
                    self.cut()

    def _answer(self, request: dict[str, Any]) -> None:
        if request["method"] == "ping":
            return
        assert request["params"]["token"] == "token"
        ack = {"method": request["method"], "req_id": request["req_id"], "success": True}
        self.sequence = None
        self.obey(self.session.received(json.dumps(ack).encode(), self.now))
        if request["method"] == "subscribe":
            self.sequence = 1
            snapshot = self.message("snapshot", self.account.snapshot())
            self.obey(self.session.received(snapshot, self.now))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrives"), st.integers(1, 20)),
        st.tuples(st.sampled_from(["lost", "twice"]), st.just(1)),
        st.tuples(st.just("away"), st.integers(0, 25)),
        st.tuples(st.just("long away"), st.integers(80, 120)),
        st.tuples(st.just("passes"), st.integers(1, 40)),
    ),
    max_size=15,
)


def lived(line: Line, steps: list[tuple[str, int]]) -> None:
    line.connect()
    for kind, count in steps:
        if kind == "passes":
            line.passes(count)
            continue
        if kind in ("away", "long away"):
            line.cut()
        elif not line.is_up:
            line.connect()
        fate = kind if kind in ("lost", "twice") else "arrives"
        for _ in range(count):
            line.happen(fate)
    line.settle()


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), steps=STEPS)
def test_merged_orders_are_the_accounts_and_every_loss_is_named(
    seed: int, steps: list[tuple[str, int]]
) -> None:
    account = Orders(Random(seed))
    line = Line(account)
    lived(line, steps)
    reader = line.reader
    merged = {
        name: {key: order[key] for key in SAYS & order.keys()}
        for name, order in reader.state.items()
    }
    assert merged == {name: read(text(order)) for name, order in account.open.items()}
    named = {name for gap in reader.gaps for name in gap.order_ids}
    assert reader.seen <= reader.over | named | account.open.keys()
    assert len(reader.fills) == len(set(reader.fills))
    if not any(gap.note for gap in reader.gaps):  # nothing says that fills may be missing
        assert sorted(reader.fills) == sorted(name for name, _ in account.fills)


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), steps=STEPS)
def test_added_up_balances_are_the_accounts(seed: int, steps: list[tuple[str, int]]) -> None:
    account = Wallets(Random(seed))
    line = Line(account)
    lived(line, steps)
    found = {
        asset: (
            state["balance"],
            {(w["type"], w["id"]): w["balance"] for w in state["wallets"] if w["balance"]},
        )
        for asset, state in line.reader.state.items()
    }
    assert found == {
        asset: (account.total(asset), {k: Decimal(v) for k, v in held.items() if Decimal(v)})
        for asset, held in account.held.items()
    }
