"""The assets that the simulator lists: the bases and quotes of its pairs (protocol.md 4.5). Pure.

Well-known money has a margin rate and is borrowable; what is made up is not; a name that ends in
a small x is a tokenised share, as at Kraken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from publisher.simulator.instruments import Instrument

STATUSES = (
    "depositonly", "disabled", "enabled", "fundingtemporarilydisabled", "withdrawalonly",
    "workinprogress",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset; `margin_rate` is decimal text, empty for one that cannot be borrowed."""

    name: str
    precision: int = 10
    precision_display: int = 5
    margin_rate: str = ""
    status: str = "enabled"

    @property
    def is_tokenized(self) -> bool:
        """Return whether it stands for a share."""
        return is_tokenized(self.name)


KNOWN: Mapping[str, Asset] = MappingProxyType({
    asset.name: asset
    for asset in (
        Asset("USD", 4, 2, "0.025000"),
        Asset("EUR", 4, 2, "0.020000"),
        Asset("USDT", 8, 4, "0.020000"),
        Asset("BTC", 10, 5, "0.010000"),
        Asset("ETH", 10, 5, "0.020000"),
        Asset("SOL", 10, 5, "0.020000"),
        Asset("DOGE", 8, 2, "0.020000"),
    )
})  # fmt: skip


def is_tokenized(name: str) -> bool:
    """Return whether an asset of that name stands for a share."""
    return name.endswith("x")


def of_pairs(pairs: Iterable[Instrument]) -> dict[str, Asset]:
    """Return {name: asset} of all bases and quotes, in the order in which they first come."""
    names = dict.fromkeys(name for pair in pairs for name in (pair.base, pair.quote))
    return {name: KNOWN.get(name) or Asset(name) for name in names}
