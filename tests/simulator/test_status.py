"""The venue's state: its announcements, the course of a maintenance, what REST says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from publisher.simulator.notices import ADVICE, IMPACTS, INCIDENTS, STEPS, course
from tests.simulator.program import Client, Program


def state(client: Client) -> dict[str, Any]:
    """Return the next status."""
    (told,) = client.until(lambda frame: frame.get("channel") == "status")["data"]
    known: dict[str, Any] = told
    return known


@pytest.fixture
def client(program: Program) -> Any:
    with program.client() as connected:
        first = state(connected)
        assert (first["system"], first["upcoming_maintenance"], first["emergency"]) == (
            "online",
            [],
            [],
        )
        yield connected


@pytest.mark.parametrize("phase", ADVICE)
def test_a_maintenance_is_announced_as_recorded(
    program: Program, client: Client, captures: Path, phase: str
) -> None:
    program.post("fault", name="status", system="online", notice="both", phase=phase, start_s=90)
    told = state(client)
    lines = (captures / "control-ohlc-ticker-2026.ndjson").read_text().splitlines()
    (real,) = json.loads(lines[0])["data"][0]["upcoming_maintenance"]
    (planned,) = told["upcoming_maintenance"]
    assert list(planned) == list(real)
    assert {key: type(value) for key, value in planned.items()} == {
        key: type(value) for key, value in real.items()
    }
    assert (planned["phase"], planned["time_to_start_s"]) == (phase, 90)
    assert planned["cancel_before_utc"] < planned["expected_start_utc"]
    assert planned["expected_start_utc"] < planned["expected_end_utc"]
    assert len(told["emergency"]) == 1
    rest = program.get("/0/public/SystemStatus")["result"]
    assert (rest["status"], rest["upcoming_maintenance"]) == ("online", [planned])


def test_an_emergency_says_what_was_ordered(program: Program, client: Client) -> None:
    ordered = {"impact": IMPACTS[3], "incident": INCIDENTS[1], "next": STEPS[3]}
    program.post("fault", name="status", system="cancel_only", notice="emergency", **ordered)
    told = state(client)
    assert (told["system"], told["upcoming_maintenance"]) == ("cancel_only", [])
    (incident,) = told["emergency"]
    assert (incident["impact"], incident["incident_status"]) == ("critical", "identified")
    assert incident["next_steps"][0]["type"] == "expected_online"
    program.post("clear")
    told = state(client)
    assert (told["system"], told["emergency"]) == ("online", [])


def test_a_notice_without_a_change_of_state_is_cleared_too(
    program: Program, client: Client
) -> None:
    program.post("fault", name="status", system="online", notice="maintenance")
    assert state(client)["upcoming_maintenance"]
    program.post("clear")
    assert state(client)["upcoming_maintenance"] == []


def test_a_maintenance_runs_its_course(program: Program, client: Client) -> None:
    program.post("fault", name="maintenance", in_s=0.5, last_s=0.3, step_s=0.1)
    told = [state(client) for _ in range(9)]
    phases = [planned["phase"] for each in told for planned in each["upcoming_maintenance"]]
    assert phases == list(ADVICE)[:5]
    assert [each["system"] for each in told[4:]] == [
        "online",
        "maintenance",
        "cancel_only",
        "post_only",
        "online",
    ]


def test_the_course_is_counted_from_its_start() -> None:
    moments = course(10.0, 4.0, 1.0)
    assert [moment.after_s for moment in moments] == [0, 2, 4, 6, 8, 10, 14, 15, 16]
    assert [moment.start_s for moment in moments[:5]] == [10, 8, 6, 4, 2]
