"""Rights, asked of real servers with real ACL users."""

from __future__ import annotations

import redis

from publisher.doctor.findings import Finding
from publisher.doctor.rights import judge_rights
from publisher.settings import Settings
from tests.servers import RedisServer

# The publisher's user of the design: scripts, and the commands that they run.
COMMANDS = "evalsha script|load xadd xtrim xinfo|stream hget hset hmget time info ping hello"
GRANTED = ["resetchannels", "~{kraken.*}*", "-@all", *(f"+{name}" for name in COMMANDS.split())]


def judged(server: RedisServer, *rules: str, namespace: str = "kraken") -> list[Finding]:
    settings = Settings(symbols=("BTC/USD",), namespace=namespace)
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
