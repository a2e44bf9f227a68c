"""X15 of level3, below the best ten levels: an audit compares orders as it does levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Client, Joined, OrderBook, OrdersSnapshot, Reset

from tests.faults.scene import BTC, ETH, Scene, staged
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.simulator.signed import KEY, SECRET

DEPTH = 100
PATIENCE_S = 60.0


def settings(scene: Scene) -> dict[str, object]:
    """Return what a feed of orders needs; audits come as often as they can."""
    urls = {name: scene.simulator.addresses[name] for name in ("ws_l3_url", "rest_url")}
    keys = {"api_key": KEY, "api_secret": SECRET}
    return {"channel": "level3", "depth": DEPTH, "audit_interval_s": 0.2, **urls, **keys}


def feeds_own(scene: Scene) -> int:
    """Return the number of the feed's connection of orders, the one there is between two audits."""
    found: list[int] = []

    def is_alone() -> bool:
        found[:] = [
            int(link["conn"])
            for link in scene.simulator.get("status")["connections"]
            if any(each["channel"] == "level3" for each in link["subscriptions"])
        ]
        return len(found) == 1

    wait_until(is_alone, PATIENCE_S, "a moment between two audits")
    return found[0]


def orders_of(client: Client) -> tuple[Any, Any]:
    book = client.book(BTC, channel="level3", depth=DEPTH)
    assert isinstance(book, OrderBook)
    sides = (book.orders("bid"), book.orders("ask"))
    return tuple({order[:3] for order in side} for side in sides)  # type: ignore[return-value]


@pytest.mark.row("X15")
def test_orders_missing_below_the_checksum_are_found_dropped_and_mended(
    tmp_path: Path, matrix_row: MatrixRow
) -> None:
    """Of orders, too, the audit finds what no checksum covers, and only that book is reset."""
    with staged(tmp_path) as scene:
        program = scene.publisher(**settings(scene))
        program.wait_for("audit.done", count=3, timeout_s=PATIENCE_S)
        assert program.log("audit.done")[-1]["right"] == 2
        assert program.log("book.audit_failed") == []
        told: list[tuple[str, str]] = []
        with Client(scene.redis.url) as client:
            for event in client.follow(BTC, ETH, channel="level3", depth=DEPTH):
                if isinstance(event.body, Reset):
                    told.append((event.book.symbol, event.body.reason))
                    if event.body.reason == "audit":
                        scene.simulator.post("clear")
                elif event.book.symbol == BTC and isinstance(event.body, Joined | OrdersSnapshot):
                    if (BTC, "audit") in told:
                        break
                    own = feeds_own(scene)
                    scene.fault("drop_deep", symbol=BTC, conn=own, count=0, p=10)
        assert {symbol for symbol, reason in told if reason != "disconnected"} == {BTC}
        assert {reason for _, reason in told} <= {"audit", "checksum", "disconnected"}
        assert program.log("book.audit_failed")[0]["symbol"] == BTC
        failed, done = len(program.log("book.audit_failed")), len(program.log("audit.done"))

        def are_right() -> bool:
            return [line["right"] for line in program.log("audit.done")[done:]].count(2) >= 3

        wait_until(are_right, PATIENCE_S, "audits of both books that find nothing")
        assert len(program.log("book.audit_failed")) == failed
        _as_a_fresh_one(scene, program)
        matrix_row.saw("found by the second session, that book alone reset, right again")


def _as_a_fresh_one(scene: Scene, program: Any) -> None:
    """When the venue stands still, a publisher started anew has the same orders."""
    scene.simulator.post("rate", rate=0)
    with Client(scene.redis.url) as client:
        held = orders_of(client)
        assert program.terminate() == 0
        scene.publisher("other", **settings(scene)).wait_for("lease.claimed")
        wait_until(lambda: client.book(BTC, channel="level3", depth=DEPTH), PATIENCE_S, "its book")
        assert orders_of(client) == held
