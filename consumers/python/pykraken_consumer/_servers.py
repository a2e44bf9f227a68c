"""How redis-py opens connections and runs commands, for each form of URL but a cluster's.

Files (passwords, users) are read at each connect, so that whatever was rotated is taken with the
next connection. redis-py's own retries are off: a program connects again by itself and says so.
Behind Sentinels each connect asks them anew where the master is.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.retry import Retry

from ._answers import checked, take_replies_as_they_come
from ._programs import BLOCK_MS, Command
from ._url import Target

ANSWER_S: Final = 3.0  # beyond a read's own wait, after which the server counts as hung
FILE_MAX: Final = 4096  # no password is longer; a wrong path may lead to anything


class Server:
    """One server, or the master behind Sentinels: runs a program's commands. Many may share it."""

    def __init__(self, target: Target, protocol: Literal[2, 3]) -> None:
        self._sentinels: list[Any] = []
        self._redis: Any = _redis_of(target, protocol, self._sentinels)
        take_replies_as_they_come(self._redis)

    def run(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies. Raise RedisError or OSError."""
        if len(commands) == 1:
            return [self._redis.execute_command(*commands[0])]
        with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return checked(pipeline.execute(raise_on_error=False))

    def redial(self) -> None:
        """Give up all connections: the next one asks anew where the server is."""
        self._redis.connection_pool.disconnect()

    def close(self) -> None:
        """Close the connections; a later command opens new ones."""
        for each in (self._redis, *self._sentinels):
            each.close()

    def end(self) -> None:
        """Another user may go on with it."""


class AsyncServer:
    """The same for asyncio."""

    def __init__(self, target: Target, protocol: Literal[2, 3]) -> None:
        self._sentinels: list[Any] = []
        self._redis: Any = _async_redis_of(target, protocol, self._sentinels)
        take_replies_as_they_come(self._redis)

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies. Raise RedisError or OSError."""
        if len(commands) == 1:
            return [await self._redis.execute_command(*commands[0])]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return checked(await pipeline.execute(raise_on_error=False))

    async def redial(self) -> None:
        """Give up all connections: the next one asks anew where the server is."""
        await self._redis.connection_pool.disconnect()

    async def close(self) -> None:
        """Close the connections; a later command opens new ones."""
        for each in (self._redis, *self._sentinels):
            await each.aclose()

    def end(self) -> None:
        """Another user may go on with it."""


def _redis_of(target: Target, protocol: Literal[2, 3], beside: list[Any]) -> Any:
    options = options_of(target, protocol) | {"retry": Retry(NoBackoff(), 0)}
    if target.kind == "sentinel":
        sentinels = redis.sentinel.Sentinel(
            target.nodes,
            sentinel_kwargs=_sentinel_options(target, protocol) | {"retry": Retry(NoBackoff(), 0)},
            **options,
        )
        beside += sentinels.sentinels
        return sentinels.master_for(target.master)
    kind: type[Any] = redis.SSLConnection if target.is_tls else redis.Connection
    if target.path:
        kind = redis.UnixDomainSocketConnection
    return redis.Redis.from_pool(redis.ConnectionPool(connection_class=kind, **options))


def _async_redis_of(target: Target, protocol: Literal[2, 3], beside: list[Any]) -> Any:
    options = options_of(target, protocol) | {"retry": AsyncRetry(NoBackoff(), 0)}
    if target.kind == "sentinel":
        apart = {"retry": AsyncRetry(NoBackoff(), 0)}
        sentinels = redis.asyncio.sentinel.Sentinel(
            target.nodes, sentinel_kwargs=_sentinel_options(target, protocol) | apart, **options
        )
        beside += sentinels.sentinels
        return sentinels.master_for(target.master)
    kind: type[Any] = redis.asyncio.Connection
    if target.is_tls:
        kind = redis.asyncio.SSLConnection
    if target.path:
        kind = redis.asyncio.UnixDomainSocketConnection
    pool = redis.asyncio.ConnectionPool(connection_class=kind, **options)
    return redis.asyncio.Redis.from_pool(pool)


def options_of(target: Target, protocol: Literal[2, 3]) -> dict[str, Any]:
    """Return what every connection to a server is opened with."""
    options = _bare(target, protocol) | {"db": target.db} | _login(target, "")
    if target.kind == "one" and target.nodes:
        options |= {"host": target.nodes[0].host, "port": target.nodes[0].port}
    elif target.path:
        options["path"] = target.path
        del options["socket_keepalive"], options["socket_connect_timeout"]
    return options


def _sentinel_options(target: Target, protocol: Literal[2, 3]) -> dict[str, Any]:
    return _bare(target, protocol) | _login(target, "sentinel_") | {"socket_timeout": ANSWER_S}


def _bare(target: Target, protocol: Literal[2, 3]) -> dict[str, Any]:
    # Explicit: from 8 on, redis-py would otherwise retry ten times, silently, for a minute.
    options: dict[str, Any] = {
        "protocol": int(target.options.get("protocol", protocol)),
        "socket_timeout": BLOCK_MS / 1000 + ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "socket_keepalive": True,
        "health_check_interval": 0,
    }
    if not target.is_tls:
        return options
    names = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_password")
    options |= {name: target.options[name] for name in names if name in target.options}
    if target.kind == "sentinel":
        options["ssl"] = True
    return options | {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
    }


def _login(target: Target, whose: str) -> dict[str, Any]:
    names = [f"{whose}{name}" for name in ("username", "password")]
    if any(f"{name}_file" in target.options for name in names):
        return {"credential_provider": Login(target, whose)}
    return {
        name.removeprefix(whose): target.options[name] for name in names if name in target.options
    }


class Login(CredentialProvider):
    """User and password as the files have them when a connection is opened."""

    def __init__(self, target: Target, whose: str) -> None:
        self._target = target
        self._whose = whose

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Return the password, the user before it if there is one. Raise OSError."""
        user, password = self._one("username"), self._one("password") or ""
        return (user, password) if user else (password,)

    def _one(self, name: str) -> str:
        options, name = self._target.options, f"{self._whose}{name}"
        path = options.get(f"{name}_file")
        return secret_in(path) if path else options.get(name, "")


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
