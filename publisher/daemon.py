"""The daemon: one feed from Kraken to Redis, as three verbs: start up, main loop, shut down.

One thread and one selector carry everything: the feed's socket, two links to Redis, the signals.
Only connects run in threads (dial.py). Each turn of the loop reads what has come, lets the session
prove it, gives its events to the publication, and sends them; ten times a second it lets everybody
do what is due by time.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import secrets
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from time import time_ns

from publisher import feed as feeds
from publisher import wire
from publisher.bus.keeper import LinkKeeper
from publisher.bus.link import Address
from publisher.bus.publication import Publication
from publisher.bus.writer import Writer, lease_of
from publisher.dial import Dialer
from publisher.embedded import EmbeddedServer
from publisher.errors import FencedError, KrakenRefused, ProtocolError
from publisher.feed import Endpoint, Feed, UpgradeRefused
from publisher.health.vitals import Vitals
from publisher.kraken import reconnect
from publisher.logs import get_logger
from publisher.model import BookState, FeedPlan, Now
from publisher.session import Action, Close, Emit, Log, Notify, Send, Session
from publisher.setting_rules import mask_url
from publisher.settings import Settings, feed_id
from publisher.state import StateFolder

TICK_S = 0.05
FLUSH_S = 2.0
RELEASE_S = 1.0
BUDGET_STATE = "connect-budget.json"


def run(settings: Settings) -> int:
    """Publish until a signal ends it; return the exit code. Raise PykrakenError for what is for
    good.
    """
    state = StateFolder(settings.state_dir)
    with contextlib.ExitStack() as stack:
        url = settings.redis_url
        if url is None:
            server = stack.enter_context(EmbeddedServer(state))
            url = server.start(settings.embedded_port, settings.embedded_dir)
        daemon = stack.enter_context(contextlib.closing(Daemon(settings, url, state)))
        stack.enter_context(daemon.signals())
        if settings.metrics_port is not None:
            from publisher.health.server import serving  # loads libraries: only for who asks

            at = settings.metrics_host, settings.metrics_port
            stack.enter_context(serving(daemon.vitals(), *at))
        daemon.start_up()
        daemon.main_loop()
        daemon.shut_down()
    return 0


def plan_of(settings: Settings) -> FeedPlan:
    """Return what the settings say that the feed publishes."""
    return FeedPlan(
        namespace=settings.namespace,
        feed=feed_id(settings),
        symbols=tuple(settings.symbols),
        channel=settings.channel,
        depth=settings.depth,
        line=settings.line,
        checksum_freq=settings.checksum_freq,
        snapshot_interval_s=settings.snapshot_interval_s,
        retention_s=settings.retention_s,
        heartbeat_s=settings.heartbeat_s,
        ring_seconds=settings.ring_seconds,
        ring_bytes=settings.ring_bytes,
        stream_max_bytes=settings.stream_max_bytes,
    )


class Daemon:
    """One feed. Owns the selector, the feed's connection and the writer."""

    def __init__(self, settings: Settings, redis_url: str, state: StateFolder) -> None:
        self._settings = settings
        self._redis_url = redis_url
        self._state = state
        self._log = get_logger("daemon")
        self._plan = plan = plan_of(settings)
        self._session = Session(plan.symbols, plan.depth, plan.checksum_freq)
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        ca_file = str(settings.ca_file) if settings.ca_file else None
        endpoint = Endpoint(
            settings.ws_url,
            settings.ws_timeout_s,
            settings.frame_max_bytes,
            ca_file=ca_file,
            http_proxy=settings.http_proxy,
        )
        self._dialer: Dialer[Feed] = Dialer(lambda: feeds.dial(endpoint), self._wake)
        self._backoff = reconnect.Backoff()
        self._feed: Feed | None = None
        self._dial_at = 0.0
        self._stops = 0
        self._next_tick = 0.0
        self.last_turn = time.monotonic()
        writer_id = secrets.randbits(64)
        owner = f"{socket.gethostname()}:{os.getpid()}:{writer_id:x}"
        session = self._session
        self._writer = Writer(
            Publication(plan, writer_id, session.capture, session.state_of),
            lease_of(plan.namespace, plan.feed, owner, settings.lease_s),
            Address(redis_url, settings.redis_timeout_s, ca_file),
            selector=self._selector,
            wake=self._wake,
            clock=_now,
        )

    # Three verbs ----------------------------------------------------------------------------------

    def start_up(self) -> None:
        """Say what will be done; connections come with the first turns of the loop."""
        plan = self._plan
        self._log.info(
            "daemon.started",
            feed=plan.feed,
            symbols=len(plan.symbols),
            depth=plan.depth,
            exchange=mask_url(self._settings.ws_url),
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
        now = _now()
        publication = self._writer.publication
        self._close_feed()
        self._dialer.abandon()
        publication.bye(now)
        deadline = now.mono + FLUSH_S
        while self._writer.is_leading and time.monotonic() < deadline and self._stops < 2:
            self._turn(0.01)
            if self._writer.is_settled:
                break
        self._writer.release(_now())
        deadline = time.monotonic() + RELEASE_S
        while self._writer.owes_release and time.monotonic() < deadline and self._stops < 2:
            self._turn(0.01)
        self._log.info("daemon.stopped", flushed=self._writer.is_settled)

    def close(self) -> None:
        """Close whatever is open."""
        self._close_feed()
        self._dialer.end()
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
            if key.fileobj is self._feed:
                self._read_feed()
            elif isinstance(key.data, LinkKeeper):
                key.data.ready(mask, time.monotonic())
            else:
                self._drain_wake()
        now = _now()
        self.last_turn = now.mono
        if now.mono >= self._next_tick:
            self._next_tick = now.mono + TICK_S
            self._tick(now)
        self._writer.pump(now)

    def _tick(self, now: Now) -> None:
        self._obey(self._session.ticked(now), now)
        self._keep_feed(now)
        self._writer.ticked(now, self._feed_state())
        self._refuse_for_good()

    def _read_feed(self) -> None:
        """Read once, prove, publish: the hot path."""
        assert self._feed is not None
        try:
            payloads = self._feed.receive()
        except (ConnectionError, ProtocolError) as error:
            self._drop_feed(str(error), _now())
            return
        now = _now()
        actions = self._session.received_all(payloads, now)
        publish, ts_pub = self._writer.publication.publish, time_ns()
        for action in actions:
            if type(action) is Emit:
                publish(action.symbol, action.event, ts_pub)
            else:
                self._obey([action], now)
        if self._feed is not None and self._feed.is_ending:
            self._read_feed()

    def _obey(self, actions: list[Action], now: Now) -> None:
        for action in actions:
            match action:
                case Emit(symbol, event):
                    self._writer.publication.publish(symbol, event, now.unix)
                case Send(request) if self._feed is not None:
                    try:
                        self._feed.send(request)
                    except ConnectionError as error:
                        self._drop_feed(str(error), now)
                case Close(reason):
                    self._drop_feed(reason, now)
                case Notify(kind, symbol, note):
                    say = self._log.info if note == "system online" else self._log.warning
                    say(f"kraken.{kind}", symbol=symbol, note=note)
                    notice = wire.Notice(
                        ts_event=0,
                        ts_recv=now.unix,
                        ts_pub=0,
                        flags=0,
                        kind=kind,
                        symbol=symbol,
                        note=note,
                    )
                    self._writer.publication.announce(notice, now)
                case Log(event, detail):
                    self._log.info(event, detail=detail)

    def vitals(self) -> Vitals:
        """Return what the health endpoint may look at, from threads of its own."""
        return Vitals(
            plan=self._plan,
            session=self._session,
            writer=self._writer,
            last_turn=lambda: self.last_turn,
            is_connected=lambda: self._feed is not None,
            connects_left=lambda: reconnect.left(self._state.read(BUDGET_STATE), int(time.time())),
        )

    # The feed's connection ------------------------------------------------------------------------

    def _keep_feed(self, now: Now) -> None:
        """Take a finished dial, or begin one that is due and within the budget."""
        if self._feed is not None or self._stops:
            return
        result = self._dialer.result()
        if isinstance(result, Feed):
            self._open_feed(result, now)
        elif isinstance(result, OSError):
            self._redial(str(result) or type(result).__name__, now, result)
        elif result is not None:
            raise result  # our own fault
        elif not self._dialer.is_dialing and now.mono >= self._dial_at:
            wait_s = self._spend_attempt(now)
            if wait_s:
                self._log.error("feed.budget_spent", wait_s=wait_s)
                self._dial_at = now.mono + wait_s
            else:
                self._dialer.start()

    def _spend_attempt(self, now: Now) -> int:
        wait_s = 0

        def change(stored: str | None) -> str:
            nonlocal wait_s
            kept, wait_s = reconnect.spend(stored, now.unix // 1_000_000_000)
            return kept

        self._state.update(BUDGET_STATE, change)
        return wait_s

    def _open_feed(self, fresh: Feed, now: Now) -> None:
        self._feed = fresh
        self._selector.register(fresh, selectors.EVENT_READ)
        self._backoff.connected(now.mono)
        self._log.info("feed.connected")
        self._obey(self._session.connected(now), now)
        if self._feed is not None:
            self._read_feed()  # TLS may hold what no selector shows

    def _drop_feed(self, reason: str, now: Now) -> None:
        if self._feed is None:
            return
        self._close_feed()
        self._redial(reason, now, None)
        self._obey(self._session.disconnected(now), now)

    def _close_feed(self) -> None:
        if self._feed is not None:
            self._selector.unregister(self._feed)
            self._feed.close()
            self._feed = None

    def _redial(self, reason: str, now: Now, error: Exception | None) -> None:
        status = error.status if isinstance(error, UpgradeRefused) else None
        wait_s = self._backoff.wait_s(now.mono, status, random.random())
        self._dial_at = now.mono + wait_s
        words = {"reason": reason, "retry_s": round(wait_s, 2)}
        if error is not None:  # it never stood: perhaps a setting is wrong
            words["mend"] = "see PYKRAKEN_WS_URL, PYKRAKEN_HTTP_PROXY and PYKRAKEN_CA_FILE"
        self._log.warning("feed.away", **words)

    # Odds and ends --------------------------------------------------------------------------------

    def _feed_state(self) -> wire.FeedState:
        live, symbols = self._session.live, len(self._plan.symbols)
        if self._feed is None:
            state = BookState.DISCONNECTED
        else:
            refused = len(self._session.refused)
            state = BookState.LIVE if live == symbols - refused else BookState.AWAITING_SNAPSHOT
        return wire.FeedState(
            ts_event=0,
            ts_recv=0,
            ts_pub=0,
            flags=0,
            state=state.value,
            symbols=symbols,
            live=live,
            system=self._session.system,
        )

    def _refuse_for_good(self) -> None:
        """Give up when no symbol of the feed can ever be had, or another feed owns a stream."""
        refused = self._session.refused
        if len(refused) == len(self._plan.symbols):
            names = ", ".join(refused[:5])
            mend = "Check PYKRAKEN_SYMBOLS and PYKRAKEN_DEPTH"
            raise KrakenRefused("Kraken", f"refuses every symbol of the feed ({names})", mend)
        stranger = self._writer.live_stranger()
        if stranger is not None:
            raise FencedError(*stranger, self._plan.feed)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway
            self._wake_out.send(b"w")

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)


def _now() -> Now:
    return Now(time.monotonic(), time.time_ns())
