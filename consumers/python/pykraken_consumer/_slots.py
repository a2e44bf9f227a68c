"""The rules of a Redis Cluster: which slot a key has, which node a slot; and how one XREAD over
many streams becomes one for each slot (WIRE §2.2). Pure.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Sequence
from typing import Any

from ._programs import Command
from ._url import Node

SLOTS = 16384
UNKNOWN_HOSTS = ("", "?", None)
"""So a node says that it is reached where it was asked."""


def slot_of(key: str) -> int:
    """Return a key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key."""
    first = key.find("{")
    last = key.find("}", first + 1)
    tag = key[first + 1 : last] if first >= 0 and last > first + 1 else key
    return crc_hqx(tag.encode(), 0) % SLOTS


def key_of(command: Command) -> str:
    """Return a command's first key."""
    return str(command[command.index("STREAMS") + 1 if command[0] == "XREAD" else 1])


def by_slot(command: Command) -> dict[int, Command]:
    """Return an XREAD apart by slot; any other command under the slot of its key."""
    if command[0] != "XREAD":
        return {slot_of(key_of(command)): command}
    at = command.index("STREAMS") + 1
    names = command[at:]
    half = len(names) // 2
    parts: dict[int, tuple[list[Any], list[Any]]] = {}
    for stream, after in zip(names[:half], names[half:], strict=True):
        streams, afters = parts.setdefault(slot_of(str(stream)), ([], []))
        streams.append(stream)
        afters.append(after)
    return {slot: (*command[:at], *parts[slot][0], *parts[slot][1]) for slot in parts}


def block_ms(command: Command) -> int:
    """Return how long an XREAD waits, 0 for what does not wait."""
    return int(command[command.index("BLOCK") + 1]) if "BLOCK" in command else 0


def without_block(command: Command) -> Command:
    """Return an XREAD that does not wait."""
    if "BLOCK" not in command:
        return command
    at = command.index("BLOCK")
    return command[:at] + command[at + 2 :]


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
