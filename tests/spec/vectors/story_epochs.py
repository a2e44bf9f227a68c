"""Stories of new epochs, of silence and of a stream whose past was rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import event
from tests.spec.vectors.scenes import (
    E1,
    E2,
    E3,
    Step,
    after,
    bad,
    cut_epoch,
    cut_snapshot,
    cut_update,
    ends_cut,
    entry,
    good,
    heads,
    joined,
    now,
    snap,
    story,
    told_epoch,
)

Story = dict[str, Any]

NEW = f"{E2}-0"


def opened(**fields: Any) -> list[Step]:
    """Return the two entries that open the second epoch: the epoch, then CUT."""
    return [
        entry(NEW, cut_epoch(**fields), bad(NEW)),
        entry(f"{E2}-1", cut_snapshot()),
    ]


def epoch_stories() -> Iterator[Story]:
    """Yield new epochs, by what the consumer had not seen of the old one."""
    for name, about, fields, told in (
        ("nothing-lost", "The last entry before is the cursor.", {"ps": "10"}, {}),
        (
            "unseen",
            "Entries 11 to 13 were written, and not read.",
            {"ps": "13"},
            {"unseen": [f"{E1}-11", f"{E1}-13"]},
        ),
        (
            "missed",
            "Seqs 11 to 20 were published to nobody.",
            {"ps": "10", "mf": "11", "ml": "20"},
            {"missed": [f"{E1}-11", f"{E1}-20"]},
        ),
        (
            "unseen-and-missed",
            "11 was written and not read, 12 was never written.",
            {"ps": "11", "mf": "12", "ml": "12"},
            {"unseen": [f"{E1}-11", f"{E1}-11"], "missed": [f"{E1}-12", f"{E1}-12"]},
        ),
        ("behind-the-cursor", "Redis lost what the consumer had read.", {"ps": "8"}, {}),
    ):
        reason = "overrun" if "mf" in fields else "takeover"
        full = {"ps": "prev_seq", "mf": "missed_first", "ml": "missed_last"}
        extra = {full[key]: value for key, value in fields.items()}
        yield story(
            f"epoch-{name}",
            "7.2",
            about,
            steps=[joined(), *opened(reason=reason, prev_epoch=E1, **extra)],
            expect=[told_epoch(NEW, reason, **told)],
            final=ends_cut(f"{E2}-1", 0),
        )
    yield from _odd_epochs()


def _odd_epochs() -> Iterator[Story]:
    third = f"{E3}-0"
    yield story(
        "epoch-of-another-lineage",
        "7.2",
        "A whole epoch came and went between the cursor and the new one.",
        steps=[
            joined(),
            entry(third, cut_epoch(reason="lost", prev_epoch=E2, prev_seq="7"), bad(third)),
            entry(f"{E3}-1", cut_snapshot()),
        ],
        expect=[told_epoch(third, "lost", unseen=[f"{E2}-0", f"{E2}-7"])],
        final=ends_cut(f"{E3}-1", 0),
    )
    yield story(
        "epoch-without-a-past",
        "4.4",
        "The publisher found the stream empty: nothing is known of what came before.",
        steps=[joined(), *opened()],
        expect=[told_epoch(NEW)],
        final=ends_cut(f"{E2}-1", 0),
    )
    yield story(
        "epoch-then-late-entry-of-the-old",
        "7.2",
        "An entry of a lower epoch is ignored, whatever its seq.",
        steps=[
            joined(),
            *opened(prev_epoch=E1, prev_seq="10"),
            entry(f"{E1}-999", cut_update(1), good(f"{E2}-1")),
            entry(f"{E2}-2", cut_update(1)),
        ],
        expect=[told_epoch(NEW)],
        final=ends_cut(f"{E2}-2", 1),
    )
    yield story(
        "bye-then-new-epoch",
        "4.7",
        "The publisher stops on request, and another starts.",
        steps=[
            joined(),
            entry(f"{E1}-11", event("bye")),
            *opened(prev_epoch=E1, prev_seq="11"),
        ],
        expect=[{"type": "bye", "id": f"{E1}-11"}, told_epoch(NEW)],
        final=ends_cut(f"{E2}-1", 0),
    )


def silence_stories() -> Iterator[Story]:
    """Yield streams in which nothing comes."""
    here, looking = f"{E1}-10", after("heads", f"{E1}-10", valid="yes")
    quiet = after("entries", here, valid="yes", stale="yes")
    told = {"code": "STALE", "age": "15"}
    yield story(
        "stale",
        "7.4",
        "Fifteen seconds without an entry: told once, the book stays readable.",
        steps=[
            joined(),
            now("14.9", after("entries", here, valid="yes", stale="no")),
            now("15", looking),
            heads(here, here, quiet),
            now("30", after("heads", here, valid="yes", stale="yes")),
            heads(here, here, quiet),
        ],
        expect=[told],
        final=ends_cut(here, 0),
    )
    yield story(
        "stale-ends-with-an-entry",
        "7.4",
        "An entry ends it; a second silence is told again.",
        steps=[
            joined(),
            now("15", looking),
            heads(here, here, quiet),
            now("20", after("entries", here)),
            entry(f"{E1}-11", cut_update(1), after("entries", f"{E1}-11", valid="yes", stale="no")),
            now("35", after("heads", f"{E1}-11")),
            heads(f"{E1}-11", f"{E1}-11", after("entries", f"{E1}-11", stale="yes")),
        ],
        expect=[told, told],
        final=ends_cut(f"{E1}-11", 1),
    )
    yield story(
        "silence-but-the-stream-is-ahead",
        "7.4",
        "The stream has entries past the cursor that never came: join, and tell nothing.",
        steps=[
            joined(),
            now("15", looking),
            heads(f"{E1}-12", f"{E1}-13", after("join", here, valid="yes")),
            snap(f"{E1}-12", cut_snapshot(2)),
            entry(f"{E1}-13", cut_update(3)),
        ],
        final=ends_cut(f"{E1}-13", 3),
    )
    new = f"{E2}-1"
    yield story(
        "regression",
        "7.4",
        "The stream is back in a lower epoch, and goes on there.",
        steps=[
            snap(new, cut_snapshot()),
            now("15", after("heads", new)),
            heads(f"{E1}-40", f"{E1}-41", after("entries", new)),
            now("30", after("heads", new)),
            heads(f"{E1}-45", f"{E1}-46", after("join", None, valid="no")),
            snap(f"{E1}-45", cut_snapshot(1)),
            entry(f"{E1}-46", cut_update(2)),
        ],
        expect=[{"code": "REGRESSION", "cursor": new, "head": f"{E1}-46"}],
        final=ends_cut(f"{E1}-46", 2),
    )
    yield story(
        "regression-after-standstill",
        "7.4",
        "Back in a lower epoch: stale while it stands still, rolled back once it goes.",
        steps=[
            snap(new, cut_snapshot()),
            now("15", after("heads", new)),
            heads(f"{E1}-40", f"{E1}-41", after("entries", new, valid="yes", stale="no")),
            now("30", after("heads", new)),
            heads(f"{E1}-40", f"{E1}-41", after("entries", new, valid="yes", stale="yes")),
            now("45", after("heads", new)),
            heads(f"{E1}-40", f"{E1}-42", after("join", None, valid="no")),
            snap(f"{E1}-43", cut_snapshot(1)),
        ],
        expect=[
            {"code": "STALE", "age": "30"},
            {"code": "REGRESSION", "cursor": new, "head": f"{E1}-42"},
        ],
        final=ends_cut(f"{E1}-43", 1),
    )
