"""What anybody on this machine may see of processes, by Linux' /proc."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tests.requirements import require

PROC = Path("/proc")


def descendants(pid: int) -> set[int]:
    """Return the processes below one that live right now."""
    require((PROC / "self" / "environ").exists(), "no /proc: this is not Linux")
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            stat = (folder / "stat").read_text()
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    generation = {pid}
    while generation:
        generation = {child for child, parent in parents.items() if parent in generation}
        found |= generation
    return found


def environments(pids: set[int]) -> str:
    """Return the variables that processes were started with."""
    return "".join(_read(pid, "environ") for pid in pids)


def arguments(pids: set[int]) -> str:
    """Return the arguments of these processes."""
    return "".join(_read(pid, "cmdline") for pid in pids)


def command_lines() -> str:
    """Return the arguments of every process of the machine."""
    pids = (int(folder.name) for folder in PROC.glob("[0-9]*"))
    return "".join(_read(pid, "cmdline") for pid in pids if pid != os.getpid())


def _read(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / name).read_bytes().decode(errors="replace").replace("\0", "\n")
    return ""
