"""What each stage of the publisher costs, by calling the shipped functions without sockets.

Each stage runs over the same messages on its own, `ROUNDS` times, the stages in turn; the figure is
the least CPU time for one message, since whatever else runs on the machine only adds to it.
`session` is decode to event in one, as the daemon does it; the last two are the bus without Redis.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import hiredis

from publisher import wire
from publisher.actions import Emit
from publisher.book.l2 import Book
from publisher.bus.calls import Kind
from publisher.bus.publication import Publication
from publisher.channels.book import BookChannel
from publisher.kraken import messages
from publisher.kraken.frames import FrameReader
from publisher.model import FeedPlan, Now
from publisher.session import Session
from tests.benchmarks.corpus import Corpus, frame, instrument

MESSAGES = 5_000
ROUNDS = 15
BATCH = 320
"""Messages that one read of 64 KiB brings at saturation."""
RECEIVE_BYTES = 65536
LIMIT_BYTES = 16 * 1024 * 1024
NOW = Now(1000.0, 1_783_465_200_000_000_000)


def measure(corpus: Corpus) -> dict[str, float]:
    """Return microseconds of CPU for each message, by stage."""
    payloads = corpus.payloads(min(MESSAGES, corpus.updates))
    stages = _Stages(corpus, payloads)
    spent: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, stage in stages.all().items():
            prepared = stage()
            began = time.process_time()
            prepared()
            spent.setdefault(name, []).append(time.process_time() - began)
    return {name: min(costs) / len(payloads) * 1e6 for name, costs in spent.items()}


Prepared = Callable[[], object]


class _Stages:
    """Each method prepares one stage afresh and returns what is to be timed."""

    def __init__(self, corpus: Corpus, payloads: list[bytes]) -> None:
        self._corpus = corpus
        self._payloads = payloads
        blob = b"".join(map(frame, payloads))
        self._pieces = [blob[i : i + RECEIVE_BYTES] for i in range(0, len(blob), RECEIVE_BYTES)]
        decoded = [messages.decode_book(payload).data[0] for payload in payloads]
        self._decoded = decoded
        session = self._session()
        self._events = [
            action.event
            for payload in payloads
            for action in session.received(payload, NOW)
            if isinstance(action, Emit) and isinstance(action.event, wire.Update)
        ]

    def all(self) -> dict[str, Callable[[], Prepared]]:
        """Return the stages in the order in which a message meets them."""
        return {
            "frames": self._frames,
            "decode": self._decode,
            "book": self._book,
            "book and checksum": self._checksum,
            "session": self._received,
            "encode": self._encode,
            "publish": self._publish,
            "publish, append, pack": self._append,
        }

    def _frames(self) -> Prepared:
        reader = FrameReader(LIMIT_BYTES)
        return lambda: [reader.feed(piece) for piece in self._pieces]

    def _decode(self) -> Prepared:
        return lambda: _drain(messages.decode_book(payload) for payload in self._payloads)

    def _book(self) -> Prepared:
        book = self._live_book()

        def update_all() -> None:
            for data in self._decoded:
                book.update(data.bids, data.asks)

        return update_all

    def _checksum(self) -> Prepared:
        book = self._live_book()

        def update_all() -> None:
            for data in self._decoded:
                book.update(data.bids, data.asks)
                assert book.checksum() == data.checksum

        return update_all

    def _received(self) -> Prepared:
        received_all, payloads = self._session().received_all, self._payloads
        batches = [payloads[i : i + BATCH] for i in range(0, len(payloads), BATCH)]
        return lambda: _drain(received_all(batch, NOW) for batch in batches)

    def _encode(self) -> Prepared:
        return lambda: _drain(wire.encode(event, time.time_ns()) for event in self._events)

    def _publish(self) -> Prepared:
        publication = self._publication()
        symbol = self._corpus.pair.symbol

        def publish_all() -> None:
            for event in self._events:
                publication.publish(symbol, event, time.time_ns())

        return publish_all

    def _append(self) -> Prepared:
        publication = self._publication()
        symbol = self._corpus.pair.symbol
        batches = [self._events[i : i + BATCH] for i in range(0, len(self._events), BATCH)]

        def append_all() -> None:
            for batch in batches:
                for event in batch:
                    publication.publish(symbol, event, time.time_ns())
                _answer(publication)

        return append_all

    def _session(self) -> Session:
        """Return a session whose book is live."""
        corpus = self._corpus
        session = Session((corpus.pair.symbol,), BookChannel(corpus.depth))
        session.connected(NOW)
        session.received(instrument(corpus.pair), NOW)
        session.received(corpus.snapshot(), NOW)
        assert session.live == 1
        return session

    def _live_book(self) -> Book:
        return self._session().subscriptions[self._corpus.pair.symbol].keeper.book

    def _publication(self) -> Publication:
        """Return a publication that leads and whose stream is open."""
        corpus = self._corpus
        session = self._session()
        plan = FeedPlan(
            namespace="bench",
            feed="bench",
            symbols=(corpus.pair.symbol,),
            channel="book",
            depth=corpus.depth,
            line="",
            checksum_freq=1,
            snapshot_interval_s=5.0,
            retention_s=60.0,
            heartbeat_s=5.0,
            ring_seconds=60.0,
            ring_bytes=24 * 1024 * 1024,
            stream_max_bytes=256 * 1024 * 1024,
        )
        publication = Publication(plan, 1, session.capture, session.state_of)
        publication.connected()
        publication.lead(1, "start")
        _answer(publication)
        state = wire.FeedState(
            ts_event=0, ts_recv=0, ts_pub=0, flags=0, state="live", symbols=1, live=1, system=""
        )
        publication.ticked(NOW, state)
        _answer(publication)
        assert publication.books[corpus.pair.symbol].takes_entries
        return publication


def _answer(publication: Publication) -> None:
    """Pack what the publication wants sent, and answer as Redis would when all is well."""
    for call in publication.calls(NOW):
        hiredis.pack_command(call.command)  # type: ignore[arg-type] # its stub
        reply: list[int | str] = [0, 0] * len(call.streams)
        if call.kind is Kind.INSPECT:
            reply = ["0-0", ""] * len(call.streams)
        publication.answered(call, reply)


def _drain(source: Iterable[object]) -> None:
    for _ in source:
        pass
