"""The two arrays that `status` messages carry since 2026: upcoming maintenance and emergencies
(3.1). Pure."""

from __future__ import annotations

from publisher.simulator.frames import timestamp

MINUTE_NS = 60_000_000_000
SERVICES = ["spot_ws", "spot_rest", "spot_trading"]
PAGE = "https://status.kraken.com"


def maintenance(now_ns: int) -> dict[str, object]:
    """Return an announced maintenance that starts in half an hour."""
    return {
        "affected_services": SERVICES,
        "cancel_before_utc": timestamp(now_ns + 25 * MINUTE_NS),
        "event_id": 33,
        "expected_end_utc": timestamp(now_ns + 60 * MINUTE_NS),
        "expected_start_utc": timestamp(now_ns + 30 * MINUTE_NS),
        "order_submission": "discouraged",
        "phase": "approaching_30m",
        "recommended_action": "reduce_activity",
        "source_url": PAGE,
        "time_to_start_s": 1800,
        "title": "Simulated maintenance",
    }


def emergency(now_ns: int) -> dict[str, object]:
    """Return an incident under investigation, with the restart that is expected."""
    return {
        "affected_services": SERVICES,
        "event_id": 34,
        "impact": "major",
        "incident_status": "investigating",
        "next_steps": [
            {
                "applies_to": ["spot_ws"],
                "expected_at_utc": timestamp(now_ns + 5 * MINUTE_NS),
                "type": "expected_restart",
            }
        ],
        "source_url": PAGE,
        "started_at_utc": timestamp(now_ns - MINUTE_NS),
        "title": "Simulated emergency",
    }
