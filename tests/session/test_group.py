"""What several sessions of one feed tell as one."""

from __future__ import annotations

from publisher.actions import Notify
from publisher.session import SessionGroup
from tests.session.desk import BTC, ETH, Desk, notices

SYSTEM = {"system": "online", "api_version": "v2", "version": "2.0.10"}


def told(group: SessionGroup, desk: Desk, connection_id: int, **changes: object) -> list[Notify]:
    """Let a connection hear a status; return what is told of it."""
    data = [SYSTEM | {"connection_id": connection_id} | changes]
    actions = desk.receive({"channel": "status", "type": "update", "data": data})
    return [action for action in notices(actions) if group.is_news(action)]


def test_the_state_of_krakens_system_is_told_once_however_many_hear_it() -> None:
    one, two = Desk(BTC), Desk(ETH)
    group = SessionGroup([one.session, two.session])
    for desk in (one, two):
        desk.connect()
    assert [len(told(group, one, 1)), len(told(group, two, 2))] == [1, 0]
    for system in ("maintenance", "online"):
        assert [action.note for action in told(group, two, 2, system=system)] == [
            f"system {system}"
        ]
        assert told(group, one, 1, system=system) == []
    later = {"upcoming_maintenance": [{"title": "x", "phase": "announced"}]}
    assert len(told(group, one, 1, **later)) == 1
    assert told(group, two, 2, **later) == []


def test_what_is_no_state_of_the_system_is_told_each_time() -> None:
    group = SessionGroup([])
    refused = Notify("refused", BTC, "Currency pair not supported")
    assert [group.is_news(refused), group.is_news(refused)] == [True, True]
