"""How redis-py is to open a connection: where, with TLS or without, as whom.

Files (passwords, users, certificates) are read at each call, so that whatever was rotated is taken
with the next connection; nothing is kept. redis-py's own retries never run. Certificates are
verified and belong to the host named, always.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.retry import Retry

from publisher.redis_url import Node, Target

FILE_MAX = 4096
"""No password is longer; a wrong path may lead to anything."""

ABOUT: dict[str, Any] = {}
"""What redis-py tells servers of itself. A newer one looks its own version up for each connection
unless it is given, and leaves circles of importlib's behind (fault P9).
"""
with contextlib.suppress(ImportError):
    from redis.driver_info import DriverInfo

    ABOUT["driver_info"] = DriverInfo()


@dataclass(frozen=True, slots=True)
class Access:
    """The class of redis-py's connection, and what to make it with: passwords among it, so no repr
    shows that.
    """

    kind: type[Connection] | type[SSLConnection] | type[UnixDomainSocketConnection]
    arguments: dict[str, Any]

    def __repr__(self) -> str:
        return f"Access({self.kind.__name__})"

    def connection(self) -> Any:
        """Return a connection, not yet connected."""
        return self.kind(**self.arguments)


def access_to(target: Target, node: Node | None, timeout_s: float) -> Access:
    """Return how to open a connection to a server of `target`: `node`, or its Unix socket. Raise
    OSError for a file that cannot be read.
    """
    access = _bare(target, node, timeout_s)
    access.arguments.update(_login(target, ""), db=target.db)
    return access


def access_to_sentinel(target: Target, node: Node, timeout_s: float) -> Access:
    """Return how to open a connection to a Sentinel, who has users of its own."""
    access = _bare(target, node, timeout_s)
    access.arguments.update(_login(target, "sentinel_"))
    return access


def discard(connection: Any) -> None:
    """Close a connection that came to nothing, or has done its work."""
    connection.disconnect()
    drop_parser(connection)


def drop_parser(connection: Any) -> None:
    """Part a connection from redis-py's parser, which is read from no more. It holds itself and a
    buffer in a circle, which would stay there after each connection: the daemon's collector hardly
    ever runs (fault P9).
    """
    vars(connection._parser).clear()


def _bare(target: Target, node: Node | None, timeout_s: float) -> Access:
    arguments: dict[str, Any] = {
        "protocol": target.protocol,
        "socket_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        **ABOUT,
    }
    if node is None:
        return Access(UnixDomainSocketConnection, arguments | {"path": target.path})
    arguments |= {
        "host": node.host,
        "port": node.port,
        "socket_connect_timeout": timeout_s,
        "socket_keepalive": True,
    }
    if not target.is_tls:
        return Access(Connection, arguments)
    files = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
    arguments |= {name: target.options[name] for name in files if name in target.options}
    for name in files:
        if name in arguments:
            readable(arguments[name])
    if "ssl_password" in target.options:
        arguments["ssl_password"] = target.options["ssl_password"]
    arguments |= {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
    }
    return Access(SSLConnection, arguments)


def _login(target: Target, whose: str) -> dict[str, str]:
    options = target.options
    login = {}
    for name in ("username", "password"):
        if f"{whose}{name}_file" in options:
            login[name] = secret_in(options[f"{whose}{name}_file"])
        elif f"{whose}{name}" in options:
            login[name] = options[f"{whose}{name}"]
    return login


def secret_in(path: str) -> str:
    """Return what a file holds, without the space around it. Raise OSError, which shows none of
    it.
    """
    try:
        with Path(path).open(encoding="utf-8") as source:
            found = source.read(FILE_MAX).strip()
    except UnicodeDecodeError:
        found = ""
    if not found:
        raise OSError(f"{path} must hold the value and nothing else, as text")
    return found


def readable(path: str) -> None:
    """Raise OSError for a file that cannot be read: OpenSSL would not say which one."""
    with Path(path).open("rb"):
        return
