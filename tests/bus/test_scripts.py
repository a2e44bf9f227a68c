"""The scripts on real servers: each code, each way to lose data, and nothing ever half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from publisher.bus import scripts as shipped
from publisher.bus.scripts import Code, Mode
from tests.bus.scripts import EPOCH, FEED, KEEP_MS, LEASE, OWN, SNAP, STREAM, WRITER, Scripts, part
from tests.conftest import RedisServer
from tests.polling import wait_until

OTHER = "42"
E = EPOCH


@pytest.fixture(scope="module", params=["redis", "valkey"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    from tests.servers import server_binary

    folder = tmp_path_factory.mktemp("server")
    with RedisServer(server_binary(request.param), folder) as running:
        yield running


@pytest.fixture
def client(server: RedisServer) -> Iterator[redis.Redis]:
    with server.client() as connected:
        connected.flushall()
        connected.config_set("maxmemory", "0")
        yield connected


@pytest.fixture
def call(client: redis.Redis) -> Scripts:
    return Scripts(client)


@pytest.fixture
def opened(call: Scripts) -> Scripts:
    """A stream whose epoch is open: `E-0` and `E-1` are there."""
    assert call.open() == (Code.OK, "0")
    return call


# open


def test_open_writes_all_or_nothing(opened: Scripts) -> None:
    assert opened.ids() == [f"{E}-0", f"{E}-1"]
    assert opened.payloads() == ["epoch", "event"]
    assert opened.snaps() == [f"{E}-1"]
    owner = opened.owner()
    assert (owner["epoch"], owner["writer"], owner["feed"]) == (str(E), WRITER, FEED)
    kept, _, stamp = owner["snaps"].partition("@")
    assert kept == f"{E}-1"
    assert stamp.isdigit(), "no 1e+12"


def test_a_status_stream_opens_without_a_snapshot(call: Scripts) -> None:
    assert call.open(entries=("epoch",)) == (Code.OK, "0")
    assert call.ids() == [f"{E}-0"]
    assert call.snaps() == []


def test_open_again_exactly_is_fine(opened: Scripts) -> None:
    assert opened.open() == (Code.OK, "1")
    assert opened.ids() == [f"{E}-0", f"{E}-1"]


def test_open_below_what_is_there_is_fenced(opened: Scripts) -> None:
    for epoch in (E - 1, E):
        assert opened.open(epoch, writer=OTHER, inspected=f"{E}-1") == (Code.FENCED, f"{E}-1")
    assert opened.owner()["writer"] == WRITER


def test_open_after_somebody_wrote_meanwhile_is_changed(opened: Scripts) -> None:
    assert opened.open(E + 1, writer=OTHER, inspected="0-0") == (Code.CHANGED, f"{E}-1")
    opened.append(1, "a")
    assert opened.open(E + 1, writer=OTHER, inspected=f"{E}-1") == (Code.CHANGED, f"{E}-2")
    assert opened.open(E + 1, writer=OTHER, inspected=f"{E}-2") == (Code.OK, "0")
    assert opened.ids()[-2:] == [f"{E + 1}-0", f"{E + 1}-1"]


def test_open_knows_an_owner_whose_stream_is_gone(opened: Scripts, client: redis.Redis) -> None:
    client.delete(STREAM)
    assert opened.open(E, writer=OTHER) == (Code.FENCED, f"{E}-0")
    assert opened.open(E + 1, writer=OTHER) == (Code.OK, "0")


@pytest.mark.parametrize(
    ("first", "second"), [(9, 10), (99, 100), (10**14 - 1, 10**14), (2**53 - 2, 2**53 - 1)]
)
def test_epochs_compare_as_numbers_not_as_text(call: Scripts, first: int, second: int) -> None:
    assert call.open(first) == (Code.OK, "0")
    assert call.open(second, inspected=f"{first}-1", writer=OTHER) == (Code.OK, "0")
    assert call.append(1, "late", epoch=first) == (Code.FENCED, f"{second}-1")


def test_epochs_of_fifteen_digits_stay_exact(call: Scripts) -> None:
    """Lua's own tostring says 1e+14."""
    epoch = 10**14
    call.open(epoch)
    assert call.append(1, "a", "b", epoch=epoch) == (Code.OK, "0")
    assert call.snapshot(3, epoch=epoch) == (Code.OK, "0")
    assert call.ids() == [f"{epoch}-{seq}" for seq in range(4)]
    assert call.owner()["snaps"].split("@")[0] == f"{epoch}-1"
    assert call.inspect() == (f"{epoch}-3", FEED)


def test_seqs_of_sixteen_digits_stay_exact(call: Scripts, client: redis.Redis) -> None:
    client.xadd(STREAM, {"d": "x"}, id=f"{E}-{10**15}")
    client.hset(OWN, mapping={"epoch": E, "writer": WRITER})
    assert call.append(10**15, "a", "b") == (Code.OK, "0")
    assert call.ids()[1:] == [f"{E}-{10**15 + 1}", f"{E}-{10**15 + 2}"]


# append


def test_append(opened: Scripts) -> None:
    assert opened.append(1, "a", "b") == (Code.OK, "0")
    assert opened.append(3, "c") == (Code.OK, "0")
    assert opened.payloads() == ["epoch", "event", "a", "b", "c"]


def test_an_exact_retry_writes_nothing_twice(opened: Scripts) -> None:
    opened.append(1, "a", "b")
    assert opened.append(1, "a", "b") == (Code.OK, "2")
    assert opened.append(1, "a", "b", "c") == (Code.OK, "2"), "what came since goes along"
    assert opened.payloads() == ["epoch", "event", "a", "b", "c"]


def test_another_writer_is_fenced_at_the_same_epoch(opened: Scripts) -> None:
    """An epoch number alone is no proof after a clock step."""
    assert opened.append(1, "evil", writer=OTHER) == (Code.FENCED, f"{E}-0")
    assert opened.append(1, "evil", writer=OTHER, mode=Mode.SEED) == (Code.FENCED, f"{E}-0")
    assert opened.ids() == [f"{E}-0", f"{E}-1"]


def test_an_older_epoch_is_fenced(opened: Scripts) -> None:
    opened.open(E + 1, writer=OTHER, inspected=f"{E}-1")
    assert opened.append(1, "late") == (Code.FENCED, f"{E + 1}-1")
    assert opened.append(1, "late", mode=Mode.SEED) == (Code.FENCED, f"{E + 1}-1")
    assert opened.snapshot(1) == (Code.FENCED, f"{E + 1}-1")


def test_a_stray_entry_fences(opened: Scripts, client: Any) -> None:
    """R22: `XADD *` by a human."""
    stray = client.xadd(STREAM, {"x": "1"}, id=f"{E + 1000}-0").decode()
    assert opened.append(1, "a") == (Code.FENCED, stray)
    client.delete(STREAM)
    assert opened.append(1, "a", mode=Mode.SEED) == (Code.OK, "0")


def test_a_stray_entry_in_our_own_epoch_fences_too(opened: Scripts, client: redis.Redis) -> None:
    client.xadd(STREAM, {"x": "1"}, id=f"{E}-50")
    assert opened.append(1, "a", "b") == (Code.FENCED, f"{E}-50")


def test_what_is_missing_is_lost(opened: Scripts) -> None:
    assert opened.append(5, "f") == (Code.LOST, f"{E}-1")
    assert opened.append(5, "f", mode=Mode.SEED) == (Code.LOST, f"{E}-1"), "a hole in any mode"
    assert opened.ids() == [f"{E}-0", f"{E}-1"]


@pytest.mark.parametrize("how", ["stream", "all", "own"])
def test_data_that_vanished_is_lost_and_can_be_seeded(
    opened: Scripts, client: redis.Redis, how: str
) -> None:
    opened.append(1, "a")
    if how == "all":
        client.flushall()
    else:
        client.delete(STREAM if how == "stream" else OWN)
    last = f"{E}-2" if how == "own" else "0-0"
    assert opened.append(2, "b") == (Code.LOST, last)
    again = opened.append(-1, "epoch", "event", "a", "b", mode=Mode.SEED, bodies={1: "body"})
    assert again == (Code.OK, "3" if how == "own" else "0")
    assert opened.payloads() == ["epoch", "event", "a", "b"]
    assert opened.snaps() == [f"{E}-1"]
    assert opened.owner()["writer"] == WRITER
    assert opened.append(3, "c") == (Code.OK, "0")


def test_a_seed_may_begin_anywhere(call: Scripts) -> None:
    assert call.append(99, "a", "b", mode=Mode.SEED) == (Code.OK, "0")
    assert call.ids() == [f"{E}-100", f"{E}-101"]


def test_a_seed_goes_over_an_older_epoch(opened: Scripts) -> None:
    """R7: a roll-back across an epoch change; the higher epoch asserts itself again."""
    assert opened.append(7, "x", epoch=E + 1, writer=OTHER, mode=Mode.SEED) == (Code.OK, "0")
    assert opened.ids() == [f"{E}-0", f"{E}-1", f"{E + 1}-8"]
    assert opened.owner()["epoch"] == str(E + 1)


@pytest.mark.parametrize("trim", [("XTRIM", STREAM, "MAXLEN", 0), ("XDEL", STREAM, f"{E}-2")])
def test_trimmed_and_deleted_entries_leave_the_fence(
    opened: Scripts, client: Any, trim: tuple[object, ...]
) -> None:
    opened.append(1, "a")
    client.execute_command(*trim)
    assert opened.inspect()[0] == f"{E}-2"
    assert opened.append(1, "a") == (Code.OK, "1")
    assert opened.append(2, "b") == (Code.OK, "0")


def test_a_snapshot_event_takes_its_body_along(opened: Scripts) -> None:
    assert opened.append(1, "a", "pointer", "b", bodies={3: "whole book"}) == (Code.OK, "0")
    assert opened.snaps() == [f"{E}-1", f"{E}-3"]
    assert opened.append(1, "a", "pointer", "b", bodies={3: "whole book"}) == (Code.OK, "3")
    assert opened.snaps() == [f"{E}-1", f"{E}-3"]


def test_many_streams_in_one_call_are_judged_each_on_its_own(client: Any) -> None:
    names = ["{t.A/B}:1", "{t.A/B}:2", "{t.A/B}:3", "{t.A/B}:4"]
    one, two, three, four = (Scripts(client, name) for name in names)
    for each in (one, two):
        each.open()
    three.open(writer=OTHER)
    client.set(names[3], "a string")
    arguments = [
        *(WRITER, FEED, KEEP_MS),
        *part(1, "a", "b", bodies={2: "x"}),
        *part(7, "a"),
        *part(1, "a"),
        *part(1, "a"),
    ]
    keys = [key for each in (one, two, three, four) for key in each.keys]
    reply = client.eval(shipped.APPEND, len(keys), *keys, *arguments)
    assert [Code(code) for code in reply[::2]] == [Code.OK, Code.LOST, Code.FENCED, Code.REFUSED]
    assert b"WRONGTYPE" in reply[7]
    assert len(one.ids()) == 4
    assert len(two.ids()) == len(three.ids()) == 2


def test_a_thousand_entries_in_one_call(opened: Scripts) -> None:
    assert opened.append(1, *(f"p{i}" for i in range(1000))) == (Code.OK, "0")
    assert opened.ids() == [f"{E}-{seq}" for seq in range(1002)]


# snapshot and retention


def test_a_snapshot_stands_behind_its_entry(opened: Scripts) -> None:
    opened.append(1, "a", "b")
    assert opened.snapshot(3) == (Code.OK, "0")
    assert opened.snapshot(4) == (Code.LOST, f"{E}-3")
    assert opened.snapshot(2, writer=OTHER) == (Code.FENCED, f"{E}-0")
    assert opened.snaps() == [f"{E}-1", f"{E}-3"]


def test_a_snapshot_of_what_redis_lost_is_lost(opened: Scripts, client: Any) -> None:
    """Not fenced: nobody else wrote, the ring can fill it up again."""
    client.delete(OWN)
    assert opened.snapshot(1) == (Code.LOST, f"{E}-1")
    client.flushall()
    assert opened.snapshot(1) == (Code.LOST, "0-0")
    opened.open(E - 5)
    assert opened.snapshot(1) == (Code.LOST, f"{E - 5}-1"), "R7: rolled back"


def test_a_snapshot_again_is_fine(opened: Scripts) -> None:
    opened.append(1, "a")
    assert opened.snapshot(2) == opened.snapshot(2) == (Code.OK, "0")
    assert opened.snaps() == [f"{E}-1", f"{E}-2"]


def aged(client: Any, by_ms: int) -> None:
    """Make every kept snapshot older."""
    kept = client.hget(OWN, "snaps").decode().split()
    pairs = (entry.split("@") for entry in kept)
    client.hset(OWN, "snaps", " ".join(f"{i}@{int(ms) - by_ms}" for i, ms in pairs))


def assert_retained(call: Scripts, client: Any) -> None:
    """WIRE.md 6: for every entry kept in `.snap`, all later entries of the stream exist."""
    last = int(call.inspect()[0].partition("-")[2])
    oldest = int(call.snaps()[0].partition("-")[2])
    seqs = [int(entry.partition("-")[2]) for entry in call.ids()]
    assert set(range(oldest + 1, last + 1)) <= set(seqs)
    assert [entry.split("@")[0] for entry in call.owner()["snaps"].split()] == call.snaps()


def test_retention_goes_by_the_age_of_the_oldest_kept_snapshot(
    opened: Scripts, client: redis.Redis
) -> None:
    seq = 1
    for _ in range(40):
        aged(client, 10_000)
        opened.append(seq, *(f"x{i}" for i in range(60)))
        seq += 60
        assert opened.snapshot(seq) == (Code.OK, "0")
        assert_retained(opened, client)
    ages = [index * 10 for index in range(len(opened.snaps()))]
    assert ages[-1] >= 60, "the oldest kept is at least as old as promised"
    assert ages[-2] < 60 + 10, "and nothing much older is kept"
    assert len(opened.ids()) < 1000, "the stream is trimmed"


def test_after_a_clock_s_step_back_snapshots_age_as_ever(
    opened: Scripts, client: redis.Redis
) -> None:
    opened.append(1, "a", "b", "c")
    opened.snapshot(2)
    aged(client, -3_600_000)  # the server's clock went back by an hour
    opened.snapshot(3)
    assert opened.snaps() == [f"{E}-1", f"{E}-2", f"{E}-3"]
    aged(client, 61_000)
    opened.snapshot(4)
    assert opened.snaps() == [f"{E}-3", f"{E}-4"], "from the step on, ages are as ever"


def test_without_age_nothing_is_trimmed(opened: Scripts) -> None:
    seq = 1
    for _ in range(30):
        opened.append(seq, *(f"x{i}" for i in range(20)))
        seq += 20
        opened.snapshot(seq)
    assert len(opened.ids()) == 602
    assert len(opened.snaps()) == 31


def test_retention_reaches_over_an_epoch_change(opened: Scripts, client: redis.Redis) -> None:
    opened.append(1, "a")
    assert opened.open(E + 1, inspected=f"{E}-2") == (Code.OK, "0")
    assert opened.snaps() == [f"{E}-1", f"{E + 1}-1"]
    aged(client, 61_000)
    opened.append(1, "b", epoch=E + 1)
    opened.snapshot(2, epoch=E + 1)
    assert opened.snaps() == [f"{E + 1}-1", f"{E + 1}-2"]


def test_a_lost_list_of_snapshots_never_trims_too_much(
    opened: Scripts, client: redis.Redis
) -> None:
    opened.append(1, "a", "b")
    client.hdel(OWN, "snaps")
    assert opened.snapshot(3) == (Code.OK, "0")
    assert len(opened.ids()) == 4


# other types, memory, inspect


@pytest.mark.parametrize("key", [STREAM, OWN, SNAP])
def test_a_key_of_another_type_refuses_its_stream(
    opened: Scripts, client: redis.Redis, key: str
) -> None:
    """R10: answered as that stream's own, so that others in the same call are not touched."""
    client.delete(key)
    client.set(key, "a string")
    answers = [opened.snapshot(1)]
    if key != SNAP:
        answers += [opened.open(), opened.append(1, "a")]
    for code, detail in answers:
        assert code is Code.REFUSED
        assert detail.startswith("WRONGTYPE")
    assert client.get(key) == b"a string"


def test_inspect(opened: Scripts, client: Any) -> None:
    assert opened.inspect() == (f"{E}-1", FEED)
    client.flushall()
    assert opened.inspect() == ("0-0", "")
    client.set(STREAM, "x")
    assert opened.inspect()[0].startswith("!WRONGTYPE")
    client.delete(STREAM)
    client.set(OWN, "x")
    assert opened.inspect()[0].startswith("!WRONGTYPE")


def test_out_of_memory_refuses_the_whole_call(opened: Scripts, client: Any) -> None:
    """R8: nothing is half written, and plain trims still run."""
    client.config_set("maxmemory", "1")
    attempts: list[Callable[[], object]]
    attempts = [lambda: opened.append(1, "a"), lambda: opened.snapshot(1), opened.open]
    for refused in attempts:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            refused()
    assert client.xtrim(STREAM, minid=f"{E}-1", approximate=False) == 1
    assert opened.inspect() == (f"{E}-1", FEED)
    client.config_set("maxmemory", "0")
    assert opened.append(1, "a") == (Code.OK, "0")


# lease


def claim(client: Any, owner: str, floor: int, seen: tuple[str, str] = ("", "")) -> list[object]:
    reply = client.eval(shipped.CLAIM, 1, LEASE, owner, floor, *seen)
    return [int(reply[0]), reply[1].decode()]


def renew(client: Any, owner: str, epoch: str, beat: int) -> list[object]:
    reply = client.eval(shipped.RENEW, 1, LEASE, owner, epoch, beat)
    return [int(reply[0]), reply[1].decode()]


def test_claim_is_above_time_floor_and_what_was(client: Any) -> None:
    seconds, micros = client.time()
    now = seconds * 1000 + micros // 1000
    first = claim(client, "a", 5)
    assert first[0] == 1
    assert now < int(str(first[1])) < now + 60_000
    assert client.hgetall(LEASE) == {b"owner": b"a", b"epoch": str(first[1]).encode(), b"hb": b"1"}
    assert claim(client, "a", 5) == first, "the answer was lost: the same again"
    far = claim(client, "b", 10**15, (str(first[1]), "1"))
    assert far == [1, str(10**15 + 1)]
    assert claim(client, "c", 0, (str(far[1]), "1")) == [1, str(10**15 + 2)]


def test_who_claims_second_does_not_get_it(client: Any) -> None:
    first = claim(client, "a", 0)
    assert claim(client, "b", 0) == [0, first[1]]
    renew(client, "a", str(first[1]), 2)
    assert claim(client, "b", 0, (str(first[1]), "1")) == [0, first[1]], "it moved meanwhile"
    assert claim(client, "b", 0, (str(first[1]), "2"))[0] == 1


def test_renew(client: Any) -> None:
    epoch = str(claim(client, "a", 0)[1])
    assert renew(client, "a", epoch, 2) == [1, epoch]
    assert client.hget(LEASE, "hb") == b"2"
    assert renew(client, "b", epoch, 2) == [0, epoch], "another's"
    newer = str(claim(client, "b", 0, (epoch, "2"))[1])
    assert renew(client, "a", epoch, 3) == [0, newer]
    client.flushall()
    assert renew(client, "b", newer, 9) == [2, newer], "Redis lost it"
    client.hset(LEASE, mapping={"owner": "a", "epoch": epoch, "hb": "5"})
    assert renew(client, "b", newer, 10) == [2, newer], "R7: rolled back"


def test_release(client: Any) -> None:
    epoch = str(claim(client, "a", 0)[1])
    assert client.eval(shipped.RELEASE, 1, LEASE, "b", epoch) == 0
    assert client.eval(shipped.RELEASE, 1, LEASE, "a", epoch) == 1
    assert client.hget(LEASE, "owner") == b""
    assert client.hget(LEASE, "epoch") == epoch.encode(), "so that the next one is higher"


def test_two_who_claim_at_once(server: RedisServer, client: Any) -> None:
    """R-5: exactly one gets it."""
    with server.client() as other:
        won = [claim(one, name, 0)[0] for one, name in ((client, "a"), (other, "b"))]
    assert sorted(map(str, won)) == ["0", "1"]


def test_every_script_has_the_shebang_and_its_own_digest(client: Any) -> None:
    """Without it a replica answers EVALSHA and writes nothing (decisions, Append script)."""
    for script in shipped.ALL:
        assert script.startswith("#!lua")
        assert client.script_load(script) == shipped.digest(script)
    assert len({shipped.digest(script) for script in shipped.ALL}) == len(shipped.ALL) == 8


def test_a_replica_refuses_to_write(server: RedisServer, client: Any, tmp_path: Any) -> None:
    """R4: after a failover the old primary says READONLY, it does not pretend."""
    Scripts(client).open()
    with RedisServer(server.binary, tmp_path / "replica") as replica, replica.client() as second:
        client.config_set("repl-diskless-sync-delay", "0")
        follow: Any = second
        follow.execute_command("REPLICAOF", "127.0.0.1", server.port)
        wait_until(
            lambda: second.info("replication")["master_link_status"] == "up", 10, "replication"
        )
        wait_until(lambda: second.exists(STREAM), 10, "the stream at the replica")
        copy = Scripts(second)
        with pytest.raises(redis.ReadOnlyError):
            copy.append(1, "a")
        with pytest.raises(redis.ReadOnlyError):
            copy.snapshot(1)
        assert copy.inspect() == (f"{E}-1", FEED), "reading is allowed"
