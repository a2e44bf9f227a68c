"""Trades over a thousand disconnects, lost and doubled messages: what is published is every id once
and in order, and what is not is named.

The judge is a naive venue (tape.py), which knows every trade.
"""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from publisher.actions import Action, Emit, Fetch
from publisher.channels.trade import TradeChannel
from publisher.kraken.trade import NoPage, TradesPage, decode_page, decode_trade
from publisher.model import Instrument, Now
from publisher.wire import Flag, Gap, Trades, TradesSnapshot, encode
from tests.properties.tape import BEGIN_NS, SYMBOL, Deal, Tape, trade_message

AWAY = (0, 1, 5, 10, 20, 60)
"""Orders that trade during an outage; each of one to five trades."""


class Line:
    """A keeper behind a line that breaks, and the checks of all that it publishes."""

    def __init__(self, seed: int, *, hides: float, fails: float) -> None:
        self.random = Random(seed)
        self.tape = Tape(self.random)
        self.hides, self.fails = hides, fails
        self.keeper = TradeChannel().keeper(SYMBOL)
        self.keeper.is_of(Instrument(SYMBOL, 5, 8, "online"))
        self.mono = 0.0
        self.is_up = False
        self.asked: list[Fetch] = []
        self.failing_until = 0.0
        self.due = 0
        self.gaps: set[int] = set()
        self.reasons: set[str] = set()
        self.backfilled = 0
        self.whole = 0

    def now(self) -> Now:
        return Now(self.mono, BEGIN_NS + int(self.mono * 1e9))

    # What happens

    def make(self) -> list[Deal]:
        made = self.tape.trade()
        if self.random.random() < self.hides:
            self.tape.hidden.add(self.random.choice(made).number)
        return made

    def reconnect(self) -> None:
        self.is_up = True
        self._take(self.tape.snapshot())

    def go_on(self) -> None:
        """One order trades; its message comes, is lost, or comes twice."""
        payload = trade_message("update", self.make())
        fate = self.random.random()
        for _ in range(0 if fate < 0.05 else 2 if fate < 0.1 else 1):
            self._take(payload)

    def tick(self) -> None:
        self.mono += self.random.choice((0.05, 0.05, 1.0))
        out: list[Action] = []
        if self.is_up:
            self.keeper.ticked(self.now(), out)
        self._judge(out)
        if self.asked and self.random.random() < 0.7:
            fetch = self.asked.pop()
            self.keeper.fetched(fetch, self._answer(fetch), self.now(), out := [])
            self._judge(out)

    def settle(self) -> None:
        """Let the last holes be filled, or given up."""
        for _ in range(5000):
            self.tick()

    def _answer(self, fetch: Fetch) -> TradesPage | NoPage:
        if self.random.random() < self.fails:
            self.failing_until = self.mono + self.random.choice((1.0, 5.0, 200.0))
        if self.mono < self.failing_until:
            return NoPage("busy", 2.0)
        result, is_full = self.tape.page(fetch.since)
        return replace(decode_page(result), is_full=is_full)

    def _take(self, payload: bytes) -> None:
        message = decode_trade(payload)
        (data,) = message.data
        take = self.keeper.replaced if message.type == "snapshot" else self.keeper.updated
        out: list[Action] = []
        take(data, self.now(), out)
        self._judge(out)

    # What it did about it

    def _judge(self, out: list[Action]) -> None:
        for action in out:
            match action:
                case Fetch():
                    assert not self.asked, "one question at a time"
                    self.asked.append(action)
                case Emit(event=Trades() as event):
                    encode(event, 1)
                    self._judge_trades(event)
                case Emit(event=Gap() as event):
                    assert event.first == self.due
                    self.reasons.add(event.note)
                    self.gaps.update(range(event.first, event.last + 1))
                    self.due = event.last + 1
                case Emit(event=TradesSnapshot() as event):
                    assert event.trades
                    self._judge_snapshot(event)

    def _judge_trades(self, event: Trades) -> None:
        for row in event.trades:
            deal = self.tape.deals[self.due - 1000]
            assert row[0] == self.due
            assert row[1:5] == (deal.side == "sell", deal.price, deal.qty, deal.ord_type != "limit")
            cut = 1000 if row[5] % 1000 == 0 else 100
            assert row[5] == deal.ts_ns // cut * cut
            self.due += 1
        self.backfilled += bool(event.flags & Flag.BACKFILL)

    def _judge_snapshot(self, event: TradesSnapshot) -> None:
        assert event.trades is not None
        if not self.due:
            self.due = event.trades[-1][0] + 1
        ids = [row[0] for row in event.trades]
        assert ids == list(range(self.due - len(ids), self.due))
        assert event.last_trade_id == self.due - 1
        self.whole += 1


def run(seed: int, outages: int, *, hides: float = 0.0, fails: float = 0.0) -> Line:
    """Return a line after so many outages, settled."""
    line = Line(seed, hides=hides, fails=fails)
    for _ in range(20):
        line.make()
    line.reconnect()
    for _ in range(outages):
        for _ in range(line.random.randint(0, 12)):
            line.go_on()
            line.tick()
        line.is_up = False
        for _ in range(line.random.choice(AWAY)):
            line.make()
        line.tick()
        line.reconnect()
    line.settle()
    assert line.due == line.tape.deals[-1].number + 1, "everything is published or named"
    return line


def test_every_trade_of_a_thousand_outages_is_published_once() -> None:
    line = run(1, 1000)
    assert (line.gaps, line.reasons) == (set(), set())
    assert line.backfilled > 1000


@pytest.mark.parametrize("seed", [2, 3])
def test_what_cannot_be_had_is_named_and_nothing_else_is(seed: int) -> None:
    """A history with holes is given up for these alone."""
    line = run(seed, 150, hides=0.02)
    assert line.gaps
    assert line.gaps <= line.tape.hidden


@pytest.mark.parametrize("seed", [4, 5])
def test_rest_that_fails_for_long_leaves_gaps_that_are_named(seed: int) -> None:
    line = run(seed, 150, hides=0.01, fails=0.05)
    assert line.gaps
