"""The ladder: one moment of a book as something that rich can print. Pure: view in, picture out.

Asks stand above bids with the spread between them; each level's bar shows the qty from the best
level down to it, against the larger side. Numbers come as exact decimal text or scaled integers
and are never floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from publisher.views.meter import Hop
from publisher.views.numbers import decimal_text, percent_text

State = Literal["waiting", "live", "stale", "invalid", "stopped", "disconnected"]
EIGHTHS = " ▏▎▍▌▋▊▉"
BAR_MIN = 8
GAP = 2
STYLES: dict[State, str] = {
    "waiting": "yellow",
    "live": "bold green",
    "stale": "bold yellow",
    "invalid": "bold red",
    "stopped": "bold yellow",
    "disconnected": "bold red",
}
MEANING: dict[State, str] = {
    "waiting": "waiting for a first snapshot",
    "live": "verified",
    "stale": "nothing heard for longer than allowed",
    "invalid": "dropped, awaiting a snapshot",
    "stopped": "the publisher said goodbye",
    "disconnected": "Redis is away",
}


@dataclass(frozen=True, slots=True)
class View:
    """One moment: levels are (price, qty) scaled integers, best first."""

    stream: str
    symbol: str
    state: State
    epoch: int
    seq: int
    price_precision: int
    qty_precision: int
    bids: Sequence[tuple[int, int]]
    asks: Sequence[tuple[int, int]]
    per_second: float
    hops: Sequence[Hop]
    gaps: int
    resets: int
    epochs: int
    last: str


def render(view: View, *, width: int, rows: int) -> RenderableType:
    """Return the picture, at most `rows` levels a side, for a terminal of `width` columns."""
    return Group(_title(view), _ladder(view, width, rows), _foot(view))


def still(view: View, *, width: int, rows: int) -> RenderableType:
    """Return the picture of a book that nobody watches: without rates and counts."""
    return Group(_title(view), _ladder(view, width, rows))


def line(view: View) -> str:
    """Return the moment as one line of text, for where there is no terminal."""
    parts = [
        view.symbol,
        view.state,
        f"epoch={view.epoch} seq={view.seq}",
        f"bid={_best(view.bids, view)} ask={_best(view.asks, view)}",
        f"rate={view.per_second:.0f}/s",
        *(f"{hop.name}={hop.p50_ns / 1e6:.2f}ms" for hop in view.hops),
        f"gaps={view.gaps} resets={view.resets}",
    ]
    return " ".join(parts)


def bar(part: int, whole: int, width: int) -> str:
    """Return a bar of `part` in `whole`, at most `width` columns, in eighths of a column."""
    eighths = min(part * width * 8 // whole, width * 8) if whole else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def spread_text(view: View) -> str:
    """Return spread and mid, or which side is absent."""
    if not view.bids or not view.asks:
        empty = [name for name, side in (("bids", view.bids), ("asks", view.asks)) if not side]
        return f"no {' and no '.join(empty)}"
    bid, ask = view.bids[0][0], view.asks[0][0]
    if bid >= ask:
        return "locked" if bid == ask else "crossed"
    spread = decimal_text(ask - bid, view.price_precision)
    # Twice the mid is an integer; half of it needs one decimal more.
    mid = decimal_text((bid + ask) * 5, view.price_precision + 1)
    return f"spread {spread} ({percent_text(2 * (ask - bid), bid + ask)} %)   mid {mid}"


def _title(view: View) -> Text:
    title = Text(no_wrap=True, overflow="ellipsis")
    title.append(view.symbol or view.stream, style="bold")
    title.append("  ")
    title.append(f"● {view.state}", style=STYLES[view.state])
    title.append(f" {MEANING[view.state]}", style="dim")
    title.append(f"\n{view.stream}  epoch {view.epoch}  seq {view.seq}", style="dim")
    return title


def _ladder(view: View, width: int, rows: int) -> Table:
    asks, bids = list(view.asks[:rows]), list(view.bids[:rows])
    # Before 14.3, rich puts a gap after the last column too.
    bar_width = max(BAR_MIN, width - _numbers_width([*asks, *bids], view) - GAP)
    table = Table.grid(padding=(0, GAP))
    table.add_column("price", justify="right", no_wrap=True)
    table.add_column("qty", justify="right", no_wrap=True)
    table.add_column("depth", no_wrap=True, width=bar_width)
    table.add_row("price", "qty", "depth", style="dim")
    whole = max(sum(qty for _, qty in asks), sum(qty for _, qty in bids), 1)
    dim = "" if view.state == "live" else "dim "
    for cells in reversed(list(_rows(asks, whole, bar_width, view))):
        table.add_row(*cells, style=dim + "red")
    table.add_row("", "", Text(spread_text(view), style="bold"))
    for cells in _rows(bids, whole, bar_width, view):
        table.add_row(*cells, style=dim + "green")
    return table


def _numbers_width(levels: Sequence[tuple[int, int]], view: View) -> int:
    """Return the columns that prices and quantities take, with the gaps after them."""
    price = max((price for price, _ in levels), default=0)
    qty = max((qty for _, qty in levels), default=0)
    texts = decimal_text(price, view.price_precision), decimal_text(qty, view.qty_precision)
    heads = "price", "qty"
    return sum(max(len(text), len(head)) + GAP for text, head in zip(texts, heads, strict=True))


def _rows(
    levels: Sequence[tuple[int, int]], whole: int, width: int, view: View
) -> Iterator[tuple[str, str, str]]:
    sums = accumulate(qty for _, qty in levels)
    for (price, qty), total in zip(levels, sums, strict=True):
        yield (
            decimal_text(price, view.price_precision),
            decimal_text(qty, view.qty_precision),
            bar(total, whole, width),
        )


def _foot(view: View) -> Text:
    foot = Text(no_wrap=True, overflow="ellipsis")
    foot.append(f"{view.per_second:,.0f} events/s", style="bold")
    foot.append(f"   gaps {view.gaps}   resets {view.resets}   epochs {view.epochs}", style="dim")
    if view.last:
        foot.append(f"   last: {view.last}", style="yellow")
    foot.append("\n")
    for hop in view.hops:
        foot.append(f"{hop.name} ", style="dim")
        foot.append(f"{hop.p50_ns / 1e6:.2f} ms")
        foot.append(f" (p99 {hop.p99_ns / 1e6:.2f})   ", style="dim")
    return foot


def _best(levels: Sequence[tuple[int, int]], view: View) -> str:
    return decimal_text(levels[0][0], view.price_precision) if levels else "-"
