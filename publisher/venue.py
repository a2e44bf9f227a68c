"""The connections to Kraken that one feed needs: where to, with which sessions, for which token.

A channel that has no instruments beside it gets a connection to the public endpoint that watches
them. Connects run in threads; so does the fetching of tokens, one for each connection made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from publisher import feed as feeds
from publisher.channel_rules import WITH_KEY
from publisher.channels.book import BookChannel
from publisher.channels.plans import connections_of
from publisher.connection import Connection, Ground
from publisher.feed import Endpoint, Feed
from publisher.model import FeedPlan
from publisher.session import Session
from publisher.settings import Settings
from publisher.state import StateFolder
from publisher.tokens import fetch_token


def sessions_of(plan: FeedPlan) -> list[Session]:
    """Return a session for each data connection of the plan's feed."""
    return [Session(symbols, channel) for symbols, channel in connections_of(plan)]


def connections(
    settings: Settings, sessions: Sequence[Session], ground: Ground
) -> list[Connection]:
    """Return the connections of a feed, none of them up yet; the data's come first."""
    made = [connection(settings, session, ground) for session in sessions]
    if any(session.channel.precisions == "given" for session in sessions):
        watch = Session((), BookChannel(settings.depth))
        made.append(Connection(watch, _dial(endpoint(settings, settings.ws_url)), ground))
    return made


def connection(settings: Settings, session: Session, ground: Ground) -> Connection:
    """Return the connection of one session, not up yet; it has no instruments but its own."""
    dial = _dial(endpoint(settings, url_of(settings, session.channel.name)))
    if session.channel.name in WITH_KEY:
        dial = _with_token(dial, settings)
    return Connection(session, dial, ground)


def url_of(settings: Settings, channel: str) -> str:
    """Return the endpoint that serves a channel (protocol.md 1)."""
    match channel:
        case "level3":
            return settings.ws_l3_url
        case "executions" | "balances":
            return settings.ws_auth_url
    return settings.ws_url


def endpoint(settings: Settings, url: str) -> Endpoint:
    """Return where to connect and how, by the settings."""
    return Endpoint(
        url,
        settings.ws_timeout_s,
        settings.frame_max_bytes,
        ca_file=str(settings.ca_file) if settings.ca_file else None,
        http_proxy=settings.http_proxy,
    )


def _dial(where: Endpoint) -> Callable[[], Feed]:
    return lambda: feeds.dial(where)


def _with_token(dial: Callable[[], Feed], settings: Settings) -> Callable[[], Feed]:
    state = StateFolder(settings.state_dir)  # one of its own: it is used in the dialer's thread

    def dial_with_token() -> Feed:
        token = fetch_token(settings, state, timeout_s=settings.ws_timeout_s)
        feed = dial()
        feed.token = token.value.get_secret_value()
        return feed

    return dial_with_token
