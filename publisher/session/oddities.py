"""What befell a connection's messages, counted, and what is new in them, logged once a kind.
Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from publisher.actions import Action, Log
from publisher.channels.channel import Channel
from publisher.errors import BadFrame
from publisher.kraken.messages import Ack
from publisher.kraken.refusals import Meaning, meaning

FIELDS_SAMPLE = 1024
"""One message in so many is looked through for unknown fields; the others are too hot for it."""


class Oddities:
    """The counts of one session."""

    def __init__(self, channel: Channel) -> None:
        self.counts: Counter[str] = Counter()
        self._channel = channel
        self._until_sample = 0
        self._warnings: set[str] = set()

    def first_time(self, what: str) -> list[Action]:
        """Count what is not known and log it once per kind."""
        self.counts[what] += 1
        return [Log("kraken.unknown", what, "info")] if self.counts[what] == 1 else []

    def warned(self, ack: Ack) -> list[Action]:
        """Log each warning of Kraken's once: mostly a field that will go."""
        fresh = [text for text in dict.fromkeys(ack.warnings) if text not in self._warnings]
        self._warnings.update(fresh)
        return [Log("kraken.warned", text, "info") for text in fresh]

    def bad_frame(self, payload: bytes, error: BadFrame) -> list[Action]:
        """Count and log a text that is no message, such as Cloudflare's notices."""
        self.counts["bad frames"] += 1
        start = payload[:200].decode("utf-8", "replace")
        return [Log("frame.bad", f"reason={error.reason} start={start!r}")]

    def subscribe_error(self, error: str) -> Meaning:
        """Count an error that a subscription was answered with; return what it means."""
        found = meaning(error)
        self.counts[f"subscribe {found}"] += 1
        return found

    def sample(self, payloads: Sequence[bytes], actions: list[Action]) -> None:
        """Look through one message in many for unknown fields: all would be too much work."""
        self._until_sample -= len(payloads)
        if self._until_sample <= 0:
            self._until_sample = FIELDS_SAMPLE
            actions += self.unknown_fields(payloads[-1])

    def unknown_fields(self, payload: bytes) -> list[Action]:
        """Look through one message for unknown fields."""
        found: list[Action] = []
        for name in self._channel.unknown_fields(payload):
            found += self.first_time(f"unknown field {name}")
        return found
