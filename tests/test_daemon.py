"""The daemon between a hand-made Kraken and a real server: what it reads, says, and how it ends."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from publisher.channels.level3 import SYMBOLS_PER_CONNECTION
from publisher.channels.plans import plan_of
from publisher.connection import clock
from publisher.daemon import FLUSH_S, RELEASE_S, Daemon
from publisher.settings import Settings, feed_id
from publisher.state import StateFolder
from tests.endtoend.program import Publisher
from tests.feed.exchange import exchange
from tests.model import ModelBook
from tests.polling import wait_until
from tests.servers import RedisServer, free_port
from tests.session.desk import ASKS, BIDS, BTC, Text, book_frame, pair
from tests.simulator.program import Program

STREAM = "{kraken.BTC/USD}:book.10"
STATUS = "{kraken.feed.f}:status"


class Venue:
    """Kraken with one symbol: lists it, acknowledges, sends its book; then what a test says."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.book = ModelBook(10)

    def __call__(self, connection: ServerConnection) -> None:
        self.say(connection, channel="status", type="update", data=[{"system": "online"}])
        with contextlib.suppress(ConnectionClosed):
            for request in connection:
                self._answer(connection, json.loads(request))

    def _answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        if request["method"] == "ping":
            self.say(connection, method="pong", req_id=request["req_id"])
            return
        if request["params"]["channel"] == "instrument":
            data = {"assets": [], "pairs": [pair(BTC)]}
            self.say(connection, channel="instrument", type="snapshot", data=data)
            return
        result = {"channel": "book", "depth": 10, "snapshot": True, "symbol": BTC}
        method, req_id = request["method"], request["req_id"]
        self.say(connection, method=method, req_id=req_id, result=result, success=True)
        if method == "subscribe":
            self.book.snapshot(BIDS, ASKS)
            connection.send(book_frame("snapshot", BTC, BIDS, ASKS, self.book.checksum()).decode())
            self.connections.append(connection)

    def say(self, connection: ServerConnection, **message: object) -> None:
        connection.send(json.dumps(message))

    def update(self, price: str) -> bytes:
        """Return an update of one bid, its checksum right."""
        bids: list[Text] = [(price, "1.00000000")]
        self.book.update(bids, [])
        return book_frame("update", BTC, bids, [], self.book.checksum())


@contextlib.contextmanager
def running(
    folder: Path, server: RedisServer, **settings: object
) -> Iterator[tuple[Publisher, Venue]]:
    """Run a publisher of one book from a venue."""
    venue = Venue()
    with exchange(venue) as port:
        given = {"symbols": BTC, "feed": "f", "redis_url": server.url, "log_level": "debug"}
        own = {"ws_url": f"ws://localhost:{port}/v2"}
        with Publisher(folder / "one", **(given | own | settings)) as publisher:
            yield publisher, venue


def events(server: RedisServer, stream: str) -> list[dict[str, Any]]:
    with server.client() as client:
        found: Any = client.xrange(stream)
        return [msgpack.unpackb(fields[b"d"]) for _, fields in found]


def wait_for(server: RedisServer, stream: str, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until a stream has so many events of a kind; return them."""

    def found() -> list[dict[str, Any]]:
        of_kind = [event for event in events(server, stream) if event["t"] == kind]
        return of_kind if len(of_kind) >= count else []

    return wait_until(found, 15, f"{count} {kind} in {stream}")


# What it reads and says


def test_a_book_goes_through_and_a_signal_ends_it(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    with running(tmp_path, redis_server) as (publisher, venue):
        wait_for(redis_server, STREAM, "snapshot")
        venue.connections[0].send(venue.update("100.5").decode())
        (update,) = wait_for(redis_server, STREAM, "update")
        assert update["b"] == [[1005, 100_000_000]]
        assert publisher.terminate() == 0
        assert publisher.log("daemon.stopped")[0]["flushed"] is True
    assert [event["t"] for event in events(redis_server, STREAM)] == [
        "epoch", "snapshot", "update", "bye",
    ]  # fmt: skip
    with redis_server.client() as client:
        assert client.hget("{kraken.feed.f}:lease", "owner") == b""


def test_messages_that_come_with_a_close_frame_still_count(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    with running(tmp_path, redis_server) as (publisher, venue):
        wait_for(redis_server, STREAM, "snapshot")
        frame = venue.update("100.5")
        header = b"\x81\x7e" + len(frame).to_bytes(2, "big")
        venue.connections[0].socket.sendall(header + frame + b"\x88\x02\x03\xe9")
        reset = wait_for(redis_server, STREAM, "reset")[0]
        assert reset["why"] == "disconnected"
        update, then = events(redis_server, STREAM)[2:4]
        assert (update["t"], then) == ("update", reset)
        assert reset["tp"] - update["tp"] < 1_000_000_000, "not when the silence is noticed"
        assert publisher.log("feed.away")[0]["reason"] == "close 1001"
        wait_for(redis_server, STREAM, "snapshot", 2)
        assert len(venue.connections) == 2, "it dialed again"


def test_the_status_stream_follows_the_feed(tmp_path: Path, redis_server: RedisServer) -> None:
    """Live with its book, disconnected without Kraken, the system's state in Kraken's words."""
    with running(tmp_path, redis_server) as (publisher, venue):
        wait_for(redis_server, STREAM, "snapshot")

        def last() -> tuple[object, ...]:
            state = wait_for(redis_server, STATUS, "feed")[-1]
            return state["s"], state["ns"], state["nl"], state["sys"]

        wait_until(lambda: last() == ("live", 1, 1, "online"), 10, "live")
        data = [{"system": "maintenance"}]
        venue.say(venue.connections[0], channel="status", type="update", data=data)
        wait_until(
            lambda: wait_for(redis_server, STATUS, "notice")[-1]["n"] == "system maintenance",
            10,
            "a notice for people",
        )
        wait_until(lambda: last()[3] == "maintenance", 10, "the state tells it too")
        assert publisher.terminate() == 0
        assert events(redis_server, STATUS)[-1]["t"] == "bye"


# How it ends


def test_with_nobody_there_it_still_ends_at_once(tmp_path: Path) -> None:
    away = {"redis_url": f"redis://127.0.0.1:{free_port()}", "symbols": BTC}
    with Publisher(tmp_path, **away, ws_url=f"ws://127.0.0.1:{free_port()}/v2") as publisher:
        publisher.wait_for("redis.away")
        publisher.wait_for("feed.away")
        began = time.monotonic()
        assert publisher.terminate() == 0
        assert time.monotonic() - began < FLUSH_S + RELEASE_S


def test_no_secret_stands_in_its_log(tmp_path: Path) -> None:
    redis_url = f"redis://user:s3cret@127.0.0.1:{free_port()}"
    ws_url = f"ws://user:s3cret@127.0.0.1:{free_port()}/v2"
    with Publisher(tmp_path, redis_url=redis_url, ws_url=ws_url, log_level="debug") as publisher:
        publisher.wait_for("redis.away")
        publisher.wait_for("feed.away")
        assert publisher.terminate() == 0
    said = publisher.log_path.read_text()
    assert "s3cret" not in said
    assert "127.0.0.1" in publisher.log("daemon.started")[0]["redis"]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon whose addresses nobody answers."""
    settings = Settings(ws_url=f"ws://127.0.0.1:{free_port()}/v2", ws_timeout_s=0.5)
    url = f"redis://127.0.0.1:{free_port()}"
    with contextlib.closing(Daemon(settings, url, StateFolder(tmp_path / "state"))) as fresh:
        yield fresh


def test_signals_are_held_for_a_while_and_given_back(daemon: Daemon) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    with daemon.signals():
        assert all(signal.getsignal(number) not in before for number in numbers)
        signal.raise_signal(signal.SIGTERM)
        began = time.monotonic()
        daemon.main_loop()
        assert time.monotonic() - began < 1, "told to stop before it began"
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_signal_wakes_a_loop_that_turns(daemon: Daemon) -> None:
    with daemon.signals():
        caller = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
        caller.start()
        daemon.start_up()
        daemon.main_loop()
        daemon.shut_down()
        caller.join()


def test_a_dial_under_way_ends_with_the_daemon(tmp_path: Path) -> None:
    """A thread inside OpenSSL while the interpreter leaves would cost the exit code."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def take_and_stop() -> None:
            with deaf.accept()[0]:
                signal.raise_signal(signal.SIGTERM)
                daemon_is_over.wait(5)

        daemon_is_over = threading.Event()
        caller = threading.Thread(target=take_and_stop, daemon=True)
        settings = Settings(ws_url=f"ws://127.0.0.1:{deaf.getsockname()[1]}/v2", ws_timeout_s=0.1)
        daemon = Daemon(settings, f"redis://127.0.0.1:{free_port()}", StateFolder(tmp_path / "s"))
        with contextlib.closing(daemon), daemon.signals():
            caller.start()
            daemon.main_loop()
        left = [t.name for t in threading.enumerate() if t.name.startswith("dial")]
        daemon_is_over.set()
        caller.join(5)
    assert left == []


def level3(symbols: list[str], folder: Path) -> Daemon:
    """Return a daemon of books by order, which nobody answers."""
    dead = f"ws://127.0.0.1:{free_port()}/v2"
    settings = Settings(
        channel="level3", symbols=tuple(symbols), ws_url=dead, ws_l3_url=dead,
        rest_url=f"http://127.0.0.1:{free_port()}", ws_timeout_s=0.5,
    )  # fmt: skip
    return Daemon(settings, f"redis://127.0.0.1:{free_port()}", StateFolder(folder / "state"))


def test_symbols_for_which_no_connection_has_room_are_left_out(tmp_path: Path) -> None:
    before = [f"A{i}/USD" for i in range(SYMBOLS_PER_CONNECTION + 1)]
    more = [f"B{i}/USD" for i in range(SYMBOLS_PER_CONNECTION)]
    with contextlib.closing(level3(before, tmp_path)) as daemon, capture_logs() as lines:
        daemon.change([*before[1:], *more], clock())
        kept = set(daemon.vitals().session.symbols)
        assert kept == {*before[1:], *more}
        daemon.change([*before, *more], clock())
        assert set(daemon.vitals().session.symbols) == kept
        assert set(daemon.vitals().writer.publication.books) == kept
        assert daemon.vitals().changes.left_out == {"A0/USD": "no_room"}
        sessions = daemon.vitals().session.sessions
        assert [len(session.subscriptions) for session in sessions] == [SYMBOLS_PER_CONNECTION] * 2
    (told,) = [line for line in lines if line["event"] == "symbols.no_room"]
    assert (told["log_level"], told["left_out"], told["most"]) == ("error", ["A0/USD"], 400)


def test_an_added_symbol_that_another_feed_publishes_is_given_up_alone(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    names = {"symbols": "ETH/USD", "redis_url": redis_server.url}
    with Program("--rate", "50", "--symbols", "5") as simulator:
        names["ws_url"] = simulator.addresses["ws_url"]
        other = Publisher(tmp_path / "other", **names, feed="g")
        own = Publisher(tmp_path / "own", **{k: v for k, v in names.items() if k != "symbols"})
        own.folder.mkdir()
        (own.folder / ".env").write_text("PYKRAKEN_SYMBOLS=BTC/USD\nPYKRAKEN_FEED=f\n")
        with other, own:
            wait_until(lambda: events(redis_server, "{kraken.ETH/USD}:book.10"), 15, "other's")
            wait_until(lambda: events(redis_server, STREAM), 15, "own")
            (own.folder / ".env").write_text("PYKRAKEN_SYMBOLS=BTC/USD,ETH/USD\nPYKRAKEN_FEED=f\n")
            own.signal(signal.SIGHUP)
            own.wait_for("symbol.fenced")
            count = len(events(redis_server, STREAM))
            wait_until(lambda: len(events(redis_server, STREAM)) > count + 3, 15, "own goes on")
            assert own.terminate() == 0
            assert other.terminate() == 0
    for stream in (STREAM, "{kraken.ETH/USD}:book.10"):
        said = [event["t"] for event in events(redis_server, stream)]
        assert (said.count("epoch"), said.count("reset"), said[-1]) == (1, 0, "bye")


def test_the_plan_is_what_the_settings_say() -> None:
    settings = Settings(
        symbols=("BTC/USD", "XBT/EUR"), depth=25, namespace="n", line="b", checksum_freq=7,
        snapshot_interval_s=3, retention_s=30, heartbeat_s=2, ring_seconds=9, ring_bytes=1 << 21,
        stream_max_bytes=1 << 22,
    )  # fmt: skip
    plan = plan_of(settings)
    assert plan.feed == feed_id(settings)
    assert (plan.part, plan.space) == ("book.25", "n")
    others = {"feed", "interval", "trigger", "account"}  # of other channels
    others.add("is_sharded")  # of the kind of Redis: tests/bus/test_slots.py
    told = {name: getattr(plan, name) for name in plan.__struct_fields__ if name not in others}
    assert told == {name: getattr(settings, name) for name in told}


@pytest.mark.parametrize(
    ("channel", "part", "space", "symbols"),
    [
        ("level3", "level3.100", "n", ("A/B",)),
        ("ticker", "ticker.bbo", "n", ("A/B",)),
        ("trade", "trade", "n", ("A/B",)),
        ("ohlc", "ohlc.5", "n", ("A/B",)),
        ("instrument", "instrument", "n", ("",)),
        ("executions", "executions", "priv.n", ("",)),
    ],
)
def test_the_plan_of_each_channel(
    channel: str, part: str, space: str, symbols: tuple[str, ...]
) -> None:
    settings = Settings.model_construct(
        **Settings().model_dump()
        | {"channel": channel, "symbols": ("A/B",), "namespace": "n", "depth": 100}
        | {"interval": 5, "trigger": "bbo", "account": "x"}
    )
    plan = plan_of(settings)
    assert (plan.part, plan.space, plan.symbols) == (part, space, symbols)
