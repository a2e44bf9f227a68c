"""Two publishers of one feed, which of them leads, and whether they leak."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path

import redis

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.topology.sentinels import SentinelSet

LEADS_S = 30.0


class Pair:
    """The publishers, by number; the lease in Redis says who leads."""

    def __init__(self, programs: list[Publisher], group: SentinelSet, lease: str) -> None:
        self.programs = programs
        self._group = group
        self._lease = lease
        self.held: dict[int, list[tuple[float, int]]] = defaultdict(list)
        """By process: MB of memory and descriptors, from look to look."""

    def _owner(self) -> int:
        """Return the process id of the lease's owner, 0 if nobody's."""
        with contextlib.suppress(redis.RedisError, OSError, AssertionError):
            with self._group.client(0.5) as client:
                owner = client.hget(self._lease, "owner") or b""
            parts = owner.decode().split(":")
            return int(parts[1]) if len(parts) == 3 else 0
        return 0

    def _number_of_leader(self) -> int | None:
        owner = self._owner()
        pids = [p.process.pid if p.process else 0 for p in self.programs]
        return pids.index(owner) if owner in pids else None

    def leader(self) -> Publisher:
        """Return the one that leads, as soon as one does."""
        wait_until(lambda: self._number_of_leader() is not None, LEADS_S, "one that leads")
        number = self._number_of_leader()
        return self.programs[number or 0]

    def standby(self) -> Publisher:
        """Return the other."""
        leader = self.leader()
        return next(program for program in self.programs if program is not leader)

    def start(self) -> None:
        """Start both, and wait until one leads: a blow beforehand would meet nobody."""
        for program in self.programs:
            program.start()
        self.leader()

    def wait_for_another(self, leader: Publisher) -> None:
        """Wait until the other one leads."""
        number = self.programs.index(leader)
        wait_until(lambda: self._number_of_leader() not in (None, number), LEADS_S, "a takeover")

    def look(self) -> list[str]:
        """Note what each process holds; start again and return which ended of themselves."""
        ended = []
        for program in self.programs:
            assert program.process is not None
            code = program.process.poll()
            if code is not None:
                ended.append(f"{program.log_path} ended with {code}")
                program.start()
                continue
            pid = program.process.pid
            with contextlib.suppress(OSError, StopIteration, ValueError):
                status = Path(f"/proc/{pid}/status").read_text().splitlines()
                resident = next(line for line in status if line.startswith("VmRSS:"))
                files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
                self.held[pid].append((int(resident.split()[1]) / 1000, files))
        return ended
