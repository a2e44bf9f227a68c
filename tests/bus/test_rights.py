"""The rights that a feed needs, asked at the first connect: what is missing is told at once, by
name and with the rule that mends it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.bus import rights
from publisher.bus.link import Address, dial
from publisher.bus.rights import Right, needed
from publisher.errors import RedisRefused
from tests.bus.desk import plan
from tests.bus.writing import OTHER, STATUS, STREAM, Desk, kinds, now
from tests.servers import Kind, RedisServer, server_binary

COMMANDS = (
    "client|setname info time script|load evalsha hget hmget hset xadd xtrim xread xrange "
    "xinfo|stream"
)
GRANTED = [f"+{command}" for command in COMMANDS.split()]
KEYS = "~{t.*}*"


def url_of(server: RedisServer, *rules: str) -> str:
    """Return the URL of a user who has these rules and no others."""
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "u", "reset", "on", ">s3cret", *rules)
    return server.url.replace("://", "://u:s3cret@")


def without(*denied: str) -> list[str]:
    return [KEYS, *(rule for rule in GRANTED if rule not in denied)]


def refusal(server: RedisServer, *rules: str) -> str:
    """Return in what words a dial is refused."""
    with pytest.raises(RedisRefused) as caught:
        dial(Address(url_of(server, *rules), 1.0), needed(plan()))
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_a_right_names_its_command_key_and_rule() -> None:
    right = Right("XINFO STREAM {t.A/USD}:book.10")
    assert (right.command, right.key) == ("XINFO STREAM", "{t.A/USD}:book.10")
    assert right.rule == "+xinfo|stream"
    assert (Right("TIME").command, Right("TIME").key, Right("TIME").rule) == ("TIME", "", "+time")


def test_what_is_published_says_what_is_needed() -> None:
    lines = {right.line for right in needed(plan())}
    tops = {right.line for right in needed(plan(bbo=True))} - lines
    assert {Right(line).key.partition(".own")[0].partition(".snap")[0] for line in tops} == {
        "{t.A/USD}:bbo.book.10",
        "{t.B/USD}:bbo.book.10",
    }
    sharded = {right.line for right in needed(plan(is_sharded=True))}
    assert sharded - lines == {"CLUSTER SLOTS", "ASKING"}
    keys = {right.key for right in needed(plan(account="main", symbols=("",))) if right.key}
    assert all(key.startswith("{priv.t.") for key in keys)


def test_a_thousand_symbols_are_many_small_questions() -> None:
    many = needed(plan(symbols=tuple(f"S{number}/USD" for number in range(1000))))
    asked = [words for _, _, _, *words in rights.questions(many)]
    assert max(map(len, asked)) == rights.LINES_MOST
    assert [line for words in asked for line in words] == [right.line for right in many]
    with pytest.raises(RedisRefused) as caught:
        rights.check(many)
    assert len(str(caught.value)) < 1000


def test_exactly_these_rights_are_enough(each_redis_server: RedisServer) -> None:
    link = dial(Address(url_of(each_redis_server, *without()), 1.0), needed(plan()))
    assert link.lacking == []
    link.close()


def test_all_that_is_missing_is_told_at_once(each_redis_server: RedisServer) -> None:
    said = refusal(each_redis_server, *without("+time", "+xtrim", "+xread"))
    assert "may not run TIME, XTRIM on {t.A/USD}:book.10 and 5 more, XREAD on " in said
    assert "Grant the user +time +xtrim +xread on the keys ~{t.*}*: " in said
    assert "s3cret" not in said


@pytest.mark.parametrize("first", ["+info", "+client|setname"])
def test_the_first_refusal_hides_no_other(each_redis_server: RedisServer, first: str) -> None:
    said = refusal(each_redis_server, *without(first, "+hset"))
    assert first in said
    assert "+hset" in said


def test_keys_that_are_missing_are_told_by_their_pattern(each_redis_server: RedisServer) -> None:
    said = refusal(each_redis_server, "~{t.A/USD}*", "~{t.feed.*}*", "~{t.catalogue}*", *GRANTED)
    assert "XADD on {t.B/USD}:book.10 and 1 more" in said
    assert "{t.A/USD}" not in said
    assert "on the keys ~{t.*}*" in said


def test_who_cannot_ask_is_told_by_what_is_refused(each_redis_server: RedisServer) -> None:
    assert "+script|load" in refusal(each_redis_server, *without("+script|load", "+xadd"))
    url = url_of(each_redis_server, *without("+evalsha", "+xadd"))
    dial(Address(url, 1.0), needed(plan())).close()  # its first call will be refused


@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_a_server_that_has_not_the_command_cannot_be_asked(tmp_path: Path, kind: Kind) -> None:
    options = ("--rename-command", "XTRIM", "GONE")
    with RedisServer(server_binary(kind), tmp_path / "server", options=options) as server:
        link = dial(Address(server.url, 1.0), needed(plan()))
        assert link.lacking == []
        link.close()


@pytest.mark.parametrize(
    ("rules", "denied", "mend", "loss"),
    [
        (
            without("+xread"),
            "XREAD on {t.feed.f}:status",
            "Grant the user +xread on the keys ~{t.*}*",
            rights.DEAF_TO_FAREWELLS,
        ),
        (
            [
                *without("+xtrim"),
                "(-@all +xtrim ~{t.A/USD}* ~{t.B/USD}* ~{t.feed.f}:status*)",
            ],
            "XTRIM on {t.feed.f}:requests",
            "Grant the user +xtrim on the keys ~{t.*}*",
            rights.DEAF_TO_REQUESTS,
        ),
        (
            without("+xrange"),
            "XRANGE on {t.feed.f}:requests",
            "Grant the user +xrange on the keys ~{t.*}*",
            rights.DEAF_TO_REQUESTS,
        ),
    ],
)
def test_what_a_feed_can_do_without_is_a_warning(
    each_redis_server: RedisServer,
    capsys: pytest.CaptureFixture[str],
    rules: list[str],
    denied: str,
    mend: str,
    loss: str,
) -> None:
    desk = Desk(url_of(each_redis_server, *rules))
    try:
        desk.until(lambda: desk.writer.links["data"].is_up, "the first link")
        said = capsys.readouterr().out
        (warned,) = [line for line in said.splitlines() if "rights.missing" in line]
        assert all(f"'{words}'" in warned for words in (denied, mend, loss)), warned
        desk.opened()
        desk.written()
        with each_redis_server.client() as client:
            assert kinds(client, STREAM)[:2] == ["epoch", "snapshot"]
            assert client.exists(OTHER, STATUS) == 2
        capsys.readouterr()
        desk.writer.links["data"].drop("by hand", now().mono)
        desk.until(lambda: desk.writer.links["data"].is_up, "the next link")
        assert "rights.missing" not in capsys.readouterr().out, "asked at the first connect alone"
    finally:
        desk.writer.close()
        desk.selector.close()
