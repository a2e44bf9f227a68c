"""Rights, asked of real servers with real ACL users."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import redis

from publisher.channel_rules import PRIVATE as ACCOUNTS
from publisher.channel_rules import Channel
from publisher.doctor.findings import Finding
from publisher.doctor.rights import judge_rights
from publisher.settings import Settings
from tests.polling import wait_until
from tests.servers import RedisServer

# The publisher's user of the design: scripts, and the commands that they run.
COMMANDS = (
    "client|setname evalsha script|load xadd xread xrange xtrim xinfo|stream hget hset hmget time "
    "info ping"
)
PUBLIC, PRIVATE = "~{kraken.*}*", "~{priv.kraken.*}*"


def granted(keys: str) -> list[str]:
    return ["resetchannels", keys, "-@all", *(f"+{name}" for name in COMMANDS.split())]


GRANTED = granted(PUBLIC)


def judged(server: RedisServer, *rules: str, **chosen: Any) -> list[Finding]:
    settings = Settings(symbols=("BTC/USD",), **chosen)
    with server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "md-pub", "on", ">pw", *rules)
    url = f"redis://md-pub:pw@127.0.0.1:{server.port}/0"
    with redis.Redis.from_url(url, protocol=2) as client:
        found = judge_rights(client, settings)
    with server.client() as admin:
        assert admin.dbsize() == 0, "asking for rights must write nothing"
    return found


def test_exactly_the_needed_rights_are_enough(each_redis_server: RedisServer) -> None:
    assert [f.level for f in judged(each_redis_server, *GRANTED)] == ["ok"]


@pytest.mark.parametrize("channel", get_args(Channel))
def test_the_rights_of_each_channel_are_those_of_its_own_keys(
    channel: str, redis_server: RedisServer
) -> None:
    own, other = (PUBLIC, PRIVATE) if channel not in ACCOUNTS else (PRIVATE, PUBLIC)
    assert [f.level for f in judged(redis_server, *granted(own), channel=channel)] == ["ok"]
    found = judged(redis_server, "resetkeys", *granted(other), channel=channel)
    about_keys = {"HMGET", "HGET", "HSET", "XADD", "XREAD", "XRANGE", "XTRIM", "XINFO"}
    assert {f.what.split()[5] for f in found} == about_keys


@pytest.mark.parametrize(
    ("chosen", "stream"),
    [
        ({"channel": "level3", "depth": 100}, "{kraken.BTC/USD}:level3.100"),
        ({"channel": "book", "line": "b"}, "{kraken.BTC/USD}:book.10/b"),
        ({"channel": "executions"}, "{priv.kraken.main}:executions"),
        ({"channel": "balances", "account": "fund-2"}, "{priv.kraken.fund-2}:balances"),
        ({"channel": "balances", "feed": "own"}, "{priv.kraken.feed.own}:status"),
    ],
)
def test_a_missing_right_names_the_very_key(
    chosen: dict[str, str], stream: str, redis_server: RedisServer
) -> None:
    mends = [f.mend for f in judged(redis_server, *granted("~nothing"), **chosen)]
    assert f"grant +xadd and the key ~{stream} to the user" in mends


def test_a_missing_command_is_named_with_its_rule(each_redis_server: RedisServer) -> None:
    rules = [rule for rule in GRANTED if rule != "+xtrim"]
    found = judged(each_redis_server, *rules)
    assert {f.level for f in found} == {"bad"}
    assert found[0].what == "the user may not run XTRIM {kraken.BTC/USD}:book.10 MINID 1"
    assert found[0].mend == "grant +xtrim and the key ~{kraken.BTC/USD}:book.10 to the user"


def test_missing_keys_are_named(each_redis_server: RedisServer) -> None:
    found = judged(each_redis_server, *GRANTED, namespace="other")
    assert any("XADD {other.BTC/USD}:book.10 " in f.what for f in found)
    assert not any("PING" in f.what for f in found)


def test_without_scripts_nothing_can_be_asked_and_that_is_said(
    each_redis_server: RedisServer,
) -> None:
    (finding,) = judged(each_redis_server, "resetchannels", "~*", "-@all", "+ping", "+hello")
    assert finding.level == "bad"
    assert "+evalsha" in finding.mend


def test_the_publisher_itself_gets_along_with_exactly_these_rights(
    each_redis_server: RedisServer, tmp_path: Path
) -> None:
    judged(each_redis_server, *GRANTED)
    variables = {
        "PYKRAKEN_REDIS_URL": f"redis://md-pub:pw@127.0.0.1:{each_redis_server.port}/0",
        # Short, so that snapshots replace each other and streams are trimmed while we look.
        "PYKRAKEN_SNAPSHOT_INTERVAL_S": "0.2",
        "PYKRAKEN_RETENTION_S": "1",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "publisher", "run", "BTC/USD", "--exchange", "sim"],
            env={**os.environ, **variables},
            cwd=tmp_path,
            stderr=log,
        )
    try:
        with each_redis_server.client() as admin:
            stream = "{kraken.BTC/USD}:book.10"
            wait_until(
                lambda: is_trimmed(admin, stream), 30, f"a trimmed stream: {tmp_path / 'log'}"
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            # redis-py tries that on its own, and goes on without it.
            assert denied(admin) <= {b"client|setinfo"}
    finally:
        process.kill()
        process.wait()


def denied(client: redis.Redis) -> set[bytes]:
    """Return what the server has refused to anybody, by its own log."""
    rows = [
        dict(zip(row[::2], row[1::2], strict=True)) for row in client.execute_command("ACL", "LOG")
    ]
    return {row[b"object"] for row in rows}


def is_trimmed(client: redis.Redis, stream: str) -> bool:
    first = client.execute_command("XRANGE", stream, "-", "+", "COUNT", 1)
    return bool(first) and not first[0][0].endswith(b"-0")
