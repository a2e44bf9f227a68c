"""The map of a Redis Cluster, asked of any node that answers, in a dial's thread. A shell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis

from publisher.access import access_to, discard
from publisher.bus import answers, rights
from publisher.bus.link import Address, lacking_of, words_of
from publisher.bus.rights import Right
from publisher.bus.slots import SlotMap, map_of
from publisher.dial import Dialer
from publisher.redis_url import Node


@dataclass(frozen=True, slots=True)
class Chart:
    """A map just made."""

    slots: SlotMap

    def close(self) -> None:
        """Nothing stands open."""


class Charter:
    """Asks for the map, once at a time, off the loop; `wake` is called when there is a result."""

    def __init__(
        self, address: Address, wake: Callable[[], None], needed: Sequence[Right] = ()
    ) -> None:
        self._known: Sequence[Node] = ()
        self._dialer: Dialer[Chart] = Dialer(lambda: chart(address, self._known, needed), wake)

    @property
    def is_asking(self) -> bool:
        """True until the result is taken."""
        return self._dialer.is_dialing

    def start(self, known: Sequence[Node]) -> None:
        """Ask the nodes `known`, then those of the URL."""
        self._known = known
        self._dialer.start()

    def result(self) -> Chart | Exception | None:
        """Return the map or why there is none, once; None while nobody has answered."""
        return self._dialer.result()

    def end(self) -> None:
        """Ask no more."""
        self._dialer.end()


def chart(address: Address, known: Sequence[Node], needed: Sequence[Right] = ()) -> Chart:
    """Return the map of the first node that answers, of those known, then those of the URL. Raise
    RedisRefused for what is for good, with all that is missing of the rights `needed`, and
    ConnectionError when none answers.
    """
    faults = []
    for node in dict.fromkeys([*known, *address.target.nodes]):
        try:
            return Chart(_asked(address, node, needed))
        except redis.exceptions.NoPermissionError as error:
            raise answers.refused(words_of(error)) from None
        except (redis.RedisError, OSError) as error:
            faults.append(f"{node}: {words_of(error)}")
    raise ConnectionError("no node of the cluster answers: " + "; ".join(faults))


def _asked(address: Address, node: Node, needed: Sequence[Right]) -> SlotMap:
    connection = access_to(address.target, node, address.timeout_s).connection()
    try:
        connection.connect()
        connection.send_command("CLUSTER", "SLOTS")
        return map_of(connection.read_response(), node)
    except redis.exceptions.NoPermissionError:
        rights.check(lacking_of(connection, needed))  # one refusal hides the others
        raise
    finally:
        discard(connection)
