"""When a publisher is ready, and what it says that it awaits."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from publisher.bus.lease import LeaseState
from publisher.bus.stream import StreamState
from publisher.bus.writer import Writer
from publisher.daemon import Daemon
from publisher.health import readiness
from publisher.health.server import serving
from publisher.health.vitals import LIVE_WITHIN_S
from publisher.model import Instrument
from publisher.session.subscription import State
from publisher.settings import Settings
from publisher.state import StateFolder
from tests.endtoend.program import Publisher
from tests.health.scrape import get, scrape
from tests.polling import wait_until
from tests.servers import RedisServer, free_port
from tests.simulator.program import Program

A, B = "BTC/USD", "ETH/USD"
AWAY = {"redis_url": "redis://127.0.0.1:1", "ws_url": "ws://127.0.0.1:1/v2"}


class Staged:
    """A daemon that did not run, in the state of one that leads with two live books."""

    def __init__(self, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_connected = True
        self.links = {name: SimpleNamespace(is_up=True) for name in ("data", "lease")}
        monkeypatch.setattr(Writer, "links", self.links)
        self.vitals = dataclasses.replace(daemon.vitals(), is_connected=lambda: self.is_connected)
        self.pulse, self.lease = self.vitals.pulse, self.vitals.writer.lease
        self.publication = self.vitals.writer.publication
        self.books = dict(self.vitals.session.subscriptions)
        for symbol, book in self.books.items():
            book.is_of(Instrument(symbol, 1, 8, "online"))
            book.state, book.is_live = State.LIVE, True
        self.lease.state = LeaseState.LEADING
        self.publication.epoch = 7
        for stream in self.publication.streams:
            stream.state = StreamState.OPEN
        self.pulse.beats(self.pulse.began, 0.05)

    def awaited(self) -> list[str]:
        return readiness.awaited(self.vitals)

    def loses(self, symbol: str, state: State = State.AWAITING_SNAPSHOT) -> None:
        self.books[symbol].state = state
        self.books[symbol].is_live = False


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Staged]:
    settings = Settings(symbols=(A, B), feed="f")
    daemon = Daemon(settings, AWAY["redis_url"], StateFolder(tmp_path / "state"))
    with contextlib.closing(daemon):
        yield Staged(daemon, monkeypatch)
        monkeypatch.undo()


def test_a_leader_with_all_books_is_ready(staged: Staged) -> None:
    assert staged.awaited() == []
    assert readiness.standing(staged.vitals) == "leads f with 2 books, epoch 7"


def test_a_standby_is_ready_with_all_books_and_a_leader_to_watch(staged: Staged) -> None:
    staged.lease.state = LeaseState.WATCHING
    for stream in staged.publication.streams:
        stream.state = StreamState.READY
    assert staged.awaited() == ["the lease: no leader is known, and this process is none"]
    staged.lease.holder = "host:1:2"
    assert staged.awaited() == []
    assert readiness.standing(staged.vitals) == "stands by for f with 2 books, behind host:1:2"
    staged.loses(A)
    assert staged.awaited() == ["Kraken's snapshots of BTC/USD"]


def test_each_thing_awaited_has_a_line(staged: Staged) -> None:
    staged.is_connected = False
    staged.links["data"].is_up = staged.links["lease"].is_up = False
    staged.loses(A, State.DISCONNECTED)
    staged.loses(B, State.DISCONNECTED)
    staged.publication.books[A].state = StreamState.INSPECTING
    staged.pulse.last_turn -= LIVE_WITHIN_S
    loop, *others = staged.awaited()
    assert loop.startswith("its loop, which has not turned for 5.")
    assert others == [
        "Kraken: no WebSocket stands",
        "Redis: no link for data",
        "Redis: no link for the lease",
        "Kraken's snapshots of BTC/USD, ETH/USD",
        "Redis' answer that these streams are open: {kraken.BTC/USD}:book.10",
    ]


@pytest.mark.parametrize("status", ["maintenance", "cancel_only", "work_in_progress"])
def test_a_halted_symbol_holds_nothing_back(staged: Staged, status: str) -> None:
    staged.loses(A)
    staged.books[A].is_of(Instrument(A, 1, 8, status))
    staged.publication.books[A].state = StreamState.READY
    assert staged.awaited() == []
    staged.loses(B)
    assert staged.awaited() == ["Kraken's snapshots of ETH/USD"]


def test_a_halted_symbol_whose_book_is_live_has_its_stream_open(staged: Staged) -> None:
    staged.books[A].is_of(Instrument(A, 1, 8, "post_only"))
    staged.publication.books[A].state = StreamState.OPENING
    assert len(staged.awaited()) == 1


def test_what_is_refused_for_good_holds_nothing_back(staged: Staged) -> None:
    """Symbols by Kraken; streams, whose key holds something else, by Redis."""
    staged.loses(A, State.REFUSED)
    staged.publication.books[A].state = StreamState.READY
    assert staged.awaited() == []
    staged.publication.books[B].state = StreamState.CLOSED
    assert staged.awaited() == []


def test_the_status_stream_is_awaited_too(staged: Staged) -> None:
    staged.publication.status.state = StreamState.OPENING
    assert [line.rpartition(" ")[2] for line in staged.awaited()] == ["{kraken.feed.f}:status"]


def test_of_many_a_few_are_named(staged: Staged) -> None:
    names = [f"S{number}" for number in range(9)]
    assert readiness.named(names) == "S0, S1, S2, S3, S4 and 4 more"
    assert readiness.named([""]) == "the channel"


def test_before_the_first_turn_and_after_the_last(staged: Staged) -> None:
    staged.pulse.has_begun = False
    assert staged.awaited() == ["its loop's first turn"]
    staged.pulse.has_begun = True
    staged.pulse.stops(staged.pulse.last_turn)
    assert staged.awaited() == ["nothing: it was told to stop"]


def test_probes_of_a_publisher_that_has_not_begun(tmp_path: Path) -> None:
    daemon = Daemon(Settings(), AWAY["redis_url"], StateFolder(tmp_path))
    with contextlib.closing(daemon), serving(daemon.vitals(), "127.0.0.1", 0) as url:
        assert get(f"{url}/startz") == (503, "the loop has not begun\n")
        assert get(f"{url}/readyz") == (503, "awaits its loop's first turn\n")
        assert get(f"{url}/livez") == (200, "ok\n")
        assert scrape(url)["pykraken_ready",] == 0


def test_a_pair_from_its_start_to_its_end(redis_server: RedisServer, tmp_path: Path) -> None:
    """Neither is ready without Kraken or without Redis; both are with them; a stop ends it."""
    ports = [free_port() for _ in range(2)]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with contextlib.ExitStack() as stack:
        exchange = stack.enter_context(Program("--rate", "200", "--symbols", f"{A},{B}"))
        given = {
            "redis_url": redis_server.url,
            "ws_url": exchange.addresses["ws_url"],
            "symbols": f"{A},{B}",
            "feed": "f",
        }
        pair = [
            stack.enter_context(Publisher(tmp_path / str(port), metrics_port=port, **given))
            for port in ports
        ]
        for url, publisher in zip(urls, pair, strict=True):
            publisher.wait_for("health.listening")
            wait_until(lambda url=url: get(f"{url}/readyz")[0] == 200, 15, "readiness")
        said = sorted(get(f"{url}/readyz")[1] for url in urls)
        assert said[0].startswith("leads f with 2 books, epoch "), said
        assert said[1].startswith("stands by for f with 2 books, behind "), said

        exchange.post("fault", name="close", code=1001)
        seen: list[str] = []

        def is_away_and_back() -> bool:
            status, text = get(f"{urls[0]}/readyz")
            if status == 503:
                seen.append(text)
            return bool(seen) and status == 200

        wait_until(is_away_and_back, 15, "readiness lost and found again")
        assert "awaits Kraken" in seen[0]

        redis_server.kill()
        for url in urls:
            wait_until(
                lambda url=url: "awaits Redis: no link for data\n" in get(f"{url}/readyz")[1],
                10,
                "no readiness without Redis",
            )
            assert get(f"{url}/livez")[0] == get(f"{url}/startz")[0] == 200
        redis_server.start()
        for url in urls:
            wait_until(lambda url=url: get(f"{url}/readyz")[0] == 200, 15, "readiness again")
        for publisher in pair:
            assert publisher.terminate() == 0


def test_without_kraken_and_redis_it_starts_and_lives_and_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Publisher(tmp_path, metrics_port=port, symbols=f"{A},{B}", **AWAY) as publisher:
        publisher.wait_for("daemon.started")
        wait_until(lambda: get(f"{url}/startz")[0] == 200, 10, "a start")
        status, text = get(f"{url}/readyz")
        assert status == 503
        assert text.splitlines() == [
            "awaits Kraken: no WebSocket stands",
            "awaits Redis: no link for data",
            "awaits Redis: no link for the lease",
            f"awaits Kraken's snapshots of {A}, {B}",
            "awaits the lease: no leader is known, and this process is none",
        ]
        assert get(f"{url}/livez") == (200, "ok\n")
        assert publisher.terminate() == 0
