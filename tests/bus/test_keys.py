"""Names of keys, against the table of WIRE.md 2.1."""

from __future__ import annotations

from publisher.bus import keys


def test_the_table() -> None:
    assert keys.stream_keys("kraken", "BTC/USD", "book.10") == (
        "{kraken.BTC/USD}:book.10",
        "{kraken.BTC/USD}:book.10.own",
        "{kraken.BTC/USD}:book.10.snap",
    )
    assert (
        keys.stream_keys("kraken", "BTC/USD", "book.10", "a").snap
        == "{kraken.BTC/USD}:book.10/a.snap"
    )
    assert keys.status_keys("kraken", "x").stream == "{kraken.feed.x}:status"
    assert keys.lease_key("kraken", "x") == "{kraken.feed.x}:lease"
    assert keys.catalogue_key("kraken") == "{kraken.catalogue}:streams"


def test_what_belongs_together_shares_a_slot() -> None:
    """A cluster hashes what is between the first brace and the next."""
    for group in (keys.stream_keys("n", "A/B", "book.25", "b"), keys.status_keys("n", "f")):
        assert len({key[: key.index("}") + 1] for key in group}) == 1
