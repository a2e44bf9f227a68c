"""Codes and exceptions of the consumer.

A *code* (WIRE §8) names what is wrong with an entry or a stream; every language reports the same
ones. Exceptions carry fields and say what to change; the sentence is composed in `__str__`. What
the consumer mends by itself (a gap, a bad entry, a lost connection) is an event for the
application, never an exception.

    ConsumerError
      DecodeError        an entry breaks WIRE §3-§5; the replica turns it into `Quarantined`
      NoStream           nothing is published for what was asked
      AmbiguousStream    the catalogue has several streams that would do
      NotReady           the state is not valid and did not become so in time
      RedisRefused       Redis said no for good: rights, password, a key of another type
      RedisUnreachable   a one-shot call found no server in time
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Code(StrEnum):
    """What is wrong, as WIRE §8 names it."""

    SIZE = "SIZE"
    MSGPACK = "MSGPACK"
    SCHEMA = "SCHEMA"
    VERSION = "VERSION"
    RANGE = "RANGE"
    ORDER = "ORDER"
    CHECKSUM = "CHECKSUM"
    GAP = "GAP"
    POINTER = "POINTER"
    STALE = "STALE"
    REGRESSION = "REGRESSION"
    NO_STREAM = "NO_STREAM"
    AMBIGUOUS = "AMBIGUOUS"


class ConsumerError(Exception):
    """Base of all errors that the consumer raises on purpose."""


class DecodeError(ConsumerError):
    """An entry breaks the rule named by `code`; `where` is the key or the limit concerned."""

    def __init__(self, code: Code, where: str) -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where

    def __str__(self) -> str:
        return f"{self.code}: {self.where}"


class NoStream(ConsumerError):
    """Nothing is published under `wanted`: a stream's key, or a symbol of the catalogue."""

    code = Code.NO_STREAM

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted

    def __str__(self) -> str:
        return (
            f"nothing is published for {self.wanted}: start a publisher for it, "
            f"or ask for another symbol, channel, depth, line or namespace"
        )


class AmbiguousStream(ConsumerError):
    """Several streams would do for `symbol`, and nothing says which."""

    code = Code.AMBIGUOUS

    def __init__(self, symbol: str, streams: Sequence[str]) -> None:
        super().__init__(symbol, tuple(streams))
        self.symbol = symbol
        self.streams = tuple(streams)

    def __str__(self) -> str:
        return (
            f"{self.symbol} is published as {', '.join(self.streams)}: "
            f"pass line= (ab for both as one), depth=, interval=, trigger= or source= to choose one"
        )


class NotReady(ConsumerError):
    """The state of `stream` did not become valid within `waited_s` seconds."""

    def __init__(self, stream: str, waited_s: float) -> None:
        super().__init__(stream, waited_s)
        self.stream = stream
        self.waited_s = waited_s

    def __str__(self) -> str:
        return (
            f"the state of {self.stream} did not become valid in {self.waited_s:g} s: "
            f"its publisher has none to show at present; try again or wait longer"
        )


class RedisRefused(ConsumerError):
    """Redis answered `answer`; trying again cannot help."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer

    def __str__(self) -> str:
        return (
            f"Redis refused: {self.answer}. Check the URL, the user's rights "
            f"(XREAD, XRANGE, XREVRANGE, HGETALL, for requests XADD) and that the key is a stream"
        )


class RedisUnreachable(ConsumerError):
    """No server answered within `waited_s` seconds; `reason` is the last failure."""

    def __init__(self, reason: str, waited_s: float) -> None:
        super().__init__(reason, waited_s)
        self.reason = reason
        self.waited_s = waited_s

    def __str__(self) -> str:
        return f"Redis did not answer in {self.waited_s:g} s ({self.reason}): check the URL"
