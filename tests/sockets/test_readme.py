"""Each Python block of publisher/README.md runs as it stands, with the simulator as Kraken."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from tests.polling import wait_until
from tests.requirements import ROOT
from tests.simulator import signed
from tests.simulator.program import Program
from tests.sockets.stage import DEADLINE_S, proven, stage

PAGE = ROOT / "publisher" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
BOOK, LOG, SPREAD, ORDERS = BLOCKS


class Ran(NamedTuple):
    """What a block wrote, and its exit code."""

    code: int
    out: str
    error: str


def run(block: str, program: Program, folder: Path, *, file: str = "") -> Ran:
    """Run a block to its end; interrupt it once it has written to `file`, if it never ends."""
    out, error = folder / "out", folder / "error"
    addresses = program.addresses
    where = {
        "PYKRAKEN_WS_URL": addresses["ws_url"],
        "PYKRAKEN_WS_L3_URL": addresses["ws_l3_url"],
        "PYKRAKEN_REST_URL": addresses["rest_url"],
        "PYKRAKEN_API_KEY": signed.KEY,
        "PYKRAKEN_API_SECRET": signed.SECRET,
        "PYTHONPATH": str(ROOT),
    }
    with out.open("w") as stdout, error.open("w") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", block],
            env=os.environ | where,
            cwd=folder,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            if file:
                written = folder / file
                wait_until(
                    lambda: written.is_file() and written.stat().st_size, DEADLINE_S, "output"
                )
                child.send_signal(signal.SIGINT)
            code = child.wait(DEADLINE_S)
        finally:
            child.kill()
            child.wait()
    return Ran(code, out.read_text(), error.read_text())


def test_the_book(tmp_path: Path) -> None:
    with stage(tmp_path) as (program, log):
        ran = run(BOOK, program, tmp_path)
        books = proven(program, log)
    assert (ran.code, ran.error) == (0, "")
    asks = tuple(tuple(map(Decimal, line.split())) for line in ran.out.splitlines()[1:])
    assert asks in [book.asks for book in books]


def test_the_csv_file_is_ten_lines_of_program_and_right(tmp_path: Path) -> None:
    with stage(tmp_path) as (program, log):
        ran = run(LOG, program, tmp_path, file="btc-usd.csv")
        books = proven(program, log)
    assert len([line for line in LOG.splitlines() if line]) == 10
    assert ran.code == -signal.SIGINT, ran.error
    with (tmp_path / "btc-usd.csv").open(newline="") as file:
        rows = [tuple(map(Decimal, row)) for row in csv.reader(file)]
    assert len(rows) > 20
    assert [row[1:] for row in rows] == [
        (*book.bids[0], *book.asks[0]) for book in books[: len(rows)]
    ]
    stamps = [row[0] for row in rows]
    assert stamps == sorted(stamps)


def test_the_class_of_one_s_own(tmp_path: Path) -> None:
    with stage(tmp_path) as (program, _):
        ran = run(SPREAD, program, tmp_path, file="out")
    assert ran.code == -signal.SIGINT, ran.error
    assert all(Decimal(line) > 0 for line in ran.out.split())


def test_the_orders(tmp_path: Path) -> None:
    with stage(tmp_path) as (program, _):
        ran = run(ORDERS, program, tmp_path)
    assert (ran.code, ran.error) == (0, "")
    assert len(ran.out.splitlines()) == 5
