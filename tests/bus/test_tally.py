"""What is counted on the way to Redis."""

from __future__ import annotations

import pytest

from publisher.bus.answers import CODES, code_of
from publisher.bus.tally import LinkTally


def test_an_outage_lasts_from_a_fall_to_the_next_rise() -> None:
    tally = LinkTally()
    tally.rose("data", "a", 10.0)
    assert tally.outage_s(20.0) == 0.0, "the time before the first one is a start"
    tally.fell("data", "lost", 20.0)
    assert tally.outage_s(21.5) == 1.5, "while it lasts too"
    tally.rose("data", "a", 22.0)
    assert tally.outage_s(30.0) == 2.0
    assert (tally.connects, dict(tally.ends), tally.failovers) == (2, {"lost": 1}, 0)


def test_nodes_of_a_cluster_are_summed() -> None:
    tally = LinkTally()
    for name in ("data a:1", "data b:1"):
        tally.rose(name, name, 0.0)
        tally.fell(name, "timeout", 1.0)
    assert tally.outage_s(3.0) == 4.0
    tally.forget("data a:1")
    assert tally.outage_s(3.0) == 2.0, "nobody waits for a node that has no slots"


def test_another_server_process_is_a_failover() -> None:
    tally = LinkTally()
    for server in ("a", "a", "b", "b", "a"):
        tally.rose("data", server, 0.0)
    assert tally.failovers == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
        ("ERR max number of clients reached", "MAXCLIENTS"),
        ("max number of clients reached", "MAXCLIENTS"),
        ("NOSCRIPT No matching script.", "NOSCRIPT"),
        (
            "ERR ACL failure in script: User u has no permissions to run the 'xadd' command",
            "NOPERM",
        ),
        ("SOMETHING new", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_servers_words_are_counted_by_few_codes(words: str, code: str) -> None:
    assert code_of(words) == code
    assert code in CODES
