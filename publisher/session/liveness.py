"""Whether a connection lives: any complete message is a sign of life, its absence a reason to ask
and then to close (protocol.md 3.2, 3.5; faults X2, X4). Pure; times are on `Now.mono`.
"""

from __future__ import annotations

SILENCE_S = 5.0
"""A connection without a complete message for so long is dead (Kraken's advice; fault X2)."""
PING_AFTER_S = 2.5
INSTRUMENTS_DUE_S = 10.0


class Liveness:
    """One connection's signs of life. The hot path sets `heard` for each batch of messages."""

    def __init__(self) -> None:
        self.heard = 0.0
        self.instruments_due: float | None = None
        """When the instruments are overdue; None while none are awaited."""
        self._pinged = 0.0

    def begin(self, now: float) -> None:
        """A connection stands."""
        self.heard = self._pinged = now
        self.instruments_due = None

    def await_instruments(self, now: float) -> None:
        """The instruments were asked for."""
        self.instruments_due = now + INSTRUMENTS_DUE_S

    def fault(self, now: float) -> tuple[str, str] | None:
        """Return why the connection is to be closed, and its cause; None while it is not."""
        if now - self.heard >= SILENCE_S:
            return f"silent for {now - self.heard:.1f} s", "silent"
        if self.instruments_due is not None and now >= self.instruments_due:
            return "no instruments", "unanswered"
        return None

    def pings(self, now: float) -> bool:
        """Return whether it is time for a ping, which then counts as sent."""
        if now - self.heard < PING_AFTER_S or now - self._pinged < PING_AFTER_S:
            return False
        self._pinged = now
        return True
