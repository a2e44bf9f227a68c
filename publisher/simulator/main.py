"""`pykraken simulate`: start the simulator, say where it listens, serve until SIGTERM or SIGINT.

stdout gets exactly one JSON line, when everything listens; stderr gets a short log for people.
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
        print(f"simulator ready: {server.summary}; stop with Ctrl-C", file=sys.stderr, flush=True)
        until = [asyncio.create_task(stopping.wait()), *server.tasks]
        done, _ = await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            failure = task.exception()
            if failure is not None:
                raise InternalError(f"a part of the simulator failed: {failure!r}") from failure
        print(f"simulator stopping: {server.totals}", file=sys.stderr, flush=True)
    return 0
