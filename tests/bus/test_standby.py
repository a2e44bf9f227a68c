"""Standing by: another leads, and is followed as soon as it says farewell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bus.writing import LEASE_S, Desk, desk_at, now
from tests.servers import RedisServer

LONG_S = 600.0
"""A lease that no test outlives: looked at each minute."""


@contextmanager
def standing_by(server: RedisServer, leader: Desk, lease_s: float = LONG_S) -> Iterator[Desk]:
    """Return a second writer that has just seen the first one lead."""
    with desk_at(server, writer=2, lease_s=lease_s) as second:
        second.until(lambda: second.writer.lease.holder == "me-1", "it stands by", leader)
        yield second


def test_a_farewell_is_not_waited_for_in_vain(redis_server: RedisServer) -> None:
    """The next look is a minute away: only the farewell can have told it."""
    with desk_at(redis_server, lease_s=LONG_S) as leader:
        leader.opened()
        with standing_by(redis_server, leader) as second:
            leader.writer.publication.bye(now())
            leader.until(lambda: leader.writer.is_settled, "said", second)
            leader.writer.release(now())
            second.until(lambda: second.writer.is_leading, "it leads", leader)
            second.opened()


def test_who_stands_by_says_so(
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk_at(redis_server, lease_s=LONG_S) as leader:
        leader.opened()
        capsys.readouterr()
        with standing_by(redis_server, leader):
            pass
    said = [line for line in capsys.readouterr().out.splitlines() if "lease.standby" in line]
    assert len(said) == 1
    assert "leader=me-1" in said[0]


def test_without_the_right_to_wait_it_looks_as_ever(
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user of an older pykraken may not have it."""
    with desk_at(redis_server) as leader:
        leader.opened()
        with redis_server.client() as client:
            client.execute_command("ACL", "SETUSER", "default", "-xread")
        said = ""

        def is_told() -> bool:
            nonlocal said
            said += capsys.readouterr().out
            return "standby.deaf" in said

        with standing_by(redis_server, leader, LEASE_S) as second:
            second.until(is_told, "a warning", leader)
            leader.writer.release(now())
            second.until(lambda: second.writer.is_leading, "it leads", leader)
