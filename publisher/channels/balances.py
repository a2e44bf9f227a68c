"""The channel `balances`: what an account holds, asset by asset (WIRE.md 4.17).

Kraken tells all assets once, and then what a wallet holds after each change; the keeper adds that
up in the shape of Kraken's snapshot. A change sets the wallet and moves the asset's total by the
same difference, exactly. An asset whose wallets were not told lies whole in the one that is told
first. The messages' sequence must grow by one. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import (
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
)
from math import inf

from publisher.actions import Action, Emit, Fetch
from publisher.channels.channel import Precisions, WrongSequence
from publisher.errors import BadFrame
from publisher.kraken import balances
from publisher.kraken.balances import BalancesMessage, Change, Holding
from publisher.kraken.objects import array_text, object_text, quoted
from publisher.model import Instrument, Now
from publisher.wire import WIRE_VERSION, Balance, BalancesSnapshot, json_text

NONE_HELD = "0"
DIGITS = 100
"""A balance that needs more is none."""


@dataclass(frozen=True, slots=True)
class BalancesChannel:
    """Kraken's `balances` of the account that the token stands for."""

    account: str
    name: str = "balances"
    precisions: Precisions = "none"
    symbols_per_s: float = inf
    is_timed: bool = False
    decode: Callable[[bytes], BalancesMessage] = balances.decode_balances

    @property
    def terms(self) -> dict[str, object]:
        """Stated though Kraken does it by itself: without a snapshot nothing could be kept."""
        return {"snapshot": True}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 8.2 does not name."""
        return balances.unknown_fields(payload)

    def keeper(self, symbol: str) -> BalancesKeeper:
        """Return the keeper of the account's balances."""
        return BalancesKeeper(self.account)


class BalancesKeeper:
    """Every asset with its wallets."""

    def __init__(self, account: str) -> None:
        self.ts_event = 0
        self.ts_recv = 0
        self.checksum: int | None = None
        self.crossed_since: float | None = None
        self._account = account
        self._sequence: int | None = None
        self._assets: dict[str, Holding] = {}

    def is_of(self, instrument: Instrument) -> None:
        """No instrument is needed: what Kraken says is kept as it stands."""

    def updated(self, data: BalancesMessage, now: Now, out: list[Action]) -> None:
        """Take changes; raise WrongSequence or BadFrame."""
        due = 0 if self._sequence is None else self._sequence + 1
        if data.sequence != due:
            raise WrongSequence(data.sequence, due)
        changes = balances.changes_of(data)
        self._sequence = data.sequence
        self.ts_event = max((change.ts_event for change in changes), default=0)
        self.ts_recv = now.unix
        for change in changes:
            held = self._assets.get(change.asset) or _nothing(change)
            self._assets[change.asset] = after = _after(held, change)
            out.append(Emit("", self._event(change, after, data.sequence)))

    def replaced(self, data: BalancesMessage, now: Now, out: list[Action]) -> None:
        """Take all assets; raise BadFrame."""
        self._assets = {holding.asset: holding for holding in balances.holdings_of(data)}
        self._sequence = data.sequence
        self.ts_event = 0  # a snapshot bears no stamp
        self.ts_recv = now.unix
        out.append(Emit("", self._snapshot(data.sequence)))

    def capture(self) -> BalancesSnapshot | None:
        """Return all balances; None before Kraken told them."""
        return None if self._sequence is None else self._snapshot(self._sequence)

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _event(self, change: Change, after: Holding, sequence: int) -> Balance:
        return Balance(
            ts_event=change.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            asset=change.asset,
            report=json_text(change.text),
            state=json_text(_text(after)),
            sequence=sequence,
        )

    def _snapshot(self, sequence: int) -> BalancesSnapshot:
        return BalancesSnapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="balances",
            account=self._account,
            balances=[json_text(_text(held)) for held in self._assets.values()],
            sequence=sequence,
        )


def _nothing(change: Change) -> Holding:
    """Return an asset that was not told of before."""
    kind = {"asset_class": change.fields["asset_class"]} if "asset_class" in change.fields else {}
    return Holding(change.asset, {"asset": quoted(change.asset), **kind, "balance": NONE_HELD}, {})


def _after(held: Holding, change: Change) -> Holding:
    """Return an asset after a change of one of its wallets."""
    total = held.fields["balance"]
    kind, name = map(quoted, change.wallet)
    wallet = held.wallets.get(change.wallet, {"type": kind, "id": name})
    was = wallet.get("balance", NONE_HELD if held.wallets else total)
    now = change.balance
    # Where all lies in this one wallet, the total is Kraken's own text too.
    balance = now if was == total else _moved(total, was, now)
    wallets = held.wallets | {change.wallet: {**wallet, "balance": now}}
    return Holding(held.asset, {**held.fields, "balance": balance}, wallets)


def _moved(total: str, was: str, now: str) -> str:
    """Return total - was + now, exactly and in plain digits; raise BadFrame if it has too many."""
    if was == now:
        return total
    traps = [Inexact, InvalidOperation, Overflow, Subnormal]
    exact = Context(prec=DIGITS, Emax=DIGITS, Emin=-DIGITS, traps=traps)
    try:
        numbers: list[Decimal] = [exact.create_decimal(text) for text in (total, was, now)]
        return f"{exact.add(exact.subtract(numbers[0], numbers[1]), numbers[2]):f}"
    except DecimalException:
        raise BadFrame(f"balances {total[:40]}, {was[:40]}, {now[:40]}") from None


def _text(held: Holding) -> str:
    return object_text({**held.fields, "wallets": array_text(held.wallets.values())})
