"""Many feeds of one machine lose their connections at once (X10): they come back one by one, every
book right, and the machine's budget of connects is one for all of them.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from publisher.connection import BUDGET_STATE
from publisher.kraken.reconnect import BUDGET
from publisher.timestamps import nanoseconds
from tests.faults.scene import Epoch, Scene, staged
from tests.matrix import MatrixRow

FEEDS = ("BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "DOGE/USD")
DROPS = ("reset", "close")
REQUESTS_PER_S = 20
SPREAD_S = 0.1
"""Five waits by chance, within one second and then within two, are less apart than this both times
in one run of many millions.
"""


def acknowledged(scene: Scene) -> list[dict[str, Any]]:
    """Return the exchange's answers to subscriptions, in order, each with its connection."""
    scene.simulator.get("status")  # the log is written out
    found = []
    for line in scene.log.read_text(encoding="utf-8").splitlines():
        if '\\"method\\":\\"subscribe\\"' in line:
            sent = json.loads(line)
            found.append({"conn": sent["conn"], **json.loads(sent["frame"])})
    return found


def arrivals(answers: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return when each book was asked for, in Unix seconds by the exchange's clock."""
    at: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        if answer["result"]["channel"] == "book":
            at[answer["result"]["symbol"]].append(nanoseconds(answer["time_in"]) / 1e9)
    return at


def most_in_a_second(answers: list[dict[str, Any]]) -> int:
    """Return how many requests came within the busiest second."""
    requests = {(answer["conn"], answer["req_id"]): answer["time_in"] for answer in answers}
    times = sorted(map(nanoseconds, requests.values()))
    return max(sum(0 <= each - first < 1_000_000_000 for each in times) for first in times)


@pytest.mark.long
@pytest.mark.row("X10")
def test_many_feeds_drop_at_once(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Each waits a time of its own; when the budget is spent none dials any more."""
    state = tmp_path / "state"
    state.mkdir()
    before = BUDGET - len(FEEDS) * (1 + len(DROPS))
    (state / BUDGET_STATE).write_text(json.dumps([int(time.time())] * before))
    with staged(tmp_path, "--symbols", ",".join(FEEDS)) as scene:
        watcher = scene.watcher(FEEDS)
        feeds = {
            symbol: scene.publisher(symbol.replace("/", "-"), symbols=symbol, state_dir=state)
            for symbol in FEEDS
        }
        watcher.wait_updates(10)
        spreads = []
        for number, how in enumerate((*DROPS, "reset"), 1):
            ordered = time.time()
            scene.fault("restart", how=how)
            for symbol, feed in feeds.items():
                feed.wait_for("feed.away", count=number)
                watcher.wait(
                    lambda s=symbol, n=number: len(watcher.reasons(s)) == n, f"{symbol} is reset"
                )
            if number > len(DROPS):
                break
            watcher.wait_updates(10)
            came = arrivals(acknowledged(scene))
            for symbol, feed in feeds.items():
                waited = came[symbol][number] - ordered
                assert waited >= feed.log("feed.away")[-1]["retry_s"] - 0.01, symbol
            last = [came[symbol][number] for symbol in FEEDS]
            spreads.append(max(last) - min(last))
        for feed in feeds.values():
            feed.wait_for("feed.budget_spent")
        scene.judge(watcher)
        assert set(watcher.reasons()) == {"disconnected"}
        assert watcher.count(Epoch) == 0
        assert max(spreads) > SPREAD_S
        assert most_in_a_second(acknowledged(scene)) <= REQUESTS_PER_S
        assert scene.simulator.get("status")["opened"] == BUDGET - before
        assert len(json.loads((state / BUDGET_STATE).read_text())) == BUDGET
        told = f"{len(FEEDS)} feeds back over {max(spreads):.1f} s, and none beyond the budget"
        matrix_row.saw(told, count=len(DROPS) + 1)
