"""The private side of the venue: its account and the two channels that tell of it. Pure."""

from __future__ import annotations

from publisher.simulator.account import Account
from publisher.simulator.amounts import plain
from publisher.simulator.balances import Balances
from publisher.simulator.channels import Publication
from publisher.simulator.engine import Engine
from publisher.simulator.executions import Executions


class PrivateSide:
    """One account; it lives on while nobody watches."""

    def __init__(self, engine: Engine) -> None:
        self.steps = 0
        self.account = Account(list(engine.instruments.values()), engine.seed)
        self.executions = Executions(self.account, engine)
        self.balances = Balances(self.account, engine)
        self._engine = engine

    def step(self, now_ns: int) -> list[Publication]:
        """Let the next thing happen to the account and return what its watchers are told."""
        self.steps += 1
        events = self.account.step(self._engine.matching_ns(now_ns))
        return [*self.executions.tell(events), *self.balances.tell(events)]

    def skip(self, channel: str) -> None:
        """Leave out a number of the channel's sequences. Raises ValueError for another channel."""
        for each in (self.executions, self.balances):
            if each.name == channel:
                each.skip()
                return
        raise ValueError(f"channel={channel!r}: one of executions, balances")

    def report(self) -> dict[str, object]:
        """Return the account's true state, numbers as decimal text."""
        account = self.account
        assets = {**dict.fromkeys(account.balances, 0), **account.earning}
        return {
            "steps": self.steps,
            "orders": {
                order.order_id: {
                    "symbol": order.symbol,
                    "side": order.side,
                    "order_status": order.status,
                    "order_qty": plain(order.qty),
                    "limit_price": plain(order.price),
                    "cum_qty": plain(order.filled_qty),
                    "cum_cost": plain(order.filled_cost),
                    "avg_price": plain(order.average),
                    "fee_usd_equiv": plain(order.fees),
                }
                for order in account.orders.values()
            },
            "balances": {
                asset: plain(account.balances.get(asset, 0) + earn)
                for asset, earn in assets.items()
            },
            "trades": [told.fill.exec_id for told in account.fills if told.fill is not None],
        }
