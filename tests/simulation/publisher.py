"""One publisher: the shipped session, publication, lease and writer, turned as the daemon does.

Frames and answers wait in its inbox until its next turn. It can be paused (they pile up), slowed,
killed, or asked to stop. At every event it files with the judge what its verified books are, by
Kraken's own account of the message that it had applied.
"""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Callable
from typing import cast
from unittest import mock

from publisher import wire
from publisher.actions import Action, Close, Emit, EmitTop, Notify, Send
from publisher.bus import writer as writers
from publisher.bus.link import Address
from publisher.bus.publication import Publication
from publisher.bus.stream import Stream
from publisher.channels.plans import connections_of
from publisher.model import BookState, FeedPlan, Now
from publisher.session import Session, SessionGroup
from tests.simulation.exchange import ExchangeConnection, Levels, Market
from tests.simulation.judge import Judge
from tests.simulation.link import SimulatedLink
from tests.simulation.network import Network
from tests.simulation.tops import top_of

TICK_S = 0.05
FLUSH_S = 2.0
RELEASE_S = 1.0
REDIAL_S = (0.05, 0.8)

MakePublication = Callable[..., Publication]
MakeKeeper = Callable[[str, "writers.Writer", "Publisher"], object]
"""Make what stands for a keeper, with its name and its ear, for a process."""


class Publisher:
    """A process that publishes the feed while it leads. `skew_ns`: its wall clock's error."""

    def __init__(
        self,
        name: str,
        plan: FeedPlan,
        lease_s: float,
        *,
        network: Network,
        market: Market,
        judge: Judge,
        make: MakePublication = Publication,
        keeper: MakeKeeper | None = None,
    ) -> None:
        self.name = name
        self.network = network
        self.world = network.world
        self.market = market
        self.judge = judge
        self.plan = plan
        self.skew_ns = 0
        self.turn_every_s = 0.0
        self.paused_until = 0.0
        self.is_alive = True
        self.exchange: ExchangeConnection | None = None
        (self.session,) = (Session(*parts) for parts in connections_of(plan))
        self.group = SessionGroup([self.session])
        self.publication = make(
            plan,
            self.world.random.getrandbits(64),
            self.group.capture,
            self.group.state_of,
            self.group.capture_top,
        )
        self.lease = writers.lease_of(plan.namespace, plan.feed, name, lease_s)
        self.writer = self._make_writer(keeper or _one_link)
        self._truth: dict[str, Levels | None] = dict.fromkeys(plan.symbols)
        self._left: dict[Stream, Levels | None] = {}
        """Of streams that are on their way out: the last book of theirs."""
        self._filed: dict[Stream, tuple[int, int]] = {}
        self._inbox: deque[Callable[[], None]] = deque()
        self._is_turn_due = False
        self._next_tick = 0.0
        self._dial_at = 0.0
        self._stopping: str = ""
        self._deadline = 0.0
        self.publication.inspect()
        self.world.at(self.world.random.uniform(0.0, TICK_S), self._tick_later)

    def _make_writer(self, keeper: MakeKeeper) -> writers.Writer:
        def made(name: str, address: Address, ear: writers.Writer, **_: object) -> object:
            return keeper(name, ear, self)

        with mock.patch.object(writers, "keeper_of", made):
            return writers.Writer(
                self.publication,
                self.lease,
                Address("", 1.0),
                selector=cast(selectors.BaseSelector, None),  # nobody is there to use it
                wake=lambda: None,
                clock=self.clock,
            )

    @property
    def streams(self) -> set[str]:
        """The streams that it keeps."""
        return {stream.keys.stream for stream in self.publication.data}

    def clock(self) -> Now:
        """Return the time as this process' clocks show it."""
        return Now(self.world.now, self.world.unix_ns() + self.skew_ns)

    # What may befall it ---------------------------------------------------------------------------

    def kill(self) -> None:
        """End at once, without a word."""
        self.is_alive = False
        self._inbox.clear()
        if self.exchange is not None:
            self.exchange.close()
        self.writer.close()

    def pause(self, seconds: float) -> None:
        """Stand still, sockets open."""
        self.paused_until = max(self.paused_until, self.world.now + seconds)
        self.world.at(seconds, self._wake)

    def stop(self) -> None:
        """Shut down as on SIGTERM: farewell, flush, release."""
        if not self._stopping:
            self._close_exchange()
            self.publication.bye(self.clock())
            self._file()
            self._stopping = "flush"
            self._deadline = self.world.now + FLUSH_S

    def hang_up(self, configured: Callable[[], tuple[str, ...]]) -> None:
        """SIGHUP: publish what is configured when the settings have been read."""
        self.post(lambda: None if self._stopping else self._change(configured()))

    def _change(self, symbols: tuple[str, ...]) -> None:
        """Do as `Daemon.change` does."""
        now = self.clock()
        leaving = [symbol for symbol in self.group.symbols if symbol not in symbols]
        joining = [symbol for symbol in symbols if symbol not in self.group.symbols]
        for symbol in leaving:
            self.world.counts["symbols left"] += 1
            for stream in self._streams_of(symbol):
                self._left[stream] = self._truth[symbol]
        self._truth |= dict.fromkeys(joining)
        self.publication.changed(joining, leaving, now)
        (asked,) = self.group.changed(joining, leaving, now)
        self._obey(asked, None)
        self._file()

    def _streams_of(self, symbol: str) -> list[Stream]:
        """Return a symbol's stream, and that of its tops if it has one."""
        data = self.publication.data
        return [streams[symbol] for streams in (data.books, data.tops) if symbol in streams]

    # The loop -------------------------------------------------------------------------------------

    def post(self, act: Callable[[], None]) -> None:
        """Do this at the next turn."""
        if self.is_alive:
            self._inbox.append(act)
            self._wake()

    def _wake(self) -> None:
        if not self._is_turn_due and self.is_alive:
            self._is_turn_due = True
            wait = max(0.0, self.paused_until - self.world.now, self.turn_every_s)
            self.world.at(wait, self._turn)

    def _tick_later(self) -> None:
        if self.is_alive:
            self._wake()
            self.world.at(TICK_S, self._tick_later)

    def _turn(self) -> None:
        self._is_turn_due = False
        if not self.is_alive:
            return
        if self.paused_until > self.world.now:
            self._wake()
            return
        while self._inbox and self.is_alive:
            self._inbox.popleft()()
            self._file()  # an answer may have opened an epoch, before the next frame
        now = self.clock()
        if now.mono >= self._next_tick:
            self._next_tick = now.mono + TICK_S
            self._tick(now)
        self.writer.pump(now)
        self._file()
        if self._stopping:
            self._shut_down()

    def _tick(self, now: Now) -> None:
        self._obey(self.session.ticked(now), None)
        if self.exchange is None and not self._stopping and now.mono >= self._dial_at:
            self._open_exchange()
        self.writer.ticked(now, self._feed_state())
        self._file()

    def _shut_down(self) -> None:
        is_late = self.world.now >= self._deadline
        if self._stopping == "flush":
            if is_late or self.publication.is_settled or not self.writer.is_leading:
                self.writer.release(self.clock())
                self._stopping, self._deadline = "release", self.world.now + RELEASE_S
        elif is_late or not self.writer.owes_release:
            self.kill()

    # Kraken ---------------------------------------------------------------------------------------

    def _open_exchange(self) -> None:
        self.exchange = ExchangeConnection(
            self.market, lambda payload: self.post(lambda: self._received(opened, payload))
        )
        opened = self.exchange
        self._obey(self.session.connected(self.clock()), None)

    def _close_exchange(self) -> None:
        if self.exchange is not None:
            self.exchange.close()
            self.exchange = None
            self._dial_at = self.world.now + self.world.random.uniform(*REDIAL_S)

    def _received(self, connection: ExchangeConnection, payload: bytes | None) -> None:
        if connection is not self.exchange:
            return
        if payload is None:
            self._drop_exchange()
        else:
            self.world.counts["frames"] += 1
            self._obey(self.session.received(payload, self.clock()), payload)

    def _drop_exchange(self) -> None:
        self._close_exchange()
        self._obey(self.session.disconnected(self.clock()), None)

    def _obey(self, actions: list[Action], payload: bytes | None) -> None:
        for action in actions:
            match action:
                case Emit(symbol, event):
                    self._emit(symbol, event, payload)
                case EmitTop(symbol, top):
                    self.publication.publish_top(symbol, top, self.clock().unix)
                case Send(request) if self.exchange is not None:
                    self.exchange.request(request)
                case Close():
                    self._drop_exchange()
                case Notify(kind, symbol, note):
                    notice = wire.Notice(
                        ts_event=0,
                        ts_recv=0,
                        ts_pub=0,
                        flags=0,
                        kind=kind,
                        symbol=symbol,
                        note=note,
                    )
                    self.publication.announce(notice, self.clock())

    def _emit(self, symbol: str, event: wire.Event, payload: bytes | None) -> None:
        if isinstance(event, wire.Reset):
            self._truth[symbol] = None
            self.world.counts["resets"] += 1
        elif payload is not None and payload in self.market.sent:
            self._truth[symbol] = self.market.sent[payload]
        else:
            raise self.world.violated("nothing unproven is published", f"{self.name} {payload!r}")
        if (tops := self.publication.data.tops.get(symbol)) is not None:
            self.judge.top_rows.saw(self.name, tops.keys.stream, top_of(self._truth[symbol]))
        self.publication.publish(symbol, event, self.clock().unix)
        self._file_stream(self.publication.books[symbol])

    def _feed_state(self) -> wire.FeedState:
        return wire.FeedState(
            ts_event=0,
            ts_recv=0,
            ts_pub=0,
            flags=0,
            state=BookState.LIVE.value,
            symbols=len(self.group.symbols),
            live=self.group.live,
            system="online",
        )

    # What it tells the judge ----------------------------------------------------------------------

    def _file(self) -> None:
        if self.publication.epoch:
            for stream in (*self.publication.data, *self.publication.data.leaving):
                self._file_stream(stream)

    def _file_stream(self, stream: Stream) -> None:
        """File the book at each id given out since the last look; entry 0 has none. Tops have their
        ids alone: one that is held has no id yet, and is another's truth when it gets one.
        """
        epoch, first = self._filed.get(stream, (0, 0))
        if stream.epoch != epoch:
            epoch, first = stream.epoch, 0
        end = stream.last_seq + 1
        if epoch and end > first:
            levels = self._left[stream] if stream in self._left else self._truth[stream.symbol]
            is_top = stream.keys.stream in self.judge.tops
            for seq in range(first, end):
                known = levels if seq and not is_top else None
                self.judge.file(self.name, stream.keys.stream, (epoch, seq), known)
            self._filed[stream] = epoch, end


def _one_link(name: str, ear: writers.Writer, host: Publisher) -> SimulatedLink:
    return SimulatedLink(name, ear, host, host.network)
