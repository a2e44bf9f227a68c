"""The real programs under the users of deploy/acl: publisher, doctor, consumer, retire. Nothing is
refused to them that they ask for, and nothing is given to them beyond.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pytest
from pykraken_consumer import Client, Event, Joined, Update
from pykraken_consumer.errors import RedisRefused

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.security.users import GuardedServer, connect, guarded
from tests.servers import Kind
from tests.simulator.program import Program

BOOK, ORDERS = "{kraken.BTC/USD}:book.10", "{priv.kraken.main}:executions"
TRIED_ANYWAY = "client|setinfo"
"""redis-py sends it to a server of 7.0 too, which does not know it, and goes on without."""
LEASE_S = 0.6


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    pair = tmp_path_factory.mktemp("keys") / "pair"
    pair.write_text(f"{KEY}\n{SECRET}")
    with Program("--rate", "100", "--account-rate", "5", "--api-key-file", str(pair)) as program:
        yield program


@pytest.fixture(scope="module", params=get_args(Kind))
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedServer]:
    with guarded(request.param, tmp_path_factory.mktemp("guarded")) as server:
        yield server


def settings(exchange: Program, url: str, folder: Path, channel: str) -> dict[str, object]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "key").write_text(KEY)
    (folder / "secret").write_text(SECRET)
    keys = {"api_key_file": folder / "key", "api_secret_file": folder / "secret"}
    return {
        **{name: exchange.addresses[name] for name in ("ws_url", "ws_auth_url", "rest_url")},
        "redis_url": url,
        "channel": channel,
        "lease_s": LEASE_S,
        "redis_timeout_s": 0.5,
        # Short, so that snapshots replace each other and streams are trimmed while we look.
        "snapshot_interval_s": 0.2,
        "retention_s": 1,
        **(keys if channel == "executions" else {"symbols": "BTC/USD", "bbo": "true"}),
    }


def command(
    folder: Path, given: dict[str, object], *words: str
) -> subprocess.CompletedProcess[str]:
    variables = {f"PYKRAKEN_{name.upper()}": str(value) for name, value in given.items()}
    kept = {name: v for name, v in os.environ.items() if not name.startswith("PYKRAKEN_")}
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        env={**kept, **variables, "PYKRAKEN_STATE_DIR": str(folder / "state")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def is_trimmed(server: GuardedServer, stream: str) -> bool:
    with server.client() as admin:
        rows: Any = admin.execute_command("XRANGE", f"{stream}.snap", "-", "+", "COUNT", 1)
        kept: Any = admin.execute_command("HGET", f"{stream}.own", "snaps")
    return bool(rows) and bool(kept) and not rows[0][0].endswith((b"-0", b"-1"))


def followed(url: str, stream: str, count: int) -> list[Event]:
    told: list[Event] = []
    with Client(url) as client:
        for event in client.follow(stream):
            told.append(event)
            if len(told) > count:
                return told
    return told


def test_books_go_from_end_to_end(exchange: Program, server: GuardedServer, tmp_path: Path) -> None:
    given = settings(exchange, server.url_of("publisher"), tmp_path / "one", "book")
    with server.client() as admin:
        admin.execute_command("ACL", "LOG", "RESET")
    with ExitStack() as stack:
        publisher = stack.enter_context(Publisher(tmp_path / "one", **given))
        wait_until(lambda: is_trimmed(server, BOOK), 30, "snapshots that replace each other")

        consumer = server.url_of("consumer")
        told = followed(consumer, BOOK, 50)
        assert isinstance(told[0].body, Joined)
        assert sum(isinstance(event.body, Update) for event in told) > 40
        with Client(consumer) as client:
            assert client.book("BTC/USD").is_valid
            assert {row.stream for row in client.streams()} == {
                BOOK,
                "{kraken.BTC/USD}:bbo.book.10",
            }
            client.request_snapshot("BTC/USD", channel="book")
            with pytest.raises(RedisRefused):
                client.streams("private")
            with pytest.raises(RedisRefused):
                followed(consumer, ORDERS, 1)

        doctor = command(tmp_path, given, "doctor")
        assert (doctor.returncode, doctor.stdout.splitlines()[-1]) == (
            0,
            "0 wrong, 0 to look at",
        ), doctor.stdout
        publisher.kill()

    refused = {(user, what) for user, what in server.refused() if what != TRIED_ANYWAY}
    assert refused == {
        ("consumer", "{priv.kraken.catalogue}:streams"),
        ("consumer", f"{ORDERS}.snap"),
    }
    _retire(server, tmp_path, (), BOOK)


def test_an_account_goes_from_end_to_end(
    exchange: Program, server: GuardedServer, tmp_path: Path
) -> None:
    url = server.url_of("private-publisher")
    given = settings(exchange, url, tmp_path / "one", "executions")
    with server.client() as admin:
        admin.execute_command("ACL", "LOG", "RESET")
    with ExitStack() as stack:
        publisher = stack.enter_context(Publisher(tmp_path / "one", **given))
        wait_until(lambda: is_trimmed(server, ORDERS), 30, "snapshots that replace each other")
        consumer = server.url_of("private-consumer")
        assert followed(consumer, ORDERS, 5)
        with Client(consumer) as client:
            assert client.state(channel="executions").is_valid
            assert {row.stream for row in client.streams("private")} == {ORDERS}
            client.request_snapshot(channel="executions")
        doctor = command(tmp_path, given, "doctor")
        assert (doctor.returncode, doctor.stdout.splitlines()[-1]) == (
            0,
            "0 wrong, 0 to look at",
        ), doctor.stdout
        publisher.kill()
    assert {what for _, what in server.refused()} <= {TRIED_ANYWAY}
    with Client(server.url_of("private-consumer")) as client:
        with pytest.raises(RedisRefused):
            client.streams("public")
    _retire(server, tmp_path, ("--account", "main"), ORDERS)


def _retire(server: GuardedServer, folder: Path, words: tuple[str, ...], stream: str) -> None:
    """What a killed publisher left goes away, by the operator's hand and by no other."""
    given: dict[str, object] = {
        "lease_s": LEASE_S,
        "redis_timeout_s": 0.5,
        "redis_url": server.url_of("publisher"),
    }
    if words:
        given["redis_url"] = server.url_of("private-publisher")
    done = command(folder, given, "retire", "--yes", "--watch", "1.2", *words)
    assert done.returncode == 3, done.stdout
    given["redis_url"] = server.url_of("operator")
    done = command(folder, given, "retire", "--yes", "--watch", "1.2", *words)
    assert done.returncode == 0, done.stderr
    removed = {line["key"] for line in map(json.loads, done.stdout.splitlines())}
    assert stream in removed
    with connect(server.url) as admin:
        assert admin.exists(stream) == 0


def test_a_publisher_of_another_namespace_ends_with_the_rule_that_is_missing(
    exchange: Program, server: GuardedServer, tmp_path: Path
) -> None:
    given = settings(exchange, server.url_of("publisher"), tmp_path / "one", "book")
    with Publisher(tmp_path / "one", **{**given, "namespace": "other"}) as publisher:
        assert publisher.wait(30) == 3
        assert "pykraken doctor" in publisher.log_path.read_text()
    with connect(server.url) as admin:
        assert admin.keys("*other*") == []
    doctor = command(tmp_path, {**given, "namespace": "other"}, "doctor")
    assert doctor.returncode == 3
    assert "grant +hgetall" in doctor.stdout or "{other." in doctor.stdout
