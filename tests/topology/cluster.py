"""A Redis Cluster as real processes on loopback: three primaries, with or without replicas; slots
that can be moved while it serves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from publisher.bus.slots import SLOTS
from tests.polling import wait_until
from tests.servers import Kind, RedisServer, free_port, server_binary
from tests.topology.tls import Tls, told_port

SETTLE_S = 30.0
TIMEOUT_MS = 1000
"""After which the nodes call one of them dead."""


class Cluster:
    """The nodes; the first ones were primaries at the start, in the order of their slots."""

    def __init__(self, nodes: list[RedisServer], primaries: int) -> None:
        self.nodes = nodes
        self.primaries = nodes[:primaries]
        self.is_tls = "--tls-port" in nodes[0].options

    @property
    def url(self) -> str:
        """Where programs find it."""
        scheme = "rediss+cluster" if self.is_tls else "redis+cluster"
        return f"{scheme}://" + ",".join(f"127.0.0.1:{told_port(node)}" for node in self.nodes)

    def client(self, timeout_s: float = 5.0) -> Any:
        """Return a client that goes to whichever node has the key."""
        up = next(node for node in self.nodes if _is_up(node))
        return redis.RedisCluster(
            host="127.0.0.1",
            port=up.port,
            protocol=2,
            socket_timeout=timeout_s,
            require_full_coverage=False,
        )

    def slot_of(self, key: str) -> int:
        """Return a key's slot, by the server's own reckoning."""
        with self._any().client() as client:
            return int(client.execute_command("CLUSTER", "KEYSLOT", key))

    def owner(self, slot: int) -> RedisServer:
        """Return the node that has a slot."""
        with self._any().client() as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return next(node for node in self.nodes if node.port == primary[1])
        raise AssertionError(f"nobody has slot {slot}")

    def move(self, slot: int, target: RedisServer) -> None:
        """Move a slot with its keys, one at a time, as `redis-cli --cluster reshard` does."""
        with self.moving(slot, target, keys=0):
            pass

    @contextlib.contextmanager
    def moving(self, slot: int, target: RedisServer, *, keys: int) -> Iterator[None]:
        """Move so many of a slot's keys before the block, and the others behind it."""
        source = self.owner(slot)
        with source.client() as away, target.client() as here:
            old, new = _id_of(away), _id_of(here)
            here.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", old)
            away.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", new)

            def migrate() -> bool:
                names = away.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1)
                words = ("MIGRATE", "127.0.0.1", told_port(target), "", 0, 5000, "KEYS", *names)
                return bool(names) and bool(away.execute_command(*words))

            for _ in range(keys):
                migrate()
            yield
            while migrate():
                pass
            for client in (here, away):
                client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", new)
        for node in self.primaries:
            if node not in (source, target) and _is_up(node):
                with node.client() as client, contextlib.suppress(redis.RedisError):
                    client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", new)

    def _any(self) -> RedisServer:
        return next(node for node in self.nodes if _is_up(node))


def _is_up(node: RedisServer) -> bool:
    with contextlib.suppress(redis.RedisError, OSError), node.client(1.0) as client:
        return bool(client.ping())
    return False


def _id_of(client: Any) -> str:
    return str(client.execute_command("CLUSTER", "MYID").decode())


def _state(node: RedisServer) -> dict[str, str]:
    with node.client() as client:
        text = client.execute_command("CLUSTER", "INFO")
    if isinstance(text, dict):
        return {str(k): str(v) for k, v in text.items()}
    return dict(line.split(":", 1) for line in text.decode().splitlines() if ":" in line)


@contextlib.contextmanager
def cluster(
    folder: Path,
    *,
    kind: Kind = "redis",
    replicas: bool = False,
    full_coverage: bool = False,
    options: tuple[str, ...] = (),
    tls: Tls | None = None,
) -> Iterator[Cluster]:
    """Run a cluster of three primaries, each with a replica if asked, until it serves."""
    primaries, count = 3, 6 if replicas else 3
    with contextlib.ExitStack() as stack:
        nodes = []
        for number in range(count):
            flags = (
                *("--cluster-enabled", "yes", "--cluster-node-timeout", str(TIMEOUT_MS)),
                *("--cluster-port", str(free_port()), "--repl-diskless-sync-delay", "0"),
                *("--cluster-require-full-coverage", "yes" if full_coverage else "no"),
                *("--cluster-allow-replica-migration", "no"),
                *options,
                *((*tls.options(), "--tls-cluster", "yes") if tls else ()),
            )
            node = RedisServer(server_binary(kind), folder / f"node-{number}", options=flags)
            nodes.append(stack.enter_context(node))
        group = Cluster(nodes, primaries)
        _join(group, primaries)
        yield group


def _join(group: Cluster, primaries: int) -> None:
    share = SLOTS // primaries
    first = group.nodes[0]
    ids = []
    for number, node in enumerate(group.nodes):
        with node.client() as client:
            ids.append(_id_of(client))
            if number < primaries:
                last = SLOTS - 1 if number == primaries - 1 else (number + 1) * share - 1
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", number * share, last)
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if node is not first:
                bus = int(first.options[first.options.index("--cluster-port") + 1])
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", first.port, bus)

    def know_each_other() -> bool:
        return all(int(_state(node)["cluster_known_nodes"]) == len(ids) for node in group.nodes)

    wait_until(know_each_other, SETTLE_S, "the nodes know each other")
    for number, node in enumerate(group.nodes[primaries:]):
        with node.client() as client:
            client.execute_command("CLUSTER", "REPLICATE", ids[number])

    def serves() -> bool:
        return all(_state(node)["cluster_state"] == "ok" for node in group.nodes)

    wait_until(serves, SETTLE_S, "the cluster serves")
    for node in group.nodes[primaries:]:
        with node.client() as client:
            wait_until(
                lambda c=client: c.info("replication")["master_link_status"] == "up",
                SETTLE_S,
                "a replica that follows",
            )
