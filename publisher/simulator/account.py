"""The venue's one account: a script of orders, fills and deposits that the seed alone decides.

It trades the first listed symbols at prices of its own making, beside the markets; what counts is
that its reports and its balances are consistent to the last digit. It knows nothing of messages or
connections: each event names what happened, and the account as it then stands. Pure; the time is
an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from publisher.simulator.amounts import ONE, amount, cut, product
from publisher.simulator.ids import venue_id
from publisher.simulator.instruments import Instrument

Happening = Literal["pending_new", "new", "trade", "filled", "amended", "canceled"]

MOST_OPEN = 8
KEPT_TRADES = 50
"""Fills that a snapshot may show (protocol.md 8.1)."""

FEE_PER_10_000 = 16
TRADED_SYMBOLS = 3


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """One order; quantities, prices and costs are amounts."""

    order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    qty: int
    price: int
    opened_ns: int
    status: str = "pending_new"
    filled_qty: int = 0
    filled_cost: int = 0
    fees: int = 0

    @property
    def average(self) -> int:
        """Return the average price of the fills, to ten decimals; 0 without any."""
        return cut(self.filled_cost * ONE // self.filled_qty, 10) if self.filled_qty else 0


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of an order."""

    exec_id: str
    trade_id: int
    qty: int
    price: int
    cost: int
    fee: int
    is_maker: bool
    now_ns: int


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What happened to an order, and the order right after it."""

    kind: Happening
    order: AccountOrder
    now_ns: int
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of a balance; `balance` is what the wallet holds after it."""

    asset: str
    kind: Literal["trade", "deposit"]
    change: int
    fee: int
    balance: int
    ledger_id: str
    ref_id: str
    now_ns: int


Event = OrderReport | LedgerEntry


class Account:
    """Open orders, the last fills and the balances."""

    def __init__(self, listed: Sequence[Instrument], seed: int) -> None:
        self.orders: dict[str, AccountOrder] = {}
        self.fills: deque[OrderReport] = deque(maxlen=KEPT_TRADES)
        self.balances: dict[str, int] = {}
        self.earning: dict[str, int] = {"DOT": 250 * ONE}
        """What lies in an earn wallet: the script leaves it there."""
        self._seed = seed
        self._random = Random(f"{seed}/account")
        self._numbers = dict.fromkeys("OTL", 0)
        self._instruments = {item.symbol: item for item in listed[:TRADED_SYMBOLS]}
        for item in self._instruments.values():
            funds = amount(item.typical_qty, item.qty_precision) * 1000
            price = amount(item.reference, item.price_precision)
            self.balances.setdefault(item.base, funds)
            self.balances.setdefault(item.quote, 0)
            self.balances[item.quote] += cut(product(price, funds), 4)

    def step(self, now_ns: int) -> list[Event]:
        """Let the next thing happen and return its events, in order."""
        draw = self._random.getrandbits(5)
        if draw == 0:
            return [self._deposit(now_ns)]
        if len(self.orders) < 3 or (draw < 10 and len(self.orders) < MOST_OPEN):
            return self._place(now_ns)
        order = self._random.choice(list(self.orders.values()))
        if draw < 14:
            return [self._cancel(order, now_ns)]
        if draw < 18:
            return [self._amend(order, now_ns)]
        return self._fill(order, now_ns)

    def _place(self, now_ns: int) -> list[Event]:
        item = self._random.choice(list(self._instruments.values()))
        qty = amount(1 + self._random.randrange(2 * item.typical_qty), item.qty_precision)
        ticks = item.reference // item.tick_size + self._random.randrange(-50, 50)
        price = amount(max(1, ticks) * item.tick_size, item.price_precision)
        side: Literal["buy", "sell"] = self._random.choice(("buy", "sell"))
        order = AccountOrder(self._name("O"), item.symbol, side, qty, price, now_ns)
        opened = replace(order, status="new")
        self.orders[order.order_id] = opened
        return [
            OrderReport("pending_new", order, now_ns),
            OrderReport("new", opened, now_ns),
        ]

    def _cancel(self, order: AccountOrder, now_ns: int) -> OrderReport:
        del self.orders[order.order_id]
        return OrderReport("canceled", replace(order, status="canceled"), now_ns)

    def _amend(self, order: AccountOrder, now_ns: int) -> OrderReport:
        item = self._instruments[order.symbol]
        more = amount(1 + self._random.randrange(item.typical_qty), item.qty_precision)
        price = order.price + amount(item.tick_size, item.price_precision)
        amended = replace(order, qty=order.qty + more, price=price)
        self.orders[order.order_id] = amended
        return OrderReport("amended", amended, now_ns)

    def _fill(self, order: AccountOrder, now_ns: int) -> list[Event]:
        item = self._instruments[order.symbol]
        left = order.qty - order.filled_qty
        part = cut(left * (1 + self._random.randrange(3)) // 4, item.qty_precision)
        qty = left if self._random.getrandbits(1) or not part else part
        cost = product(order.price, qty)
        fee = cut(cost * FEE_PER_10_000 // 10_000, 8)
        spent = (item.quote, cost + fee) if order.side == "buy" else (item.base, qty)
        if self.balances[spent[0]] < spent[1]:
            return [self._cancel(order, now_ns)]
        filled = replace(
            order,
            status="partially_filled",
            filled_qty=order.filled_qty + qty,
            filled_cost=order.filled_cost + cost,
            fees=order.fees + fee,
        )
        is_maker = self._random.getrandbits(2) > 0
        exec_id = self._name("T")
        fill = Fill(
            exec_id, self._numbers["T"], qty, order.price, cost, fee, is_maker, now_ns
        )  # fmt: skip
        # 8.1: even the completing fill is reported as partial; `filled` comes behind it.
        report = OrderReport("trade", filled, now_ns, fill)
        self.fills.append(report)
        self.orders[order.order_id] = filled
        events: list[Event] = [report]
        if filled.filled_qty == filled.qty:
            del self.orders[order.order_id]
            events.append(OrderReport("filled", replace(filled, status="filled"), now_ns))
        sign = 1 if order.side == "buy" else -1
        return [
            *events,
            self._book(item.base, "trade", sign * qty, 0, exec_id, now_ns),
            self._book(item.quote, "trade", -sign * cost, fee, exec_id, now_ns),
        ]

    def _deposit(self, now_ns: int) -> LedgerEntry:
        asset = self._random.choice(list(self.balances))
        change = amount(1 + self._random.randrange(10**6), 4)
        return self._book(asset, "deposit", change, 0, self._name("R"), now_ns)

    def _book(
        self,
        asset: str,
        kind: Literal["trade", "deposit"],
        change: int,
        fee: int,
        ref_id: str,
        now_ns: int,
    ) -> LedgerEntry:
        self.balances[asset] += change - fee
        balance = self.balances[asset]
        return LedgerEntry(asset, kind, change, fee, balance, self._name("L"), ref_id, now_ns)

    def _name(self, kind: str) -> str:
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return venue_id(kind, f"{self._seed}/account/{kind}/{number}")
