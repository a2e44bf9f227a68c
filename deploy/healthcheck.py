"""The container's health check: 0 while /livez answers 200, else 1. No shell and no curl is needed.

Asks for life, never for readiness: a publisher that waits for Kraken or Redis is healthy, and to
start it again would spend the budget of connects. A command that opens no port (`simulate`,
`watch`) is healthy while it runs.
"""

from __future__ import annotations

import http.client
import os
import sys
from pathlib import Path

TIMEOUT_S = 2.5
FIRST_PROCESS = Path("/proc/1/cmdline")
"""Of the container: pykraken, or an init with the same words behind it."""


def main() -> int:
    """Ask once; return the exit code."""
    port = os.environ.get("PYKRAKEN_METRICS_PORT", "")
    if not port or b"run" not in FIRST_PROCESS.read_bytes().split(b"\0"):
        return 0
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"nobody answers on port {port}: {error}", file=sys.stderr)
        return 1
    print(f"/livez answers {status}", file=sys.stderr)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
