"""A server with the users of deploy/acl, made ready by make-users itself; and what SECURITY.md says
that each of them may do.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import redis

from tests.requirements import ROOT
from tests.servers import Kind, RedisServer, connect, server_binary

ACL = ROOT / "deploy" / "acl"
PAGE = ROOT / "deploy" / "SECURITY.md"
TEMPLATES: dict[Kind, str] = {"redis": "redis-7.0.acl", "valkey": "valkey-8.acl"}
FOR_ALL = {"auth", "hello", "quit", "reset"}
"""What the page says that every server allows to everybody."""
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    """Return the commands of each user, as the page's table has them."""
    return {
        user: {word.replace("\\|", "|") for word in re.findall(r"`([^`]+)`", commands)}
        for user, _, commands in ROW.findall(PAGE.read_text())
    }


def make_users(template: Path, folder: Path, *namespace: str) -> None:
    """Run make-users."""
    subprocess.run([ACL / "make-users", template, folder, *namespace], check=True)


class GuardedServer(RedisServer):
    """A server that nobody enters but its users."""

    def __init__(self, kind: Kind, folder: Path, template: str = "") -> None:
        self.users = folder / "users"
        make_users(ACL / (template or TEMPLATES[kind]), self.users)
        options = ("--aclfile", str(self.users / "users.acl"))
        super().__init__(server_binary(kind), folder / "server", options=options)

    def url_of(self, user: str, port: int = 0) -> str:
        """Return the URL with a user's name and password."""
        password = (self.users / f"{user}.password").read_text()
        return f"redis://{user}:{password}@127.0.0.1:{port or self.port}/0"

    @property
    def url(self) -> str:
        """Return the administrator's URL."""
        return self.url_of("admin")

    def _state(self, port: int) -> Literal["", "up", "ended"]:
        assert self._process is not None
        if self._process.poll() is not None:
            return "ended"
        with contextlib.suppress(redis.RedisError, OSError):
            with connect(self.url_of("admin", port), 1.0) as client:
                return "up" if client.ping() else ""
        return ""

    def refused(self) -> set[tuple[str, str]]:
        """Return user and object of all that the server refused, by its own log."""
        with self.client() as admin:
            rows: Any = admin.execute_command("ACL", "LOG")
        logged = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
        return {(row[b"username"].decode(), row[b"object"].decode()) for row in logged}


@contextmanager
def guarded(kind: Kind, folder: Path, template: str = "") -> Iterator[GuardedServer]:
    """Run a guarded server, with its own kind's users or those of another template."""
    with GuardedServer(kind, folder, template) as server:
        yield server


__all__ = ["ACL", "FOR_ALL", "GuardedServer", "connect", "documented", "guarded", "make_users"]
