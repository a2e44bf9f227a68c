"""What is kept for people of a connection's last messages (fault X14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.captures import EVERY_S, FILES, LARGEST_BYTES, MESSAGES, CaptureFolder, LastMessages

UNIX = 1_790_000_000_000_000_000


def test_the_last_hundred_are_kept_and_those_in_work_stand_behind() -> None:
    last = LastMessages()
    for number in range(0, 250, 5):
        last.took([b"%d" % each for each in range(number, number + 5)])
    kept = last.behind([b"now", b"next"])
    assert kept == [b"%d" % number for number in range(250 - MESSAGES, 250)] + [b"now", b"next"]
    large = b"x" * (LARGEST_BYTES - 4)
    assert last.behind([large, b"last"]) == [large, b"last"], "a file is no larger than a mebibyte"
    assert last.behind([large + b"xxxxx", b"last"]) == [b"last"]
    last.forget()
    assert last.behind([]) == []


def test_a_mebibyte_is_the_most() -> None:
    """Whatever comes in whichever order: never more, and never less than fits."""
    last = LastMessages()
    sizes = [10, LARGEST_BYTES // 3, 7, LARGEST_BYTES + 1, 5, LARGEST_BYTES // 2, 3] * 20
    sent: list[bytes] = []
    for number, size in enumerate(sizes):
        message = b"%d " % number + b"x" * size
        last.took([message])
        sent.append(message)
        kept = last.behind([])
        assert kept == (sent[-len(kept) :] if kept else [])
        assert sum(map(len, kept)) <= LARGEST_BYTES
        one_more = sum(map(len, sent[-len(kept) - 1 :]))
        assert len(kept) == min(len(sent), MESSAGES) or one_more > LARGEST_BYTES


def test_a_file_holds_the_messages_as_they_came(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path / "captures", "book 10:a/b")
    folder.write("BTC/USD", [b'{"a":1}', b'{\n"b":2}', b"\xff"], 0.0, UNIX)
    (file,) = (tmp_path / "captures").iterdir()
    assert file.name == f"book-10-a-b.{UNIX}.BTC-USD.ndjson"
    assert file.read_bytes() == b'{"a":1}\n{ "b":2}\n\xff\n'


def test_files_are_few_and_not_oftener_than_every_ten_seconds(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path, "one")
    other = CaptureFolder(tmp_path, "one.two")
    other.write("ETH/USD", [b"other"], 0.0, UNIX)
    for second in range(100):
        folder.write("BTC/USD", [b"%d" % second], float(second), UNIX + second)
    told = sorted(file.read_text().strip() for file in tmp_path.glob("one.1*"))
    assert told == [str(second) for second in range(100 - FILES * int(EVERY_S), 100, int(EVERY_S))]
    assert len(list(tmp_path.glob("one.two.*"))) == 1, "another feed's are not ours to remove"


def test_a_disk_that_refuses_is_told_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    (tmp_path / "file").touch()
    folder = CaptureFolder(tmp_path / "file", "one")
    monkeypatch.setattr(folder, "_log", Deaf(told))
    folder.write("BTC/USD", [b"x"], 0.0, UNIX)
    assert told == ["book.uncaptured"]


class Deaf:
    """A log that keeps the names of its events."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def warning(self, event: str, **_words: object) -> None:
        self._told.append(event)
