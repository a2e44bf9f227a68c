"""What becomes of a private feed whose key Kraken does not take: it ends with what to change, or
says how long it waits and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.servers import RedisServer
from tests.simulator import signed
from tests.simulator.program import Program

LIMITED = "EAPI:Rate limit exceeded"


@pytest.fixture
def simulator() -> Iterator[Program]:
    with Program("--rate", "20", "--symbols", "BTC/USD") as program:
        yield program


def publisher(
    folder: Path, simulator: Program, server: RedisServer, key: str, secret: str
) -> Publisher:
    urls = {name: simulator.addresses[name] for name in ("ws_url", "ws_auth_url", "rest_url")}
    settings = {"channel": "executions", "redis_url": server.url, **urls}
    return Publisher(folder / "publisher", api_key=key, api_secret=secret, **settings)


@pytest.mark.parametrize(
    ("key", "secret", "error", "mend"),
    [
        (KEY, SECRET, "EAPI:Invalid key", "Correct PYKRAKEN_API_KEY"),
        (signed.KEY, SECRET, "EAPI:Invalid signature", "Correct PYKRAKEN_API_SECRET"),
        (signed.KEY, signed.SECRET, "EGeneral:Permission denied", "'WebSocket interface'"),
    ],
)
def test_what_only_a_person_can_mend_ends_the_feed_and_names_the_mend(
    key: str,
    secret: str,
    error: str,
    mend: str,
    simulator: Program,
    tmp_path: Path,
    redis_server: RedisServer,
) -> None:
    if error == "EGeneral:Permission denied":
        simulator.post("fault", name="refuse_token", error=error, count=9)
    with publisher(tmp_path, simulator, redis_server, key, secret) as running:
        assert running.wait() == 3
        said = running.log_path.read_text()
    assert error in said
    assert mend in said


@pytest.mark.row("X24")
@pytest.mark.parametrize(
    ("error", "least_s", "mend"),
    [
        ("EGeneral:Temporary lockout", 900, "Bad requests led to it"),
        (LIMITED, 15, "a key of its own"),
    ],
)
def test_what_passes_is_waited_for_and_the_log_says_how_long_and_why(
    error: str, least_s: float, mend: str, simulator: Program, tmp_path: Path,
    redis_server: RedisServer,
) -> None:  # fmt: skip
    """Waited for in full, and told."""
    simulator.post("fault", name="refuse_token", error=error, count=9)
    with publisher(tmp_path, simulator, redis_server, signed.KEY, signed.SECRET) as running:
        running.wait_for("feed.away")
        (line,) = running.log("feed.away")
        assert error in line["reason"]
        assert line["retry_s"] >= least_s
        assert mend in line["mend"]
        assert running.terminate() == 0


def test_a_subscription_over_the_budget_is_told_with_a_mend_and_had_later(
    simulator: Program, tmp_path: Path, redis_server: RedisServer
) -> None:
    """protocol.md 1.1: level3 subscriptions spend an account's budget, whoever makes them."""
    simulator.post("fault", name="subscribe_error", symbol="BTC/USD", error=LIMITED)
    settings: dict[str, object] = {"channel": "level3", "symbols": "BTC/USD", "depth": 1000}
    urls = {name: simulator.addresses[name] for name in ("ws_url", "ws_l3_url", "rest_url")}
    running = Publisher(
        tmp_path / "publisher",
        api_key=signed.KEY,
        api_secret=signed.SECRET,
        redis_url=redis_server.url,
        **(settings | urls),
    )
    with running, redis_server.client() as client:
        running.wait_for("subscribe.error")
        (line, *_) = running.log("subscribe.error")
        assert line["level"] == "warning"
        assert "budget for level3" in line["mend"]
        simulator.post("clear")
        wait_until(lambda: client.xlen("{kraken.BTC/USD}:level3.1000") > 2, 30, "its book")
