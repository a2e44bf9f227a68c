"""What SIGHUP asks for: the settings read again, and the symbols that they name now. A shell.

Reading may take long, since `all` is asked of Kraken anew: it runs in a thread. Nothing is changed
here; what cannot be changed without a restart is told, and so is what is wrong. The feed keeps its
id, even one that was derived from its symbols.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.changes import REFUSED, TAKEN, ChangeTally
from publisher.channel_rules import WITHOUT_SYMBOLS
from publisher.dial import Dialer
from publisher.errors import PykrakenError
from publisher.listing import resolved
from publisher.logs import get_logger
from publisher.settings import Settings, feed_id, variable
from publisher.state import StateFolder

CHANGEABLE = ("symbols", "quotes", "statuses")


@dataclass(frozen=True, slots=True)
class Fresh:
    """The settings as they are now, and the symbols that they come to."""

    settings: Settings
    symbols: tuple[str, ...]

    def close(self) -> None:
        """Nothing stands open."""


class Rereading:
    """The settings `asked` for at the start, and how to `reread` them."""

    def __init__(self, asked: Settings, reread: Callable[[], Settings]) -> None:
        self._asked = asked
        self._reread = reread
        self._is_due = False
        self.tally = ChangeTally()
        self._dialer: Dialer[Fresh] = Dialer(self._read, lambda: None)
        self._log = get_logger("settings")

    @contextlib.contextmanager
    def signalled(self) -> Iterator[None]:
        """Take SIGHUP until the block ends. From a terminal that is gone it means stop, as ever."""
        had_terminal = os.isatty(sys.__stderr__.fileno()) if sys.__stderr__ else False

        def hang_up(_number: int, _frame: object) -> None:
            if had_terminal and sys.__stderr__ and not os.isatty(sys.__stderr__.fileno()):
                signal.raise_signal(signal.SIGTERM)
            self._is_due = True

        before = signal.signal(signal.SIGHUP, hang_up)
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, before)
            self._dialer.end()

    def symbols(self) -> tuple[str, ...] | None:
        """Return the symbols to publish from now on, once for each reading; None while there is
        nothing new. Call it often.
        """
        if self._is_due and not self._dialer.is_dialing:
            self._is_due = False
            self._begin()
        result = self._dialer.result()
        if isinstance(result, Fresh):
            self.tally.rereads[TAKEN] += 1
            self._tell(result.settings)
            return result.symbols
        if isinstance(result, PykrakenError | OSError | ValueError):
            self.tally.rereads[REFUSED] += 1
            self._log.error("settings.refused", reason=str(result), mend="nothing was changed")
        elif result is not None:
            raise result
        return None

    def _begin(self) -> None:
        channel = self._asked.channel
        if channel in WITHOUT_SYMBOLS:
            self._log.info("settings.kept", channel=channel, reason="it has no symbols to change")
            return
        self._log.info("settings.reread")
        self._dialer.start()

    def _read(self) -> Fresh:
        fresh = self._reread()
        state = StateFolder(self._asked.state_dir)  # one of its own: it is used in this thread
        return Fresh(fresh, resolved(self._changed(fresh), state).symbols)

    def _changed(self, fresh: Settings) -> Settings:
        return self._asked.model_copy(update={name: getattr(fresh, name) for name in CHANGEABLE})

    def _tell(self, fresh: Settings) -> None:
        """Warn of what stays as it was."""
        self.tally.waiting = 0
        for name in Settings.model_fields:
            if name not in CHANGEABLE and getattr(fresh, name) != getattr(self._asked, name):
                self.tally.waiting += 1
                mend = "restart: a running feed changes its symbols only"
                self._log.warning("settings.need_restart", setting=variable(name), mend=mend)
        kept, derived = feed_id(self._asked), feed_id(self._changed(fresh))
        if derived != kept:
            mend = f"a standby, or a restart, with these symbols needs {variable('feed')}={kept}"
            self._log.warning("settings.feed_kept", feed=kept, derived=derived, mend=mend)
