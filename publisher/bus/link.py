"""The link to Redis: one non-blocking connection on which calls go out and answers come back in
order.

redis-py connects, authenticates and speaks TLS (access.py); then its socket is ours: commands are
packed by hiredis and sent without waiting, answers are read when they come. redis-py's own retries
never run: after a timeout or an error the link is closed and the publication sends the very same
entries again (publish-protocol 3.2). Knows no streams.
"""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hiredis
import redis

from publisher.access import access_to, discard, drop_parser
from publisher.bus import answers, rights, scripts, sentinels
from publisher.bus.calls import Call
from publisher.bus.checks import check_mode, check_role, check_server, facts_of
from publisher.bus.rights import Right
from publisher.redis_url import Node, Target, parse

RECEIVE_BYTES = 65536

Reply = Any
"""What hiredis makes of an answer: lists of str and int, or a ReplyError."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Redis is (redis_url.py) and how long to wait for it. `node` is one of a cluster's."""

    url: str
    timeout_s: float
    node: Node | None = None

    @property
    def target(self) -> Target:
        """What the URL says."""
        return parse(self.url)

    def __repr__(self) -> str:  # the URL may hold a password
        return f"Address(timeout_s={self.timeout_s})"


class Link:
    """A connection to Redis that is up. Raises ConnectionError when it breaks."""

    def __init__(self, connection: Any, server: str = "", lacking: Sequence[Right] = ()) -> None:
        self._connection = connection
        self.server = server
        """The run id of the server's process."""
        self.lacking = lacking
        """Rights that were asked for and are missing, which the feed can do without."""
        self._socket: socket.socket = connection._sock
        self._socket.setblocking(False)
        drop_parser(connection)
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


def dial(address: Address, needed: Sequence[Right] = ()) -> Link:
    """Find the server, connect, check it, ask for the rights `needed`, load the scripts. Raise
    RedisError, OSError, or RedisRefused for what is for good.
    """
    target = address.target
    node = address.node
    if node is None and target.kind == "sentinel":
        node = sentinels.master_of(target, address.timeout_s)
    elif node is None and target.nodes:
        node = target.nodes[0]
    connection = access_to(target, node, address.timeout_s).connection()
    try:
        return _opened(connection, target, needed)
    except BaseException:  # whatever it is: nothing stays open, and it goes on to the caller
        discard(connection)
        raise


def _opened(connection: Any, target: Target, needed: Sequence[Right]) -> Link:
    try:
        connection.connect()
        # Before the scripts, which an old server cannot compile.
        server = _ask(connection, "INFO", "server")
        facts = facts_of(server)
        check_mode(facts, target.kind)
        check_server(server, _ask(connection, "INFO", "memory"))
        check_role(_ask(connection, "INFO", "replication"))
        lacking = lacking_of(connection, needed)
        rights.check(lacking)
        _ask(connection, "CLIENT", "SETNAME", "pykraken")
        for script in scripts.ALL:
            _ask(connection, "SCRIPT", "LOAD", script)
    except redis.exceptions.NoPermissionError as error:
        rights.check(lacking_of(connection, needed))  # one refusal hides the others
        raise answers.refused(f"NOPERM {error}") from None
    return Link(connection, facts.get("run_id", ""), lacking)


def lacking_of(connection: Any, needed: Sequence[Right]) -> list[Right]:
    """Return the rights that the user has not. Where a server cannot be asked, none: what it
    refuses later will tell. Raise RedisError or OSError.
    """
    denied: set[bytes] = set()
    if not needed:
        return []
    try:
        _ask(connection, "SCRIPT", "LOAD", rights.ASK)
        for question in rights.questions(needed):
            denied.update(_ask(connection, *question))
    except redis.exceptions.ResponseError as error:
        if answers.passes(words_of(error)):
            raise
    return rights.among(needed, denied)


def words_of(error: Exception) -> str:
    """Return a failed dial's error as the server worded it; redis-py takes the code off."""
    text = str(error) or type(error).__name__
    for kind, code in _CODES:
        if isinstance(error, kind) and not text.startswith(code):
            return f"{code} {text}"
    return text


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (redis.exceptions.AuthenticationError, "WRONGPASS"),
    (redis.exceptions.NoPermissionError, "NOPERM"),
    (redis.exceptions.BusyLoadingError, "LOADING"),
    (redis.exceptions.ReadOnlyError, "READONLY"),
)


def _ask(connection: Any, *command: str | int) -> Any:
    connection.send_command(*command)
    return connection.read_response()
