"""X15, below the best ten levels: no checksum sees what is missing there, the audit does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Book, Client, Joined, Reset, Snapshot

from tests.faults.scene import BTC, ETH, Scene, seen_of, staged
from tests.polling import wait_until

DEPTH = 1000
PATIENCE_S = 60.0


def conn_of_the_feed(scene: Scene) -> int:
    """Return the number of the one connection that there is between two audits."""
    found: list[int] = []

    def is_alone() -> bool:
        found[:] = [int(link["conn"]) for link in scene.simulator.get("status")["connections"]]
        return len(found) == 1

    wait_until(is_alone, PATIENCE_S, "a moment between two audits")
    return found[0]


def venue_book(scene: Scene, symbol: str) -> Any:
    return scene.simulator.get(f"book?symbol={symbol.replace('/', '%2F')}&depth={DEPTH}")


def is_as_at_the_venue(scene: Scene, client: Client, symbol: str) -> bool:
    """Compare all levels of a venue that stands still."""
    due, held = venue_book(scene, symbol), client.book(symbol, depth=DEPTH)
    assert isinstance(held, Book)
    sides = (tuple(map(tuple, due[side])) for side in ("bids", "asks"))
    return seen_of(held)[2:] == tuple(sides)


def resets_until_audited(scene: Scene, client: Client) -> list[tuple[str, str]]:
    """Let updates go missing that leave the checksum right, until an audit tells; return who was
    reset why. What goes missing may enter the best ten before the audit comes, and three such
    failures end the connection: the fault is ordered for the next one too.
    """
    told: list[tuple[str, str]] = []
    for event in client.follow(BTC, ETH, depth=DEPTH):
        if isinstance(event.body, Reset):
            told.append((event.book.symbol, event.body.reason))
            if event.body.reason == "audit":
                scene.simulator.post("clear")
        elif event.book.symbol == BTC and isinstance(event.body, Joined | Snapshot):
            if (BTC, "audit") in told:
                return told
            conn = conn_of_the_feed(scene)
            scene.fault("drop_deep", symbol=BTC, conn=conn, count=0, p=30)
    raise AssertionError("the client ended")


@pytest.mark.row("X15")
def test_what_is_missing_below_the_checksum_is_found_dropped_and_mended(tmp_path: Path) -> None:
    """As a whole: the audit finds it, only that book is reset, and all levels are right again."""
    with staged(tmp_path) as scene:
        program = scene.publisher(depth=DEPTH, audit_interval_s=0.5)
        program.wait_for("audit.done", count=2, timeout_s=PATIENCE_S)
        assert program.log("audit.done")[-1]["right"] == 2
        assert {line["unjudged"] for line in program.log("audit.done")} == {0}
        with Client(scene.redis.url) as client:
            told = resets_until_audited(scene, client)
        assert {symbol for symbol, reason in told if reason != "disconnected"} == {BTC}
        assert {reason for _, reason in told} <= {"audit", "checksum", "disconnected"}
        assert program.log("book.audit_failed")[0]["symbol"] == BTC
        done = len(program.log("audit.done"))
        program.wait_for("audit.done", count=done + 3, timeout_s=PATIENCE_S)
        assert program.log("audit.done")[-1]["right"] == 2
        scene.simulator.post("rate", rate=0)
        with Client(scene.redis.url) as client:
            for symbol in (BTC, ETH):
                wait_until(
                    partial(is_as_at_the_venue, scene, client, symbol),
                    PATIENCE_S,
                    f"{symbol} as at the venue",
                )


IDLE: list[dict[str, Any]] = [
    {"depth": 10, "audit_interval_s": 0.2},
    {"depth": 25, "audit_interval_s": 0},
]


@pytest.mark.parametrize("settings", IDLE)
def test_no_second_connection_where_the_checksum_proves_all_or_nobody_asks(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with staged(tmp_path) as scene:
        program = scene.publisher(**settings)
        program.wait_for("redis.connected", count=2)
        with Client(scene.redis.url) as client:
            seen = 0
            for event in client.follow(BTC, depth=settings["depth"]):
                seen += event.book.is_valid
                if seen == 300:
                    break
        assert int(scene.simulator.get("status")["opened"]) == 1
        assert program.log("audit.done") == []
