"""The Python consumer's conformance program: consumers/spec/CONFORMANCE.md says what it does.

python -m tests.languages.python_program vectors|decode|rebuild|read|follow ...
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Book, Client, Event, Joined, OrderBook, State
from pykraken_consumer._events import (
    Disconnected,
    Gap,
    Jump,
    LineDown,
    LineUp,
    Missed,
    Quarantined,
    Reconnected,
    Regression,
    Stale,
    TrimWarning,
)
from pykraken_consumer.errors import ConsumerError, DecodeError
from pykraken_consumer.replica import Replica
from pykraken_consumer.tail import error_line, line
from pykraken_consumer.wire import (
    AnySnapshot,
    ChannelEvent,
    Heartbeat,
    WireEvent,
    decode,
    parse_id,
)

from tests.consumer import test_vectors as vectors
from tests.languages.entries import Entry, read_entries

PLAYED: dict[str, Callable[[Path], None]] = {
    "valid": vectors.test_valid,
    "invalid": vectors.test_invalid,
    "stories": vectors.test_stories,
    "lines": vectors.test_lines,
    "catalogue": vectors.test_catalogue,
    "choices": vectors.test_choices,
}
BATCH = 1_000


def say(body: dict[str, Any]) -> None:
    """Print one object."""
    write(json.dumps(body, separators=(",", ":"), ensure_ascii=False))


def write(text: str) -> None:
    """Print one line with its end at once, for Ctrl-C may come between two writes."""
    print(f"{text}\n", end="", flush=True)


def run_vectors(folder: Path) -> int:
    """Play every vector; return the exit code."""
    is_well = True
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        if part.name not in PLAYED:
            say({"vector": f"{part.name}/", "ok": False, "detail": "an unknown folder"})
            is_well = False
            continue
        for path in sorted(part.iterdir()):
            try:
                PLAYED[part.name](path)
                say({"vector": f"{part.name}/{path.stem}", "ok": True})
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told
                say({"vector": f"{part.name}/{path.stem}", "ok": False, "detail": str(error)})
                is_well = False
    return 0 if is_well else 1


def run_decode(*, digest: bool) -> int:
    """Print the canonical line of every entry of stdin, or what they come to."""
    codes: Counter[str] = Counter()
    entries = events = 0
    hashed = hashlib.sha256()
    for entry in read_entries(sys.stdin.buffer):
        entries += 1
        entry_id = parse_id(entry.id)
        try:
            text = line(decode(entry_id, entry.data, entry.place))  # type: ignore[arg-type]
            events += 1
        except DecodeError as error:
            codes[str(error.code)] += 1
            text = error_line(entry_id, error.code)
        if digest:
            hashed.update(text.encode() + b"\n")
        else:
            sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.flush()
    if digest:
        ordered = dict(sorted(codes.items()))
        sha256 = hashed.hexdigest()
        say({"entries": entries, "events": events, "codes": ordered, "sha256": sha256})
    return 0


def run_rebuild(path: Path) -> int:
    """Time a replica on entries held in memory."""
    with path.open("rb") as file:
        first, *rest = read_entries(file)
    channel = first.place.removesuffix(".snap")
    batches = [_batch(rest[at : at + BATCH]) for at in range(0, len(rest), BATCH)]
    wall, cpu = time.perf_counter(), time.process_time()
    replica = Replica(f"{{kraken.BTC/USD}}:{channel}.10", 0.0)
    told = _count(replica.snapshot_read(parse_id(first.id), first.data, 0.0))
    for batch in batches:
        told += _count(replica.received(batch, 0.0))
    _timed(told, wall, cpu, replica.state)
    return 0


def _batch(entries: list[Entry]) -> list[tuple[bytes, bytes]]:
    return [(entry.id.encode(), entry.data) for entry in entries]


def _count(events: Iterator[Event] | list[Event]) -> int:
    """Count the channel's own events; anything that is not of an undisturbed stream ends it."""
    count = 0
    for event in events:
        # The short way's update keeps its fields; a body is made for who asks.
        if event.plain is not None or isinstance(event.body, ChannelEvent):
            count += 1
        elif not isinstance(event.body, Joined | Heartbeat | AnySnapshot):
            raise SystemExit(f"not in an undisturbed stream: {event.body}")
    return count


def _timed(events: int, wall: float, cpu: float, state: State) -> None:
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    checksum = str(state.checksum()) if isinstance(state, Book | OrderBook) else ""
    say({"events": events, "wall_s": wall_s, "cpu_s": cpu_s, "checksum": checksum})


def run_read(url: str, stream: str, count: int) -> int:
    """Time the whole client on a stream that is there already."""
    seen = 0
    wall = cpu = 0.0
    with Client(url) as client:
        for event in client.follow(stream):
            if isinstance(event.fact, Joined):
                wall, cpu = time.perf_counter(), time.process_time()
            elif not isinstance(event.fact, TrimWarning):
                seen += _count([event])
            if seen == count:
                break
    _timed(seen, wall, cpu, event.state)
    return 0


class Follow:
    """Prints all that the application is told until stdin ends."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.states: dict[str, State] = {}
        self.cursors: dict[str, str] = {}
        self.skipped: Counter[str] = Counter()
        self.is_over = False

    def run(self) -> int:
        """Follow; return the exit code."""
        words = ("channel", "depth", "interval", "trigger", "source", "account", "line")
        given = {word: getattr(self.options, word) for word in words}
        given = {word: value for word, value in given.items() if value is not None}
        threading.Thread(target=self._end_with_stdin, daemon=True).start()
        try:
            with Client(self.options.url, namespace=self.options.namespace) as client:
                for event in client.follow(*self.options.wanted, **given):
                    self._print(event)
        except KeyboardInterrupt:
            pass
        except ConsumerError as error:
            say({"error": getattr(error, "code", ""), "text": str(error)})
            return 3
        for stream in sorted(self.states):
            say({"stream": stream, "final": self._final(stream)})
        return 0

    def _end_with_stdin(self) -> None:
        sys.stdin.read()
        self.is_over = True
        os.kill(os.getpid(), signal.SIGINT)

    def _print(self, event: Event) -> None:
        stream, body = event.stream, event.body
        self.states[stream] = event.state
        if isinstance(body, WireEvent):
            self.cursors[stream] = str(body.entry_id)
            self.skipped[stream] += type(body).__name__ == "Unknown"
        elif isinstance(body, Joined):
            self.cursors[stream] = str(body.cursor)
        elif isinstance(body, Quarantined):
            self.cursors[stream] = str(body.entry_id)
        elif isinstance(body, Gap):
            self.cursors[stream] = str(body.found)
        write(f'{{"stream":{json.dumps(stream)},"event":{told(body)}}}')

    def _final(self, stream: str) -> dict[str, object]:
        state = self.states[stream]
        final: dict[str, object] = {
            "cursor": self.cursors.get(stream),
            "valid": state.is_valid,
            "stale": state.is_stale,
            "skipped": str(self.skipped[stream]),
        }
        return final | vectors._held(state) if state.is_valid else final


def told(body: Any) -> str:
    """Return what the application was told, as CONFORMANCE.md writes it."""
    if isinstance(body, WireEvent):
        return line(body)
    return json.dumps(_own(body), separators=(",", ":"), ensure_ascii=False)


def _own(body: Any) -> dict[str, Any]:
    match body:
        case Joined(cursor=cursor, after=after):
            last = None if after is None else str(after)
            return {"told": "joined", "cursor": str(cursor), "after": last}
        case Missed(unseen=unseen, missed=missed):
            spans = {"unseen": unseen, "missed": missed}
            return {"told": "missed"} | {
                name: None if span is None else [str(span.first), str(span.last)]
                for name, span in spans.items()
            }
        case Gap(cursor=cursor, found=found):
            return {"code": "GAP", "cursor": str(cursor), "found": str(found)}
        case Regression(cursor=cursor, head=head):
            return {"code": "REGRESSION", "cursor": str(cursor), "head": str(head)}
        case Quarantined(code=code, entry_id=entry_id):
            return {"code": str(code), "id": str(entry_id)}
        case Stale():
            return {"code": "STALE"}
        case LineUp(line=which) | LineDown(line=which) | Jump(line=which):
            names = {LineUp: "line_up", LineDown: "line_down", Jump: "jump"}
            return {"told": names[type(body)], "line": which}
        case TrimWarning() | Disconnected() | Reconnected():
            names = {
                TrimWarning: "trim_warning",
                Disconnected: "disconnected",
                Reconnected: "reconnected",
            }
            return {"told": names[type(body)]}
    raise AssertionError(f"told, and not known here: {body}")


def main(arguments: list[str]) -> int:
    """Run one subcommand; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.languages.python_program")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("vectors").add_argument("folder", type=Path)
    commands.add_parser("decode").add_argument("--digest", action="store_true")
    commands.add_parser("rebuild").add_argument("file", type=Path)
    read = commands.add_parser("read")
    read.add_argument("--url", required=True)
    read.add_argument("stream")
    read.add_argument("count", type=int)
    follow = commands.add_parser("follow")
    follow.add_argument("--url", required=True)
    follow.add_argument("--namespace", default="kraken")
    for word in ("channel", "trigger", "source", "account", "line"):
        follow.add_argument(f"--{word}")
    for word in ("depth", "interval"):
        follow.add_argument(f"--{word}", type=int)
    follow.add_argument("wanted", nargs="*")
    options = parser.parse_args(arguments)
    match options.command:
        case "vectors":
            return run_vectors(options.folder)
        case "decode":
            return run_decode(digest=options.digest)
        case "rebuild":
            return run_rebuild(options.file)
        case "read":
            return run_read(options.url, options.stream, options.count)
        case _:
            return Follow(options).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
