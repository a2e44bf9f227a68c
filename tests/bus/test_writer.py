"""The writer between a publication and a real server: the lease, the fence, errors, strangers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from publisher.bus import calls
from publisher.bus.keys import lease_key
from publisher.errors import RedisRefused
from tests.bus.desk import A, B
from tests.bus.writing import (
    CATALOGUE,
    LEASE_S,
    OTHER,
    STATUS,
    STREAM,
    Desk,
    desk_at,
    kinds,
    lease,
    now,
)
from tests.servers import RedisServer


@pytest.fixture
def desk(redis_server: RedisServer) -> Iterator[Desk]:
    """A writer that leads, its streams open."""
    with desk_at(redis_server) as fresh:
        fresh.opened()
        yield fresh


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Any]:
    with redis_server.client() as found:
        yield found


# Leading


def test_a_free_feed_is_led_and_its_streams_open(desk: Desk, client: Any) -> None:
    desk.written(A, 3)
    assert kinds(client, STREAM) == ["epoch", "snapshot", "update", "update", "update"]
    assert kinds(client, OTHER) == ["epoch", "snapshot"]
    desk.until(lambda: kinds(client, STATUS)[:2] == ["epoch", "feed"], "the feed's state")
    owner, epoch = lease(client)
    assert owner == "me-1"
    assert epoch == desk.writer.lease.epoch == desk.writer.publication.epoch
    assert client.hkeys(CATALOGUE) == [STREAM.encode(), OTHER.encode()]


def test_what_is_published_is_settled_only_when_it_is_answered(
    desk: Desk, redis_server: RedisServer, client: Any
) -> None:
    redis_server.pause()
    desk.publish(A, 5)
    assert not desk.writer.is_settled, "not sent"
    desk.writer.pump(now())
    assert not desk.writer.is_settled, "not answered"
    redis_server.resume()
    desk.until(lambda: desk.writer.is_settled, "answered")
    assert kinds(client, STREAM).count("update") == 5


def test_the_links_are_two_and_either_may_break(desk: Desk, client: Any) -> None:
    ours = [each["id"] for each in client.client_list() if each["name"] == "pykraken"]
    assert len(ours) == 2
    for each in ours:
        client.client_kill_filter(_id=each)
        desk.renewed()
        desk.written()
    assert desk.writer.is_leading
    assert kinds(client, STREAM).count("epoch") == 1


def test_a_second_writer_stands_by_until_the_first_gives_back(
    desk: Desk, redis_server: RedisServer, client: Any
) -> None:
    with desk_at(redis_server, writer=2) as second:
        second.until(lambda: second.writer.lease.has_rival, "it sees the first one's beat", desk)
        second.publish()
        assert kinds(client, STREAM).count("update") == 0, "it writes nothing"
        desk.writer.release(now())
        assert desk.writer.owes_release
        desk.until(lambda: not desk.writer.owes_release, "the release is answered")
        assert lease(client)[0] == ""
        second.opened()
        assert lease(client)[0] == "me-2"
        last = client.xrevrange(STREAM, count=2)[1][1][b"d"]
        epoch = msgpack.unpackb(last)
        assert (epoch["t"], epoch["why"], epoch["w"]) == ("epoch", "takeover", 2)


def test_who_released_claims_no_more(desk: Desk, client: Any) -> None:
    desk.writer.release(now())
    began = time.monotonic()
    desk.until(lambda: time.monotonic() - began > 2 * LEASE_S, "a lease twice over")
    assert lease(client)[0] == ""


def test_only_a_leader_releases(redis_server: RedisServer) -> None:
    with desk_at(redis_server) as fresh:
        fresh.writer.release(now())
        assert not fresh.writer.owes_release


def test_a_release_that_cannot_be_answered_is_not_waited_for(
    desk: Desk, redis_server: RedisServer
) -> None:
    redis_server.pause()
    desk.writer.release(now())
    redis_server.kill()
    desk.until(lambda: not desk.writer.owes_release, "forgotten")


def test_a_lease_taken_away_is_the_end_of_writing(desk: Desk, client: Any) -> None:
    """Another that leads, with a higher epoch and a beat of its own."""
    before = client.xlen(STREAM)
    client.hset(
        lease_key("t", "f"),
        mapping={"owner": "other", "epoch": desk.writer.lease.epoch + 9, "hb": 1},
    )
    desk.until(lambda: not desk.writer.is_leading, "deposed")
    desk.publish(A, 5)
    for _ in range(20):
        desk.turn()
    assert client.xlen(STREAM) == before
    assert desk.writer.publication.epoch == 0
    assert desk.writer.lease.has_rival


def test_a_fenced_stream_opens_again_when_the_lease_is_known_to_be_ours(
    redis_server: RedisServer, client: Any
) -> None:
    """At once, not with the next renewal a quarter of a minute later."""
    with desk_at(redis_server, lease_s=60.0) as desk:
        desk.opened()
        client.xadd(STREAM, {"d": b"x"}, id=f"{desk.writer.lease.epoch + 5000}-0")
        desk.publish()
        desk.until(lambda: kinds_of_epochs(client) == ["start", "fenced"], "a new epoch")
        desk.written()
        assert kinds(client, OTHER).count("epoch") == 1, "the other stream is left alone"


def kinds_of_epochs(client: Any) -> list[str]:
    """Return why each epoch of the stream began; strays are passed over."""
    bodies = [fields[b"d"] for _, fields in client.xrange(STREAM)]
    events = [msgpack.unpackb(body) for body in bodies if body != b"x"]
    return [event["why"] for event in events if event["t"] == "epoch"]


# Errors


def test_a_full_server_is_waited_for(desk: Desk, client: Any) -> None:
    client.config_set("maxmemory", "1")
    desk.publish(A, 3)
    began = time.monotonic()
    desk.until(lambda: time.monotonic() - began > 0.3, "a refusal")
    assert not desk.writer.is_settled
    client.config_set("maxmemory", "0")
    desk.until(lambda: desk.writer.is_settled, "written after all")
    assert kinds(client, STREAM).count("update") == 3
    assert kinds(client, STREAM).count("epoch") == 1


def test_a_right_taken_away_is_fatal(desk: Desk, client: Any) -> None:
    client.acl_setuser("default", commands=["-evalsha"])
    desk.publish()
    with pytest.raises(RedisRefused, match="doctor"):
        desk.until(lambda: False, "a refusal")


def test_a_catalogue_that_cannot_be_written_costs_no_link(
    redis_server: RedisServer, client: Any
) -> None:
    client.set(CATALOGUE, "a string")
    with desk_at(redis_server) as fresh:
        fresh.opened()
        connections = client.info("stats")["total_connections_received"]
        fresh.written(A, 3)
        assert client.info("stats")["total_connections_received"] == connections
    assert kinds(client, STREAM).count("update") == 3


def test_a_stream_refused_is_told_when_it_is_looked_at_and_costs_no_other(
    redis_server: RedisServer, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    client.set(STREAM, "a string")
    with desk_at(redis_server) as fresh:
        fresh.until(lambda: kinds(client, OTHER) == ["epoch", "snapshot"], "the other's epoch")
        said = capsys.readouterr().out
        assert f"stream={STREAM}" in said
        assert "stream.refused" in said
        fresh.written(B, 3)
        assert "stream.refused" not in capsys.readouterr().out
    assert client.get(STREAM) == b"a string"


def test_an_answer_of_the_wrong_shape_ends_the_link_and_nothing_is_lost(
    desk: Desk, client: Any
) -> None:
    """Whose answer it is cannot be known any more; so the same entries go again on a new link."""
    before = client.info("stats")["total_connections_received"]
    desk.publish(A, 2)
    streams = list(desk.writer.publication.books.values())
    desk.writer.answers([(calls.inspect(streams), ["0-0"])])
    desk.until(lambda: desk.writer.is_settled and desk.writer.is_leading, "written")
    desk.until(lambda: kinds(client, STREAM).count("update") == 2, "both, once")
    assert client.info("stats")["total_connections_received"] == before + 1


# Strangers


def test_a_live_feed_in_our_stream_is_named_and_nothing_is_claimed(
    desk: Desk, redis_server: RedisServer, client: Any
) -> None:
    with desk_at(redis_server, writer=2, feed="g") as stranger:
        stranger.until(lambda: stranger.writer.live_stranger(), "it is seen to beat", desk)
        assert stranger.writer.live_stranger() == (STREAM, "f")
        assert not stranger.writer.is_leading
        assert lease(client, "g") == ("", 0)


def test_a_feed_that_fell_silent_gives_up_its_streams(
    redis_server: RedisServer, client: Any
) -> None:
    with desk_at(redis_server) as first:
        first.opened()
    with desk_at(redis_server, writer=2, feed="g") as second:
        began = time.monotonic()
        second.opened()
        assert time.monotonic() - began > LEASE_S, "not before a whole lease of silence"
        second.written()
    assert lease(client, "g")[0] == "me-2"
    assert client.hget(f"{STREAM}.own", "feed") == b"g"


# What consumers ask (WIRE.md 7.6)

REQUESTS = "{t.feed.f}:requests"


def ask(client: Any, symbol: str = A) -> None:
    """Ask as a consumer does."""
    body = msgpack.packb({"t": "snapshot", "y": symbol})
    client.xadd(REQUESTS, {"d": body}, maxlen=1000, approximate=True)


def snaps(client: Any, stream: str = STREAM) -> list[bytes]:
    """Return the ids of the snapshots kept."""
    return [entry_id for entry_id, _ in client.xrange(stream + ".snap")]


def test_who_asks_gets_a_newer_snapshot_well_before_its_time(desk: Desk, client: Any) -> None:
    desk.written(A, 3)
    before = snaps(client)
    began = time.monotonic()
    ask(client)
    desk.until(lambda: len(snaps(client)) > len(before), "a newer one")
    assert time.monotonic() - began < desk.writer.publication.plan.snapshot_interval_s / 2
    assert snaps(client)[-1] == client.xrevrange(STREAM, count=1)[0][0]
    assert len(snaps(client, OTHER)) == 1, "nobody asked for that one"
    assert client.xlen(REQUESTS) == 0


def test_many_who_ask_get_one_a_second(desk: Desk, client: Any) -> None:
    began = time.monotonic()

    def second() -> bool:
        desk.publish()
        ask(client)
        return len(snaps(client)) >= 3

    desk.until(second, "the opening one and two that were asked for")
    assert time.monotonic() - began >= 1.0


def test_a_flood_of_garbage_costs_little_and_hides_no_request(desk: Desk, client: Any) -> None:
    pipe = client.pipeline()
    for number in range(3000):
        pipe.xadd(REQUESTS, {"d": bytes([number % 256]) * (number % 400), "x": b"y"})
    pipe.execute()
    ask(client)
    before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    desk.publish()
    desk.until(lambda: len(snaps(client)) > 1, "the request behind it")
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] - before < 100
    desk.until(lambda: client.xlen(REQUESTS) == 0, "all taken")
    desk.written()
    assert kinds(client, STREAM).count("epoch") == 1
    assert desk.writer.is_leading


def test_requests_that_cannot_be_read_cost_no_link(
    redis_server: RedisServer, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    client.set(REQUESTS, "a string")
    with desk_at(redis_server) as fresh:
        fresh.opened()
        connections = client.info("stats")["total_connections_received"]
        said = ""

        def is_told() -> bool:
            nonlocal said
            said += capsys.readouterr().out
            return "requests.refused" in said

        fresh.until(is_told, "a warning")
        fresh.renewed()
        fresh.written(A, 3)
        assert client.info("stats")["total_connections_received"] == connections
    assert client.get(REQUESTS) == b"a string"


def test_without_the_right_to_read_requests_a_feed_goes_on(
    desk: Desk, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user of an older pykraken may not have it."""
    client.acl_setuser("default", commands=["-xrange"])
    said = ""

    def is_told() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "requests.refused" in said

    desk.until(is_told, "a warning")
    client.acl_setuser("default", commands=["+xrange"])
    desk.renewed()
    desk.written(A, 3)
    assert desk.writer.is_leading


def test_who_stands_by_takes_no_request(redis_server: RedisServer, client: Any) -> None:
    held = lease_key("t", "f")
    client.hset(held, mapping={"owner": "other", "epoch": 5, "hb": 1})
    ask(client)
    with desk_at(redis_server) as second:
        began = time.monotonic()

        def has_watched() -> bool:
            client.hincrby(held, "hb", 1)
            return second.writer.lease.has_rival and time.monotonic() - began > 2 * LEASE_S

        second.until(has_watched, "two leases beside a leader")
        assert not second.writer.is_leading
        assert client.xlen(REQUESTS) == 1
        client.delete(held)
        second.opened()
        second.until(lambda: client.xlen(REQUESTS) == 0, "taken by the leader")
