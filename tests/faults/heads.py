"""When each epoch of a stream began, by the clock of whoever watches; what takeovers are judged by.

A thread reads the streams as they are written, without any consumer library between: the first
entry of an epoch is the instant from which the new leader leads that stream.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.polling import wait_until
from tests.servers import connect

BLOCK_MS = 200


class Heads(threading.Thread):
    """Notes, for each stream and epoch, when its first and its latest entry were seen."""

    def __init__(self, url: str, streams: tuple[str, ...]) -> None:
        super().__init__(daemon=True, name="heads")
        self._url = url
        self.streams = streams
        self.first: dict[str, dict[int, float]] = {stream: {} for stream in streams}
        self.latest: dict[str, float] = dict.fromkeys(streams, 0.0)
        self.gap: dict[str, float] = dict.fromkeys(streams, 0.0)
        """The longest time without an entry since `rest`."""
        self._over = threading.Event()

    def run(self) -> None:
        cursors: dict[str, bytes] = dict.fromkeys(self.streams, b"0-0")
        with connect(self._url) as client:
            while not self._over.is_set():
                found: Any = client.xread(cursors, block=BLOCK_MS)  # type: ignore[arg-type]
                now = time.monotonic()
                for name, rows in found or ():
                    stream = name.decode()
                    cursors[stream] = rows[-1][0]
                    for entry_id, _ in rows:
                        epoch = int(entry_id.split(b"-")[0])
                        self.first[stream].setdefault(epoch, now)
                    if self.latest[stream]:
                        gap = now - self.latest[stream]
                        self.gap[stream] = max(self.gap[stream], gap)
                    self.latest[stream] = now

    def end(self) -> None:
        """Stop reading."""
        self._over.set()
        self.join(5)

    def epochs(self, stream: str) -> int:
        """Return how many epochs the stream has had."""
        return len(self.first[stream])

    def wait_epochs(self, count: int, timeout_s: float = 15.0) -> None:
        """Wait until every stream has had so many epochs."""
        wait_until(
            lambda: all(self.epochs(stream) >= count for stream in self.streams),
            timeout_s,
            f"{count} epochs in {self.first}",
        )

    def led_after(self, moment: float) -> float:
        """Return how long after a moment the last of the streams had its newest epoch."""
        return max(max(epochs.values()) for epochs in self.first.values()) - moment


def percentiles(seconds: list[float]) -> str:
    """Return a line of a sample: how many, p50, p90, p99, most, in milliseconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return (
        f"n={len(ordered)} p50={at(0.5):.0f} p90={at(0.9):.0f} p99={at(0.99):.0f}"
        f" max={1000 * ordered[-1]:.0f} ms"
    )
