"""The tokens of the private endpoints: issued over REST, spent within 900 s, then alive as long as
a private subscription that was made with them.

protocol.md 7. Pure; the time is an argument.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

LIFE_S = 900
"""How long a token may stay unused; what GetWebSocketsToken gives as `expires`."""

LIFE_NS = LIFE_S * 1_000_000_000

Verdict = Literal["valid", "missing", "invalid"]


@dataclass(slots=True)
class _Issued:
    """One token: when it was issued, and the connections that have subscribed with it."""

    issued_ns: int
    connections: set[int] = field(default_factory=set)


class Tokens:
    """Every token that may still be used."""

    def __init__(self, seed: int) -> None:
        self.issued = 0
        self._seed = seed
        self._known: dict[str, _Issued] = {}

    def issue(self, now_ns: int) -> str:
        """Return a new token."""
        self.issued += 1
        digest = blake2b(f"{self._seed}/token/{self.issued}".encode(), digest_size=33).digest()
        token = b64encode(digest).decode()
        self._known[token] = _Issued(now_ns)
        return token

    def judge(self, token: object, now_ns: int) -> Verdict:
        """Return whether a request that carries `token` may be served."""
        if token is None or token == "":
            return "missing"
        issued = self._known.get(token) if isinstance(token, str) else None
        if issued is None:
            return "invalid"
        if not issued.connections and now_ns - issued.issued_ns >= LIFE_NS:
            return "invalid"
        return "valid"

    def used(self, token: str, number: int) -> None:
        """Keep the token alive as long as connection `number` has a private subscription."""
        self._known[token].connections.add(number)

    def released(self, number: int) -> None:
        """Take note that connection `number` has no private subscription any more."""
        for issued in self._known.values():
            issued.connections.discard(number)

    def expire(self) -> None:
        """Forget every token: what an upgrade of the venue does to them."""
        self._known.clear()
