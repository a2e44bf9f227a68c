"""Which stream an application's words name: by the grammar of keys, or by the catalogue (WIRE §2.1,
§4.9).

Pure. Knows nothing of Redis; rows of the catalogue are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypedDict

from ._life_events import Listing
from .errors import AmbiguousStream, NoStream
from .wire import Channel

BOTH: Final = "ab"  # what `line` is where two lines are to be one
PRIVATE: Final = ("executions", "balances")
WITHOUT_SYMBOL: Final = ("instrument", *PRIVATE)
# Which words say more about a stream of a channel, beside `line`.
_MEANINGFUL: Final[dict[str, tuple[str, ...]]] = {
    "book": ("depth",),
    "level3": ("depth",),
    "bbo": ("source", "depth"),
    "ticker": ("trigger",),
    "trade": (),
    "ohlc": ("interval",),
    "instrument": (),
    "executions": ("account",),
    "balances": ("account",),
}


class Words(TypedDict, total=False):
    """What an application may say of the streams that it wants; what is left out the catalogue
    decides. `channel` is `book` unless it is told. `line` is `a`, `b`, or `ab` for both as one.
    """

    channel: Channel
    depth: int | None
    interval: int | None
    trigger: str | None
    source: str | None
    account: str | None
    line: str | None


class Wish(NamedTuple):
    """One stream as an application's words say it; `symbol` may be a stream's key."""

    symbol: str = ""
    channel: Channel = "book"
    depth: int | None = None
    interval: int | None = None
    trigger: str | None = None
    source: str | None = None
    account: str | None = None
    line: str | None = None

    def __str__(self) -> str:
        name = self.symbol or self.account or ""
        return name if self.channel == "book" else f"{self.channel} {name}".strip()

    @property
    def is_key(self) -> bool:
        """True when `symbol` is a stream's key."""
        return self.symbol.startswith("{")

    def space(self, namespace: str) -> str:
        """Return what the tags of its keys begin with: private streams stand apart (WIRE §2.1)."""
        is_private = self.symbol.startswith("{priv.") if self.is_key else self.channel in PRIVATE
        return f"priv.{namespace}" if is_private else namespace

    def key(self, namespace: str) -> str | None:
        """Return the stream that the words alone name, None where the catalogue has to say."""
        if self.is_key:
            return self.symbol
        told = [getattr(self, word) for word in _MEANINGFUL[self.channel]]
        if None in told:
            return None
        name = self.symbol or self.account or self.channel
        details = "" if self.channel in PRIVATE else "".join(f".{word}" for word in told)
        line = f"/{self.line}" if self.line else ""
        return f"{{{self.space(namespace)}.{name}}}:{self.channel}{details}{line}"

    def lines(self) -> tuple[Wish, ...]:
        """Return this wish, or where it is of both lines (`line="ab"`) one for each."""
        if self.line != BOTH:
            return (self,)
        if self.is_key:
            return tuple(Wish(stream) for stream in both_lines(self.symbol))
        return tuple(self._replace(line=line) for line in BOTH)


def both_lines(stream: str) -> tuple[str, str]:
    """Return both lines of a stream, given one of them (WIRE §2.3)."""
    base = stream[:-1]
    return base + BOTH[0], base + BOTH[1]


def wishes(symbols: Sequence[str], words: Words) -> list[Wish]:
    """Return what is wanted, one for each symbol or key. Raise `ValueError` for words that cannot
    mean anything.
    """
    channel = words.get("channel", "book")
    if channel not in _MEANINGFUL:
        raise ValueError(f"no channel {channel!r}: one of {', '.join(_MEANINGFUL)}")
    if symbols and all(symbol.startswith("{") for symbol in symbols):
        both = BOTH if words.get("line") == BOTH else None
        return [Wish(symbol, line=both) for symbol in symbols]
    for word, value in words.items():
        if word not in ("channel", "line", *_MEANINGFUL[channel]) and value is not None:
            raise ValueError(f"{word}= means nothing for {channel}: leave it out")
    if channel in WITHOUT_SYMBOL:
        if symbols:
            raise ValueError(f"{channel} has no symbols: leave {symbols[0]!r} out")
        return [Wish(**words)]
    if not symbols:
        raise ValueError(f"{channel} needs at least one symbol, such as 'BTC/USD'")
    return [Wish(symbol, **words) for symbol in symbols]


def one_wish(symbol: str, words: Words) -> Wish:
    """Return what is wanted of one stream; `symbol` is empty for a channel without symbols."""
    return wishes((symbol,) if symbol else (), words)[0]


def choose(listings: Iterable[Listing], wish: Wish) -> list[Listing]:
    """Return the streams that would do, the one to be taken first (WIRE §4.9): of several the
    smallest depth, or interval.

    Raise `NoStream` when there is none, `AmbiguousStream` when several are as small.
    """
    found = sorted((row for row in listings if _is_wanted(row, wish)), key=_size)
    if not found:
        raise NoStream(str(wish))
    smallest = [row.stream for row in found if _size(row) == _size(found[0])]
    if len(smallest) > 1:
        raise AmbiguousStream(str(wish), smallest)
    return found


def _is_wanted(row: Listing, wish: Wish) -> bool:
    if wish.is_key:
        return row.stream == wish.symbol
    return (
        row.channel == wish.channel
        and (row.symbol or "") == wish.symbol
        and all(
            getattr(wish, word) in (None, getattr(row, word))
            for word in ("depth", "interval", "trigger", "source", "account", "line")
        )
    )


def _size(row: Listing) -> int:
    return row.depth or row.interval or 0
