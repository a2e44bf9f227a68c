"""SIGHUP on a running publisher: its configuration is read again and its symbols change; the other
symbols' streams go on as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.endtoend.program import Publisher
from tests.health.scrape import scrape
from tests.polling import wait_until
from tests.requirements import ROOT
from tests.servers import RedisServer, free_port
from tests.simulator.program import Program
from tests.simulator.signed import KEY, SECRET
from tests.tcp_proxy import TcpProxy

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"


class Scene:
    """A publisher whose symbols stand in its `.env`, at a simulator and a server."""

    def __init__(self, publisher: Publisher, client: Any) -> None:
        self.publisher = publisher
        self._client = client

    def configure(self, text: str) -> None:
        self.publisher.folder.mkdir(parents=True, exist_ok=True)
        (self.publisher.folder / ".env").write_text(text)

    def hang_up(self, symbols: str) -> None:
        """Name other symbols, say so, and wait until they are taken."""
        done = len(self.publisher.log("symbols.changed"))
        self.configure(f"PYKRAKEN_SYMBOLS={symbols}\n")
        self.publisher.signal(signal.SIGHUP)
        self.publisher.wait_for("symbols.changed", count=done + 1)

    def entries(self, symbol: str, part: str = "book.10") -> list[tuple[int, int, dict[str, Any]]]:
        """Return epoch, seq and event of all entries of a stream."""
        found: list[tuple[int, int, dict[str, Any]]] = []
        for name, fields in self._client.xrange(f"{{kraken.{symbol}}}:{part}"):
            epoch, _, seq = name.decode().partition("-")
            found.append((int(epoch), int(seq), msgpack.unpackb(fields[b"d"])))
        return found

    def types(self, symbol: str) -> list[str]:
        return [event["t"] for _, _, event in self.entries(symbol)]

    def wait_for(self, symbol: str, kind: str, count: int = 1) -> None:
        """Wait until a stream has so many entries of a type."""
        wait_until(lambda: self.types(symbol).count(kind) >= count, 15, f"{kind} of {symbol}")

    def wait_for_more(self, symbol: str) -> None:
        """Wait until a stream has grown."""
        last = len(self.entries(symbol))
        wait_until(lambda: len(self.entries(symbol)) > last + 3, 15, f"more of {symbol}")


@contextlib.contextmanager
def scene(
    folder: Path,
    server: RedisServer,
    configuration: str = f"PYKRAKEN_SYMBOLS={BTC},{ETH}\n",
    **settings: object,
) -> Iterator[Scene]:
    with Program("--rate", "200", "--symbols", "10") as simulator:
        own: dict[str, object] = {
            "redis_url": server.url,
            "ws_url": simulator.addresses["ws_url"],
            "ws_l3_url": simulator.addresses["ws_l3_url"],
            "rest_url": simulator.addresses["rest_url"],
        }
        publisher = Publisher(folder / "publisher", **(own | settings))
        with server.client() as client:
            made = Scene(publisher, client)
            made.configure(configuration)
            with publisher:
                yield made


def test_added_removed_and_added_again(tmp_path: Path, redis_server: RedisServer) -> None:
    with scene(tmp_path, redis_server) as running:
        running.wait_for(BTC, "update", 5)
        running.wait_for(ETH, "update")
        running.hang_up(f"{SOL},{BTC}")
        running.wait_for(ETH, "bye")
        running.wait_for(SOL, "update", 5)
        assert running.types(SOL)[:2] == ["epoch", "snapshot"]
        at_bye = running.types(ETH)
        assert at_bye[-1] == "bye"
        assert "reset" not in at_bye

        running.hang_up(f"{BTC},{ETH},{SOL}")
        running.wait_for(ETH, "epoch", 2)
        running.wait_for(ETH, "update", at_bye.count("update") + 5)
        assert running.types(ETH)[len(at_bye) :][:2] == ["epoch", "snapshot"]
        assert running.types(ETH).count("bye") == 1

        running.wait_for_more(BTC)
        entries = running.entries(BTC)
        assert len({epoch for epoch, _, _ in entries}) == 1, "one epoch"
        assert [seq for _, seq, _ in entries] == list(range(len(entries))), "contiguous"
        assert {event["t"] for _, _, event in entries[2:]} <= {"update", "heartbeat"}
        (kept, *_) = running.publisher.log("settings.feed_kept")
        assert kept["feed"] != kept["derived"]
        assert running.publisher.terminate() == 0
        assert running.types(SOL)[-1] == "bye"


def test_what_it_cannot_change_is_told(tmp_path: Path, redis_server: RedisServer) -> None:
    port = free_port()
    with scene(tmp_path, redis_server, metrics_port=port) as running:
        running.wait_for(BTC, "update")
        running.configure(f"PYKRAKEN_SYMBOLS={BTC},{SOL}\nPYKRAKEN_DEPTH=100\n")
        running.publisher.signal(signal.SIGHUP)
        running.publisher.wait_for("symbols.changed")
        (told,) = running.publisher.log("settings.need_restart")
        assert told["setting"] == "PYKRAKEN_DEPTH"
        samples = scrape(f"http://127.0.0.1:{port}")
        assert samples["pykraken_settings_waiting",] == 1
        assert samples["pykraken_rereads_total", "taken"] == 1
        running.wait_for(SOL, "update")
        assert running.entries(SOL, "book.100") == []


def test_a_bad_configuration_changes_nothing(tmp_path: Path, redis_server: RedisServer) -> None:
    port = free_port()
    with scene(tmp_path, redis_server, metrics_port=port) as running:
        running.wait_for(BTC, "update")
        running.configure("PYKRAKEN_SYMBOLS=BTCUSD\n")
        running.publisher.signal(signal.SIGHUP)
        running.publisher.wait_for("settings.refused")
        (refused,) = running.publisher.log("settings.refused")
        assert "'BTCUSD' is not a symbol: BASE/QUOTE" in refused["reason"]
        assert scrape(f"http://127.0.0.1:{port}")["pykraken_rereads_total", "refused"] == 1
        running.wait_for_more(BTC)
        running.wait_for_more(ETH)
        assert running.publisher.log("symbols.changed") == []


def test_all_is_asked_of_kraken_anew(tmp_path: Path, redis_server: RedisServer) -> None:
    with scene(tmp_path, redis_server, feed="f") as running:
        running.wait_for(BTC, "update")
        running.hang_up("all")
        (changed,) = running.publisher.log("symbols.changed")
        assert len(changed["added"]) == changed["symbols"] - 2 > 1
        running.wait_for(SOL, "update")


def test_a_channel_without_symbols_says_so(tmp_path: Path, redis_server: RedisServer) -> None:
    with scene(tmp_path, redis_server, "", channel="instrument") as running:
        running.publisher.wait_for("daemon.started")
        running.publisher.signal(signal.SIGHUP)
        running.publisher.wait_for("settings.kept")
        assert running.publisher.terminate() == 0


@pytest.mark.parametrize("channel", ["trade", "ticker", "ohlc"])
def test_other_channels_too(channel: str, tmp_path: Path, redis_server: RedisServer) -> None:
    part = {"trade": "trade", "ticker": "ticker.trades", "ohlc": "ohlc.1"}[channel]
    with scene(tmp_path, redis_server, channel=channel) as running:
        wait_until(lambda: len(running.entries(BTC, part)) > 1, 15, "the first entries")
        running.hang_up(f"{BTC},{SOL}")
        wait_until(lambda: len(running.entries(SOL, part)) > 1, 15, "the added one")
        assert running.entries(ETH, part)[-1][2]["t"] == "bye"
        assert len({epoch for epoch, _, _ in running.entries(BTC, part)}) == 1


def test_level3_too(tmp_path: Path, redis_server: RedisServer) -> None:
    """Added under the connection's own token, by precisions of the connection beside it; the tops
    come and go with the books.
    """
    private = {"api_key": KEY, "api_secret": SECRET, "depth": 10, "bbo": "true"}
    with scene(tmp_path, redis_server, channel="level3", **private) as running:
        orders, tops = "level3.10", "bbo.level3.10"
        wait_until(lambda: len(running.entries(BTC, orders)) > 5, 15, "orders")
        wait_until(lambda: len(running.entries(ETH, orders)) > 5, 15, "orders")
        running.hang_up(f"{BTC},{SOL}")
        for part in (orders, tops):
            grown = functools.partial(running.entries, SOL, part)
            wait_until(lambda grown=grown: len(grown()) > 3, 15, part)
            kinds = [event["t"] for _, _, event in running.entries(ETH, part)]
            assert (kinds.count("bye"), kinds[-1], "reset" in kinds) == (1, "bye", False)
        left = len(running.entries(ETH, orders))
        running.hang_up(f"{BTC},{SOL},{ETH}")
        wait_until(lambda: len(running.entries(ETH, orders)) > left + 3, 15, "it came back")
        back = [event["t"] for _, _, event in running.entries(ETH, orders)[left:]]
        assert back[:2] == ["epoch", "snapshot"]

        before = len(running.entries(BTC, orders))
        wait_until(lambda: len(running.entries(BTC, orders)) > before + 3, 15, "more orders")
        entries = running.entries(BTC, orders)
        assert len({epoch for epoch, _, _ in entries}) == 1, "one epoch"
        assert [seq for _, seq, _ in entries] == list(range(len(entries))), "contiguous"
        assert {event["t"] for _, _, event in entries[2:]} <= {"orders", "heartbeat"}
        assert len(running.publisher.log("feed.connected")) == 2, "no connection was made anew"
        assert running.publisher.terminate() == 0


def test_while_redis_is_away(tmp_path: Path, redis_server: RedisServer) -> None:
    """What was asked for meanwhile is so when Redis is back; the farewell is in its stream."""
    with TcpProxy(redis_server.port) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}"
        with scene(tmp_path, redis_server, redis_url=url, feed="f") as running:
            running.wait_for(BTC, "update")
            running.wait_for(ETH, "update")
            proxy.is_refusing = True
            proxy.reset()
            running.publisher.wait_for("redis.away")
            running.hang_up(BTC)
            running.hang_up(f"{BTC},{ETH}")
            running.hang_up(f"{BTC},{SOL}")
            proxy.is_refusing = False
            running.wait_for(ETH, "bye")
            running.wait_for(SOL, "update")
            running.wait_for_more(BTC)
            assert running.types(ETH).count("epoch") == 1
            entries = running.entries(BTC)
            assert [seq for _, seq, _ in entries] == list(range(len(entries))), "contiguous"


def test_a_terminal_that_is_gone_ends_it() -> None:
    """SIGHUP then means what it always meant."""
    terminal, end = pty.openpty()
    program = (
        "import signal\n"
        "from publisher.rereading import Rereading\n"
        "from publisher.settings import Settings\n"
        "with Rereading(Settings(), Settings).signalled():\n"
        "    print('up', flush=True)\n"
        "    signal.pause()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=end
    )
    os.close(end)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    os.close(terminal)
    process.send_signal(signal.SIGHUP)
    assert process.wait(10) == -signal.SIGTERM
    process.stdout.close()
