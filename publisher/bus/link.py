"""The link to Redis: one non-blocking connection on which calls go out and answers come back in
order.

redis-py connects, authenticates and speaks TLS; then its socket is ours: commands are packed by
hiredis and sent without waiting, answers are read when they come. redis-py's own retries never run:
after a timeout or an error the link is closed and the publication sends the very same entries again
(publish-protocol 3.2). Knows no streams.
"""

from __future__ import annotations

import socket
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from publisher.bus import scripts
from publisher.bus.calls import Call
from publisher.errors import RedisRefused

RECEIVE_BYTES = 65536
LEAST_REDIS = (7, 0)
LEAST_VALKEY = (8, 0)

Reply = Any
"""What hiredis makes of an answer: lists of str and int, or a ReplyError."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Redis is and how long to wait for it."""

    url: str
    timeout_s: float
    ca_file: str | None = None

    def __repr__(self) -> str:  # the URL may hold a password
        return f"Address(timeout_s={self.timeout_s})"


class Link:
    """A connection to Redis that is up. Raises ConnectionError when it breaks."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._socket: socket.socket = connection._sock
        self._socket.setblocking(False)
        # redis-py's parser reads no more. It holds itself and 64 KiB in a circle, which would stay
        # there after each connection: the daemon's collector hardly ever runs (fault P9).
        vars(connection._parser).clear()
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._out = bytearray()
        self._owed: deque[tuple[Call, float]] = deque()

    def fileno(self) -> int:
        """The socket's descriptor, for a selector."""
        return self._socket.fileno()

    @property
    def wants_write(self) -> bool:
        """True while bytes wait for the socket to take them."""
        return bool(self._out)

    @property
    def owes(self) -> bool:
        """True while an answer is outstanding."""
        return bool(self._owed)

    def oldest_wait(self, now: float) -> float:
        """Return for how long the oldest call has waited for its answer, in seconds."""
        return now - self._owed[0][1] if self._owed else 0.0

    def send(self, calls: list[Call], now: float) -> None:
        """Send calls, in order; what the socket does not take now goes with `flush`."""
        for call in calls:
            self._out += hiredis.pack_command(call.command)  # type: ignore[arg-type] # its stub
            self._owed.append((call, now))
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it."""
        try:
            while self._out:
                sent = self._socket.send(self._out)
                del self._out[:sent]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise ConnectionError(str(error)) from error

    def receive(self) -> list[tuple[Call, Reply]]:
        """Return the answers that have come, each with its call."""
        answers: list[tuple[Call, Reply]] = []
        while True:
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                break
            except OSError as error:
                raise ConnectionError(str(error)) from error
            if not data:
                raise ConnectionError("Redis closed the connection")
            self._reader.feed(data)
            if len(data) < RECEIVE_BYTES:
                break
        try:
            while (reply := self._reader.gets()) is not False:
                if not self._owed:
                    raise ConnectionError(f"an answer to nothing: {str(reply)[:80]}")
                answers.append((self._owed.popleft()[0], reply))
        except hiredis.ProtocolError as error:
            raise ConnectionError(f"not Redis' protocol: {error}") from error
        return answers

    def close(self) -> None:
        """Close the connection; answers owed will never come."""
        self._connection.disconnect()


def dial(address: Address) -> Link:
    """Connect, load the scripts, check the server. Raise RedisError, OSError or RedisRefused."""
    options: dict[str, Any] = {}
    if address.ca_file and address.url.startswith("rediss://"):
        options["ssl_ca_certs"] = address.ca_file
    pool = redis.ConnectionPool.from_url(
        address.url,
        protocol=2,
        socket_timeout=address.timeout_s,
        socket_connect_timeout=address.timeout_s,
        retry=Retry(NoBackoff(), 0),
        client_name="pykraken",
        **options,
    )
    connection: Any = pool.make_connection()
    try:
        connection.connect()
        # Before the scripts, which an old server cannot compile.
        check_server(_ask(connection, "INFO", "server"), _ask(connection, "INFO", "memory"))
        for script in scripts.ALL:
            _ask(connection, "SCRIPT", "LOAD", script)
    except redis.exceptions.NoPermissionError as error:
        connection.disconnect()
        mend = "Grant the rights that `pykraken doctor` lists"
        raise RedisRefused("Redis", str(error), mend) from None
    except BaseException:
        connection.disconnect()
        raise
    return Link(connection)


def _ask(connection: Any, *command: str) -> Any:
    connection.send_command(*command)
    return connection.read_response()


def check_server(server: bytes | str, memory: bytes | str) -> None:
    """Raise RedisRefused for a server too old, or one that evicts keys (decisions; fault R9)."""
    facts = _facts(server) | _facts(memory)
    is_valkey = "valkey_version" in facts
    version = facts.get("valkey_version" if is_valkey else "redis_version", "0.0")
    name, least = ("Valkey", LEAST_VALKEY) if is_valkey else ("Redis", LEAST_REDIS)
    if tuple(int(part) for part in version.split(".")[:2]) < least:
        mend = f"Use {name} {least[0]}.{least[1]} or later"
        raise RedisRefused("Redis", f"this is {name} {version}", mend)
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys"):
        mend = "Set maxmemory-policy to noeviction: an evicted stream loses its fence"
        raise RedisRefused("Redis", f"maxmemory-policy is {policy}", mend)


def _facts(info: bytes | str) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else info
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {key: value.strip() for key, _, value in pairs}
