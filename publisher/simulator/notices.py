"""The two arrays that `status` messages carry since 2026: upcoming maintenance and emergencies
(3.1), and the course of a maintenance from its announcement to the last state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from publisher.simulator.frames import timestamp
from publisher.simulator.market import System

SECOND_NS = 1_000_000_000
SERVICES = ("spot_ws", "spot_rest", "spot_trading")
PAGE = "https://status.kraken.com"

ADVICE: Mapping[str, tuple[str, str]] = MappingProxyType({
    "announced": ("allowed", "continue"),
    "reminder_24h": ("allowed", "continue"),
    "approaching_30m": ("discouraged", "reduce_activity"),
    "imminent_5m": ("discouraged", "cancel_open_orders"),
    "final_warning_30s": ("blocked", "disconnect_and_wait"),
    "unspecified": ("unspecified", "unspecified"),
})  # fmt: skip
"""Each phase before a maintenance, with order_submission and recommended_action."""

IMPACTS = ("none", "minor", "major", "critical", "unspecified")
INCIDENTS = ("investigating", "identified", "monitoring", "unspecified")
STEPS = (
    "expected_restart", "expected_cancel_only", "expected_post_only", "expected_online",
    "unspecified",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """What the venue declares `after_s`: its state, and the phase of a maintenance that starts
    `start_s` later; no phase: nothing is announced."""

    after_s: float
    system: System
    phase: str = ""
    start_s: float = 0.0


def course(in_s: float, last_s: float, step_s: float) -> list[Moment]:
    """Return the moments of a maintenance that begins in `in_s` and lasts `last_s`: the phases in
    equal steps, then the states that lead back to online, each for `step_s`."""
    phases = [phase for phase in ADVICE if phase != "unspecified"]
    share = in_s / len(phases)
    announced = [
        Moment(share * number, "online", phase, in_s - share * number)
        for number, phase in enumerate(phases)
    ]
    over_s = in_s + last_s
    return [
        *announced,
        Moment(in_s, "maintenance"),
        Moment(over_s, "cancel_only"),
        Moment(over_s + step_s, "post_only"),
        Moment(over_s + 2 * step_s, "online"),
    ]


def maintenance(now_ns: int, *, phase: str, start_s: float) -> dict[str, object]:
    """Return an announced maintenance that starts in `start_s` and lasts an hour."""
    submission, action = ADVICE[phase]
    start_ns = now_ns + int(start_s * SECOND_NS)
    return {
        "affected_services": SERVICES,
        "cancel_before_utc": timestamp(start_ns - int(start_s * SECOND_NS) // 6),
        "event_id": 33,
        "expected_end_utc": timestamp(start_ns + 3600 * SECOND_NS),
        "expected_start_utc": timestamp(start_ns),
        "order_submission": submission,
        "phase": phase,
        "recommended_action": action,
        "source_url": PAGE,
        "time_to_start_s": int(start_s),
        "title": "Simulated maintenance",
    }


def emergency(now_ns: int, *, impact: str, incident: str, step: str) -> dict[str, object]:
    """Return an incident that began a minute ago, with the step expected in five."""
    return {
        "affected_services": SERVICES,
        "event_id": 34,
        "impact": impact,
        "incident_status": incident,
        "next_steps": [
            {
                "applies_to": ["spot_ws"],
                "expected_at_utc": timestamp(now_ns + 300 * SECOND_NS),
                "type": step,
            }
        ],
        "source_url": PAGE,
        "started_at_utc": timestamp(now_ns - 60 * SECOND_NS),
        "title": "Simulated emergency",
    }
