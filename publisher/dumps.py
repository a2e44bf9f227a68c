"""No copy of this process' memory on a disk, nor for another process of the same user: it holds a
secret.

Where a core dump goes to a program, as most systems have it today, the limit alone does not hold;
Linux' own mark does, which also keeps debuggers and `/proc/<pid>/environ` from all but root.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4
"""linux/prctl.h"""


def forbid() -> None:
    """Forbid it from now on, for the children too as far as the limit goes."""
    with contextlib.suppress(OSError, ValueError):  # a limit that is 0 already
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a libc without it
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
