"""Which symbols a feed publishes: those named, or all that Kraken lists and the filters let
through, and of these this shard's share.

Kraken's list comes from its `instrument` channel, over a connection of its own that is closed at
once (protocol.md 1.2: REST has other names). A shell; it blocks, and so runs before the daemon.
"""

from __future__ import annotations

import contextlib
import random
import select
import time
from collections.abc import Sequence

from publisher import channel_rules
from publisher.connection import ConnectBudget, clock
from publisher.errors import KrakenRefused, KrakenUnreachable, ProtocolError
from publisher.feed import Endpoint, Feed, UpgradeRefused, dial
from publisher.kraken import messages, reconnect, requests
from publisher.logs import get_logger
from publisher.model import Instrument
from publisher.settings import Settings, feed_id
from publisher.state import StateFolder
from publisher.venue import endpoint

PATIENCE_S = 60.0
"""For the list, with all attempts."""
ANSWER_S = 10.0
"""For the list on a connection that stands."""


def resolved(settings: Settings, state: StateFolder) -> Settings:
    """Return the settings with the symbols named one by one, and the feed's id as it was asked for:
    that does not change with the list. Raise KrakenRefused or KrakenUnreachable.
    """
    symbols: Sequence[str] = settings.symbols
    if settings.channel in channel_rules.WITHOUT_SYMBOLS:
        return settings
    if symbols == channel_rules.ALL:
        pairs = all_pairs(endpoint(settings, settings.ws_url), ConnectBudget(state))
        symbols = channel_rules.chosen(pairs, settings.quotes, settings.statuses)
    mine = channel_rules.share(symbols, settings.shard)
    if not mine:
        what = f"of {len(symbols)} symbols none is left for this feed"
        mend = "Check PYKRAKEN_QUOTES, PYKRAKEN_STATUSES and PYKRAKEN_SHARD"
        raise KrakenRefused("Kraken", what, mend)
    if len(mine) != len(settings.symbols) or settings.symbols == channel_rules.ALL:
        get_logger("daemon").info("symbols.chosen", chosen=len(mine), of=len(symbols))
    return settings.model_copy(update={"symbols": tuple(mine), "feed": feed_id(settings)})


def all_pairs(
    where: Endpoint, budget: ConnectBudget, *, patience_s: float = PATIENCE_S
) -> list[Instrument]:
    """Return what Kraken lists; try again for a while, within the budget of connects. Raise
    KrakenUnreachable.
    """
    backoff = reconnect.Backoff()
    deadline = time.monotonic() + patience_s
    while True:
        wait_s: float = budget.spend(clock())
        reason = "the budget of connects is spent"
        if not wait_s:
            try:
                with contextlib.closing(dial(where)) as feed:
                    return _ask(feed)
            except (OSError, ProtocolError) as error:
                reason = str(error) or type(error).__name__
                status = error.status if isinstance(error, UpgradeRefused) else None
                wait_s = backoff.wait_s(time.monotonic(), status, random.random())
        if time.monotonic() + wait_s >= deadline:
            raise KrakenUnreachable(where.url, reason)
        get_logger("feed").warning("listing.away", reason=reason, retry_s=round(wait_s, 2))
        time.sleep(wait_s)


def _ask(feed: Feed) -> list[Instrument]:
    """Ask for the instruments and wait for them. Raise ConnectionError or ProtocolError."""
    feed.send(requests.subscribe_instrument(1))
    deadline = time.monotonic() + ANSWER_S
    while (left_s := deadline - time.monotonic()) > 0:
        payloads = feed.receive()  # TLS may hold what no selector shows
        for payload in payloads:
            match messages.decode_other(payload, ""):
                case messages.Instruments(True, pairs):
                    return pairs
                case messages.Ack(error=error) if error:
                    raise ConnectionError(f"instrument: {error}")
        if not payloads:
            select.select([feed], [], [], left_s)
    raise ConnectionError(f"no instruments in {ANSWER_S:g} s")
