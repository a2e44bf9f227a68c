"""Each fault of the exchange (faults-and-security §2.1): announced, mended, and nobody else's."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import pytest
from pykraken_consumer import CROSSED

from publisher.simulator import capture
from tests.faults.scene import (
    BTC,
    ETH,
    PATIENCE_S,
    SYMBOLS,
    Epoch,
    Reset,
    Scene,
    Snapshot,
    Update,
    Watcher,
    staged,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until

HARMLESS: dict[str, dict[str, object]] = {
    "text": {},
    "binary_json": {},
    "binary_garbage": {},
    "unknown_channel": {},
    "unknown_field": {},
    "oversize": {"mib": 2},
    "duplicate": {},
}
ROUNDS = 3
MENDED = ("wrong_checksum", "wrong_qty", "drop", "swap")
"""Faults of one symbol's data: a reset for that symbol, and only that one is asked for again."""
FOUR = (*SYMBOLS, "SOL/USD", "XRP/USD")
RECONNECT: dict[str, dict[str, object]] = {
    "reset": {},
    "close": {},
    "restart": {},
    "malformed": {"symbol": BTC},
    "oversize": {"mib": 17, "symbol": BTC},
}


def played(scene: Scene, symbols: tuple[str, ...] = SYMBOLS) -> tuple[Watcher, int]:
    """Begin; return the watcher and how many connections the simulator has had."""
    watcher = scene.watcher(symbols)
    scene.joiners(watcher)
    scene.publisher(symbols=",".join(symbols))
    watcher.wait_updates(20)
    return watcher, int(scene.simulator.get("status")["opened"])


def connections(scene: Scene) -> int:
    return int(scene.simulator.get("status")["opened"])


@pytest.mark.row("X11", "X12", "X13", "X16", "X1")
def test_what_is_harmless(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """X11, X12, X13, X16, and Cloudflare's text frame of X1."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        for name, parameters in [*HARMLESS.items()] * ROUNDS:
            fired = scene.simulator.fired(name)
            scene.fault(name, symbol=BTC, **parameters)
            wait_until(partial(has_fired, scene, name, fired), 10, f"{name} fired")
            watcher.wait_updates(5)
        scene.judge(watcher)
        assert watcher.count(Reset) == 0
        assert connections(scene) == before
        assert watcher.count(Epoch) == 0
        matrix_row.saw(count=ROUNDS)


def has_fired(scene: Scene, name: str, times: int) -> bool:
    return scene.simulator.fired(name) > times


def strike_until_reset(scene: Scene, watcher: Watcher, name: str, symbol: str) -> None:
    """Order a fault until it tells: a change may be undone within its own message, or by the next
    one before anybody could see it.
    """
    before = len(watcher.reasons(symbol))
    for _ in range(20):
        fired = scene.simulator.fired(name)
        scene.fault(name, symbol=symbol)
        wait_until(partial(has_fired, scene, name, fired), 10, f"{name} fired")

        def is_told(struck_ns: int = time.time_ns()) -> bool:
            since = [each for each in watcher.of(Update, symbol) if each.ts_event > struck_ns]
            return len(watcher.reasons(symbol)) > before or len(since) >= 10

        watcher.wait(is_told, "a reset, or life that goes on")
        if len(watcher.reasons(symbol)) > before:
            return
    pytest.fail(f"{name} was never noticed")


@pytest.mark.row("X14", "X15", "X17")
def test_one_symbol_s_data(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """X14, X15, X17: only that symbol, on the same connection; Kraken's messages are in a file."""
    with staged(tmp_path, "--symbols", ",".join(FOUR), "--rate", "400") as scene:
        watcher, before = played(scene, FOUR)
        for number, name in enumerate(MENDED * 2):
            # Two a symbol: three in a minute would blame the connection.
            strike_until_reset(scene, watcher, name, FOUR[number % 4])
            watcher.wait_updates(5)
        scene.judge(watcher)
        assert connections(scene) == before
        assert all(watcher.reasons(symbol) == ["checksum"] * 2 for symbol in FOUR)
        assert watcher.count(Epoch) == 0
        files = sorted((tmp_path / "one" / "state" / "captures").iterdir())
        assert files
        for file in files:
            symbols = {frame.symbol for frame in capture.load(file).frames}
            assert symbols <= {*FOUR}, "as it came, and readable as a capture"
        matrix_row.saw(count=2)


@pytest.mark.row("X14")
def test_three_failures_of_one_symbol_bring_a_new_connection(
    tmp_path: Path, matrix_row: MatrixRow
) -> None:
    """X14: after three in a minute."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        for number in (1, 2, 3):
            scene.fault("wrong_checksum", symbol=BTC)
            watcher.wait(lambda n=number: len(watcher.reasons(BTC)) >= n, f"reset {number}")
            watcher.wait_updates(5)
        scene.judge(watcher)
        assert watcher.reasons(BTC) == ["checksum"] * 3
        assert watcher.reasons(ETH) == ["disconnected"]
        assert connections(scene) == before + 1
        matrix_row.saw(count=3)


@pytest.mark.row("X1", "X10", "X11", "X13")
@pytest.mark.parametrize("names", [("reset", "close", "restart"), ("malformed", "oversize")])
def test_the_connection(tmp_path: Path, names: tuple[str, ...]) -> None:
    """X1, X10, X11, X13: every book is reset, asked for anew and right again; one epoch."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        for number, name in enumerate(names, 1):
            scene.fault(name, **RECONNECT[name])
            for symbol in (BTC, ETH):
                watcher.wait(
                    partial(is_reset, watcher, symbol, number), f"{symbol} is reset after {name}"
                )
            watcher.wait_updates(10)
        scene.judge(watcher)
        assert set(watcher.reasons()) == {"disconnected"}
        assert connections(scene) == before + len(names)
        assert watcher.count(Epoch) == 0


def is_reset(watcher: Watcher, symbol: str, times: int) -> bool:
    return len(watcher.reasons(symbol)) == times


@pytest.mark.row("X2", "X4")
@pytest.mark.parametrize(
    ("name", "parameters"), [("silence", {}), ("trickle", {"bytes": 1, "every_s": 0.3})]
)
def test_silence(tmp_path: Path, name: str, parameters: dict[str, object]) -> None:
    """X2, X4: nothing, or never a whole frame, for five seconds."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        scene.fault(name, **parameters)
        watcher.wait(lambda: watcher.reasons() == ["disconnected"] * 2, "resets", 12)
        watcher.wait_updates(10)
        scene.judge(watcher)
        assert connections(scene) == before + 1


@pytest.mark.row("X3")
def test_acked_and_then_nothing(tmp_path: Path) -> None:
    """X3: heartbeats and the other symbol go on; the mute one is asked for again."""
    with staged(tmp_path, "--fault", f"mute:symbol={BTC}") as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20, (ETH,))
        publisher.wait_for("book.overdue")
        assert "awaiting_snapshot" in publisher.log("book.overdue")[0]["detail"]
        scene.simulator.post("clear")
        watcher.wait_updates(20)
        scene.judge(watcher)


@pytest.mark.row("X26", "X27")
@pytest.mark.parametrize(
    "fault", ["withhold_snapshot:symbol=BTC/USD,updates=0", "withhold_ack:symbol=BTC/USD"]
)  # fmt: skip
def test_an_answer_that_never_comes(tmp_path: Path, fault: str) -> None:
    """X26, X27: overdue after five seconds, asked for again; no other is touched."""
    with staged(tmp_path, "--fault", fault) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20, (ETH,))
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert watcher.count(Reset, ETH) == 0
        # A snapshot that comes without its ack is as good as with it.
        overdue = len(publisher.log("book.overdue"))
        assert overdue == (0 if fault.startswith("withhold_ack") else 1)


@pytest.mark.row("X26", "X27")
@pytest.mark.parametrize("fault", ["delay_snapshot:symbol=BTC/USD", "delay_ack:symbol=BTC/USD"])
def test_an_answer_that_comes_late(tmp_path: Path, fault: str) -> None:
    """Within its five seconds: waited for, nothing is overdue or reset."""
    with staged(tmp_path, "--fault", fault) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert publisher.log("book.overdue") == []
        assert watcher.count(Reset) == 0


@pytest.mark.row("X21")
def test_a_symbol_that_is_refused(tmp_path: Path) -> None:
    """X21: the other is published; people are told in the status stream."""
    with staged(tmp_path, "--fault", f"subscribe_error:symbol={BTC}") as scene:
        watcher = scene.watcher((ETH,))
        publisher = scene.publisher()
        watcher.wait_updates(20)
        publisher.wait_for("kraken.refused")
        scene.judge(watcher)
        assert scene.client().exists("{kraken.BTC/USD}:book.10") == 0


@pytest.mark.row("X21")
def test_every_symbol_refused_is_the_end(tmp_path: Path) -> None:
    """The process ends with exit 3 and names them."""
    with staged(tmp_path) as scene:
        publisher = scene.publisher(symbols="XBT/USD,NO/PE")
        assert publisher.wait() == 3
        assert "XBT/USD" in publisher.log_path.read_text()


@pytest.mark.row("X21")
def test_delisted(tmp_path: Path) -> None:
    """X21: reset with its reason, the other book undisturbed."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        scene.fault("delisted", symbol=BTC)
        watcher.wait(lambda: watcher.reasons(BTC) == ["delisted"], "reset")
        watcher.wait_updates(30, (ETH,))
        scene.judge(watcher)
        assert watcher.count(Reset, ETH) == 0
        assert connections(scene) == before


@pytest.mark.row("X22")
@pytest.mark.parametrize("price", [1, -1])
def test_a_new_precision(tmp_path: Path, price: int) -> None:
    """X22: reset, then a snapshot in the new precision."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        old = scene.client()
        scene.fault("precision", symbol=BTC, price=price)
        watcher.wait(lambda: watcher.reasons(BTC) == ["instrument"], "reset")
        watcher.wait_updates(20)
        scene.judge(watcher)
        (snapshot,) = watcher.of(Snapshot, BTC)
        assert snapshot.price_precision == 1 + price, "BTC/USD has one decimal"
        assert watcher.count(Reset, ETH) == 0
        assert connections(scene) == before
        assert old.ping()


@pytest.mark.row("X18")
def test_crossed(tmp_path: Path) -> None:
    """X18: flagged while it lasts, asked for again after a second."""
    with staged(tmp_path) as scene:
        watcher, _ = played(scene)
        scene.fault("crossed", symbol=BTC, for_s=1.6)
        watcher.wait(lambda: "crossed" in watcher.reasons(BTC), "reset")
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert any(update.flags & CROSSED for update in watcher.of(Update, BTC))
        assert not any(update.flags for update in watcher.of(Update, ETH))
        assert watcher.count(Reset, ETH) == 0


@pytest.mark.row("X20")
def test_thin_one_sided_and_empty_books(tmp_path: Path) -> None:
    """X20: the checksum covers what there is, nothing is reset."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        for name in ("thin", "one_sided", "empty"):
            scene.fault(name, symbol=BTC, for_s=0.5)
            watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Reset) == 0
        assert connections(scene) == before
        sides = {(len(bids), len(asks)) for symbol, _, bids, asks in watcher.seen if symbol == BTC}
        assert (0, 0) in sides
        assert any(bids == 0 < asks for bids, asks in sides)
        assert any(0 < bids < 10 for bids, _ in sides)


@pytest.mark.row("X9")
def test_kraken_s_state_is_told_and_books_stay(tmp_path: Path) -> None:
    """X9: told in the status stream, no book is dropped."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        scene.fault("status", system="cancel_only", notice="maintenance")
        client = scene.client()
        (status,) = client.keys("*:status")

        def told() -> bool:
            entries = [fields[b"d"] for _, fields in client.xrevrange(status, count=20)]
            is_notice = any(b"notice" in data and b"cancel_only" in data for data in entries)
            return is_notice and any(b"feed" in d and b"cancel_only" in d for d in entries)

        wait_until(told, 10, "notice and state in the status stream")
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert watcher.count(Reset) == 0
        assert connections(scene) == before


@pytest.mark.row("X8")
@pytest.mark.parametrize("status", [503, 520])
def test_an_upgrade_that_is_refused(tmp_path: Path, status: int, matrix_row: MatrixRow) -> None:
    """X8: told, tried again with growing waits, published once it stands."""
    with staged(tmp_path, "--fault", f"upgrade:status={status},count=2") as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        reasons = [line["reason"] for line in publisher.log("feed.away")]
        assert reasons == [f"HTTP {status} instead of a WebSocket"] * 2
        scene.judge(watcher)
        matrix_row.saw(count=2)


@pytest.mark.row("X7")
def test_too_many_connections(tmp_path: Path) -> None:
    """X7: waits out the block, and can still be stopped."""
    with staged(tmp_path, "--fault", "upgrade:status=429") as scene:
        publisher = scene.publisher()
        publisher.wait_for("feed.away")
        (line,) = publisher.log("feed.away")
        assert line["retry_s"] >= 600
        assert publisher.terminate() == 0


@pytest.mark.row("X7")
def test_the_budget_of_connections_outlives_the_process(tmp_path: Path) -> None:
    """X7: 100 in ten minutes, over all restarts."""
    with staged(tmp_path) as scene:
        publisher = scene.publisher(start=False)
        state = publisher.folder / "state"
        state.mkdir(parents=True)
        (state / "connect-budget.json").write_text(json.dumps([int(time.time())] * 100))
        with publisher:
            publisher.wait_for("feed.budget_spent")
            assert connections(scene) == 0
            assert publisher.terminate() == 0


@pytest.mark.row("X27")
def test_a_rate_limit(tmp_path: Path) -> None:
    """X27: one request a second passes, every second refusal gets no answer at all."""
    with staged(tmp_path, "--fault", "rate_limit:per_s=1,drop_every=2") as scene:
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(20)
        scene.judge(watcher)


@pytest.mark.row("X28")
def test_a_burst(tmp_path: Path) -> None:
    """X28: nothing is dropped, nothing is reset."""
    with staged(tmp_path) as scene:
        watcher, before = played(scene)
        scene.fault("burst", factor=25.0, for_s=1.0)
        watcher.wait_updates(400)
        scene.judge(watcher)
        assert watcher.count(Reset) == 0
        assert connections(scene) == before


@pytest.mark.row("X6")
def test_a_host_that_does_not_resolve(tmp_path: Path) -> None:
    """X6: tried again and told, off the loop; Redis is served meanwhile, and a stop is a stop."""
    with staged(tmp_path) as scene:
        program = scene.publisher(ws_url="ws://no-such-host.invalid/v2")
        program.wait_for("lease.claimed")
        program.wait_for("feed.away", count=2, timeout_s=PATIENCE_S * 3)
        assert "PYKRAKEN_WS_URL" in program.log("feed.away")[0]["mend"]
        assert program.terminate() == 0
