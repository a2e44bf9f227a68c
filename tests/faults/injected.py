"""The publisher with a door for faults from within: `python -m tests.faults.injected run`.

The program is the real one. Faults that no other process can cause come from a file named by
INJECT: one line, read and removed by the daemon's own loop at its next tick.

sleep SECONDS     the loop stands still
raise             the loop itself fails
full              no file can grow any more: every disk is full
dial | fetch | health | lease
                  from now on what runs in that thread fails in a way that nobody expected
quick             reconnects to Kraken cost no wait and no budget
clock SECONDS     the wall clock is off by so much, the monotonic one is not
"""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any, Never

from publisher import cli, connection, daemon, feed, fetching
from publisher.actions import Fetch
from publisher.bus import link
from publisher.kraken import reconnect
from publisher.model import Now

TRUE_NS = time.time_ns


class Unexpected(BaseException):
    """What no `except Exception` takes, as a panic of a native library is."""


def fail(*_words: object, **_named: object) -> Never:
    raise Unexpected("injected")


def obey(line: str, running: daemon.Daemon, now: Now) -> None:
    verb, _, word = line.partition(" ")
    match verb:
        case "sleep":
            time.sleep(float(word))
        case "raise":
            raise ZeroDivisionError("injected")
        case "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        case "dial":
            feed.dial = fail
            running._connections[0]._drop("injected", now, "lost")
        case "lease":
            link.dial = fail
            running._writer._side.keeper.drop("injected", now.mono)
        case "fetch":
            fetching.Fetcher._answer = fail  # type: ignore[method-assign]
            running._fetcher.ask(Fetch("BTC/USD", 0))
        case "health":
            (server,) = [t for t in threading.enumerate() if t.name == "health"]
            target: Any = server._target.__self__
            target.service_actions = fail
        case "quick":
            reconnect.Backoff.wait_s = lambda *_: 0.01
            connection.ConnectBudget.spend = lambda *_: 0
        case "clock":
            off_ns = int(word) * 1_000_000_000
            time.time_ns = lambda: TRUE_NS() + off_ns
            time.time = lambda: time.time_ns() / 1e9


def main() -> int:
    """Run the publisher with the door open."""
    door = Path(os.environ["INJECT"])
    tick = daemon.Daemon._tick

    def ticked(running: daemon.Daemon, now: Now) -> None:
        if door.exists():
            line = door.read_text().strip()
            door.unlink()
            obey(line, running, now)
        tick(running, now)

    daemon.Daemon._tick = ticked
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
