"""Every command that a server has, tried as each user: what is allowed is what the page says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.security.users import ACL, FOR_ALL, GuardedServer, documented, guarded, make_users
from tests.servers import Kind

ROLES = ("publisher", "private-publisher", "consumer", "private-consumer", "operator")
OWN = {
    "publisher": "{kraken.BTC/USD}:book.10",
    "private-publisher": "{priv.kraken.main}:executions",
    "consumer": "{kraken.BTC/USD}:book.10",
    "private-consumer": "{priv.kraken.main}:executions",
    "operator": "{kraken.BTC/USD}:book.10",
}
SINCE_7_2 = {"client|setinfo"}
REFUSED = re.compile(r"no permissions to run the '([^']+)' command")


@pytest.fixture(scope="module", params=[*get_args(Kind), "valkey with redis-7.2"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedServer]:
    """Valkey began as Redis 7.2.4, so that it takes the file for that one as it is."""
    kind, _, template = request.param.partition(" with ")
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(kind, folder, f"{template}.acl" if template else "") as server:
        yield server


def commands(rows: list[Any]) -> Iterator[tuple[str, int]]:
    """Yield name and arity of each command that can be called, `client|setname` of containers."""
    for row in rows:
        inner = row[9] if len(row) > 9 else []
        if inner:
            yield from commands(inner)
        else:
            yield row[0].decode(), row[1]


def allowed(server: GuardedServer, user: str) -> tuple[set[str], int]:
    """Return the commands that a user may run on some key, and how many were tried."""
    found, tried = set(), 0
    with server.client() as admin:
        admin.response_callbacks.clear()
        for name, arity in commands(admin.execute_command("COMMAND")):
            words = name.split("|")
            words += [OWN[user]] * (abs(arity) - len(words))
            answer = admin.execute_command("ACL", "DRYRUN", user, *words).decode()
            tried += 1
            assert answer == "OK" or "no permissions" in answer, (name, answer)
            if not REFUSED.search(answer):
                found.add(name)
        listed = {name.decode() for name in admin.execute_command("COMMAND", "LIST")}
    containers = {name.partition("|")[0] for name in listed if "|" in name}
    assert _names(server) == listed - containers
    return found, tried


def _names(server: GuardedServer) -> set[str]:
    return {name for name, _ in commands(_rows(server))}


def _rows(server: GuardedServer) -> list[Any]:
    with server.client() as admin:
        admin.response_callbacks.clear()
        rows: list[Any] = admin.execute_command("COMMAND")
        return rows


@pytest.mark.parametrize("user", ROLES)
def test_what_is_allowed_is_what_the_page_says(user: str, server: GuardedServer) -> None:
    found, tried = allowed(server, user)
    assert tried > 300
    whole = {name for name in _names(server) if name.startswith("command|")}
    if found & whole:  # the right to `command` is that to all that it has
        found = (found - whole) | ({"command"} if found >= whole else found & whole)
    assert found - SINCE_7_2 == documented()[user] | FOR_ALL
    knows_setinfo = "setinfo" in str(_rows(server))
    assert (found >= SINCE_7_2) == knows_setinfo


def test_the_page_names_every_user_and_no_other() -> None:
    assert documented().keys() == set(ROLES)


def test_a_right_too_many_would_be_seen(server: GuardedServer) -> None:
    with server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "consumer", "+flushall")
        try:
            assert allowed(server, "consumer")[0] - documented()["consumer"] >= {"flushall"}
        finally:
            admin.execute_command("ACL", "SETUSER", "consumer", "-flushall")


def test_the_files_differ_in_nothing_but_what_the_older_server_does_not_know() -> None:
    old, new, valkey = (
        (ACL / f"{name}.acl").read_text() for name in ("redis-7.0", "redis-7.2", "valkey-8")
    )
    assert new.replace(" +client|setinfo", "") == old
    assert new == valkey


def test_a_file_that_was_not_made_ready_lets_no_server_start(
    tmp_path: Path, server: GuardedServer
) -> None:
    for template in ACL.glob("*.acl"):
        done = subprocess.run(
            [server.binary, "--port", "0", "--unixsocket", tmp_path / "s", "--aclfile", template],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert done.returncode != 0
        assert "password hash must be exactly 64 characters" in done.stdout


def test_making_ready_again_keeps_the_passwords_and_hides_all(tmp_path: Path) -> None:
    folder = tmp_path / "users"
    make_users(ACL / "redis-7.0.acl", folder)
    first = {path.name: path.read_text() for path in folder.iterdir()}
    make_users(ACL / "redis-7.0.acl", folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first
    passwords = [text for name, text in first.items() if name.endswith(".password")]
    assert len(set(passwords)) == len(ROLES) + 1
    assert {len(password) for password in passwords} == {64}
    assert not any(password in first["users.acl"] for password in passwords)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert "sha256" not in first["users.acl"]


def test_another_namespace(tmp_path: Path) -> None:
    make_users(ACL / "redis-7.0.acl", tmp_path, "desk-2")
    text = (tmp_path / "users.acl").read_text()
    assert text.count("{desk-2.") + text.count("{priv.desk-2.") == text.count("{")
    with pytest.raises(subprocess.CalledProcessError):
        make_users(ACL / "redis-7.0.acl", tmp_path, "a/b")
