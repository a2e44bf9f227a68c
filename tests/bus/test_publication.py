"""The publication's rules, answered by hand: appends in flight, exact retries, openings, ends."""

from __future__ import annotations

import msgpack
import pytest
from msgspec import structs

from publisher.bus.calls import Kind
from publisher.bus.scripts import Code
from publisher.bus.stream import StreamState
from tests.bus.desk import MS, STATE, WRITER, A, B, Desk, of, snapshot


def payloads(command: tuple[object, ...]) -> list[bytes]:
    """Return the binary arguments of a call."""
    return [part for part in command if isinstance(part, bytes)]


def test_an_epoch_opens_with_epoch_and_snapshot() -> None:
    desk = Desk()
    publication = desk.publication
    publication.inspect()
    publication.connected()
    (inspect,) = desk.calls()
    assert inspect.kind is Kind.INSPECT
    assert len(inspect.streams) == 3
    assert publication.floor is None
    desk.answer(inspect)
    assert publication.floor == 0
    publication.lead(MS, "start")
    desk.settle()
    desk.tick()
    opens = of(desk.calls(), Kind.OPEN)
    assert [call.streams[0].symbol for call in opens] == [None, A, B]
    epoch, event, body = (msgpack.unpackb(p) for p in payloads(opens[1].command))
    assert (epoch["t"], epoch["why"], epoch["fd"], epoch["w"]) == ("epoch", "start", "f", WRITER)
    assert "pe" not in epoch
    assert event == body
    assert (event["t"], event["y"]) == ("snapshot", A)


def test_a_book_that_is_not_live_opens_later() -> None:
    desk = Desk()
    desk.live = {A}
    publication = desk.publication
    desk.lead()
    assert publication.books[A].state is StreamState.OPEN
    assert publication.books[B].state is StreamState.READY
    desk.update(B)
    assert not of(desk.calls(), Kind.APPEND), "what came before the epoch is in its snapshot"
    desk.live = {A, B}
    desk.tick(0.05)
    desk.settle()
    assert publication.books[B].state is StreamState.OPEN


def test_one_append_in_flight_and_the_rest_gathers() -> None:
    desk = Desk.opened()
    desk.update()
    (first,) = of(desk.calls(), Kind.APPEND)
    desk.update(count=5)
    assert of(desk.calls(), Kind.APPEND) == []
    desk.answer(first)
    (second,) = of(desk.calls(), Kind.APPEND)
    assert len(payloads(second.command)) == 5


def test_many_streams_share_a_call() -> None:
    desk = Desk.opened()
    desk.update(A)
    desk.update(B)
    (call,) = of(desk.calls(), Kind.APPEND)
    assert {stream.symbol for stream in call.streams} == {A, B}


def test_after_a_cut_the_very_same_goes_again() -> None:
    desk = Desk.opened()
    desk.update(count=2)
    (lost,) = of(desk.calls(), Kind.APPEND)
    desk.publication.disconnected()
    desk.update()
    assert desk.calls() == []
    desk.publication.connected()
    (again,) = of(desk.calls(), Kind.APPEND)
    assert payloads(again.command)[:2] == payloads(lost.command)
    assert len(payloads(again.command)) == 3


def test_what_redis_lost_is_written_again() -> None:
    desk = Desk.opened()
    for _ in range(3):
        desk.update()
        desk.settle()
    before = [p for call in desk.sent for p in payloads(call.command)]
    desk.update()
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.fail(append, Code.LOST, "0-0")
    (seed,) = of(desk.calls(), Kind.APPEND)
    again = payloads(seed.command)
    assert len(again) == 2 + 3 + 1 + 1, "epoch, snapshot, updates, and the snapshot's body"
    assert again[2:5] == before[:3]
    desk.answer(seed)
    assert of(desk.sent, Kind.SNAPSHOT), "joiners need one soon"


def test_a_refill_goes_in_pieces() -> None:
    desk = Desk.opened()
    desk.update(count=2500)
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.fail(append, Code.LOST, "0-0")
    sizes = []
    while calls := of(desk.calls(), Kind.APPEND):
        sizes.append(len(payloads(calls[0].command)))
        desk.answer(*calls)
    assert max(sizes) <= 1001
    assert sum(sizes) == 2503


def test_a_loss_that_the_ring_does_not_cover_is_a_new_epoch() -> None:
    desk = Desk.opened(ring_bytes=4000)
    for _ in range(5):
        desk.update(count=20)
        desk.settle()
    stream = desk.publication.books[A]
    assert stream.ring.first > 10
    desk.update()
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.fail(append, Code.LOST, f"{MS}-3")
    assert stream.state is StreamState.INSPECTING
    assert desk.publication.needs_confirmation
    desk.publication.confirmed()
    desk.answer(*desk.calls(), last=f"{MS}-3")
    desk.tick()
    (opening,) = of(desk.calls(), Kind.OPEN)
    epoch = msgpack.unpackb(payloads(opening.command)[0])
    assert (epoch["why"], epoch["pe"], epoch["ps"]) == ("lost", MS, 3)
    assert (epoch["mf"], epoch["ml"]) == (4, 102)
    assert stream.epoch > MS


def test_a_ring_that_overflows_unsent_is_a_new_epoch() -> None:
    desk = Desk.opened(ring_bytes=4000)
    desk.publication.disconnected()
    for _ in range(5):
        desk.update(count=20)
        desk.calls()
    desk.tick()
    desk.publication.connected()
    desk.publication.confirmed()
    desk.answer(*desk.calls(), last=f"{MS}-1")
    desk.tick()
    opening = of(desk.calls(), Kind.OPEN)[0]
    epoch = msgpack.unpackb(payloads(opening.command)[0])
    assert (epoch["why"], epoch["mf"], epoch["ml"]) == ("overrun", 2, 101)


def test_fenced_waits_until_the_lease_is_known_to_be_ours() -> None:
    """Promise 4: a leader that slept cannot fence its successor."""
    desk = Desk.opened()
    desk.update()
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.fail(append, Code.FENCED, f"{MS + 5}-0")
    for _ in range(3):
        desk.tick(0.1)
        assert not of(desk.calls(), Kind.OPEN)
    assert desk.publication.needs_confirmation
    desk.publication.confirmed()
    desk.answer(*desk.calls(), last=f"{MS + 5}-0")
    desk.tick()
    (opening,) = of(desk.calls(), Kind.OPEN)
    assert opening.streams[0].epoch > MS + 5
    assert desk.publication.books[B].state is StreamState.OPEN


def test_who_stands_by_writes_nothing() -> None:
    desk = Desk.opened()
    desk.update()
    desk.publication.stand_by()
    desk.publication.inspect()
    assert {call.kind for call in desk.calls()} == {Kind.INSPECT}
    desk.update()
    desk.tick(10)
    assert desk.calls() == []


def test_a_snapshot_that_redis_lost_refills_the_stream_once() -> None:
    """A quiet stream has no append that would find out; and the call is not repeated like mad."""
    desk = Desk.opened(snapshot_interval_s=1.0)
    desk.update()
    desk.settle()
    desk.sent.clear()
    desk.tick(1.5)
    calls = desk.calls()
    (lost,) = [c for c in of(calls, Kind.SNAPSHOT) if c.streams[0].symbol == A]
    desk.fail(lost, Code.LOST, "0-0")
    (seed,) = of(desk.calls(), Kind.APPEND)
    assert len(payloads(seed.command)) == 4
    assert of(desk.calls(), Kind.SNAPSHOT) == []


def test_snapshots_are_due_when_the_book_changed() -> None:
    desk = Desk.opened(snapshot_interval_s=1.0)
    desk.tick(1.2)
    assert of(desk.calls(), Kind.SNAPSHOT) == [], "nothing changed"
    desk.update(A)
    desk.settle()
    desk.tick(1.2)
    snapshots = of(desk.calls(), Kind.SNAPSHOT) or of(desk.sent, Kind.SNAPSHOT)
    assert {call.streams[0].symbol for call in snapshots} == {A}
    command = snapshots[0].command
    assert desk.publication.books[A].last_seq in command, "under the id of the last entry"


def test_quiet_streams_get_a_heartbeat() -> None:
    desk = Desk.opened()
    desk.tick(5.1)
    (append,) = of(desk.calls(), Kind.APPEND)
    kinds = [msgpack.unpackb(p)["t"] for p in payloads(append.command)]
    assert sorted(kinds) == ["feed", "heartbeat", "heartbeat"]
    beat = next(m for m in map(msgpack.unpackb, payloads(append.command)) if m["t"] == "heartbeat")
    assert (beat["s"], beat["c"], beat["te"]) == ("live", 0, 5)


def test_the_status_stream_speaks_every_second() -> None:
    desk = Desk.opened()
    spoken = 0
    for _ in range(50):
        desk.tick(0.1)
        for call in desk.calls():
            spoken += sum(b"\xa4feed" in p for p in payloads(call.command))
            desk.answer(call)
    assert 4 <= spoken <= 6


def test_farewell_and_a_last_snapshot_behind_it() -> None:
    desk = Desk.opened()
    desk.update()
    desk.publication.bye(desk.instant())
    calls = desk.calls()
    (append,) = of(calls, Kind.APPEND)
    kinds = [msgpack.unpackb(p)["t"] for p in payloads(append.command)]
    assert kinds.count("bye") == 3
    assert len(of(calls, Kind.SNAPSHOT)) == 2
    assert calls.index(append) < calls.index(of(calls, Kind.SNAPSHOT)[0])
    assert not desk.publication.is_settled
    desk.answer(*calls)
    assert desk.publication.is_settled


def test_a_large_snapshot_is_a_pointer() -> None:
    desk = Desk.opened()
    levels = [(10**15 + i, 10**15) for i in range(1000)]
    event = structs.replace(snapshot(A), bids=levels)  # type: ignore[attr-defined]
    desk.publication.publish(A, event, 1)
    (append,) = of(desk.calls(), Kind.APPEND)
    pointer, body = (msgpack.unpackb(p) for p in payloads(append.command))
    assert (pointer["ptr"], "b" in pointer, len(body["b"])) == (1, False, 1000)


def test_a_key_of_another_type_is_given_up_alone() -> None:
    desk = Desk.opened()
    desk.update(A)
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.fail(append, Code.REFUSED, "WRONGTYPE Operation against a key")
    ((stream, words),) = desk.publication.refused
    assert stream == "{t.A/USD}:book.10"
    assert words.startswith("WRONGTYPE")
    desk.update(A)
    desk.update(B)
    (append,) = of(desk.calls(), Kind.APPEND)
    assert [s.symbol for s in append.streams] == [B]


@pytest.mark.parametrize("poison", ["18446744073709551615-1", f"{2**53}-0", f"{2**53 - 1}-5"])
def test_a_poisoned_stream_is_given_up_alone(poison: str) -> None:
    """WIRE 3.1: an epoch is below 2^53; above these nothing fits."""
    desk = Desk()
    desk.publication.inspect()
    desk.publication.connected()
    (inspect,) = desk.calls()
    replies: list[int | str] = ["0-0", "", poison, "", f"{MS}-5", "f"]
    desk.publication.answered(inspect, replies)
    assert desk.publication.floor == MS
    assert [stream for stream, _ in desk.publication.refused] == ["{t.A/USD}:book.10"]


def test_a_call_refused_whole_goes_again_after_a_while() -> None:
    desk = Desk.opened()
    desk.update()
    (append,) = of(desk.calls(), Kind.APPEND)
    desk.publication.failed(append, desk.instant(), 0.5)
    assert desk.calls() == []
    desk.now += 0.6
    (again,) = of(desk.calls(), Kind.APPEND)
    assert payloads(again.command) == payloads(append.command)


def test_a_refused_snapshot_leaves_the_append_behind_it_alone() -> None:
    """Promise 1, also while memory runs out in the middle of a batch of calls."""
    desk = Desk.opened(snapshot_interval_s=0.1)
    desk.update()
    desk.tick(0.2)
    calls = desk.calls()
    (append,) = of(calls, Kind.APPEND)
    taken = [c for c in of(calls, Kind.SNAPSHOT) if c.streams[0].symbol == A]
    assert taken
    desk.answer(append)
    desk.update()
    (second,) = of(desk.calls(), Kind.APPEND)
    desk.publication.failed(taken[0], desk.instant(), 0.0)
    assert of(desk.calls(), Kind.APPEND) == [], "the second is still in flight"
    desk.answer(second)
    assert desk.publication.books[A].pending == 0


def test_full_memory_trims_snapshots_before_their_entries() -> None:
    desk = Desk.opened()
    trims = [call.command for call in desk.publication.trims()]
    assert trims == [
        command
        for symbol in (A, B)
        for command in (
            ("XTRIM", f"{{t.{symbol}}}:book.10.snap", "MINID", f"{MS}-1"),
            ("XTRIM", f"{{t.{symbol}}}:book.10", "MINID", "~", f"{MS}-1"),
        )
    ]


def test_a_stream_of_another_feed_waits_until_that_feed_is_known_to_be_gone() -> None:
    """Two feeds start at once on an empty stream: the second must not fence the first."""
    desk = Desk()
    desk.publication.connected()
    desk.publication.inspect()
    for call in desk.publication.calls(desk.instant()):
        desk.publication.answered(call, ["0-0", "", "5-1", "other", "0-0", ""])
    desk.publication.lead(MS, "start")
    stream = desk.publication.books[A]

    def opened() -> list[str]:
        desk.publication.ticked(desk.instant(), STATE)
        sent = desk.publication.calls(desk.instant())
        for call in sent:
            if call.kind is Kind.INSPECT:
                desk.publication.answered(call, ["0-0", "", "5-1", "other", "0-0", ""])
        return [call.streams[0].symbol for call in sent if call.kind is Kind.OPEN]

    opened()
    assert opened() == [None, B]
    assert stream.keys.stream in desk.publication.foreign
    desk.publication.gone.add("other")
    assert opened() == [A]


def test_nothing_comes_after_a_farewell_and_its_snapshot_is_waited_for() -> None:
    desk = Desk.opened()
    desk.update()
    in_flight = desk.calls()
    desk.publication.bye(desk.instant())
    stream = desk.publication.books[A]
    last = stream.last_seq
    desk.update()
    desk.tick(5.0)
    assert stream.last_seq == last, "neither an update nor a heartbeat"
    held_back = desk.calls()
    assert stream not in [call.streams[0] for call in of(held_back, Kind.SNAPSHOT)]
    desk.answer(*in_flight, *held_back)
    assert not desk.publication.is_settled
    rest = desk.calls()
    assert [call.streams for call in of(rest, Kind.SNAPSHOT)] == [(stream,)]
    desk.answer(*rest)
    assert desk.publication.is_settled
