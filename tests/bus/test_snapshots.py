"""When each book's snapshot is due: by change, by age, in turns, at once when hurried."""

from __future__ import annotations

from publisher.bus.keys import stream_keys
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.scripts import Code
from publisher.bus.snapshots import SnapshotSchedule
from publisher.bus.stream import Stream
from tests.bus.desk import MS, plan


def streams(count: int) -> list[Stream]:
    """Return open, idle streams."""
    budget = RingBudget(1 << 20)
    made = [
        Stream(f"S{i}", stream_keys("t", f"S{i}", "book.10"), Ring(budget, 60))
        for i in range(count)
    ]
    for stream in made:
        stream.inspect("start")
        stream.inspected_as("0-0")
        stream.begin(MS, [b"epoch", b"snapshot"], 0.0)
        stream.opened(Code.OK, "0")
    return made


def schedule(books: list[Stream], **changes: object) -> SnapshotSchedule:
    """Return a schedule that knows the streams' opening snapshots, all at time 0."""
    made = SnapshotSchedule(plan(symbols=tuple(stream.symbol for stream in books), **changes))
    for stream in books:
        made.taken(stream, 0.0, len(books))
    return made


def run(made: SnapshotSchedule, books: list[Stream], until: float) -> list[tuple[float, str]]:
    """Return (time, symbol) of everything due until then, as the daemon would look."""
    found = []
    for step in range(int(until * 20)):
        now = step / 20
        if made.is_time(now):
            found += [(now, stream.symbol) for stream, _ in made.due(books, now)]
    return found


def test_a_book_that_changed_is_due_after_the_interval() -> None:
    (book,) = books = streams(1)
    made = schedule(books)
    book.is_changed = True
    ((when, _),) = run(made, books, 20)
    assert when <= 5.1
    assert made.newest(book) == 1
    assert not book.is_changed


def test_a_book_that_did_not_change_is_due_once_a_retention() -> None:
    books = streams(1)
    times = [when for when, _ in run(schedule(books), books, 130)]
    assert len(times) == 2
    assert times[1] - times[0] >= 60


def test_a_thousand_books_never_come_all_at_once() -> None:
    books = streams(1000)
    made = schedule(books)
    for book in books:
        book.is_changed = True
    found = run(made, books, 6)
    assert len({symbol for _, symbol in found}) == 1000, "each had its turn within the interval"
    times = [when for when, _ in found]
    assert max(times.count(when) for when in set(times)) <= 1 + 1000 * 2 * 0.1 / 5


def test_hurried_is_at_once() -> None:
    books = streams(3)
    made = schedule(books)
    list(made.due(books, 1.0))
    made.hurry(books[2])
    assert made.is_time(1.0)
    assert [stream.symbol for stream, _ in made.due(books, 1.0)] == ["S2"]
    assert list(made.due(books, 1.1)) == []


def test_never_before_everything_is_sent() -> None:
    """The snapshot stands behind the stream's last entry."""
    (book,) = books = streams(1)
    made = schedule(books)
    made.hurry(book)
    book.fresh.append(b"update")
    book.settle(1.0)
    assert list(made.due(books, 1.0)) == []
    book.take()
    assert [stream.last_seq for stream, _ in made.due(books, 1.2)] == [2]
    assert made.newest(book) == 2


def test_the_newest_is_of_the_present_epoch_only() -> None:
    (book,) = books = streams(1)
    made = schedule(books)
    assert made.newest(book) == 1
    book.epoch += 1
    assert made.newest(book) is None


def test_a_stream_that_grows_wild_is_braked_and_told_once() -> None:
    (book,) = books = streams(1)
    made = schedule(books, stream_max_bytes=1 << 20)
    retentions = []
    for step in range(100):
        book.written += 1 << 18
        retentions += [keep for _, keep in made.due(books, step * 0.2)]
        if list(made.struck()):
            break
    assert list(made.struck()) == []
    assert retentions[0] == 60_000
    assert retentions[-1] < 60_000
