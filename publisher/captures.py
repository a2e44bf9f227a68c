"""What Kraken sent before a checksum did not match, kept for people in a file (fault X14).

Raw messages as they came, one a line, oldest first: the form that `pykraken simulate --replay`
reads. Bounded in memory and on disk; where the disk refuses, one warning says so and nothing waits.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from publisher.logs import get_logger

MESSAGES = 100
LARGEST_BYTES = 1 << 20
FILES = 5
"""Of one feed; the oldest goes when one more comes."""
EVERY_S = 10.0
"""What fails oftener than that fails for the same reason."""


class LastMessages:
    """The last messages of one connection: a hundred at most, a mebibyte at most."""

    def __init__(self) -> None:
        self._kept: deque[bytes] = deque(maxlen=MESSAGES)
        self._counted = 0
        """Bytes since the last look; those of messages that have gone count until then."""

    def took(self, messages: list[bytes]) -> None:
        """Add messages, oldest first."""
        self._kept.extend(messages)
        self._counted += sum(map(len, messages))
        if self._counted > LARGEST_BYTES:
            self._counted = _shed(self._kept)

    def forget(self) -> None:
        """Begin anew: another connection's messages explain nothing."""
        self._kept.clear()
        self._counted = 0

    def behind(self, messages: Iterable[bytes]) -> list[bytes]:
        """Return what is kept, with the messages that are being worked on behind it; of all of
        them no more than a mebibyte, the newest.
        """
        both = deque([*self._kept, *messages])
        _shed(both)
        return list(both)


def _shed(messages: deque[bytes]) -> int:
    """Let the oldest go until a mebibyte is left; return how many bytes are."""
    size = sum(map(len, messages))
    while size > LARGEST_BYTES:
        size -= len(messages.popleft())
    return size


class CaptureFolder:
    """The files of one feed in a folder that several may share."""

    def __init__(self, path: Path, feed: str) -> None:
        self._path = path
        self._feed = re.sub(r"[^A-Za-z0-9._-]", "-", feed)
        self._due = float("-inf")
        self._log = get_logger("captures")

    def write(self, symbol: str, messages: Iterable[bytes], mono: float, unix: int) -> None:
        """Write a file and say where it is; nothing when the last one is younger than ten seconds.
        `mono` is the monotonic clock in seconds, `unix` the time in ns.
        """
        if mono < self._due:
            return
        self._due = mono + EVERY_S
        pair = re.sub(r"[^A-Za-z0-9._-]", "-", symbol)
        file = self._path / f"{self._feed}.{unix}.{pair}.ndjson"
        kept = list(messages)
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_bytes(b"".join(message.replace(b"\n", b" ") + b"\n" for message in kept))
            for old in self._files()[:-FILES]:
                old.unlink(missing_ok=True)
        except OSError as error:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            mend = "make the folder writable or set PYKRAKEN_STATE_DIR"
            self._log.warning(
                "book.uncaptured", file=file, reason=error.strerror or str(error), mend=mend
            )
        else:
            self._log.warning("book.captured", symbol=symbol, file=file, messages=len(kept))

    def _files(self) -> list[Path]:
        """Return this feed's files, oldest first: names of one length sort by their time."""
        return sorted(self._path.glob(f"{self._feed}.[0-9]*.ndjson"))
