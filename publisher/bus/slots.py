"""The rules of a Redis Cluster: which slot a key has, which node a slot, and what a redirection
says. Pure.

A call goes to the slot of its first key; keys are made so that all keys of a call share it
(keys.py, batches.py).
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from publisher.redis_url import Node

SLOTS = 16384
UNKNOWN_HOSTS = ("", "?", None)
"""So a node says that it is reached where it was asked."""


def slot_of(key: str) -> int:
    """Return a key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key."""
    first = key.find("{")
    last = key.find("}", first + 1)
    tag = key[first + 1 : last] if first >= 0 and last > first + 1 else key
    return crc_hqx(tag.encode(), 0) % SLOTS


def key_of(command: Sequence[str | bytes | int]) -> str:
    """Return a command's first key."""
    match command[0]:
        case "EVALSHA":
            return str(command[3])
        case "XREAD":
            return str(command[command.index("STREAMS") + 1])
    return str(command[1])


class SlotMap:
    """Which node has each slot, as one node said, and as redirections put it right since."""

    def __init__(self, ranges: Iterable[tuple[int, int, Node]]) -> None:
        self._owners: list[Node | None] = [None] * SLOTS
        for first, last, node in ranges:
            self._owners[first : last + 1] = [node] * (last + 1 - first)

    @property
    def nodes(self) -> set[Node]:
        """The nodes that have slots."""
        return {node for node in self._owners if node is not None}

    def owner(self, slot: int) -> Node | None:
        """Return the node of a slot, None while nobody has it."""
        return self._owners[slot]

    def move(self, slot: int, node: Node) -> None:
        """Take what a redirection says."""
        self._owners[slot] = node


def map_of(reply: Sequence[Any], asked: Node) -> SlotMap:
    """Read the answer to `CLUSTER SLOTS`: ranges, each with first and last slot, primary, replicas.
    Raise ValueError for anything else.
    """
    try:
        return SlotMap(
            (int(first), int(last), Node(_host(primary[0], asked), int(primary[1]) or asked.port))
            for first, last, primary, *_ in reply
        )
    except (TypeError, IndexError, ValueError) as error:
        raise ValueError(f"not the answer to CLUSTER SLOTS: {error}") from None


def _host(host: bytes | str | None, asked: Node) -> str:
    text = host.decode() if isinstance(host, bytes) else host
    return asked.host if text is None or text in UNKNOWN_HOSTS else text


class Redirect(NamedTuple):
    """Where a slot is (`MOVED`), or where one key of it may be by now (`ASK`)."""

    slot: int
    node: Node
    is_ask: bool


def redirect_of(error: str, asked: Node) -> Redirect:
    """Read `MOVED 3999 127.0.0.1:6381` or `ASK ...`. Raise ValueError for anything else."""
    kind, slot, where = error.split(" ")[:3]
    host, _, port = where.rpartition(":")
    return Redirect(int(slot), Node(_host(host.strip("[]"), asked), int(port)), kind == "ASK")
