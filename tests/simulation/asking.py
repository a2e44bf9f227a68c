"""A consumer that asks the feed for snapshots as WIRE.md 7.6 tells a stranger to, and the promises:
who asks has one soon, and a flood of who asks costs one a second.
"""

from __future__ import annotations

from collections.abc import Callable

import msgpack

from tests.simulation.network import Connection, Network
from tests.simulation.server import Address, Command

GARBAGE = (b"", b"junk", b"\x81\xa1t\xa1x", b"\xc1" * 300)


class Asker:
    """Asks by connections of its own, one each time, to the address that `find` returns; nothing is
    answered to it.
    """

    def __init__(self, network: Network, key: str, find: Callable[[], Address]) -> None:
        self._network = network
        self._key = key
        self._find = find

    def ask(self, symbol: str, times: int = 1) -> None:
        """Ask for a symbol's snapshot, so many times in one go."""
        body = msgpack.packb({"t": "snapshot", "y": symbol})
        self._send([body] * times)

    def babble(self, times: int) -> None:
        """Write what no publisher understands."""
        self._send([GARBAGE[number % len(GARBAGE)] for number in range(times)])

    def _send(self, bodies: list[bytes]) -> None:
        commands: list[Command] = [
            ("XADD", self._key, "MAXLEN", "~", "1000", "*", "d", body) for body in bodies
        ]

        def dialed(result: Connection | str) -> None:
            if not isinstance(result, str):
                result.request(commands, lambda replies: result.close())

        self._network.dial("asker", dialed, lambda reason: None, self._find())
