"""What redis-py's replies and failures mean. Knows nothing of streams."""

from __future__ import annotations

import random
from typing import Any, Final

import redis

from ._url import Target
from .errors import RedisRefused

# What passes by itself: a server that loads, a failover or a resharding under way.
LATER: Final = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "UNBLOCKED")
# The same where redis-py took the code off the text.
LATER_KINDS: Final = (
    redis.exceptions.ClusterDownError,  # MASTERDOWN among them
    redis.exceptions.TryAgainError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.MovedError,
    redis.exceptions.AskError,
)
_RAW: Final = ("XREAD", "XRANGE", "XREVRANGE")  # redis-py's dicts cost more than our decoding


def _as_it_came(response: Any, **_: Any) -> Any:
    return response


def take_replies_as_they_come(client: Any) -> None:
    """Keep redis-py from shaping what programs read."""
    for command in _RAW:
        client.set_response_callback(command, _as_it_came)


def reason_of(error: redis.RedisError | OSError, target: Target) -> str:
    """Return why Redis is away. Raise `RedisRefused` for what will not pass by itself: a wrong
    password does where it stands in a file, which is read again.
    """
    text = str(error) or type(error).__name__
    if isinstance(error, redis.AuthenticationError):
        if "password_file" in target.options:
            return text
        raise RedisRefused(text) from error
    passes = isinstance(error, LATER_KINDS) or text.startswith(LATER)
    if isinstance(error, redis.ResponseError) and not passes:
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
