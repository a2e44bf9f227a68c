"""What Kraken's words mean, against protocol.md 11."""

from __future__ import annotations

import pytest

from publisher.kraken.refusals import meaning


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("Already subscribed", "standing"),
        ("Already subscribed to one ohlc interval on this symbol", "standing"),
        ("ESession:Invalid session", "spent_token"),
        ("Exceeded msg rate", "transient"),
        ("EAPI:Rate limit exceeded", "transient"),
        ("EService:Unavailable", "transient"),
        ("EGeneral:Internal error:7", "transient"),
        ("Currency pair not supported XBT/USD", "final"),
        ("Subscription depth not supported", "final"),
        ("EGeneral:Permission denied", "final"),
        ("", "final"),
    ],
)
def test_meaning(error: str, means: str) -> None:
    assert meaning(error) == means
