"""A million mutated entries to the decoders of all languages: documented codes alone, no crash, the
same answer everywhere, and memory that does not grow.

    python -m tests.languages.fuzz [--entries 1000000] [--seed N]      (`make fuzz-languages`)

Entries go in pieces, so that a difference is found among few: it is printed with its bytes, and the
program ends with code 1.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks.children import peak_mb
from tests.languages.corpus import mutated, vectors
from tests.languages.entries import Entry, packed
from tests.languages.languages import PYTHON, Language, here
from tests.requirements import ROOT

PIECE = 100_000
MEMORY_MB = 512.0
"""Most that a decoder may take, its runtime included, while entries of 16 MiB come among them."""


def main() -> int:
    """Feed, compare, report; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.languages.fuzz")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"fuzz: {options.entries:,} entries, seed {options.seed}", flush=True)
    codes: Counter[str] = Counter()
    peaks: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="pykraken-fuzz-") as folder:
        file = Path(folder) / "entries"
        for number, first in enumerate(range(0, options.entries, PIECE)):
            count = min(PIECE, options.entries - first)
            seed = options.seed + number
            _write(file, count, seed)
            said = {each.name: _digest(each, file, peaks) for each in here()}
            codes += Counter(said["python"]["codes"])
            codes["(an event)"] += said["python"]["events"]
            wrong = [each for each in here() if said[each.name] != said["python"]]
            print(f"{first + count:,} entries, {len(wrong)} languages differ", flush=True)
            if wrong:
                for each in wrong:
                    _show(each, file, count, seed)
                return 1
    print(json.dumps({"codes": dict(codes), "peak_mb": peaks}))
    return 1 if any(peak > MEMORY_MB for peak in peaks.values()) else 0


def _write(file: Path, count: int, seed: int) -> None:
    with file.open("wb") as out:
        for data in packed(itertools.chain(vectors(), mutated(count, seed))):
            out.write(data)


def _digest(language: Language, file: Path, peaks: dict[str, float]) -> dict[str, Any]:
    with file.open("rb") as entries:
        process = subprocess.Popen(
            language.conformance("decode", "--digest"),
            cwd=ROOT,
            stdin=entries,
            stdout=subprocess.PIPE,
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_mb(process.pid))
            time.sleep(0.05)
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.read() or b"{}")
    peaks[language.name] = max(peak, peaks.get(language.name, 0.0))
    return said


def _show(language: Language, file: Path, count: int, seed: int) -> None:
    """Print the first entries on which a language and Python differ."""
    lines = []
    for each in (PYTHON, language):
        with file.open("rb") as entries:
            command = each.conformance("decode")
            done = subprocess.run(
                command, cwd=ROOT, stdin=entries, capture_output=True, check=False
            )
            print(f"{each.name}: exit code {done.returncode} {done.stderr[-2000:]!r}")
            lines.append(done.stdout.split(b"\n"))
    entries_of: list[Entry] = list(itertools.chain(vectors(), mutated(count, seed)))
    pairs = zip(entries_of, *lines, strict=False)
    differing = (row for row in pairs if row[1] != row[2])
    for entry, ours, theirs in itertools.islice(differing, 5):
        print(f"{entry.place} {entry.id} {entry.data.hex()[:400]}\n  python {ours!r}")
        print(f"  {language.name} {theirs!r}")


if __name__ == "__main__":
    sys.exit(main())
