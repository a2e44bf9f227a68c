"""Child processes that live no longer than we do, in whatever way we die.

A guard process reads a pipe that we hold and ends the child when the pipe closes, which the system
does for us even after SIGKILL. Child and guard run in a session of their own: Ctrl-C on the
terminal reaches us alone, and we end the child when we are ready. Works on Linux and macOS.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from publisher.logs import get_logger

# The child is started by the shell, not by us, so that there is no moment in which it runs
# unguarded. The guard does not depend on the shell: killing that leaves the guard in place.
SUPERVISE = """
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; kill $child 2>/dev/null; } >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $child
code=$?
kill $guard 2>/dev/null
exit $code
"""


def start(
    command: Sequence[str],
    *,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command`; the process returned is its supervisor and ends with the child's code."""
    return subprocess.Popen(
        ["sh", "-c", SUPERVISE, "pykraken-guard", *command],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], *, within_s: float) -> None:
    """Have the child ended with SIGTERM, or with SIGKILL when it takes longer than `within_s`."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        get_logger("guard").warning("guard.killed", after_s=within_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
