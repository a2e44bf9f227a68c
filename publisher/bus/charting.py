"""The map of a Redis Cluster, asked of any node that answers. A shell; blocks, for a dial's
thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import redis

from publisher.access import access_to
from publisher.bus import answers
from publisher.bus.link import Address, words_of
from publisher.bus.slots import SlotMap, map_of
from publisher.redis_url import Node


@dataclass(frozen=True, slots=True)
class Chart:
    """A map just made."""

    slots: SlotMap

    def close(self) -> None:
        """Nothing stands open."""


def chart(address: Address, known: Sequence[Node]) -> Chart:
    """Return the map of the first node that answers, of those known, then those of the URL. Raise
    RedisRefused for what is for good, ConnectionError when none answers.
    """
    faults = []
    for node in dict.fromkeys([*known, *address.target.nodes]):
        try:
            return Chart(_asked(address, node))
        except redis.exceptions.NoPermissionError as error:
            raise answers.refused(words_of(error)) from None
        except (redis.RedisError, OSError) as error:
            faults.append(f"{node}: {words_of(error)}")
    raise ConnectionError("no node of the cluster answers: " + "; ".join(faults))


def _asked(address: Address, node: Node) -> SlotMap:
    connection = access_to(address.target, node, address.timeout_s).connection()
    try:
        connection.connect()
        connection.send_command("CLUSTER", "SLOTS")
        return map_of(connection.read_response(), node)
    finally:
        connection.disconnect()
