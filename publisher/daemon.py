"""The daemon: one feed from Kraken to Redis, as three verbs: start up, main loop, shut down.

One thread and one selector carry everything: the feed's socket, two links to Redis, the signals.
Only connects run in threads (dial.py). Each turn of the loop reads what has come, lets the session
prove it, gives its events to the publication (connection.py), and sends them; twenty times a second
it lets everybody do what is due by time.
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import selectors
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator

from publisher import reach, venue, wire
from publisher.actions import Action, Fetch, Listed, Log, Notify
from publisher.auditing import Auditor
from publisher.bus.keeper import LinkKeeper
from publisher.bus.link import Address
from publisher.bus.publication import Publication
from publisher.bus.writer import Writer, lease_of
from publisher.captures import CaptureFolder
from publisher.changes import FENCED, NO_ROOM, ChangeTally
from publisher.channels.plans import plan_of, symbols_per_connection
from publisher.connection import ConnectBudget, Connection, Ground, clock
from publisher.embedded import EmbeddedServer
from publisher.errors import FencedError, KrakenRefused
from publisher.fetching import fetcher_of
from publisher.health.pulse import Pulse
from publisher.health.threads import Threads
from publisher.health.vitals import Vitals
from publisher.health.watchdog import watching
from publisher.kraken.messages import Instruments
from publisher.listing import resolved
from publisher.logs import get_logger
from publisher.model import BookState, Now
from publisher.rereading import Rereading
from publisher.session import SessionGroup
from publisher.setting_rules import mask_url
from publisher.settings import Settings
from publisher.state import StateFolder

TICK_S = 0.05
FLUSH_S = 2.0
RELEASE_S = 1.0
SHARED_LIMITS = (
    "it is asked again later; if it stays so, publish fewer symbols or less depth: Kraken's "
    "limits, and an account's budget for level3, count all processes together"
)


def run(settings: Settings, reread: Callable[[], Settings]) -> int:
    """Publish until a signal ends it, and `reread` the settings at SIGHUP; return the exit code.
    Raise PykrakenError for what is for good.
    """
    state = StateFolder(settings.state_dir)
    rereading = Rereading(settings, reread)
    with contextlib.ExitStack() as stack:
        stack.enter_context(rereading.signalled())
        settings = resolved(settings, state)
        reach.check_files(settings)
        if settings.redis_url is not None:
            url = reach.whole_url(settings.redis_url, settings)
        else:
            server = stack.enter_context(EmbeddedServer(state))
            url = server.start(settings.embedded_port, settings.embedded_dir)
        daemon = stack.enter_context(contextlib.closing(Daemon(settings, url, state, rereading)))
        stack.enter_context(daemon.signals())
        if settings.metrics_port is not None:
            from publisher.health.server import serving  # loads libraries: only for who asks

            at = settings.metrics_host, settings.metrics_port
            stack.enter_context(serving(daemon.vitals(), *at))
        stack.enter_context(daemon.threads.heard())
        daemon.start_up()
        with watching(lambda: daemon.pulse.last_turn):
            daemon.main_loop()
            daemon.shut_down()
    return 0


class Daemon:
    """One feed. Owns the selector, the feed's connection and the writer."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        state: StateFolder,
        rereading: Rereading | None = None,
    ) -> None:
        self._settings = settings
        self._rereading = rereading
        self._changes = rereading.tally if rereading else ChangeTally()
        self._joined: set[str] = set()
        """Symbols that came while the feed ran."""
        self._redis_url = redis_url
        self._state = state
        self._log = get_logger("daemon")
        self._plan = plan = plan_of(settings)
        self._group = SessionGroup(venue.sessions_of(plan), symbols_per_connection(plan))
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._stops = 0
        self.pulse = Pulse(time.monotonic())
        self.threads = Threads(self._wake)
        writer_id = secrets.randbits(64)
        owner = f"{socket.gethostname()}:{os.getpid()}:{writer_id:x}"
        self._writer = Writer(
            Publication(
                plan,
                writer_id,
                self._group.capture,
                self._group.state_of,
                self._group.capture_top,
            ),
            lease_of(plan.space, plan.feed, owner, settings.lease_s),
            Address(redis_url, settings.redis_timeout_s),
            selector=self._selector,
            wake=self._wake,
            clock=clock,
        )
        self._fetcher = fetcher_of(settings)
        self._budget = ConnectBudget(state)
        ground = Ground(
            self._selector,
            self._wake,
            self._budget,
            publish=self._writer.publication.publish_all,
            obey=self._obey,
            captures=CaptureFolder(settings.state_dir / "captures", plan.feed),
        )
        self._feed_tally = ground.tally
        sessions = self._group.sessions
        self._connections = venue.connections(settings, sessions, ground)
        self._auditor = Auditor(settings, plan, self._group, ground)

    # Three verbs ----------------------------------------------------------------------------------

    def start_up(self) -> None:
        """Say what will be done; connections come with the first turns of the loop."""
        plan = self._plan
        self._log.info(
            "daemon.started",
            feed=plan.feed,
            symbols=len(plan.symbols),
            depth=plan.depth,
            exchange=mask_url(venue.url_of(self._settings, plan.channel)),
            redis=mask_url(self._redis_url),
        )
        self._writer.publication.inspect()
        # Events make no cycles; without this the collector would walk the ring again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)

    def main_loop(self) -> None:
        """Turn until a signal says stop."""
        while not self._stops:
            self._turn(TICK_S)

    def shut_down(self) -> None:
        """Flush, last snapshots, farewell, lease released: all within seconds."""
        self._log.info("daemon.stopping")
        now = clock()
        self.pulse.stops(now.mono)
        publication = self._writer.publication
        for connection in self._connections:
            connection.close()
        self._auditor.close()
        publication.bye(now)
        deadline = now.mono + FLUSH_S
        while self._writer.is_leading and time.monotonic() < deadline and self._stops < 2:
            self._turn(0.01)
            if self._writer.is_settled:
                break
        self._writer.release(clock())
        deadline = time.monotonic() + RELEASE_S
        while self._writer.owes_release and time.monotonic() < deadline and self._stops < 2:
            self._turn(0.01)
        self._log.info("daemon.stopped", flushed=self._writer.is_settled)

    def close(self) -> None:
        """Close whatever is open."""
        for connection in self._connections:
            connection.end()
        self._auditor.end()
        self._fetcher.end()
        self._writer.close()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Hold SIGTERM and SIGINT while the daemon runs; a second one cuts the flush short."""
        before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stops += 1
        self._wake()

    # The loop -------------------------------------------------------------------------------------

    def _turn(self, timeout_s: float) -> None:
        for key, mask in self._selector.select(timeout_s):
            if isinstance(key.data, Connection):
                key.data.read()
            elif isinstance(key.data, LinkKeeper):
                key.data.ready(mask, time.monotonic())
            else:
                self._drain_wake()
        now = clock()
        pulse = self.pulse
        pulse.last_turn = now.mono
        if now.mono >= pulse.due:
            pulse.beats(now.mono, TICK_S)
            self._tick(now)
        self._writer.pump(now)

    def _tick(self, now: Now) -> None:
        self.threads.check()
        for fetch, answer in self._fetcher.answers():
            for connection in self._connections:
                if fetch.symbol in connection.session.subscriptions:
                    connection.obey(connection.session.fetched(fetch, answer, now), now)
        for connection in self._connections:
            connection.ticked(now)
        for symbol in self._auditor.ticked(now):
            self._distrust(symbol, now)
        live, refused = self._group.live, self._group.refused
        self.pulse.missing(len(self._group.symbols) - len(refused) - live, now.mono)
        self._writer.ticked(now, self._feed_state(live, len(refused)))
        self._refuse_for_good(refused, now)
        symbols = self._rereading.symbols() if self._rereading else None
        if symbols is not None:
            self.change(symbols, now)

    def _distrust(self, symbol: str, now: Now) -> None:
        for connection in self._connections:
            if symbol in connection.session.subscriptions:
                note = "a level below the best ten"
                connection.obey(connection.session.distrusted(symbol, note, now), now)

    def change(self, symbols: Collection[str], now: Now) -> None:
        """Publish these symbols from now on; whatever stays notices nothing."""
        group = self._group
        leaving = [symbol for symbol in group.symbols if symbol not in set(symbols)]
        joining = [symbol for symbol in symbols if symbol not in group.symbols]
        room = group.room(leaving)
        self._changes.left_out = dict.fromkeys(joining[room:], NO_ROOM)
        if left_out := joining[room:]:
            most = symbols_per_connection(self._plan) * len(group.sessions)
            mend = "restart: a new start makes as many connections as it needs"
            self._log.error("symbols.no_room", left_out=left_out, most=most, mend=mend)
        joining = joining[:room]
        self._joined |= {*joining}
        self._writer.publication.changed(joining, leaving, now)
        asked = group.changed(joining, leaving, now)
        for connection, actions in zip(self._connections, asked, strict=False):
            connection.obey(actions, now)
        feed, count = self._plan.feed, len(group.symbols)
        self._log.info("symbols.changed", feed=feed, symbols=count, added=joining, removed=leaving)

    def _obey(self, action: Action, now: Now) -> None:
        """Do what a session asks beyond its own connection."""
        match action:
            case Notify(kind, symbol, note) if self._group.is_news(action):
                say = self._log.info if note == "system online" else self._log.warning
                say(f"kraken.{kind}", symbol=symbol, note=note)
                self._writer.publication.announce(_notice(action, now), now)
            case Log("subscribe.error", detail):
                self._log.warning("subscribe.error", detail=detail, mend=SHARED_LIMITS)
            case Log(event, detail, level):
                getattr(self._log, level)(event, detail=detail)
            case Fetch():
                self._fetcher.ask(action)
            case Listed(is_all, pairs):
                listed = Instruments(is_all, pairs)
                for connection in self._connections[: len(self._group.sessions)]:
                    connection.obey(connection.session.listed(listed, now), now)

    def vitals(self) -> Vitals:
        """Return what the health endpoint may look at, from threads of its own."""
        return Vitals(
            plan=self._plan,
            session=self._group,
            writer=self._writer,
            pulse=self.pulse,
            feed=self._feed_tally,
            state=self._state,
            is_connected=lambda: self._is_connected,
            connects_left=self._budget.left,
            audits=self._auditor.counts,
            fetch_errors=self._fetcher.errors,
            frame_limit=self._settings.frame_max_bytes,
            changes=self._changes,
        )

    @property
    def _is_connected(self) -> bool:
        """True while every data connection stands."""
        return all(c.is_up for c in self._connections[: len(self._group.sessions)])

    # Odds and ends --------------------------------------------------------------------------------

    def _feed_state(self, live: int, refused: int) -> wire.FeedState:
        symbols = len(self._group.symbols)
        if not self._is_connected:
            state = BookState.DISCONNECTED
        else:
            state = BookState.LIVE if live == symbols - refused else BookState.AWAITING_SNAPSHOT
        return wire.FeedState(
            ts_event=0,
            ts_recv=0,
            ts_pub=0,
            flags=0,
            state=state.value,
            symbols=symbols,
            live=live,
            system=self._group.system,
        )

    def _refuse_for_good(self, refused: list[str], now: Now) -> None:
        """Give up when no symbol of the feed can ever be had, or another feed owns a stream; one
        that came later is given up alone.
        """
        if len(refused) == len(self._group.symbols):
            if refused == [""]:
                mend = "Look at the key's permissions; `pykraken doctor` names them"
                raise KrakenRefused("Kraken", f"refuses {self._plan.channel}", mend)
            names = ", ".join(refused[:5])
            mend = "Check PYKRAKEN_SYMBOLS and PYKRAKEN_DEPTH"
            raise KrakenRefused("Kraken", f"refuses every symbol of the feed ({names})", mend)
        stranger = self._writer.live_stranger()
        if stranger is not None:
            error = FencedError(*stranger, self._plan.feed)
            symbol = self._writer.publication.data.symbol_of(stranger[0])
            if symbol not in self._joined:
                raise error
            self._log.error("symbol.fenced", symbol=symbol, reason=str(error))
            left_out = self._changes.left_out | {symbol: FENCED}
            self.change([own for own in self._group.symbols if own != symbol], now)
            self._changes.left_out = left_out

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway
            self._wake_out.send(b"w")

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)


def _notice(notify: Notify, now: Now) -> wire.Notice:
    return wire.Notice(
        ts_event=0,
        ts_recv=now.unix,
        ts_pub=0,
        flags=0,
        kind=notify.kind,
        symbol=notify.symbol,
        note=notify.note,
        report=wire.json_text(notify.report) if notify.report else None,
    )
