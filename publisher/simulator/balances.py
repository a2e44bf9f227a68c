"""The channel `balances`: what the account holds (protocol.md 8.2). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from publisher.simulator import account_frames, requests
from publisher.simulator.account import Account, Event, LedgerEntry
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request


class Balances:
    """The connections that follow the balances, each with its own count of messages."""

    name = "balances"
    host: Host = "auth"
    option_name = ""
    has_symbols = False

    def __init__(self, account: Account, engine: Engine) -> None:
        self._account = account
        self._engine = engine
        self._sequences: dict[int, int] = {}

    @property
    def symbols(self) -> Collection[str]:
        """Return none: the account's script needs no market."""
        return ()

    def option(self, request: Request) -> Option | None:
        """Return 0: there is nothing to choose."""
        return 0

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse a second subscription."""
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel and snapshot."""
        if request.method == "unsubscribe":
            return {"channel": self.name}
        return {"channel": self.name, "snapshot": self.wants_snapshot(request)}

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow the balances from now on."""
        self._sequences[number] = 0

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let it follow no longer."""
        del self._sequences[number]

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return every asset with its wallets."""
        account = self._account
        items = [
            account_frames.balance(asset, account.balances.get(asset, 0), earn)
            for asset, earn in ({**dict.fromkeys(account.balances, 0), **account.earning}).items()
        ]
        return self._message(number, "snapshot", items)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return nothing: no market moves the account."""
        return []

    def reopen(self, symbol: str) -> None:
        """Do nothing."""

    def tell(self, events: Sequence[Event]) -> list[Publication]:
        """Return a message for each change and connection: two a trade, of one ref_id."""
        shift_ns = self._engine.clock_offset_ns
        return [
            Publication(self.name, "", 0, self._message(number, "update", [item]), (number,))
            for event in events
            if isinstance(event, LedgerEntry)
            for item in [account_frames.entry(event, shift_ns)]
            for number in self._sequences
        ]

    def skip(self) -> None:
        """Leave out one number of every connection's sequence."""
        for number in self._sequences:
            self._sequences[number] += 1

    def _message(self, number: int, kind: str, items: Sequence[str]) -> str:
        self._sequences[number] += 1
        return account_frames.message(self.name, kind, self._sequences[number], items)
