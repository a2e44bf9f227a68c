"""Kraken's `balances` messages: whole assets in a snapshot, changes of wallets in an update
(protocol.md 8.2). Every field is kept, every number as it was written. Pure.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import msgspec

from publisher.kraken import objects
from publisher.kraken.executions import Sequence
from publisher.kraken.objects import Fields

SPOT, MAIN = "spot", "main"
"""The wallet that is meant where none is named."""

KNOWN = frozenset({
    "amount", "asset", "asset_class", "balance", "category", "fee", "ledger_id", "ref_id",
    "subtype", "timestamp", "type", "user", "wallet_id", "wallet_type", "wallets",
})  # fmt: skip
"""Every field of a report that protocol.md names."""


class BalancesMessage(msgspec.Struct, gc=False):
    """A `balances` snapshot or update: one item of the session's, for the symbol ""."""

    channel: Literal["balances"]
    type: Literal["snapshot", "update"]
    sequence: Sequence
    items: list[msgspec.Raw] = msgspec.field(name="data")
    symbol: ClassVar[str] = ""

    @property
    def data(self) -> tuple[BalancesMessage]:
        """The message itself: its sequence is of all that is in it."""
        return (self,)


class Change(NamedTuple):
    """What one wallet holds now."""

    asset: str
    wallet: tuple[str, str]
    """Type and id."""
    balance: str
    ts_event: int
    text: str
    fields: Fields


class Holding(NamedTuple):
    """One asset as a snapshot tells it."""

    asset: str
    fields: Fields
    wallets: dict[tuple[str, str], Fields]


decode_balances = msgspec.json.Decoder(BalancesMessage).decode
"""Decodes a `balances` message; raises one of messages.UNDECODABLE for everything else."""


def changes_of(message: BalancesMessage) -> list[Change]:
    """Return the changes that an update tells; raise BadFrame if one is none."""
    return [_change(objects.text_of(item)) for item in message.items]


def holdings_of(message: BalancesMessage) -> list[Holding]:
    """Return the assets that a snapshot tells; raise BadFrame if one is none."""
    return [_holding(objects.fields_of(objects.text_of(item))) for item in message.items]


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in a `balances` message that protocol.md 8.2 does not name."""
    return objects.unknown_fields("balances", decode_balances, KNOWN, payload)


def _change(text: str) -> Change:
    fields = objects.fields_of(text)
    return Change(
        asset=objects.required_word(fields, "asset"),
        wallet=(
            objects.word(fields, "wallet_type", SPOT),
            objects.word(fields, "wallet_id", MAIN),
        ),
        balance=objects.number(fields, "balance"),
        ts_event=objects.stamp(fields),
        text=text,
        fields=fields,
    )


def _holding(fields: Fields) -> Holding:
    objects.number(fields, "balance")
    wallets: dict[tuple[str, str], Fields] = {}
    for wallet in objects.objects_of(fields.get("wallets", "null")):
        objects.number(wallet, "balance")
        wallets[objects.word(wallet, "type", SPOT), objects.word(wallet, "id", MAIN)] = wallet
    return Holding(objects.required_word(fields, "asset"), fields, wallets)
