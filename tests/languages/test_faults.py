"""All languages at once on the streams of a real publisher, while faults strike: books by level and
by order, trades, an account's orders. In the end all hold the same, and each told the same story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.endtoend.program import Publisher
from tests.languages.follower import Follower
from tests.languages.languages import here
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.servers import RedisServer, server_binary
from tests.simulator.program import Program

BOOKS = ("{kraken.BTC/USD}:book.10", "{kraken.ETH/USD}:book.10")
ORDERS = "{kraken.BTC/USD}:level3.10"
TRADES = "{kraken.BTC/USD}:trade"
ACCOUNT = "{priv.kraken.main}:executions"
STREAMS = (*BOOKS, ORDERS, TRADES, ACCOUNT)
OWN = {**dict.fromkeys(BOOKS, '"type":"update"'), ORDERS: '"type":"orders"'}
"""The events that come all the time."""
RETENTION_S = 2.0


class Stage:
    """Simulator, server, a publisher for each channel, and a follower of each language."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        for name, text in (("key", KEY), ("secret", SECRET), ("pair", f"{KEY}\n{SECRET}")):
            (folder / name).write_text(text)
        flags = ("--symbols", "BTC/USD,ETH/USD", "--rate", "200", "--account-rate", "20")
        self.simulator = stack.enter_context(
            Program(*flags, "--api-key-file", str(folder / "pair"))
        )
        self.redis = stack.enter_context(RedisServer(server_binary("redis"), folder / "redis"))
        given = {
            **{name: self.simulator.addresses[name] for name in ADDRESSES},
            "redis_url": self.redis.url,
            "snapshot_interval_s": 0.5,
            "retention_s": RETENTION_S,
            "api_key_file": folder / "key",
            "api_secret_file": folder / "secret",
        }
        self.publishers = {
            name: stack.enter_context(Publisher(folder / name, channel=name, **settings, **given))
            for name, settings in CHANNELS.items()
        }
        self.followers = [
            stack.enter_context(
                Follower(each, folder / "followers", "--url", self.redis.url, *STREAMS)
            )
            for each in here()
        ]

    def all_go_on(self, more: int = 30) -> None:
        """Wait until every language has so many more events of each busy stream."""
        goals = [
            (each, stream, part, each.count(part, stream) + more)
            for each in self.followers
            for stream, part in OWN.items()
        ]
        for each, stream, part, goal in goals:
            each.wait(part, goal, (stream,))


ADDRESSES = ("ws_url", "ws_l3_url", "ws_auth_url", "rest_url")
CHANNELS: dict[str, dict[str, object]] = {
    "book": {"symbols": "BTC/USD,ETH/USD", "depth": 10},
    "level3": {"symbols": "BTC/USD", "depth": 10},
    "trade": {"symbols": "BTC/USD"},
    "executions": {},
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(tmp_path, stack)


@pytest.mark.timeout(600)
def test_five_languages_end_alike_whatever_befell(stage: Stage) -> None:
    followers = stage.followers
    for each in followers:
        each.wait('"told":"joined"', 1, STREAMS)
    stage.all_go_on()

    _the_publisher_is_killed(stage)
    _the_book_fails_its_checksum(stage)
    _redis_is_killed(stage)
    _readers_sleep_past_the_trim(stage)

    for publisher in stage.publishers.values():
        assert publisher.terminate() == 0
    last = {stream: _last_id(stage.redis, stream) for stream in STREAMS}
    for each in followers:
        for stream in STREAMS:
            each.wait(f'"id":"{last[stream]}","type":"bye"', 1, (stream,))
    for each in followers:
        each.end()
    python, *others = followers
    assert set(python.finals) == set(STREAMS)
    for each in others:
        assert each.finals == python.finals, each.language.name
    assert {stream: final["cursor"] for stream, final in python.finals.items()} == last
    for stream in STREAMS:
        assert python.finals[stream]["valid"]
        _told_alike(followers, stream)


def _the_publisher_is_killed(stage: Stage) -> None:
    """Each language sees the new epoch; what it did not see of the old one is named before it."""
    before = [each.count('"type":"epoch"') for each in stage.followers]
    for publisher in stage.publishers.values():
        publisher.kill()
        publisher.start()
    for each, count in zip(stage.followers, before, strict=True):
        for stream in STREAMS:
            each.wait('"type":"epoch"', 1, (stream,))
        assert each.count('"type":"epoch"') == count + len(STREAMS)
    stage.all_go_on()


def _the_book_fails_its_checksum(stage: Stage) -> None:
    stage.simulator.post("fault", name="wrong_checksum", symbol="BTC/USD", channel="book")
    for each in stage.followers:
        each.wait('"type":"reset"', 1, BOOKS[:1])
    stage.all_go_on()


def _redis_is_killed(stage: Stage) -> None:
    """It comes back empty, and the ring fills it."""
    stage.redis.restart()
    for each in stage.followers:
        each.wait('"told":"reconnected"')
    stage.all_go_on()


def _readers_sleep_past_the_trim(stage: Stage) -> None:
    """What a reader had not read is gone: a gap, told once a stream, and then a whole book."""
    for each in stage.followers:
        each.pause()
    last = {stream: _last_id(stage.redis, stream) for stream in OWN}
    with stage.redis.client() as client:
        for stream in OWN:
            wait_until(
                lambda stream=stream: (
                    _id(client.xinfo_stream(stream)["first-entry"][0]) > _id(last[stream])
                ),
                30,
                f"{stream} is trimmed beyond what was read",
            )
    for each in stage.followers:
        each.resume()
    for each in stage.followers:
        each.wait('"code":"GAP"', 1, tuple(OWN))
    stage.all_go_on()


def _told_alike(followers: list[Follower], stream: str) -> None:
    """The same id is the same event in every language; what was told from the last time on that
    somebody joined is the same row; and each row has no hole that nothing announces.
    """
    rows = {each.language.name: each.of(stream) for each in followers}
    texts: dict[str, str] = {}
    for name, row in rows.items():
        for event in row:
            told = json.loads(event)
            if "type" in told:
                assert texts.setdefault(told["id"], event) == event, name
        _is_whole(name, row)
    tails = {}
    for name, row in rows.items():
        joins = [json.loads(event) for event in row if '"told":"joined"' in event]
        tails[name] = _id(joins[-1]["cursor"])
    since = max(tails.values())
    ends = {
        name: [e for e in row if "id" in (told := json.loads(e)) and _id(told["id"]) > since]
        for name, row in rows.items()
    }
    python = ends["python"]
    assert python, stream
    for name, end in ends.items():
        assert end == python, f"{name} {stream}"


def _is_whole(name: str, row: list[str]) -> None:
    cursor: tuple[int, int] | None = None
    before = ""
    for event in row:
        told, last = json.loads(event), before
        before = told.get("told", "")
        if told.get("told") == "joined":
            cursor = _id(told["cursor"])
        elif told.get("code") == "GAP":
            assert cursor is not None
            assert _id(told["cursor"]) >= cursor
            cursor = None
        elif "type" in told:
            at = _id(told["id"])
            # Between a gap and the join entries are told that change nothing.
            if cursor is not None:
                follows = at == (cursor[0], cursor[1] + 1)
                opens = at[0] > cursor[0] and at[1] == 0 and told["type"] == "epoch"
                assert follows or opens, f"{name}: {event} after {cursor}"
                if opens and (told["prev_epoch"], told["prev_seq"]) > cursor:
                    assert last == "missed", f"{name}: {event} after {cursor}"
                cursor = at


def _last_id(redis: RedisServer, stream: str) -> str:
    with redis.client() as client:
        text: str = client.xinfo_stream(stream)["last-generated-id"].decode()
        return text


def _id(text: str | bytes) -> tuple[int, int]:
    plain = text.decode() if isinstance(text, bytes) else text
    epoch, seq = plain.split("-")
    return int(epoch), int(seq)
