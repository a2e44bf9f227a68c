"""Spoiled messages to a session of each channel: actions come out, never an error, and whatever it
would publish is an entry that the consumer takes.
"""

from __future__ import annotations

from collections.abc import Callable

from pykraken_consumer.wire import EntryId, decode, decode_snapshot

from publisher.actions import Action, Emit, Fetch
from publisher.channel_rules import WITHOUT_SYMBOLS
from publisher.channels.balances import BalancesChannel
from publisher.channels.book import BookChannel
from publisher.channels.channel import Channel
from publisher.channels.executions import ExecutionsChannel
from publisher.channels.instrument import InstrumentChannel
from publisher.channels.level3 import Level3Channel
from publisher.channels.ohlc import OhlcChannel
from publisher.channels.ticker import TickerChannel
from publisher.channels.trade import TradeChannel
from publisher.errors import BadFrame
from publisher.kraken.messages import Instruments
from publisher.kraken.trade import NoPage, decode_page
from publisher.model import Instrument, Now
from publisher.session import Session
from publisher.wire import encode

CHANNELS: tuple[Callable[[], Channel], ...] = (
    lambda: BookChannel(10, 1),
    lambda: Level3Channel(10, 1, 1),
    lambda: TickerChannel("trades"),
    TradeChannel,
    lambda: OhlcChannel(1),
    InstrumentChannel,
    lambda: ExecutionsChannel("main"),
    lambda: BalancesChannel("main"),
)
PAIRS = Instruments(True, [Instrument("BTC/USD", 1, 8, "online"), Instrument("ETH/USD", 2, 8, "")])
START_NS = 1_767_323_045_000_000_000
PAGE = b"page "
"""What a line begins with that is the answer of REST, not a message."""


def session(data: bytes) -> None:
    """The first byte chooses the channel; each line that follows is a message."""
    if not data:
        return
    channel = CHANNELS[data[0] % len(CHANNELS)]()
    symbols = ("",) if channel.name in WITHOUT_SYMBOLS else ("BTC/USD", "ETH/USD")
    machine = Session(symbols, channel)
    now = Now(1000.0, START_NS)
    _judge(channel, machine.connected(now, "token"))
    _judge(channel, machine.listed(PAIRS, now))
    fetch: Fetch | None = None
    for turn, line in enumerate(data[1:].split(b"\n"), 1):
        now = Now(1000.0 + turn * 0.3, START_NS + turn * 300_000_000)
        if line.startswith(PAGE):
            if fetch is not None:
                asked, fetch = fetch, None
                actions = machine.fetched(asked, _page(line.removeprefix(PAGE)), now)
            else:
                actions = []
        else:
            actions = machine.received(line, now)
        actions += machine.ticked(now)
        fetch = next((a for a in actions if isinstance(a, Fetch)), fetch)
        _judge(channel, actions)
    for symbol in symbols:
        machine.state_of(symbol)
        if (state := machine.capture(symbol)) is not None:
            decode_snapshot(EntryId(1, 1), encode(state, START_NS), channel.name)
    _judge(channel, machine.disconnected(now))


def _page(text: bytes) -> object:
    try:
        return decode_page(text)
    except BadFrame as error:
        return NoPage(str(error), 2.0)


def _judge(channel: Channel, actions: list[Action]) -> None:
    for action in actions:
        if isinstance(action, Emit):
            decode(EntryId(1, 1), encode(action.event, START_NS), channel.name)
