"""Designs without one of their safeguards, made by substituting parts of the simulation.

Nothing shipped knows of these. Each shows that the safeguard carries weight: without it some seed
breaks a promise, and the simulation sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from unittest import mock

from pykraken_consumer._events import EntryId

from publisher import wire
from publisher.bus import asking, shards, tops
from publisher.bus import scripts as shipped
from publisher.bus.asking import Requests
from publisher.bus.calls import Call
from publisher.bus.departures import Departures
from publisher.bus.publication import Publication
from publisher.bus.scripts import Code
from publisher.bus.shards import Shards, _Held
from publisher.bus.slots import Redirect
from publisher.bus.stream import Stream
from tests.simulation import scripts
from tests.simulation.cluster_stage import simulate_cluster
from tests.simulation.hang_ups import simulate_hang_ups
from tests.simulation.keyspace import Keyspace
from tests.simulation.resharding import (
    simulate_lost_shard,
    simulate_lost_targets,
    simulate_moves,
)
from tests.simulation.run import Result, simulate
from tests.simulation.scripts import Append, Verdict, last_of
from tests.simulation.stage import Parts, Stage
from tests.simulation.streams import Refused, show_id

Simulation = Callable[[int], Result]


def _append_blindly(db: Keyspace, part: Append) -> Verdict:
    """Append under explicit ids, asking nothing: what Redis refuses counts as a retry."""
    skipped = 0
    for i in range(len(part.entries)):
        try:
            db.xadd(part.stream, f"{part.epoch}-{part.expected + 1 + i}", b"d", part.entries[i])
        except Refused:
            skipped += 1
    for seq, body in part.snaps:
        scripts.keep(db, part.keys, f"{part.epoch}-{seq.decode()}", body, part.retention)
    return Code.OK, skipped


def _append_unfenced(db: Keyspace, part: Append) -> Verdict:
    """Append behind whatever is there, under the epoch that is there: everybody may write."""
    found = last_of(db, part.stream)
    assert not isinstance(found, str)
    _, last, seq = found
    for i in range(len(part.entries)):
        db.xadd(part.stream, f"{last}-{seq + 1 + i}", b"d", part.entries[i])
    return Code.OK, 0


def _open_unfenced(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> object:
    """Open behind whatever is there, in the epoch that is there."""
    stream = db.stream(keys[0])
    if stream is None:
        return scripts.open_epoch(db, keys, args)
    epoch, seq = stream.last
    for i, entry in enumerate(args[5:7]):
        db.xadd(keys[0], show_id((epoch, seq + 1 + i)), b"d", entry)
    return [Code.OK, 0]


class _EagerPublication(Publication):
    """Opens again without asking whether the lease is still its own."""

    def _reopen(self, stream: Stream) -> None:
        super()._reopen(stream)
        self.confirmed()


def without_compare(seed: int) -> Result:
    """Run a seed with explicit ids alone, without compare-and-append."""
    changed = {shipped.APPEND: scripts.append_with(_append_blindly)}
    return simulate(seed, Parts(scripts={**scripts.SHIPPED, **changed}))


def without_fence(seed: int) -> Result:
    """Run a seed without epochs: all writers share one sequence."""
    changed = {
        shipped.APPEND: scripts.append_with(_append_unfenced),
        shipped.OPEN: _open_unfenced,
    }
    return simulate(seed, Parts(scripts={**scripts.SHIPPED, **changed}))


def without_contiguity(seed: int) -> Result:
    """Run a seed with readers that take any higher id for the next one."""
    with mock.patch.object(EntryId, "is_followed_by", EntryId.__lt__):
        return simulate(seed)


def without_a_word_of_conflation(seed: int) -> Result:
    """Run a seed in which a top that replaces another does not say so."""

    def put(stream: Stream, event: wire.Top | wire.TopSnapshot, ts_pub: int) -> bool:
        is_replacing = shipped_put(stream, event, ts_pub)
        if is_replacing:
            stream.held = wire.encode(event, ts_pub)
        return is_replacing

    shipped_put = tops.put
    with mock.patch.object(tops, "put", put):
        return simulate(seed)


def without_release(seed: int) -> Result:
    """Run a seed in which what is said behind a held top overtakes it."""
    with mock.patch.object(Stream, "release"):
        return simulate(seed)


def with_a_loss_between(seed: int) -> Result:
    """Run a seed whose one fault is that Redis loses all between a symbol's leaving and return."""
    return simulate(seed, chaos=_loss_between)


def without_memory_of_who_left(seed: int) -> Result:
    """Run that with streams that come back without knowing their former epochs."""
    with mock.patch.object(Departures, "past", return_value=0):
        return with_a_loss_between(seed)


def with_deaf_publishers(seed: int) -> Result:
    """Run a seed in which nobody hears what consumers ask."""
    with mock.patch.object(Requests, "heard", return_value=[]):
        return simulate(seed)


def without_limit_of_requests(seed: int) -> Result:
    """Run a seed in which each request is heard whenever it comes."""
    with (
        mock.patch.object(asking, "HEAR_EVERY_S", 0.0),
        mock.patch.object(asking, "TAKE_EVERY_S", 0.1),
    ):
        return simulate(seed)


def without_farewell(seed: int) -> Result:
    """Run a seed of SIGHUPs alone, with publishers that forget a symbol without a word."""
    with mock.patch.object(Publication, "_say_bye"):
        return simulate_hang_ups(seed)


def with_a_new_epoch_for_all(seed: int) -> Result:
    """Run that with publishers that open every stream anew when the symbols change."""

    def changed(self: Publication, *rest: Any) -> None:
        before(self, *rest)
        for stream in self.data:
            stream.inspect("fenced")
            self._reopen(stream)

    before = Publication.changed
    with mock.patch.object(Publication, "changed", changed):
        return simulate_hang_ups(seed)


def without_compare_on_a_cluster(seed: int) -> Result:
    """Run a seed on a cluster with explicit ids alone."""
    changed = {shipped.APPEND: scripts.append_with(_append_blindly)}
    return simulate_cluster(seed, Parts(scripts={**scripts.SHIPPED, **changed}))


def without_contiguity_on_a_cluster(seed: int) -> Result:
    """Run a seed on a cluster with readers that take any higher id for the next one."""
    with mock.patch.object(EntryId, "is_followed_by", EntryId.__lt__):
        return simulate_cluster(seed)


def without_following(seed: int) -> Result:
    """Run a seed of moves alone in which publishers ask the old owner for ever."""

    def follow(self: Shards, redirect: Redirect, call: Call) -> None:
        self._hold([_Held(call, redirect.slot, self._now + 0.05)])

    with mock.patch.object(Shards, "_follow", follow):
        return simulate_moves(seed)


def with_a_patience_for_ever(seed: int) -> Result:
    """Run a seed of moves whose targets fail over, with publishers whose calls wait for the node
    that ASK named, whatever becomes of it.
    """
    with mock.patch.object(shards, "ASK_S", 1e9):
        return simulate_lost_targets(seed)


def with_shards_that_share_their_fate(seed: int) -> Result:
    """Run a seed of a lost shard in which nothing is sent while any shard is away."""

    def sent(self: Shards, held: Iterable[_Held]) -> list[_Held]:
        if any(shard.is_wanted and not shard.keeper.is_up for shard in self._shards.values()):
            return list(held)
        return shipped_sent(self, held)

    shipped_sent = Shards._sent
    with mock.patch.object(Shards, "_sent", sent):
        return simulate_lost_shard(seed)


def with_a_sleeper(seed: int) -> Result:
    """Run a seed whose one fault is a leader that sleeps and wakes unable to reach the lease."""
    return simulate(seed, chaos=_sleeper)


def without_confirmation(seed: int) -> Result:
    """Run that with leaders that reopen without asking for their lease."""
    return simulate(seed, Parts(publication=_EagerPublication), _sleeper)


def _loss_between(stage: Stage) -> None:
    before = stage.symbols
    stage.world.at(5.0, lambda: stage.configure(before[:-1]))
    stage.world.at(8.0, lambda: stage.restart_server(stage.empty(), away_s=0.2))
    stage.world.at(11.0, lambda: stage.configure(before))


def _sleeper(stage: Stage) -> None:
    def sleep() -> None:
        (leader,) = stage.leaders
        leader.pause(4.0)
        stage.network.cut_off[f"{leader.name}:lease"] = stage.world.now + 6.0

    stage.world.at(5.0, sleep)
