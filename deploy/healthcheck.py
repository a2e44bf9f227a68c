"""The container's health check: 0 while /livez answers 200, else 1. No shell and no curl is needed.
A person may ask for another path: `python /opt/pykraken/healthcheck.py /readyz` tells the answer.

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


def main(path: str = "/livez") -> int:
    """Ask once, tell the answer; return the exit code."""
    port = os.environ.get("PYKRAKEN_METRICS_PORT", "")
    if not port or b"run" not in FIRST_PROCESS.read_bytes().split(b"\0"):
        return 0
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        status, text = answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        print(f"nobody answers on port {port}: {error}", file=sys.stderr)
        return 1
    print(f"{path} answers {status}: {text}", file=sys.stderr)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
