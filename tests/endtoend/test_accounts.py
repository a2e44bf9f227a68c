"""An account's true state at one end, the same state in its streams at the other; no secret on the
way.

simulator -> `python -m publisher run` with key files -> a real redis-server, whose user may touch
`{priv.kraken.*}` alone -> entries read raw, by WIRE.md and nothing of ours. The simulator's account
is the judge; skipped numbers, lost messages, lost connections and spent tokens lie in between.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack
import pytest

from publisher.simulator.tokens import Tokens
from tests.doctor.test_rights import COMMANDS
from tests.endtoend.program import Publisher
from tests.health.scrape import get
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.processes import command_lines, descendants, environments
from tests.servers import RedisServer, free_port, server_binary
from tests.simulator.program import Program
from tests.simulator.signed import ask

DEADLINE_S = 30.0
USER, PASSWORD = "account-publisher", "pw"
BACKFILL = 4
OVER = {"filled", "canceled", "expired"}


@dataclass
class Reader:
    """A stream of an account followed from its first entry, as WIRE.md tells a stranger to."""

    server: RedisServer
    key: str
    state: dict[str, Any] = field(default_factory=dict)
    """Orders or assets by id, each a JSON object whose numbers are text."""
    is_valid: bool = False
    resets: list[str] = field(default_factory=list)
    gaps: list[list[str]] = field(default_factory=list)
    fills: list[tuple[str, bool]] = field(default_factory=list)
    """Each fill told, and whether by BACKFILL."""
    types: Counter[str] = field(default_factory=Counter)
    cursor: str = "0"

    def catch_up(self) -> Reader:
        """Apply all entries that are new."""
        with self.server.client() as client:
            rows: Any = client.xrange(self.key, f"({self.cursor}" if self.cursor != "0" else "-")
            for entry_id, fields in rows:
                epoch, seq = map(int, entry_id.split(b"-"))
                if self.cursor != "0":
                    before = tuple(map(int, self.cursor.split("-")))
                    assert (epoch, seq) in ((before[0], before[1] + 1), (epoch, 0))
                self.cursor = entry_id.decode()
                event = msgpack.unpackb(fields[b"d"])
                if event.get("ptr"):
                    ((_, kept),) = client.xrange(self.key + ".snap", entry_id, entry_id)
                    event = msgpack.unpackb(kept[b"d"])
                self.apply(event)
        return self

    def apply(self, event: dict[str, Any]) -> None:
        self.types[event["t"]] += 1
        match event["t"]:
            case "snapshot":
                assert (event["v"], event["ac"]) == (1, "main")
                told = event["os"] if event["ch"] == "executions" else event["bs"]
                name = "order_id" if event["ch"] == "executions" else "asset"
                self.state = {each[name]: each for each in map(read, told)}
                self.is_valid = True
            case "reset":
                self.is_valid = False
                self.resets.append(event["why"])
            case "gap":
                self.gaps.append(event["oi"])
            case "execution":
                self.state[event["oi"]] = order = read(event["st"])
                report = read(event["rp"])
                assert report.items() <= order.items()
                assert (event["sq"] == 0) == bool(event["f"] & BACKFILL)
                if order["order_status"] in OVER:
                    del self.state[event["oi"]]
                if report["exec_type"] == "trade":
                    self.fills.append((report["exec_id"], bool(event["f"] & BACKFILL)))
            case "balance":
                self.state[event["as"]] = read(event["st"])


def read(text: str | list[str]) -> dict[str, Any]:
    """Return a JSON text's object, its numbers as they are written."""
    joined = text if isinstance(text, str) else "".join(text)
    found: dict[str, Any] = json.loads(joined, parse_float=str, parse_int=str)
    return found


@dataclass
class Stage:
    """Simulator, server and publisher of one channel."""

    channel: str
    program: Program
    server: RedisServer
    publisher: Publisher
    metrics: str

    @property
    def stream(self) -> str:
        return f"{{priv.kraken.main}}:{self.channel}"

    def truth(self) -> dict[str, Any]:
        """Return what the account is, in the words of the reader's state."""
        account: dict[str, Any] = self.program.get("account")
        if self.channel == "executions":
            orders: dict[str, Any] = account["orders"]
            return orders
        return {asset: Decimal(text) for asset, text in account["balances"].items()}

    def seen(self, reader: Reader) -> dict[str, Any]:
        """Return the reader's state as far as the truth speaks of it."""
        if self.channel == "executions":
            truth: dict[str, Any] = self.truth()
            return {
                name: {key: order.get(key) for key in truth.get(name, order)}
                for name, order in reader.state.items()
            }
        for asset in reader.state.values():
            held = sum(Decimal(wallet["balance"]) for wallet in asset["wallets"])
            assert Decimal(asset["balance"]) == held
        return {name: Decimal(each["balance"]) for name, each in reader.state.items()}

    def agrees(self, reader: Reader) -> bool:
        reader.catch_up()
        return reader.is_valid and self.seen(reader) == self.truth()

    def wait_until_right(self, reader: Reader) -> None:
        wait_until(lambda: self.agrees(reader), DEADLINE_S, f"{self.channel} is the account's")

    def happens(self, events: int) -> None:
        """Let things happen to the account, in the middle of which the publisher reads."""
        for _ in range(events // 5):
            self.program.post("account", events=5)

    def is_connected(self) -> bool:
        return bool(self.program.get("status")["connections"])


@pytest.fixture
def key_files(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / name for name in ("key", "secret", "pair")}
    for name, text in (("key", KEY), ("secret", SECRET), ("pair", f"{KEY}\n{SECRET}")):
        files[name].write_text(text)
    return files


@pytest.fixture(params=["executions", "balances"])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, key_files: dict[str, Path]
) -> Iterator[Stage]:
    with contextlib.ExitStack() as stack:
        program = stack.enter_context(
            Program("--account-rate", "0", "--api-key-file", str(key_files["pair"]))
        )
        server = stack.enter_context(RedisServer(server_binary("redis"), tmp_path / "server"))
        with server.client() as admin:
            rules = ["resetchannels", "~{priv.kraken.*}*", "-@all"]
            rules += [f"+{name}" for name in COMMANDS.split()]
            admin.execute_command("ACL", "SETUSER", USER, "on", f">{PASSWORD}", *rules)
        port = free_port()
        publisher = Publisher(
            tmp_path / "publisher",
            channel=request.param,
            ws_url=program.addresses["ws_url"],
            ws_auth_url=program.addresses["ws_auth_url"],
            rest_url=program.addresses["rest_url"],
            redis_url=f"redis://{USER}:{PASSWORD}@127.0.0.1:{server.port}/0",
            api_key_file=key_files["key"],
            api_secret_file=key_files["secret"],
            metrics_port=port,
            log_level="debug",
        )
        stack.enter_context(publisher)
        yield Stage(request.param, program, server, publisher, f"http://127.0.0.1:{port}")


@pytest.mark.row("X23", "X29")
def test_the_streams_end_where_the_account_stands_whatever_befell_and_tell_no_secret(
    stage: Stage,
) -> None:
    """A fresh token each time, orders and balances as the account has them, fills told late."""
    reader = Reader(stage.server, stage.stream)
    stage.wait_until_right(reader)
    stage.happens(150)
    stage.wait_until_right(reader)
    assert reader.resets == []

    _tokens_end(stage, reader)
    _sequences_break(stage, reader)
    _connections_break(stage, reader)
    assert set(reader.resets) == {"sequence", "disconnected"}
    if stage.channel == "executions":
        _no_fill_is_lost_or_told_twice(stage, reader)

    late = Reader(stage.server, stage.stream)
    with stage.server.client() as client:
        ((entry_id, fields),) = client.xrevrange(f"{stage.stream}.snap", count=1)
    late.apply(msgpack.unpackb(fields[b"d"]))
    late.cursor = entry_id.decode()
    stage.wait_until_right(late)

    _keys_are_private(stage)
    _nothing_tells_a_secret(stage)


def _sequences_break(stage: Stage, reader: Reader) -> None:
    """A number left out, then a message that never comes: each drops the state, and it returns."""
    for fault in ({"name": "skip_sequence"}, {"name": "drop", "kind": "update"}):
        before = len(reader.resets)
        stage.program.post("fault", channel=stage.channel, **fault)

        def is_reset(before: int = before) -> bool:
            stage.happens(5)
            return "sequence" in reader.catch_up().resets[before:]

        wait_until(is_reset, DEADLINE_S, f"a reset after {fault}")
        stage.wait_until_right(reader)


def _connections_break(stage: Stage, reader: Reader) -> None:
    """What happens while nobody listens is told afterwards."""
    stage.program.post("fault", name="restart")
    wait_until(lambda: not stage.is_connected(), DEADLINE_S, "the connection is gone")
    stage.happens(30)
    stage.wait_until_right(reader)
    assert "disconnected" in reader.resets
    if stage.channel == "executions":
        assert any(is_late for _, is_late in reader.fills)


def _tokens_end(stage: Stage, reader: Reader) -> None:
    """ESession:Invalid session: the connection is made anew with a fresh token."""
    stage.program.post("fault", name="expire_tokens")
    stage.program.post("fault", name="skip_sequence", channel=stage.channel)

    def is_away() -> bool:
        stage.happens(5)
        return any("ESession" in line["reason"] for line in stage.publisher.log("feed.away"))

    wait_until(is_away, DEADLINE_S, "a connection closed for its token")
    stage.wait_until_right(reader)


def _no_fill_is_lost_or_told_twice(stage: Stage, reader: Reader) -> None:
    told = [exec_id for exec_id, _ in reader.fills]
    assert len(told) == len(set(told))
    truth = stage.program.get("account")["trades"]
    assert told[-len(truth) :] == truth


def _keys_are_private(stage: Stage) -> None:
    with stage.server.client() as client:
        keys = client.keys("*")
        assert client.keys("{kraken.*") == []
        refused = {bytes(row[7]) for row in client.execute_command("ACL", "LOG")}
    assert stage.stream.encode() in keys
    assert b"{priv.kraken.catalogue}:streams" in keys
    assert f"{{priv.kraken.feed.{stage.channel}.main}}:status".encode() in keys
    assert all(key.startswith(b"{priv.kraken.") for key in keys)
    assert refused <= {b"client|setinfo"}


def _nothing_tells_a_secret(stage: Stage) -> None:
    publisher = stage.publisher
    assert publisher.process is not None
    canaries = [KEY, SECRET, *_tokens(stage)]
    status, metrics = get(f"{stage.metrics}/metrics")
    assert status == 200
    assert 'reason="sequence"' in metrics
    found = [metrics, command_lines(), environments(descendants(publisher.process.pid))]
    found += [environments({publisher.process.pid}), _dump(stage.server)]
    assert publisher.terminate() == 0
    found.append(publisher.log_path.read_text())
    found.append(_last_words(stage))
    for text in found:
        assert [canary for canary in canaries if canary in text] == []
    for file in (publisher.folder / "state").rglob("*"):
        assert [c for c in canaries if c in file.name + file.read_text()] == []


def _last_words(stage: Stage) -> str:
    """Start once more, be refused for good, and return what is said of it."""
    error = "EGeneral:Permission denied"
    stage.program.post("fault", name="refuse_token", error=error, count=100)
    with stage.publisher as publisher:
        assert publisher.wait() == 3
        said = publisher.log_path.read_text()
    assert error in said
    return said


def _tokens(stage: Stage) -> list[str]:
    """Return all tokens that the simulator gave, and a few that it would give next."""
    again = Tokens(1)
    tokens = [again.issue(0) for _ in range(50)]
    answer = ask(stage.program, key=KEY, secret=SECRET, nonce=(time.time_ns() + 10**9) // 1000)
    assert answer["result"]["token"] in tokens[2:], "the tokens searched for are not its own"
    return tokens


def _dump(server: RedisServer) -> str:
    """Return all that the server holds."""
    found: list[Any] = []
    with server.client() as client:
        for key in client.keys("*"):
            is_hash = client.type(key) == b"hash"
            found += [key, client.hgetall(key) if is_hash else client.xrange(key)]
    return b"".join(_flat(found)).decode(errors="replace")


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _flat([*value.keys(), *value.values()])
    else:
        for each in value:
            yield from _flat(each)
