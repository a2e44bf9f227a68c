"""`pykraken demo`: simulator, server, publisher and a live ladder in one command, offline.

The publisher is a child process as in `pykraken run --exchange sim`, and the simulator its child.
What they log goes to a file, since the ladder has the terminal.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from publisher import children
from publisher.bus.keys import stream_keys
from publisher.embedded import EmbeddedServer
from publisher.errors import InternalError
from publisher.flags import EVERYWHERE, add_flags, settings_of
from publisher.settings import Settings
from publisher.state import StateFolder
from publisher.views import watch
from publisher.views.target import Target

LOG_LINES_SHOWN = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the demo's flags."""
    parser.add_argument(
        "symbol", nargs="?", default="BTC/USD", metavar="SYMBOL", help="default: BTC/USD"
    )
    parser.add_argument(
        "--rate", default="200", help="messages a second of the simulator (default: 200)"
    )
    watch.add_view_arguments(parser)
    add_flags(parser, ("depth", "embedded_port", *EVERYWHERE))


def run(arguments: argparse.Namespace) -> int:
    """Show a live book until told to stop; return the exit code. Raises PykrakenError."""
    arguments.symbols = arguments.symbol
    settings = settings_of(arguments)
    children.require_simulator()
    with EmbeddedServer(StateFolder(settings.state_dir)) as server:
        url = server.start(settings.embedded_port)
        with open_log(settings.state_dir) as log:
            print(f"redis: {url}\nlog:   {log.name}", flush=True)
            words = [*publisher_words(settings), "--sim-args", f"--rate {arguments.rate}"]
            with children.pykraken(
                words, log=log, environment={"PYKRAKEN_REDIS_URL": url}
            ) as child:
                symbol, part = settings.symbols[0], f"book.{settings.depth}"
                watch.show(
                    Target(url, settings.namespace, symbol, settings.depth, ""),
                    stream_keys(settings.namespace, symbol, part).stream,
                    arguments.seconds,
                    lambda: _check(child, Path(log.name)),
                )
    return 0


def publisher_words(settings: Settings) -> list[str]:
    """Return the words of the child: what `pykraken` runs."""
    return [
        *("run", settings.symbols[0], "--exchange", "sim", "--depth", str(settings.depth)),
        *("--namespace", settings.namespace, "--log-format", "human"),
        *("--log-level", settings.log_level),
    ]


def open_log(state_dir: Path) -> IO[bytes]:
    """Return a new log file in the state folder, or among the temporary files."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (state_dir / "demo.log").open("wb")
    except OSError:
        return tempfile.NamedTemporaryFile(prefix="pykraken-demo-", suffix=".log", delete=False)


def _check(child: subprocess.Popen[bytes], log: Path) -> None:
    """Raise InternalError with the log's last lines when the publisher has ended."""
    code = child.poll()
    if code is not None:
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        raise InternalError("\n".join([f"the publisher ended with code {code}:", *lines]))
