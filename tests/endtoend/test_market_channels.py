"""Trades, tickers and candles from the simulator through the daemon and a real server, each a
process of its own; the streams are read raw, and judged by the simulator's own history and log.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.canned import Canned
from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.servers import RedisServer, server_binary
from tests.simulator import tally
from tests.simulator.program import Program
from tests.simulator.tally import MINUTE_NS, Deal

SYMBOL = "ETH/USD"
DEADLINE_S = 30.0
BACKFILL = 4

Event = dict[str, Any]


class Stage:
    """A simulator, a server and a publisher of one channel of SYMBOL."""

    def __init__(self, simulator: Program, server: RedisServer, part: str) -> None:
        self.simulator = simulator
        self.server = server
        self.stream = f"{{kraken.{SYMBOL}}}:{part}"

    def entries(self, key: str = "") -> list[Event]:
        """Return all events of the stream, or of its snapshots."""
        with self.server.client() as client:
            found: Any = client.xrange(self.stream + key)
            return [msgpack.unpackb(fields[b"d"]) for _, fields in found]

    def of(self, *kinds: str) -> list[Event]:
        """Return the events of these types."""
        return [event for event in self.entries() if event["t"] in kinds]

    def wait_for(self, count: int, *kinds: str) -> list[Event]:
        """Wait until there are so many events of these types."""
        what = f"{count} of {kinds}"
        return wait_until(
            lambda: found if len(found := self.of(*kinds)) >= count else [], DEADLINE_S, what
        )

    def snapshot(self) -> Event:
        """Return the newest entry of the snapshots."""
        return self.entries(".snap")[-1]


@contextlib.contextmanager
def stage(
    folder: Path, *flags: str, part: str, rest_url: str = "", **settings: object
) -> Iterator[Stage]:
    """Run all three; `part` is what the stream's key ends in."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(RedisServer(server_binary("redis"), folder / "server"))
        simulator = stack.enter_context(Program("--symbols", SYMBOL, *flags))
        own = {
            "symbols": SYMBOL,
            "redis_url": server.url,
            "ws_url": simulator.addresses["ws_url"],
            "rest_url": rest_url or simulator.addresses["rest_url"],
            "snapshot_interval_s": 0.2,
        }
        stack.enter_context(Publisher(folder / "publisher", **(own | settings)))
        yield Stage(simulator, server, part)


def history(program: Program) -> dict[int, list[Any]]:
    """Return every row of REST by its id, numbers as text."""
    rows: dict[int, list[Any]] = {}
    cursor = 0
    while True:
        result = program.get(f"/0/public/Trades?pair={SYMBOL}&since={max(0, cursor - 1)}")["result"]
        rows |= {row[6]: row for row in result[SYMBOL]}
        if int(result["last"]) == cursor:
            return rows
        cursor = int(result["last"])


def trades_of(events: list[Event]) -> list[list[Any]]:
    return [row for event in events if event["t"] == "trades" for row in event["x"]]


# Trades


def test_trades_survive_an_outage_and_a_lost_and_a_doubled_message(tmp_path: Path) -> None:
    """More than 50 trade while nobody is connected: REST has them."""
    with stage(
        tmp_path, "--rate", "200", "--trades-limit", "0", part="trade", channel="trade"
    ) as play:
        play.wait_for(3, "trades")
        for fault in ("drop", "duplicate"):
            play.simulator.post("fault", name=fault, symbol=SYMBOL, channel="trade")
            play.simulator.wait_for_fired(fault)
        lost = wait_until(lambda: _backfilled(play), DEADLINE_S, "the lost message was fetched")
        assert lost
        play.simulator.post("fault", name="upgrade", status=503, count=2)
        play.simulator.post("fault", name="reset")
        play.simulator.wait_for_fired("reset")
        play.simulator.post("fault", name="trade", symbol=SYMBOL, orders=120)
        play.wait_for(2, "snapshot")
        play.wait_for(len(play.of("trades")) + 2, "trades")
        play.simulator.post("rate", rate=0)
        rows = history(play.simulator)
        wait_until(lambda: trades_of(play.entries())[-1][0] == max(rows), DEADLINE_S, "the last")
        events = play.entries()
        newest = max(rows)
        state = wait_until(
            lambda: found if (found := play.snapshot())["lt"] == newest else {}, DEADLINE_S, "state"
        )
    _, opening = events[:2]
    assert (opening["ch"], opening["y"]) == ("trade", SYMBOL)
    told = trades_of(events)
    assert [row[0] for row in told] == list(range(opening["lt"] + 1, newest + 1))
    assert not [event for event in events if event["t"] == "gap"]
    precisions = opening["pp"], opening["qp"]
    for row in told:
        _judge(row, rows[row[0]], precisions)
    away = [event["t"] for event in events]
    reset = away.index("reset")
    again = away.index("snapshot", reset)
    missed = events[reset + 1 : again]
    assert sum(len(event["x"]) for event in missed if event["f"] & BACKFILL) > 100
    assert {event["t"] for event in missed} <= {"trades", "heartbeat"}
    assert [row[0] for row in state["x"]] == list(range(newest - 49, newest + 1))


def _backfilled(play: Stage) -> list[Event]:
    return [event for event in play.of("trades") if event["f"] & BACKFILL]


def _judge(row: list[Any], past: list[Any], precisions: tuple[int, int]) -> None:
    """Compare a trade of the stream with REST's row, whose time has seven decimals."""
    number, side, price, qty, ord_type, time = row
    assert number == past[6]
    assert ("b" if side == 0 else "s", "l" if ord_type == 0 else "m") == (past[3], past[4])
    assert Decimal(price).scaleb(-precisions[0]) == Decimal(past[0])
    assert Decimal(qty).scaleb(-precisions[1]) == Decimal(past[1])
    assert abs(time - past[2] * 10**9) < 2_000


def test_what_rest_refuses_is_a_gap_of_the_very_ids(tmp_path: Path) -> None:
    with Canned(b'{"error":["EQuery:Unknown asset pair"]}') as rest:
        with stage(
            tmp_path, "--rate", "100", part="trade", channel="trade", rest_url=rest.url
        ) as play:
            play.wait_for(2, "trades")
            play.simulator.post("fault", name="drop", symbol=SYMBOL, channel="trade")
            play.wait_for(1, "gap")
            count = len(play.of("trades"))
            play.wait_for(count + 2, "trades")
            events = play.entries()
    (gap,) = [event for event in events if event["t"] == "gap"]
    ids = {row[0] for row in trades_of(events)}
    missing = set(range(min(ids), max(ids) + 1)) - ids
    assert missing == set(range(gap["gf"], gap["gl"] + 1))
    assert (gap["why"], gap["n"]) == ("unfilled", "Trades: EQuery:Unknown asset pair")
    assert len(rest.asked) == 1


# Tickers


@pytest.mark.parametrize("trigger", ["bbo", "trades"])
def test_every_ticker_sent_is_published_exactly(trigger: str, tmp_path: Path) -> None:
    log = tmp_path / "sent.ndjson"
    with stage(
        tmp_path,
        *("--rate", "200", "--log", str(log)),
        part=f"ticker.{trigger}",
        channel="ticker",
        trigger=trigger,
    ) as play:
        play.wait_for(5, "ticker")
        play.simulator.post("rate", rate=0)
        sent = _sent(play.simulator, log, "ticker")
        latest = _ticker(sent[-1]["data"][0], play.snapshot())
        wait_until(
            lambda: _content(play.of("snapshot", "ticker")[-1]) == latest, DEADLINE_S, "the last"
        )
        events = play.of("snapshot", "ticker")
        wait_until(lambda: _content(play.snapshot()) == latest, DEADLINE_S, "the state")
    opening = events[0]
    assert (opening["ch"], opening["tg"]) == ("ticker", trigger)
    expected = [_ticker(message["data"][0], opening) for message in sent]
    published = [_content(event) for event in events]
    assert len(published) >= 6
    assert published == expected[-len(published) :]


HEADER = {"t", "te", "tr", "tp", "f", "v", "ch", "y", "tg", "pp", "qp"}
PRICES = {"bid": "bp", "ask": "ap", "last": "la", "low": "lo", "high": "hi"}
QUANTITIES = {"bid_qty": "bq", "ask_qty": "aq", "volume": "vo"}
OTHERS = {"vwap": "vw", "change": "cg", "change_pct": "cp", "trades": "n"}


def _content(event: Event) -> Event:
    return {key: value for key, value in event.items() if key not in HEADER}


def _ticker(data: dict[str, Any], opening: Event) -> Event:
    """Return what a ticker of the log is on the wire."""
    found: Event = {}
    for name in data.keys() - {"symbol", "timestamp"}:
        if name in OTHERS:
            found[OTHERS[name]] = data[name]
        else:
            digits = opening["pp"] if name in PRICES else opening["qp"]
            found[(PRICES | QUANTITIES)[name]] = int(Decimal(data[name]).scaleb(digits))
    return found


def _sent(program: Program, log: Path, channel: str) -> list[dict[str, Any]]:
    """Return the messages of a channel that the simulator sent, after it was paused."""
    program.get("status")  # flushes the log
    found = []
    for line in log.read_text().splitlines():
        message = json.loads(json.loads(line)["frame"], parse_float=str)
        if message.get("channel") == channel:
            found.append(message)
    return found


# Candles


def test_closed_candles_are_those_of_the_trades(tmp_path: Path) -> None:
    """At sixty times the pace a candle of a minute lasts a second."""
    flags = ("--rate", "200", "--trades-limit", "0", "--clock-speed", "60")
    with stage(tmp_path, *flags, part="ohlc.1", channel="ohlc", interval=1) as play:
        play.wait_for(3, "closed")
        play.simulator.post("fault", name="reset")
        play.simulator.wait_for_fired("reset")
        play.wait_for(2, "snapshot")
        play.wait_for(len(play.of("closed")) + 3, "closed")
        play.simulator.post("rate", rate=0)
        events = play.entries()
        rows = history(play.simulator)
    opening = events[1]
    assert (opening["ch"], opening["iv"]) == ("ohlc", 1)
    digits = opening["pp"], opening["qp"]
    deals = [
        Deal(row[6], Decimal(row[0]), Decimal(row[1]), int(Decimal(str(row[2])) * 10**9))
        for row in rows.values()
    ]
    truth = tally.candles(deals, 1, digits[0])
    closed = [event for event in events if event["t"] == "closed"]
    begins = [event["ib"] for event in closed]
    assert begins == sorted(set(begins)), "each once, in order"
    assert {begin for begin in truth if begins[0] <= begin <= begins[-1]} == set(begins)
    for event in closed:
        expected = truth[event["ib"]]
        for name, key in (("open", "op"), ("high", "hi"), ("low", "lo"), ("close", "cl")):
            assert Decimal(event[key]).scaleb(-digits[0]) == expected[name]
        assert Decimal(event["vo"]).scaleb(-digits[1]) == expected["volume"]
        assert (Decimal(event["vw"]), event["n"]) == (expected["vwap"], expected["trades"])
    assert begins[0] % MINUTE_NS == 0
    candles = [event for event in events if event["t"] == "candle"]
    assert len(candles) > len(closed)
