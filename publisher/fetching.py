"""What sessions ask of Kraken's REST (`Fetch`): one after another, in a thread of its own, at
Kraken's pace.

Each Fetch gets one answer, a page or why there is none; the loop takes answers with `answers` and
never waits. What an error means is judged here; whether to ask again is the channel's to say. A
shell.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from publisher.actions import Fetch
from publisher.kraken.trade import NoPage, TradesPage
from publisher.rest import Rest, RestError, RestRefused, RestUnreachable, kind_of
from publisher.settings import Settings

PACE_S = 1.0
"""Public calls: about one a second (protocol.md 10.7)."""
LIMITED_S = 5.0
BRIEFLY_S = 2.0
BLOCKED_S = 600.0
"""The block of Kraken's proxy (protocol.md 1.1), in full."""
TOO_MANY = 429
END_S = 0.5
"""As in dial.py."""

LIMITS = ("EAPI:Rate limit exceeded", "EService: Throttled", "EService:Throttled")
FINAL = ("EQuery:Unknown asset pair", "EGeneral:Invalid arguments")

Answer = TradesPage | NoPage


class Fetcher:
    """Asks REST for pages of trades off the loop; the thread begins with the first."""

    def __init__(self, connect: Callable[[], Rest], pace_s: float = PACE_S) -> None:
        self.errors: Counter[str] = Counter()
        """Of failed calls, by rest.KINDS."""
        self._connect = connect
        self._pace_s = pace_s
        self._asked: queue.SimpleQueue[Fetch | None] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[tuple[Fetch, Answer]] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, fetch: Fetch) -> None:
        """Ask when those before are answered; return at once."""
        self._asked.put(fetch)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="fetching", daemon=True)
            self._thread.start()

    def answers(self) -> Iterator[tuple[Fetch, Answer]]:
        """Yield what has been answered since."""
        while not self._answered.empty():
            yield self._answered.get()

    def end(self) -> None:
        """Ask no more; give the thread a moment to end."""
        self._is_over.set()
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(END_S)

    def _run(self) -> None:
        with self._connect() as rest:
            while (fetch := self._asked.get()) is not None and not self._is_over.is_set():
                self._answered.put((fetch, self._answer(rest, fetch)))
                self._is_over.wait(self._pace_s)

    def _answer(self, rest: Rest, fetch: Fetch) -> Answer:
        try:
            return rest.trades(fetch.symbol, fetch.since)
        except RestError as error:
            self.errors[kind_of(error)] += 1
            return judge(error)


def fetcher_of(settings: Settings) -> Fetcher:
    """Return the fetcher that the settings lead to; it asks nothing yet."""
    ca_file = str(settings.ca_file) if settings.ca_file else None

    def connect() -> Rest:
        return Rest(
            settings.rest_url,
            settings.ws_timeout_s,
            ca_file=ca_file,
            http_proxy=settings.http_proxy,
        )

    return Fetcher(connect)


def judge(error: RestError) -> NoPage:
    """Return what a failed call means to who asked."""
    wait_s: float | None = BRIEFLY_S
    match error:
        case RestRefused(errors=errors) if any(e.startswith(FINAL) for e in errors):
            wait_s = None
        case RestRefused(errors=errors) if any(e.startswith(LIMITS) for e in errors):
            wait_s = LIMITED_S
        case RestUnreachable(status=status) if status == TOO_MANY:
            wait_s = BLOCKED_S
    return NoPage(str(error), wait_s)
