"""Each safeguard taken away is missed: without it the simulation finds a broken promise."""

from __future__ import annotations

import pytest

from tests.simulation import ablations
from tests.simulation.ablations import Simulation

SEEDS = 300

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("simulation", "promises"),
    [
        pytest.param(
            ablations.without_compare,
            ("no hole in an epoch", "a snapshot stands behind its entry"),
            id="compare-and-append",
        ),
        pytest.param(
            ablations.without_fence,
            ("only what was published lands", "one writer an epoch", "a loss ends the book"),
            id="epochs",
        ),
        pytest.param(
            ablations.without_contiguity,
            ("a hole is no bad entry", "no hole in silence", "a valid book is the book of its id"),
            id="contiguity",
        ),
        pytest.param(
            ablations.without_a_word_of_conflation,
            ("tops come in order, what is left out is flagged",),
            id="conflated tops",
        ),
        pytest.param(
            ablations.without_release,
            ("tops come in order, what is left out is flagged",),
            id="a held top goes first",
        ),
        pytest.param(
            ablations.without_memory_of_who_left,
            ("an id comes back with the same bytes",),
            id="epochs of who left",
        ),
        pytest.param(
            ablations.with_deaf_publishers,
            ("who asks for a snapshot has it soon",),
            id="requests are heard",
        ),
        pytest.param(
            ablations.without_limit_of_requests,
            ("a flood of requests costs one snapshot a second",),
            id="requests are limited",
        ),
        pytest.param(
            ablations.without_farewell,
            ("who leaves says farewell", "who stays does not notice"),
            id="farewell of who leaves",
        ),
        pytest.param(
            ablations.without_compare_on_a_cluster,
            ("no hole in an epoch", "a snapshot stands behind its entry"),
            id="compare-and-append on a cluster",
        ),
        pytest.param(
            ablations.without_contiguity_on_a_cluster,
            ("a hole is no bad entry", "no hole in silence", "a valid book is the book of its id"),
            id="contiguity on a cluster",
        ),
        pytest.param(
            ablations.without_following,
            ("calm heals everything", "all stand at the head in the end", "moves "),
            id="redirections are followed",
        ),
        pytest.param(
            ablations.with_a_patience_for_ever,
            ("calm heals everything", "who asks for a snapshot has it soon"),
            id="a node that was named may never come",
        ),
        pytest.param(
            ablations.with_shards_that_share_their_fate,
            ("a lost shard costs its own streams alone",),
            id="shards apart",
        ),
        pytest.param(
            ablations.with_a_new_epoch_for_all,
            ("who stays does not notice",),
            id="the others undisturbed",
        ),
    ],
)
def test_without_it_a_promise_breaks(simulation: Simulation, promises: tuple[str, ...]) -> None:
    """Some seed breaks a promise that the safeguard keeps."""
    for seed in range(SEEDS):
        if simulation(seed).failure.startswith(promises):
            return
    pytest.fail(f"{SEEDS} seeds did not miss the safeguard")


def test_a_leader_that_slept_asks_for_its_lease_before_it_opens_again() -> None:
    """Asked first, nobody opens past another's lease; not asked, a sleeper fences its successor."""
    shipped = [ablations.with_a_sleeper(seed) for seed in range(8)]
    eager = [ablations.without_confirmation(seed) for seed in range(8)]
    assert [result.failure for result in shipped] == [""] * 8
    assert sum(result.counts["openings past the lease"] for result in shipped) == 0
    assert sum(result.counts["openings past the lease"] for result in eager) > 8


def test_who_comes_back_after_a_loss_takes_none_of_its_former_ids() -> None:
    """The same trial as `without_memory_of_who_left`, with the memory."""
    assert [ablations.with_a_loss_between(seed).failure for seed in range(8)] == [""] * 8
