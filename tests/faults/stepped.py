"""A server whose wall clock a test sets, by a preloaded library (stepped_clock.c)."""

from __future__ import annotations

import os
import shlex
import shutil
import struct
import subprocess
from pathlib import Path

from tests.requirements import require
from tests.servers import Kind, RedisServer, server_binary

SOURCE = Path(__file__).with_name("stepped_clock.c")


class SteppedServer(RedisServer):
    """`step` takes effect at once, while the server runs."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._step = folder / "clock"
        self.step(0)
        super().__init__(_preloaded(server_binary(kind), folder, self._step), folder)

    def step(self, off_s: int) -> None:
        """Let the wall clock be off by so many seconds."""
        # In place: the server has mapped the file.
        descriptor = os.open(self._step, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(descriptor, struct.pack("<q", off_s), 0)
        os.close(descriptor)


def _preloaded(binary: Path, folder: Path, step: Path) -> Path:
    """Return a program that becomes the server, with the library before all others."""
    compiler = shutil.which("cc")
    require(compiler, "no C compiler: the server's clock cannot be stepped")
    library, program = folder / "clock.so", folder / "server"
    subprocess.run([str(compiler), "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    words = shlex.join([f"LD_PRELOAD={library}", f"CLOCK_STEP={step}", str(binary)])
    program.write_text(f'#!/bin/sh\nexec env {words} "$@"\n')
    program.chmod(0o700)
    return program
