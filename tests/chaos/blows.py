"""All blows by name, each at a random moment, each undone by itself.

Rows of the fault matrix that are not among them, and why:

    X5, X6        who cannot verify or resolve the host never had a connection here
    X7            429 is waited out for ten minutes, and the run would be as quiet
    X19, X15      depth ten: the checksum covers every level, and none lies below
    X23, X24, X29 public books: no key, no token, no private channel
    R2, R3        who is killed is replaced by Sentinels, and comes back empty behind them
    R7, C6, C7    no blow of their own: R5 and R6 bring them, when they hit an epoch's change
    R9            looked at when a publisher starts
    R17           as few clients would shut out the Sentinels: that is R4
    R18 to R20    one shard
    R23           whoever read the id that ends all ids can read nothing behind it
    P6, P7        no key; what a publisher keeps on disk is not what it publishes
    P8, P10       need code inside a process; from outside a blocked loop is P4, an end P2
    P9            judged at the end, by what the processes hold
    C2, C3, C5    late joiners come all the time, and epochs with each takeover
    C8            one machine has one clock; the exchange's is X25

Of R16 the requests that are cut and the replies that are lost are "connections killed", the bytes
that come late are "primary frozen".
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos import exchange, programs, servers
from tests.chaos.field import Blow, Field

BLOWS: dict[str, Blow] = exchange.BLOWS | servers.BLOWS | programs.BLOWS


def dealt(on: Field) -> Iterator[str]:
    """Yield names for ever: all of them in random order, then all again in another."""
    while True:
        yield from on.chance.sample(list(BLOWS), len(BLOWS))
