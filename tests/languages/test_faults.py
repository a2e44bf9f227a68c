"""All languages at once on the streams of a real publisher, while faults strike: books by level and
by order, trades, an account's orders. In the end all hold the same, and each told the same story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

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
Id = tuple[int, int]


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
    """What all were told is one log, byte for byte: of each entry that anybody was told, every
    language was told the same text, in the same order, once; left out are those alone of which its
    own `joined` says so. What was missed before an epoch is the same to all.

    Not compared, for it is of each reader's own and not of the stream: how it stood with its
    connection (`disconnected`, `reconnected`, `trim_warning`), what its own clock said (`STALE`),
    and where it joined and met a gap, which is where it was when it was stopped. A join and a gap
    are held to the entries told around them.
    """
    rows = {each.language.name: list(map(_Told, each.of(stream))) for each in followers}
    texts: dict[Id, str] = {}
    for name, row in rows.items():
        for told in row:
            if told.is_entry:
                assert texts.setdefault(told.at, told.text) == told.text, name
    missed: dict[Id, str | None] = {}
    for name, row in rows.items():
        holes = list(_holes(row))
        due = [at for at in sorted(texts) if not any(low < at <= high for low, high in holes)]
        assert [told.at for told in row if told.is_entry] == due, f"{name} {stream}"
        for before, told in pairwise(row):
            if told.kind == "epoch":
                text = before.text if before.kind == "missed" else None
                assert missed.setdefault(told.at, text) == text, f"{name} {stream}"
        assert {told.body["code"] for told in row if "code" in told.body} <= {"GAP", "STALE"}, name
        _is_whole(name, row)


@dataclass(frozen=True)
class _Told:
    """A line of a log."""

    text: str

    @cached_property
    def body(self) -> dict[str, Any]:
        """The object."""
        return cast(dict[str, Any], json.loads(self.text))

    @property
    def kind(self) -> str:
        """The event's type, or what else it tells."""
        return str(self.body.get("type") or self.body.get("told") or self.body["code"])

    @property
    def is_entry(self) -> bool:
        """Whether it is an event of the wire."""
        return "type" in self.body

    @property
    def at(self) -> Id:
        """The id of its entry."""
        return _id(self.body["id"])


def _holes(row: list[_Told]) -> Iterator[tuple[Id, Id]]:
    """Yield what a reader says that it was not told: behind an id, up to another."""
    for told in row:
        if told.kind == "joined":
            after = told.body["after"]
            yield _id(after) if after else (0, 0), _id(told.body["cursor"])


def _is_whole(name: str, row: list[_Told]) -> None:
    cursor: Id | None = None
    last = ""
    for told in row:
        before, last = last, told.kind
        if told.kind == "joined":
            cursor = _id(told.body["cursor"])
        elif told.kind == "GAP":
            assert cursor is not None
            assert _id(told.body["cursor"]) >= cursor
            cursor = None
        # Between a gap and the join entries are told that change nothing.
        elif told.is_entry and cursor is not None:
            at = told.at
            follows = at == (cursor[0], cursor[1] + 1)
            opens = at[0] > cursor[0] and at[1] == 0 and told.kind == "epoch"
            assert follows or opens, f"{name}: {told.text} after {cursor}"
            if opens and (told.body["prev_epoch"], told.body["prev_seq"]) > cursor:
                assert before == "missed", f"{name}: {told.text} after {cursor}"
            cursor = at


def _last_id(redis: RedisServer, stream: str) -> str:
    with redis.client() as client:
        text: str = client.xinfo_stream(stream)["last-generated-id"].decode()
        return text


def _id(text: str | bytes) -> Id:
    plain = text.decode() if isinstance(text, bytes) else text
    epoch, seq = plain.split("-")
    return int(epoch), int(seq)
