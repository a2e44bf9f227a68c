"""The ladder on a console of fixed width: what stands where."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from publisher.views.ladder import View, bar, line, render, spread_text
from publisher.views.meter import Hop

VIEW = View(
    stream="{kraken.BTC/USD}:book.10",
    symbol="BTC/USD",
    state="live",
    epoch=1795479290094,
    seq=1234,
    price_precision=1,
    qty_precision=8,
    bids=[(640000, 100000000), (639995, 300000000)],
    asks=[(640001, 50000000), (640010, 150000000), (640020, 900000000)],
    per_second=1234.4,
    hops=[Hop("event→recv", 20_500_000, 51_000_000), Hop("pub→here", 300_000, 900_000)],
    gaps=1,
    resets=2,
    epochs=3,
    last="reset: checksum",
)


def drawn(view: View, *, width: int = 80, rows: int = 2) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(render(view, width=width, rows=rows))
    assert isinstance(console.file, io.StringIO)
    return [text.rstrip() for text in console.file.getvalue().splitlines()]


def test_the_whole_picture() -> None:
    # Bars: 80 columns less 9 and 12 of numbers and a gap. Of 57, 4.0 is the whole (the larger side
    # of the two levels shown), 2.0 is 28 and 4 eighths, 1.0 is 14 and 2, 0.5 is 7 and 1.
    assert drawn(VIEW) == [
        "BTC/USD  ● live verified",
        "{kraken.BTC/USD}:book.10  epoch 1795479290094  seq 1234",
        "  price         qty  depth",
        "64001.0  1.50000000  " + "█" * 28 + "▌",
        "64000.1  0.50000000  " + "█" * 7 + "▏",
        "                     spread 0.1 (0.0001 %)   mid 64000.05",
        "64000.0  1.00000000  " + "█" * 14 + "▎",
        "63999.5  3.00000000  " + "█" * 57,
        "1,234 events/s   gaps 1   resets 2   epochs 3   last: reset: checksum",
        "event→recv 20.50 ms (p99 51.00)   pub→here 0.30 ms (p99 0.90)",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = drawn(VIEW, width=width, rows=10)
    assert len(lines) == 2 + 1 + 3 + 1 + 2 + 2
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("waiting", "first snapshot"),
        ("invalid", "dropped"),
        ("stale", "nothing heard"),
        ("stopped", "goodbye"),
        ("disconnected", "Redis is away"),
    ],
)
def test_every_state_says_what_it_means(state: str, meaning: str) -> None:
    assert meaning in drawn(dataclasses.replace(VIEW, state=state))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bids", "asks", "text"),
    [
        ([], [(5, 1)], "no bids"),
        ([(5, 1)], [], "no asks"),
        ([], [], "no bids and no asks"),
        ([(5, 1)], [(5, 1)], "locked"),
        ([(6, 1)], [(5, 1)], "crossed"),
    ],
)
def test_what_is_absent_or_odd_is_said_and_no_number_is_made_up(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], text: str
) -> None:
    view = dataclasses.replace(VIEW, bids=bids, asks=asks)
    assert spread_text(view) == text
    assert any(text in shown for shown in drawn(view))


def test_bars_grow_in_eighths_and_never_past_their_width() -> None:
    assert [bar(part, 16, 2) for part in (0, 1, 8, 9, 16, 17)] == ["", "▏", "█", "█▏", "██", "██"]
    assert bar(1, 0, 5) == ""


def test_quantities_beyond_64_bits_are_drawn_whole() -> None:
    view = dataclasses.replace(VIEW, bids=[(1, 2**70)], qty_precision=0)
    assert any(str(2**70) in shown for shown in drawn(view, width=120))


def test_one_line_for_where_there_is_no_terminal() -> None:
    assert line(VIEW) == (
        "BTC/USD live epoch=1795479290094 seq=1234 bid=64000.0 ask=64000.1 rate=1234/s "
        "event→recv=20.50ms pub→here=0.30ms gaps=1 resets=2"
    )
    assert "bid=- ask=-" in line(dataclasses.replace(VIEW, bids=[], asks=[]))
