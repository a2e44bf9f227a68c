"""`make bench-languages`: how fast each language decodes, applies and proves the same streams.

The publisher fills a stream with a book's updates, and one with a book's orders; then each
language rebuilds them, from memory (`rebuild`) and through its whole client (`read`), and beside
them, in the same rounds, a reader takes the entries and looks at none: Redis' own limit for one
reader. Each on one core, the server on the other. The last line is one JSON object.

    python -m tests.languages.bench [--quick]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import corpus, rebuild, scene
from tests.benchmarks.children import pin
from tests.benchmarks.corpus import Channel, Corpus
from tests.benchmarks.market import BTC
from tests.benchmarks.measure import progress
from tests.benchmarks.report import Report, machine, spread
from tests.languages.entries import Entry, packed
from tests.languages.languages import Language, here
from tests.requirements import ROOT
from tests.servers import RedisServer, server_binary

EVERYTHING_KEPT = {"PYKRAKEN_RETENTION_S": "3600", "PYKRAKEN_STREAM_MAX_BYTES": str(4 << 30)}
TARGETS = {
    "python": 150_000,
    "typescript": 250_000,
    "go": 600_000,
    "rust": 600_000,
    "java": 600_000,
}
"""Events a second of a book's updates, asked for."""
PAGE = 10_000
ROUNDS = 5


def main() -> int:
    """Fill, measure in rounds, report; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.languages.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shows that it works, measures little")
    quick = parser.parse_args().quick
    sizes: dict[Channel, int] = {"book": 1_000_000, "level3": 200_000}
    rounds = ROUNDS
    if quick:
        sizes, rounds = {"book": 30_000, "level3": 10_000}, 1
    report = Report()
    binary = server_binary("redis")
    report.figures["machine"] = machine(binary)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-bench-")))
        server = stack.enter_context(RedisServer(binary, folder / "server"))
        pin(server.pid, "others")
        pin(0, "others")
        for channel, events in sizes.items():
            progress(f"making {events:,} events of {channel}")
            made = corpus.write(folder / channel, BTC, 10, events, channel)
            scene.run_publisher(server, made, events, EVERYTHING_KEPT)
            rebuild.keep_first_snapshot(server, made)
            entries = folder / f"{channel}.entries"
            _write(server, made, entries)
            _measure(server, made, entries, rounds, report)
    print(report.table())
    print(report.json(), flush=True)
    return 0


def _write(server: RedisServer, made: Corpus, file: Path) -> None:
    """Write the stream to a file of entries, its first snapshot before it."""
    stream = scene.stream_of(made)
    with server.client() as client, file.open("wb") as out:
        ((snap_id, fields),) = client.xrange(f"{stream}.snap")
        first = Entry(f"{made.channel}.snap", snap_id.decode(), fields[b"d"])
        for data in packed([first]):
            out.write(data)
        last, left = snap_id, made.updates  # behind them lies the publisher's farewell
        while page := client.xrange(stream, b"(" + last, "+", count=min(PAGE, left)):
            for data in packed(_entries(made.channel, page)):
                out.write(data)
            last, left = page[-1][0], left - len(page)
            if not left:
                break


def _entries(channel: str, page: Any) -> Iterator[Entry]:
    for entry_id, fields in page:
        yield Entry(channel, entry_id.decode(), fields[b"d"])


def _measure(server: RedisServer, made: Corpus, file: Path, rounds: int, report: Report) -> None:
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    stream = scene.stream_of(made)
    for number in range(rounds):
        raw = rebuild.run("raw", server, made, made.updates).msgs_s
        rates["redis", "raw XREAD"].append(raw)
        for each in here():
            memory = _run(each, made, "rebuild", file)
            whole = _run(each, made, "read", "--url", server.url, stream, made.updates)
            rates[each.name, "rebuild"].append(made.updates / memory["wall_s"])
            rates[each.name, "rebuild, CPU"].append(made.updates / memory["cpu_s"])
            rates[each.name, "read"].append(made.updates / whole["wall_s"])
            shares[each.name].append(made.updates / whole["wall_s"] / raw)
        progress(f"{made.channel}: round {number + 1}/{rounds}")
    for (name, what), values in rates.items():
        note = spread(values)
        if made.channel == "book" and what == "rebuild":
            note += f"  asked {TARGETS[name]:,}"
        report.row(f"{made.channel}: {name}, {what}, events/s", f"{median(values):,.0f}", note)
        report.add(f"{made.channel}_{name}_{what}".replace(" ", "_"), median(values))
    for name, values in shares.items():
        report.row(
            f"{made.channel}: {name}, read / raw XREAD", f"{median(values):.3f}", spread(values, 3)
        )
        report.add(f"{made.channel}_{name}_read_vs_raw", median(values), digits=3)


def _run(language: Language, made: Corpus, *words: object) -> dict[str, Any]:
    """Run the program on the measured core; end the benchmark when its book is not the venue's."""
    process = subprocess.Popen(
        language.conformance(*words), cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    pin(process.pid, "measured")
    out, _ = process.communicate()
    said: dict[str, Any] = json.loads(out or b"{}")
    if process.returncode or said.get("events") != made.updates:
        sys.exit(f"{language.name} {words[0]}: exit code {process.returncode}, {said}")
    if said["checksum"] != str(made.checksum):
        sys.exit(f"{language.name} {words[0]}: checksum {said['checksum']}, due {made.checksum}")
    return said


if __name__ == "__main__":
    sys.exit(main())
