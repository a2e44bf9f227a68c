"""Which feeds run no more, by what moved between two looks."""

from __future__ import annotations

import msgpack
import pytest

from publisher.commands.remains import FeedMark, Kind, Look, Mark, Remains, feed_of, judge

STREAM = "{kraken.BTC/USD}:book.10"
STATUS = "{kraken.feed.f}:status"
ROW = msgpack.packb({"v": 1, "fd": "f", "ch": "book", "y": "BTC/USD", "l": "", "ep": 7})
LEASE = ("host:1", "7", "41")


def look(
    last: str = "7-9",
    lease: tuple[str, ...] = LEASE,
    status: str = "7-3",
    row: bytes | None = ROW,
    owner: str = "f",
) -> Look:
    """One feed, one stream."""
    rows = {} if row is None else {STREAM: row}
    feeds = {"f": FeedMark(lease, Mark(status, "f", "7", "1"))}
    return Look("kraken", rows, {STREAM: Mark(last, owner, "7", "1")}, feeds)


def test_what_stands_still_is_left_by_a_feed_that_runs_no_more() -> None:
    assert list(judge(look(), look())) == [
        Remains(Kind.FEED, "f", STATUS, False),
        Remains(Kind.STREAM, "f", STREAM, False),
    ]
    assert all(each.is_removable for each in judge(look(), look()))


@pytest.mark.parametrize(
    "after",
    [
        look(lease=("host:1", "7", "42")),
        look(lease=("host:2", "8", "1")),
        look(lease=("", "7", "41")),
        look(lease=("", "", "")),
        look(status="7-4"),
        look(last="7-10"),
    ],
)
def test_whatever_moves_is_life(after: Look) -> None:
    """Also a lease given back or lost while we watched: somebody did that."""
    (feed,) = judge(look(), after)
    assert (feed.kind, feed.is_live, feed.is_removable) == (Kind.FEED, True, False)


def test_a_row_whose_stream_is_gone_goes_with_its_feed() -> None:
    gone = look(last="0-0", owner="")
    assert [each.kind for each in judge(gone, gone)] == [Kind.FEED, Kind.ROW]
    assert all(each.is_removable for each in judge(gone, gone))


def test_a_stream_without_a_row_is_only_told() -> None:
    found = list(judge(look(row=None), look(row=None)))
    assert [each.kind for each in found] == [Kind.UNLISTED, Kind.UNLISTED]
    assert not any(each.is_removable for each in found)


@pytest.mark.parametrize("row", [b"", b"\xc1", b"\x90", b"\x80", msgpack.packb({"fd": 1})])
def test_a_row_that_names_no_feed_is_only_told(row: bytes) -> None:
    found = list(judge(look("0-0", row=row, owner=""), look("0-0", row=row, owner="")))
    # The feed itself is known by its status alone.
    assert [(each.kind, each.feed) for each in found] == [(Kind.UNLISTED, "f"), (Kind.UNKNOWN, "")]
    assert not any(each.is_removable for each in found)


def test_the_fenced_owner_counts_more_than_the_catalogue() -> None:
    assert feed_of(ROW, Mark("7-9", "other", "7", "1")) == "other"
    assert feed_of(ROW, Mark("7-9", "", "", "")) == "f"
