"""The publisher beside cryptofeed 3's Kraken-to-Redis-Streams path, on the same frames.

Not part of `make bench`, since it installs cryptofeed from the package index, into a temporary
environment of its own. Rounds in turn, the ratio within the round. Both verify every checksum; the
publisher also writes what a reader needs to verify its own book.

    python -m tests.benchmarks.cryptofeed_side [--python PYTHON] [--updates N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks import corpus as corpora
from tests.benchmarks import scene
from tests.benchmarks.children import Child, pin
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.market import BTC
from tests.benchmarks.measure import progress
from tests.benchmarks.report import spread
from tests.benchmarks.scene import Run
from tests.servers import RedisServer, server_binary

WANTED = ("cryptofeed>=3,<4", "redis", "hiredis")
SNAPSHOT_EVERY = 1000
"""cryptofeed writes the whole book again after so many updates."""


def main() -> None:
    """Install, measure, print; the last line is a JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cryptofeed_side")
    parser.add_argument("--python", default=sys.executable, help="for cryptofeed 3: 3.13 or later")
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-bench-")))
        python = _install(folder / "venv", options.python)
        progress(f"making {options.updates:,} messages")
        corpus = corpora.write(folder / "btc10", BTC, 10, options.updates)
        binary = server_binary("redis" if shutil.which("redis-server") else "valkey")
        server = stack.enter_context(RedisServer(binary, folder / "server"))
        for pid in (0, server.pid):
            pin(pid, "others")
        ours: list[Run] = []
        theirs: list[Run] = []
        for i in range(options.rounds):
            theirs.append(run_cryptofeed(server, corpus, python))
            ours.append(scene.run_publisher(server, corpus, corpus.updates))
            rates = f"{ours[-1].msgs_s:,.0f}/s, cryptofeed {theirs[-1].msgs_s:,.0f}/s"
            progress(f"round {i + 1}/{options.rounds}: publisher {rates}")
    _print(ours, theirs)


def run_cryptofeed(server: RedisServer, corpus: Corpus, python: Path) -> Run:
    """Time cryptofeed on the whole corpus; raise WrongResult when entries are missing."""
    with ExitStack() as stack:
        client = stack.enter_context(server.client())
        client.flushall(asynchronous=False)
        venue = stack.enter_context(scene.venue_of(corpus, corpus.updates))
        script = Path(__file__).with_name("cryptofeed_client.py")
        symbol = corpus.pair.symbol
        words = (venue.says("url")["url"], server.port, symbol, corpus.depth)
        theirs = Child(script, *words, place="measured", python=python)
        stack.enter_context(theirs)
        stream = f"book-KRAKEN-{symbol.replace('/', '-')}"
        snapshots = 1 + corpus.updates // SNAPSHOT_EVERY
        return scene.timed(client, venue, theirs, stream, (server.pid, corpus.updates, snapshots))


def _install(folder: Path, python: str) -> Path:
    progress(f"installing {', '.join(WANTED)}")
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    inside = folder / "bin" / "python"
    pip = (str(inside), "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    subprocess.run([*pip, *WANTED], check=True)
    return inside


def _print(ours: list[Run], theirs: list[Run]) -> None:
    ratios = [own.msgs_s / their.msgs_s for own, their in zip(ours, theirs, strict=True)]
    for name, runs in (("publisher", ours), ("cryptofeed", theirs)):
        rates = [run.msgs_s for run in runs]
        cpu, peak = median(run.cpu_us for run in runs), max(run.peak_mb for run in runs)
        print(f"{name:<12}{median(rates):>10,.0f} msg/s {spread(rates)}", end="  ")
        print(f"CPU {cpu:.1f} us/msg, {peak:.0f} MB")
    costs = [their.cpu_us / own.cpu_us for own, their in zip(ours, theirs, strict=True)]
    print(f"publisher / cryptofeed: {median(ratios):.1f} {spread(ratios, 1)}", end=", ")
    print(f"CPU {median(costs):.1f} {spread(costs, 1)}")
    figures = {
        "publisher_msgs_s": round(median(run.msgs_s for run in ours)),
        "cryptofeed_msgs_s": round(median(run.msgs_s for run in theirs)),
        "publisher_vs_cryptofeed": round(median(ratios), 2),
        "cryptofeed_vs_publisher_cpu": round(median(costs), 2),
        "rounds": [round(ratio, 2) for ratio in ratios],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
