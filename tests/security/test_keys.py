"""Which keys each user reaches, by the server's own judgement; no script reaches further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
import redis

from tests.security.users import GuardedServer, connect, guarded
from tests.servers import Kind

BOOK, CATALOGUE = "{kraken.BTC/USD}:book.10", "{kraken.catalogue}:streams"
STATUS, LEASE = "{kraken.feed.f}:status", "{kraken.feed.f}:lease"
REQUESTS, PRIVATE_REQUESTS = "{kraken.feed.f}:requests", "{priv.kraken.feed.f}:requests"
ORDERS, PRIVATE_CATALOGUE = "{priv.kraken.main}:executions", "{priv.kraken.catalogue}:streams"
ELSEWHERE, NEAR, FREE = "{other.BTC/USD}:book.10", "{krakenX}:book.10", "anything"
KEYS = {
    BOOK, CATALOGUE, STATUS, LEASE, REQUESTS, PRIVATE_REQUESTS, ORDERS, PRIVATE_CATALOGUE,
    ELSEWHERE, NEAR, FREE,
}  # fmt: skip
PUBLIC = {BOOK, CATALOGUE, STATUS, LEASE, REQUESTS}
PRIVATE = {ORDERS, PRIVATE_CATALOGUE, PRIVATE_REQUESTS}
READS = ("XREAD STREAMS {} 0", "XRANGE {} - +", "XREVRANGE {} + -", "HGETALL {}")
WRITES = ("XADD {} 1-1 d v", "XADD {} MAXLEN ~ 9 * d v", "HSET {} f v", "XTRIM {} MAXLEN 0")
REMOVALS = ("UNLINK {}", "HDEL {} f", "DEL {}")
WORDS = {"read": READS, "write": WRITES, "remove": REMOVALS, "add": WRITES[:2]}
ALL = PUBLIC | PRIVATE
REACH: dict[str, dict[str, set[str]]] = {
    "publisher": {"read": PUBLIC, "write": PUBLIC, "add": PUBLIC},
    "private-publisher": {"read": PRIVATE, "write": PRIVATE, "add": PRIVATE},
    "consumer": {"read": PUBLIC, "write": {REQUESTS}, "add": {REQUESTS}},
    "private-consumer": {
        "read": PRIVATE,
        "write": {PRIVATE_REQUESTS},
        "add": {PRIVATE_REQUESTS},
    },
    "operator": {"read": ALL, "remove": ALL},
}


@pytest.fixture(scope="module", params=get_args(Kind))
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedServer]:
    with guarded(request.param, tmp_path_factory.mktemp("guarded")) as server:
        yield server


def reached(server: GuardedServer, user: str, kind: str) -> set[str]:
    """Return the keys on which a user may do any of the commands of a kind."""
    with server.client() as admin:
        return {
            key
            for key in KEYS
            for line in WORDS[kind]
            if admin.execute_command("ACL", "DRYRUN", user, *line.format(key).split()) == b"OK"
        }


@pytest.mark.parametrize("user", REACH)
def test_each_user_reaches_its_own_keys_and_no_others(user: str, server: GuardedServer) -> None:
    for kind in WORDS:
        assert reached(server, user, kind) == REACH[user].get(kind, set()), kind


def test_one_foreign_key_spoils_a_call_for_several(server: GuardedServer) -> None:
    with connect(server.url_of("consumer")) as client:
        client.execute_command("XREAD", "STREAMS", BOOK, STATUS, "0", "0")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command("XREAD", "STREAMS", BOOK, ORDERS, "0", "0")


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("user", "call", "key"),
    [
        ("publisher", "'XADD', K, '1-1', 'd', 'v'", ELSEWHERE),
        ("publisher", "'XADD', K, '1-1', 'd', 'v'", ORDERS),
        ("publisher", "'XRANGE', K, '-', '+'", ORDERS),
        ("publisher", "'DEL', K", BOOK),
        ("private-publisher", "'XADD', K, '1-1', 'd', 'v'", BOOK),
        ("operator", "'SET', K, 'v'", BOOK),
    ],
)
def test_no_script_does_what_its_user_may_not(
    user: str, call: str, key: str, declared: bool, server: GuardedServer
) -> None:
    with connect(server.url_of(user)) as client:
        where = "KEYS[1]" if declared else f"'{key}'"
        digest = client.script_load(f"#!lua\nreturn redis.call({call.replace('K', where)})")
        words = (1, key) if declared else (0,)
        with pytest.raises(
            redis.ResponseError,
            match=r"(?i)the user executing the script can't|no permission|can't access",
        ):
            client.execute_command("EVALSHA", digest, *words)
    with server.client() as admin:
        assert admin.exists(key) == 0


def test_without_a_name_nobody_gets_in(server: GuardedServer) -> None:
    with connect(f"redis://127.0.0.1:{server.port}/0") as client:
        with pytest.raises(redis.exceptions.AuthenticationError):
            client.ping()
