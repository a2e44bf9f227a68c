"""What came of changes asked for while a feed runs: counted where they happen, for the metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

NO_ROOM, FENCED = LEFT_OUT = ("no_room", "fenced")
"""Why a symbol that was asked for is not published: connections that are full, another feed's
stream.
"""
TAKEN, REFUSED = READ = ("taken", "refused")
"""What came of reading the settings again."""


@dataclass(slots=True)
class ChangeTally:
    """Of one publisher."""

    left_out: dict[str, str] = field(default_factory=dict)
    """Symbols that were asked for and are not published, each with the reason."""
    rereads: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    """Settings that changed and that only a restart takes."""
