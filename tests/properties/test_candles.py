"""Candles equal those counted from the trades, whatever was missed, lost or came late.

The judge is a naive venue (tape.py), which counts its candles anew from all of its trades.
"""

from __future__ import annotations

from random import Random

import pytest

from publisher.actions import Action, Emit
from publisher.channels.ohlc import OhlcChannel
from publisher.kraken.ohlc import decode_ohlc
from publisher.model import Instrument, Now
from publisher.wire import Candle, CandleSnapshot, Closed, Flag, encode
from tests.properties.tape import MINUTE_NS, SYMBOL, Bar, Deal, Tape, bars, ohlc_message

SNAPSHOT_CANDLES = 1000
"""As many as it takes: how far Kraken's reaches back is its own affair."""

PAUSES_NS = (0, 0, 0, 20_000_000_000, 100_000_000_000)


class Chart:
    """A keeper of candles behind a line that breaks, and what it told of each minute."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.tape = Tape(self.random)
        self.keeper = OhlcChannel(1).keeper(SYMBOL)
        self.keeper.is_of(Instrument(SYMBOL, 5, 8, "online"))
        self.told: dict[int, Bar] = {}
        self.closed: dict[int, Bar] = {}
        self.first = 0
        self.newest = 0
        self.flags = 0

    def bars(self) -> dict[int, Bar]:
        return bars(self.tape.deals)

    def trade(self) -> list[Deal]:
        """Let an order trade; now and then its time is that of a minute ago."""
        self.tape.now_ns += self.random.choice(PAUSES_NS)
        made = self.tape.trade()
        if self.random.random() < 0.1:
            late = [deal._replace(ts_ns=deal.ts_ns - MINUTE_NS) for deal in made]
            self.tape.deals[-len(late) :] = made = late
        return made

    def go_on(self) -> None:
        """An order trades, and its candle is told; time closes what is over."""
        made = self.trade()
        begin = made[0].ts_ns // MINUTE_NS * MINUTE_NS
        self._take("update", [self.bars()[begin]])
        out: list[Action] = []
        self.keeper.ticked(self._now(), out)
        self._judge(out)

    def reconnect(self) -> None:
        told = list(self.bars().values())[-SNAPSHOT_CANDLES:]
        self.random.shuffle(told)
        self._take("snapshot", told)

    def _now(self) -> Now:
        return Now(0.0, self.tape.now_ns)

    def _take(self, kind: str, told: list[Bar]) -> None:
        message = decode_ohlc(ohlc_message(kind, told, self.tape.now_ns))
        take = self.keeper.replaced if kind == "snapshot" else self.keeper.updated
        out: list[Action] = []
        take(message.data[0], self._now(), out)
        self._judge(out)

    def _judge(self, out: list[Action]) -> None:
        for action in out:
            assert isinstance(action, Emit)
            event = action.event
            encode(event, 1)
            match event:
                case CandleSnapshot() if not self.first:
                    self.first = self.newest = event.interval_begin or 0
                case Candle() | Closed():
                    self._judge_candle(event)

    def _judge_candle(self, event: Candle | Closed) -> None:
        bar = Bar(
            event.interval_begin,
            event.open,
            event.high,
            event.low,
            event.close,
            event.volume,
            event.vwap,
            event.trades,
        )
        is_revised = bool(event.flags & Flag.REVISED)
        self.flags |= event.flags
        if not is_revised:
            assert bar.begin_ns >= self.newest
            self.newest = bar.begin_ns
        self.told[bar.begin_ns] = bar
        if isinstance(event, Closed):
            assert is_revised or bar.begin_ns not in self.closed, "closed once"
            self.closed[bar.begin_ns] = bar


@pytest.mark.parametrize("seed", range(4))
def test_what_was_told_last_of_each_minute_is_what_was_traded(seed: int) -> None:
    chart = Chart(seed)
    for _ in range(5):
        chart.trade()
    chart.reconnect()
    for _ in range(30):
        for _ in range(chart.random.randint(0, 20)):
            chart.go_on()
        for _ in range(chart.random.choice((0, 0, 3, 60))):
            chart.tape.trade()
        chart.reconnect()
    truth = {begin: bar for begin, bar in chart.bars().items() if begin > chart.first}
    assert len(truth) > 20
    # A late trade of an outage changes a candle that no message tells again: none are made there.
    assert {begin: chart.told[begin] for begin in truth} == truth
    *over, newest = truth
    closed = {begin: bar for begin, bar in chart.closed.items() if begin > chart.first}
    assert {begin: closed[begin] for begin in over} == {begin: truth[begin] for begin in over}
    assert newest not in closed or closed[newest] == truth[newest]
    assert chart.flags == Flag.BACKFILL | Flag.REVISED
