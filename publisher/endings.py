"""What befell the connections to Kraken, counted in few words: errors' own texts have no end."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from dataclasses import dataclass, field

from publisher.errors import FrameTooLarge
from publisher.feed import UpgradeRefused

ENDS = (
    "lost", "silent", "unanswered", "bad_frame", "too_large", "malformed", "failures", "token",
)  # fmt: skip
"""Why a WebSocket that stood has ended."""
ERRORS = ("dns", "tls", "timeout", "http_429", "http_4xx", "http_5xx", "token", "other")
"""Why one never stood."""
TOO_MANY = 429


@dataclass(slots=True)
class FeedTally:
    """Of all connections of one feed; another thread may read it at any time."""

    connects: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """By ENDS."""
    errors: Counter[str] = field(default_factory=Counter)
    """By ERRORS."""
    redial_wait_s: float = 0.0
    delayed: int = 0
    """Connects put off because the machine's budget was spent."""
    tokens: int = 0
    """Used for a connection."""
    rest_errors: Counter[str] = field(default_factory=Counter)
    """By rest.KINDS."""
    largest: int = 0
    """Bytes of the largest message."""


def end_of(error: Exception) -> str:
    """Return the word for what ended a read."""
    if isinstance(error, ConnectionError):
        return "lost"
    return "too_large" if isinstance(error, FrameTooLarge) else "bad_frame"


def error_of(error: BaseException) -> str:
    """Return the word for a failed connect; what wraps an error is looked through."""
    found: BaseException | None = error
    while found is not None:
        match found:
            case UpgradeRefused(status=status):
                if status == TOO_MANY:
                    return "http_429"
                return "http_4xx" if status < 500 else "http_5xx"
            case socket.gaierror():
                return "dns"
            case ssl.SSLError():
                return "tls"
            case TimeoutError():
                return "timeout"
        found = found.__cause__ or found.__context__
    text = str(error).lower()
    return "timeout" if "timed out" in text else "dns" if "name or service" in text else "other"
