"""How both clients have redis-py work, and what its replies and failures mean.

Its own retries are off: a program connects again by itself and says so. Knows nothing of streams.
"""

from __future__ import annotations

import random
from typing import Any, Final, Literal

import redis

from ._programs import BLOCK_MS
from .errors import RedisRefused

ANSWER_S: Final = 3.0  # beyond a read's own wait, after which the server counts as hung
LATER: Final = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY")
_RAW: Final = ("XREAD", "XRANGE", "XREVRANGE")  # redis-py's dicts cost more than our decoding


def options(url: str, protocol: Literal[2, 3]) -> dict[str, Any]:
    """Return what every connection to `url` is opened with."""
    # redis-py's connection over a Unix socket knows no such word.
    keepalive = {} if url.startswith("unix:") else {"socket_keepalive": True}
    # Explicit: from 8 on, redis-py would otherwise retry ten times, silently, for a minute.
    return {
        "protocol": protocol,
        "socket_timeout": BLOCK_MS / 1000 + ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "health_check_interval": 0,
        **keepalive,
    }


def _as_it_came(response: Any, **_: Any) -> Any:
    return response


def take_replies_as_they_come(client: Any) -> None:
    """Keep redis-py from shaping what programs read."""
    for command in _RAW:
        client.set_response_callback(command, _as_it_came)


def reason_of(error: redis.RedisError | OSError) -> str:
    """Return why Redis is away. Raise `RedisRefused` for what will not pass by itself."""
    text = str(error) or type(error).__name__
    if isinstance(error, redis.AuthenticationError):
        raise RedisRefused(text) from error
    if isinstance(error, redis.ResponseError) and not text.startswith(LATER):
        raise RedisRefused(text) from error
    return text


def checked(replies: list[Any]) -> list[Any]:
    """Return a pipeline's replies. Raise the first error among them, as Redis worded it."""
    for reply in replies:
        if isinstance(reply, redis.RedisError):
            raise reply
    return replies


def spread(seconds: float) -> float:
    """Return up to half less, so that many clients do not come at once."""
    return seconds * random.uniform(0.5, 1.0)
