"""The shape that all channels have, and how a message is refused.

A `Channel` knows how to ask Kraken and how to read its messages; it makes one `Keeper` for each
symbol (for a channel without symbols, for the symbol ""). The keeper holds what the stream's
snapshot says: it proves each message and appends to `out` what is to be done about it, an `Emit`
for each event; one of FAULTS leaves a keeper whose state the caller must drop; nothing repairs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from publisher.actions import Action, Fetch
from publisher.errors import BadFrame, BadNumber
from publisher.model import Instrument, Now, ResetReason
from publisher.wire import AnySnapshot

Precisions = Literal["subscribed", "given", "none"]
"""Whence a channel has its instruments: from a subscription of its own connection, from another
connection, or it needs none.
"""


class WrongChecksum(Exception):
    """The book's own checksum is not the one that Kraken stated."""

    def __init__(self, stated: int, own: int) -> None:
        super().__init__(stated, own)
        self.stated = stated
        self.own = own

    def __str__(self) -> str:
        return f"stated {self.stated}, own {self.own}"


class WrongSequence(Exception):
    """A message's number does not follow that of the message before: something was lost."""

    def __init__(self, stated: int, due: int) -> None:
        super().__init__(stated, due)
        self.stated = stated
        self.due = due

    def __str__(self) -> str:
        return f"stated {self.stated}, due {self.due}"


FAULTS = (WrongChecksum, WrongSequence, BadNumber, BadFrame)
"""What a message can be at fault with; the state is to be dropped."""


def told(fault: Exception) -> tuple[ResetReason, str]:
    """Return the reason and the note of the `reset` for one of FAULTS."""
    match fault:
        case WrongChecksum():
            reason = ResetReason.CHECKSUM
        case WrongSequence():
            reason = ResetReason.SEQUENCE
        case _:
            reason = ResetReason.MALFORMED
    return reason, str(fault)


class DataMessage(Protocol):
    """A decoded message of a channel: `data` holds one item a symbol."""

    @property
    def type(self) -> str:
        """`snapshot` or `update`."""

    @property
    def data(self) -> Sequence[Any]:
        """Items with a `symbol`."""


class Keeper(Protocol):
    """The state of one symbol in a channel."""

    @property
    def ts_event(self) -> int:
        """Kraken's stamp on the last message taken, 0 before the first."""

    @property
    def ts_recv(self) -> int:
        """When that message came."""

    @property
    def crossed_since(self) -> float | None:
        """Since when a verified book has been crossed."""

    def is_of(self, instrument: Instrument) -> None:
        """Take an instrument's precisions, new ones too; a book begins empty."""

    def replaced(self, data: Any, now: Now, out: list[Action]) -> None:
        """Take a snapshot of Kraken's; raise one of FAULTS."""

    def updated(self, data: Any, now: Now, out: list[Action]) -> None:
        """Take an update of Kraken's; raise one of FAULTS."""

    def capture(self) -> AnySnapshot | None:
        """Return the state, proved once more where it can be; None while there is none to show."""

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Do what is due by time; called while live, if the channel `is_timed`."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Take the answer to a Fetch of this keeper, or the error that came instead; raise one of
        FAULTS.
        """

    @property
    def checksum(self) -> int | None:
        """The checksum of the last message taken; None in channels that have none."""


class Channel(Protocol):
    """One of Kraken's channels with its depth, interval or trigger."""

    @property
    def name(self) -> str:
        """Kraken's name."""

    @property
    def precisions(self) -> Precisions:
        """Whence the instruments come."""

    @property
    def terms(self) -> dict[str, object]:
        """The params of a request beside channel, symbols and token."""

    @property
    def is_timed(self) -> bool:
        """True when keepers have things to do by time."""

    @property
    def symbols_per_s(self) -> float:
        """How many symbols a connection may subscribe in a second, beside the pace of requests."""

    @property
    def decode(self) -> Callable[[bytes], DataMessage]:
        """Reads a message of the channel; raises one of messages.UNDECODABLE for all else."""

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md does not name; of other messages none."""

    def keeper(self, symbol: str) -> Keeper:
        """Return the keeper of one symbol."""
