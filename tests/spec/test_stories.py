"""Every story is played by a second, naive reading of §7: two derivations must meet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.lines import LinesReader
from tests.spec.reader import Reader, print_id
from tests.spec.vectors.files import data_of, load

STORIES = load("stories")
LINES = load("lines")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["name"])
def test_a_naive_reader_tells_and_holds_what_the_story_says(story: dict[str, Any]) -> None:
    reader = Reader(story.get("stream", "book"), waits=story.get("waits", "yes") == "yes")
    for number, step in enumerate(story["steps"]):
        hand_over(reader, step)
        standing = {
            "wants": reader.wants,
            "cursor": print_id(reader.cursor) if reader.cursor else None,
            "valid": reader.valid,
            "stale": reader.stale,
        }
        looked_at = {name: standing[name] for name in step["then"]}
        assert looked_at == step["then"], f"step {number}"
    assert reader.told == story["expect"]
    assert standing_at_end(reader) == story["final"]


def hand_over(reader: Reader, step: dict[str, Any]) -> None:
    match step:
        case {"snap": entry}:
            reader.snap(entry and (entry["id"], data_of(entry)))
        case {"pointer": entry}:
            reader.pointer(entry and (entry["id"], data_of(entry)))
        case {"entry": entry}:
            reader.entry(entry["id"], data_of(entry))
        case {"now": seconds}:
            reader.now(float(seconds))
        case {"heads": ids}:
            reader.heads(ids["stream"])
        case _:
            pytest.fail(f"no such step: {step}")


def standing_at_end(reader: Reader) -> dict[str, Any]:
    final = {
        "cursor": print_id(reader.cursor) if reader.cursor else None,
        "valid": reader.valid,
        "skipped": str(reader.skipped),
    }
    return {**final, **(reader.state.shown() if reader.valid else {})}


@pytest.mark.parametrize("story", LINES, ids=lambda story: story["name"])
def test_a_naive_reader_of_both_lines_tells_what_the_story_says(story: dict[str, Any]) -> None:
    reader = LinesReader(story.get("stream", "book"))
    for step in story["steps"]:
        if "now" in step:
            reader.now(float(step["now"]))
        else:
            reader.hand(step["line"], step)
    assert reader.told == story["expect"]


def test_a_story_has_one_name_and_every_step_says_what_follows() -> None:
    keys = {"name", "clause", "about", "steps", "expect", "final"}
    for story in STORIES:
        assert set(story) - {"waits", "stream"} == keys
        assert all("then" in step and len(step) == 2 for step in story["steps"])
