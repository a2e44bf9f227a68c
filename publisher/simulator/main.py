"""`pykraken simulate`: start the simulator, say where it listens, serve until SIGTERM or SIGINT.

stdout gets exactly one JSON line, when everything listens; stderr gets a short log, for people on a
terminal and as JSON lines elsewhere, as of every command.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from publisher.errors import InternalError, MissingExtra
from publisher.simulator.frames import compact
from publisher.simulator.options import SimulatorOptions


def run(options: SimulatorOptions) -> int:
    """Serve until told to stop and return 0. Raises MissingExtra, ConfigurationError,
    InternalError."""
    try:
        import websockets  # noqa: F401 - only to tell early and clearly that it is missing
    except ImportError as error:
        raise MissingExtra("sim", "websockets", "pykraken simulate") from error
    return asyncio.run(_serve(options))


async def _serve(options: SimulatorOptions) -> int:
    from publisher.simulator.server import Server

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Server(options) as server:
        print(compact(server.addresses), flush=True)
        _say("ready", f"{server.summary}; stop with Ctrl-C")
        until = [asyncio.create_task(stopping.wait()), *server.tasks]
        done, _ = await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            failure = task.exception()
            if failure is not None:
                raise InternalError(f"a part of the simulator failed: {failure!r}") from failure
        _say("stopping", server.totals)
    return 0


def _say(what: str, detail: str) -> None:
    line = f"simulator {what}: {detail}"
    if sys.stderr is None:  # started with it closed; `print` would take stdout
        return
    if not sys.stderr.isatty():
        line = compact({"event": f"simulator.{what}", "detail": detail, "level": "info"})
    print(line, file=sys.stderr, flush=True)
