"""A primary with replicas and three Sentinels, as real processes on loopback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from tests.polling import wait_until
from tests.servers import RedisServer, server_binary
from tests.topology.tls import Tls, told_port

NAME = "mymaster"
QUORUM = 2
DOWN_AFTER_MS = 500
"""A replica that was cut off for more than ten times as long is not promoted."""
SETTLE_S = 20.0


class Sentinel(RedisServer):
    """A Sentinel that watches the server of `port`."""

    def __init__(
        self, folder: Path, watched: int, down_after_ms: int, options: tuple[str, ...] = ()
    ) -> None:
        super().__init__(server_binary("redis"), folder, options=options)
        self._watched = watched
        self._down_after_ms = down_after_ms

    def _command(self, port: int) -> list[str]:
        # Sentinel writes what it learns into its file.
        file = self.folder / "sentinel.conf"
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {self.folder}",
            f"sentinel monitor {NAME} 127.0.0.1 {self._watched} {QUORUM}",
            f"sentinel down-after-milliseconds {NAME} {self._down_after_ms}",
            f"sentinel failover-timeout {NAME} 6000",
        ]
        pairs = zip(self.options[::2], self.options[1::2], strict=True)
        lines += [f"{name.removeprefix('--')} {value}" for name, value in pairs]
        file.write_text("\n".join(lines) + "\n")
        return [str(self.binary), str(file), "--sentinel"]


class SentinelSet:
    """The servers, the first of them primary at the start, and the Sentinels."""

    def __init__(self, servers: list[RedisServer], sentinels: list[Sentinel]) -> None:
        self.servers = servers
        self.sentinels = sentinels

    @property
    def url(self) -> str:
        """Where programs find it."""
        hosts = ",".join(f"127.0.0.1:{told_port(sentinel)}" for sentinel in self.sentinels)
        scheme = "rediss" if "--tls-port" in self.sentinels[0].options else "redis"
        return f"{scheme}+sentinel://{hosts}/{NAME}/0"

    @property
    def primary(self) -> RedisServer:
        """The server that Sentinels call master now."""
        port = self._asked()
        return next(server for server in self.servers if told_port(server) == port)

    def _asked(self) -> int:
        for sentinel in self.sentinels:
            with contextlib.suppress(redis.RedisError, OSError), sentinel.client(1.0) as client:
                where = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
                return int(where[1])
        raise AssertionError("no Sentinel answers")

    def is_calm(self) -> bool:
        """Return whether no Sentinel sees the primary down, or is about to replace it."""
        return all(_facts(sentinel)["flags"] == "master" for sentinel in self.sentinels)

    @property
    def replicas(self) -> list[RedisServer]:
        """The others."""
        primary = self.primary
        return [server for server in self.servers if server is not primary]

    def client(self, timeout_s: float = 5.0) -> Any:
        """Return a client of the primary of now."""
        return self.primary.client(timeout_s)

    def failover(self) -> None:
        """Have the primary replaced in good order."""
        before = self.primary

        def is_begun() -> bool:
            # Sentinel refuses while the failover before still turns replicas over (INPROG), and
            # until it heard from a replica that is fit (NOGOODSLAVE).
            with self.sentinels[0].client() as client:
                try:
                    client.execute_command("SENTINEL", "FAILOVER", NAME)
                except redis.ResponseError as error:
                    if str(error).startswith(("INPROG", "NOGOODSLAVE")):
                        return False
                    raise
            return True

        wait_until(is_begun, SETTLE_S, "Sentinel's consent to a failover")
        self.wait_replaced(before)

    def wait_replaced(self, before: RedisServer) -> None:
        """Wait until another server than `before` is primary, and says so itself."""

        def is_replaced() -> bool:
            primary = self.primary
            if primary is before:
                return False
            with contextlib.suppress(redis.RedisError, OSError), primary.client(1.0) as client:
                return bool(client.info("replication")["role"] == "master")
            return False

        wait_until(is_replaced, SETTLE_S, "a failover")

    def cut_replication(self) -> None:
        """Leave the replicas behind: whatever is written from now on they do not get."""
        for server in self.replicas:
            with server.client() as client:
                client.config_set("masteruser", "nobody")
                client.config_set("masterauth", "wrong")
        with self.primary.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "replica")

    def mend_replication(self) -> None:
        """Let replicas follow again."""
        for server in self.servers:
            with contextlib.suppress(redis.RedisError, OSError), server.client(1.0) as client:
                client.config_set("masteruser", "")
                client.config_set("masterauth", "")


def _is_settled(group: SentinelSet, replicas: int) -> bool:
    for sentinel in group.sentinels:
        facts = _facts(sentinel)
        if int(facts["num-slaves"]) < replicas or int(facts["num-other-sentinels"]) < 2:
            return False
    return True


def _facts(sentinel: Sentinel) -> dict[str, str]:
    """Return what a Sentinel knows of the primary."""
    with sentinel.client(1.0) as client:
        reply = client.execute_command("SENTINEL", "MASTER", NAME)
    if not isinstance(reply, dict):
        reply = dict(zip(reply[::2], reply[1::2], strict=True))
    return {_text(name): _text(value) for name, value in reply.items()}


def _text(word: object) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)


@contextlib.contextmanager
def sentinel_set(
    folder: Path,
    *,
    replicas: int = 2,
    options: tuple[str, ...] = (),
    down_after_ms: int = DOWN_AFTER_MS,
    tls: Tls | None = None,
) -> Iterator[SentinelSet]:
    """Run a primary, its replicas and three Sentinels, until all know each other."""
    binary = server_binary("redis")
    quick = ("--repl-diskless-sync-delay", "0", "--repl-timeout", "10", *options)
    with contextlib.ExitStack() as stack:

        def options_of_one() -> tuple[str, ...]:
            return (*quick, *(tls.options() if tls else ()))

        first = RedisServer(binary, folder / "server-0", options=options_of_one())
        primary = stack.enter_context(first)
        servers = [primary]
        for number in range(1, replicas + 1):
            follow = ("--replicaof", f"127.0.0.1 {told_port(primary)}", *options_of_one())
            server = RedisServer(binary, folder / f"server-{number}", options=follow)
            servers.append(stack.enter_context(server))
        for server in servers[1:]:
            client = stack.enter_context(server.client())
            wait_until(
                lambda c=client: c.info("replication")["master_link_status"] == "up",
                SETTLE_S,
                "a replica that follows",
            )
        sentinels = [
            stack.enter_context(
                Sentinel(
                    folder / f"sentinel-{number}",
                    told_port(primary),
                    down_after_ms,
                    tls.options() if tls else (),
                )
            )
            for number in range(3)
        ]
        group = SentinelSet(servers, sentinels)
        wait_until(lambda: _is_settled(group, replicas), SETTLE_S, "Sentinels know each other")
        yield group
