"""Stories."""

from collections.abc import Iterator
from typing import Any


def stories() -> Iterator[dict[str, Any]]:
    return iter(())
