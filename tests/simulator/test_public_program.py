"""The public channels over real sockets: a fast clock, trades unseen, frames lost and doubled."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.polling import wait_until
from tests.simulator import tally
from tests.simulator.program import DEADLINE_S, Client, Program
from tests.simulator.tally import MINUTE_NS, Deal
from tests.simulator.venue import nanoseconds

SYMBOL = "ETH/USD"
FREE = ("--rate", "300", "--trades-limit", "0")


def items(client: Client, channel: str, kind: str = "update") -> list[dict[str, Any]]:
    """Return the items of the next message of a channel."""
    frame = client.until(lambda f: f.get("channel") == channel and f["type"] == kind)
    data: list[dict[str, Any]] = frame["data"]
    return data


def history(program: Program) -> list[list[Any]]:
    """Return every trade that REST still has, paged with an overlap."""
    rows: dict[int, list[Any]] = {}
    cursor = "0"
    while True:
        since = max(0, int(cursor) - 1)
        result = program.get(f"/0/public/Trades?pair={SYMBOL}&since={since}")["result"]
        rows |= {row[6]: row for row in result[SYMBOL]}
        if result["last"] == cursor:
            return list(rows.values())
        cursor = result["last"]


@pytest.mark.parametrize("program", [(*FREE, "--clock-speed", "60")], indirect=True)
def test_a_fast_clock_closes_candles_of_a_minute_in_a_second(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="trade", symbol=[SYMBOL], snapshot=True)
        deals = {item["trade_id"]: deal(item) for item in items(client, "trade", "snapshot")}
        client.send("subscribe", channel="ohlc", symbol=[SYMBOL], interval=1)
        opened = max(d.ts_ns for d in deals.values()) // MINUTE_NS * MINUTE_NS
        last: dict[int, dict[str, Any]] = {}
        while len(last) < 5:
            frame = client.until(lambda f: f.get("channel") in ("trade", "ohlc"))
            for item in frame["data"]:
                if frame["channel"] == "trade":
                    deals[item["trade_id"]] = deal(item)
                elif nanoseconds(item["interval_begin"]) > opened:
                    last[nanoseconds(item["interval_begin"])] = item
        assert list(last) == sorted(last)
        closed = list(last)[:-1]
        expected = tally.candles(deals.values(), 1, 2)
        for begin in closed:
            found = {name: Decimal(last[begin][name]) for name in ("open", "high", "low", "close")}
            assert found == {name: expected[begin][name] for name in found}
            assert last[begin]["trades"] == expected[begin]["trades"]
            assert Decimal(last[begin]["vwap"]) == expected[begin]["vwap"]


def deal(item: dict[str, Any]) -> Deal:
    """Return a trade of the socket."""
    price, qty = Decimal(item["price"]), Decimal(item["qty"])
    return Deal(item["trade_id"], price, qty, nanoseconds(item["timestamp"]))


@pytest.mark.parametrize("program", [FREE], indirect=True)
def test_what_is_traded_while_nobody_is_connected_is_in_the_history(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="trade", symbol=[SYMBOL])
        last_id = items(client, "trade")[-1]["trade_id"]
    wait_until(lambda: not program.get("status")["connections"], DEADLINE_S, "it left")
    seen = len(history(program))
    program.post("fault", name="trade", symbol=SYMBOL, orders=20)
    assert len(history(program)) >= seen + 20
    wait_until(lambda: len(history(program)) > seen + 60, DEADLINE_S, "trading went on")
    with program.client() as client:
        client.send("subscribe", channel="trade", symbol=[SYMBOL])
        first_id = items(client, "trade")[0]["trade_id"]
    ids = [row[6] for row in history(program)]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert ids[0] <= last_id < first_id <= ids[-1]


@pytest.mark.parametrize("name", ["drop", "duplicate"])
def test_one_update_of_trades_is_lost_or_doubled(program: Program, name: str) -> None:
    with program.client() as client:
        client.send("subscribe", channel="trade", symbol=[SYMBOL])
        before = items(client, "trade")[-1]["trade_id"]
        program.post("fault", name=name, symbol=SYMBOL, channel="trade", after=1)
        ids = [before]

        def odd() -> list[int]:
            ids.extend(item["trade_id"] for item in items(client, "trade"))
            steps = (later - earlier for earlier, later in pairwise(ids))
            return [step for step in steps if step != 1]

        wait_until(odd, DEADLINE_S, f"{name} was seen")
        (step,) = odd()
        assert program.fired(name) == 1
        assert step > 1 if name == "drop" else step < 1


def test_a_late_trade_revises_the_candle_before(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="trade", symbol=[SYMBOL])
        client.send("subscribe", channel="ohlc", symbol=[SYMBOL], interval=1)
        items(client, "ohlc")
        program.post("rate", rate=0)
        program.post("fault", name="trade", symbol=SYMBOL)
        now = items(client, "trade")
        client.send("ping", req_id=9)
        client.until(lambda frame: frame.get("req_id") == 9)
        program.post("fault", name="trade", symbol=SYMBOL, late_s=60)
        late = items(client, "trade")
        assert late[0]["trade_id"] > now[-1]["trade_id"]
        assert late[0]["timestamp"] < now[0]["timestamp"]
        (candle,) = items(client, "ohlc")
        begin = nanoseconds(late[0]["timestamp"]) // MINUTE_NS * MINUTE_NS
        assert nanoseconds(candle["interval_begin"]) == begin
        assert begin < nanoseconds(now[0]["timestamp"]) // MINUTE_NS * MINUTE_NS


@pytest.mark.parametrize("program", [("--rate", "0")], indirect=True)
def test_rest_trades_are_limited_by_default(program: Program) -> None:
    path = f"/0/public/Trades?pair={SYMBOL}&count=1"
    assert program.get(path)["error"] == []
    assert program.get(path)["error"] == ["EAPI:Rate limit exceeded"]
    assert program.get(path.replace("ETH", "BTC"))["error"] == []
    wait_until(lambda: not program.get(path)["error"], DEADLINE_S, "a second passed")
