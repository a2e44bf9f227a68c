"""One life of a socket: a small loop around the feed's connections, in the thread that runs it.

Connections dial, read and reconnect by themselves (connection.py); the loop turns them until it is
ended, from any thread or from within, and then closes everything, whatever ended it. Promises: no
event is told after the end.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable

from publisher import venue
from publisher.actions import Action, Emit, Listed, Log, Notify
from publisher.captures import CaptureFolder
from publisher.channels.channel import FAULTS, Channel
from publisher.connection import ConnectBudget, Connection, Ground, clock
from publisher.errors import KrakenRefused
from publisher.kraken.messages import Instruments
from publisher.logs import get_logger
from publisher.model import Now
from publisher.session import Session
from publisher.settings import Settings
from publisher.state import StateFolder
from publisher.wire import Event

TICK_S = 0.05


class Loop:
    """Turns once: `run`, which ends after `end`, with an error, or never."""

    def __init__(
        self,
        settings: Settings,
        channel: Callable[[Callable[[Event], None]], Channel],
        listen: Callable[[Event], None],
        *,
        at_end: Callable[[], None],
    ) -> None:
        """`channel` is made of the function to which its keepers may tell events themselves."""
        self._listen = listen
        self._at_end = at_end
        self._fault: Exception | None = None
        self.is_ending = False
        self._log = get_logger("sockets")
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._session = Session(settings.symbols, channel(self._tell))
        ground = Ground(
            self._selector,
            self._wake,
            ConnectBudget(StateFolder(settings.state_dir)),
            publish=self._publish,
            obey=self._obey,
            captures=CaptureFolder(settings.state_dir / "captures", self._session.channel.name),
        )
        self._connections = venue.connections(settings, [self._session], ground)

    def run(self) -> None:
        """Turn until the end. Raises KrakenRefused and what a callback raises."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._at_end)
            stack.callback(self._close)
            next_tick = 0.0
            while not self.is_ending:
                ready = self._selector.select(TICK_S)
                now = clock()  # before the callbacks: a slow one is no silence of Kraken's
                for key, _ in ready:
                    if isinstance(key.data, Connection):
                        key.data.read()
                    else:
                        self._drain_wake()
                if now.mono >= next_tick:
                    next_tick = now.mono + TICK_S
                    for connection in self._connections:
                        connection.ticked(now)
            if self._fault is not None:
                raise self._fault

    def end(self) -> None:
        """Let the loop end; any thread may say so."""
        self.is_ending = True
        self._wake()

    def _tell(self, event: Event) -> None:
        if self.is_ending:
            return
        try:
            self._listen(event)
        except FAULTS as fault:  # the session would take a callback's for Kraken's
            self._fault = fault
            self.is_ending = True

    def _publish(self, actions: list[Action], _ts_pub: int) -> list[Action]:
        for action in actions:
            if isinstance(action, Emit):
                self._tell(action.event)
        return [action for action in actions if not isinstance(action, Emit)]

    def _obey(self, action: Action, now: Now) -> None:
        match action:
            case Notify("refused", symbol, note):
                mend = "Correct the arguments of the socket"
                raise KrakenRefused(f"{self._session.channel.name} of {symbol}", note, mend)
            case Notify(kind, symbol, note):
                self._log.info(f"kraken.{kind}", symbol=symbol, note=note)
            case Log(event, detail, level):
                getattr(self._log, level)(event, detail=detail)
            case Listed(is_all, pairs):
                listed = Instruments(is_all, pairs)
                self._connections[0].obey(self._session.listed(listed, now), now)

    def _close(self) -> None:
        self.is_ending = True
        for connection in self._connections:
            connection.end()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: it has ended
            self._wake_out.send(b"w")

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
