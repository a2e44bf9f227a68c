"""The simulator's command line: one frozen record, with the reason for each default beside it.

Imports nothing that the extra `sim` brings, so that `--help` works without it.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import ConfigurationError
from publisher.simulator.instruments import MAX_SYMBOLS, choose

MAX_RATE = 20_000
"""Messages a second over all symbols: what one core can send with room to spare."""

MAX_PORT = 65_535

MAX_CLOCK_SPEED = 86_400
"""A day a second."""


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How one simulator runs."""

    host: str = "127.0.0.1"
    """Loopback: a simulator is nobody else's business."""
    port: int = 0
    """Port of the public endpoint; 0 takes a free one and the ready line names it."""
    l3_port: int = 0
    """Port of the level3 endpoint: Kraken's has a host of its own (protocol.md 1)."""
    auth_port: int = 0
    """Port of the private endpoint."""
    http_port: int = 0
    """Port of REST and control."""
    api_key_file: Path | None = None
    """The account's key and its secret, a line each; without it those of PYKRAKEN_API_KEY and
    PYKRAKEN_API_SECRET, else a sample that Kraken published. Not an argument: `ps` shows those."""
    seed: int = 1
    """The same seed gives the same books, so that a failure can be seen again."""
    rate: float = 200.0
    """Book messages a second over all subscribed symbols: a calm day on Kraken's twelve busiest."""
    account_rate: float = 1.0
    """Things a second that happen to the account: an order placed, filled, amended, cancelled."""
    clock_speed: float = 1.0
    """How fast the venue's stamps run: at 60 a candle of a minute lasts a second. Its timers do
    not."""
    trades_per_s: float = 1.0
    """REST Trades a second and pair (protocol.md 10.7); 0 is no limit."""
    symbols: str = ""
    """Empty: the well-known twelve. `all`, a number of symbols, or a comma list."""
    idle_s: int = 60
    """Kraken closes a connection with nothing subscribed after about a minute (protocol.md 1)."""
    replay: Path | None = None
    """A recorded capture to play instead of the random markets."""
    speed: float = 1.0
    """1 is the recorded pace, 2 twice that, 0 as quick as the client takes it."""
    replay_grace_s: float = 2.0
    """A client that subscribed to some of the capture's symbols waits this long for the start."""
    replay_loops: int = 1
    """How often the capture is played; each further time starts at its snapshots again."""
    faults: tuple[str, ...] = ()
    """Faults armed from the start, each NAME[:key=value...]."""
    log: Path | None = None
    """NDJSON of every frame sent, as ground truth for tests."""
    tls: Path | None = None
    """PEM file with key and certificate: serve wss, to see what a client does with that
    certificate."""
    backlog_mib: int = 64
    """A client this far behind is cut off, as a venue does, before the simulator swells."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the simulator's flags on `parser`."""
    default = SimulatorOptions()
    flag = parser.add_argument
    flag("--host", default=default.host, help="address to listen on (default %(default)s)")
    flag("--port", type=int, default=default.port, help="public WebSocket port; 0: any free one")
    flag("--l3-port", type=int, default=default.l3_port, help="level3 WebSocket port; 0: free")
    flag("--auth-port", type=int, default=default.auth_port, help="private WebSocket port; 0: free")
    flag("--http-port", type=int, default=default.http_port, help="REST and control port; 0: free")
    flag("--api-key-file", type=Path, metavar="FILE",
         help="the account's key and secret, a line each (default: PYKRAKEN_API_KEY and "
         "PYKRAKEN_API_SECRET, else a published sample)")  # fmt: skip
    flag("--seed", type=int, default=default.seed, help="same seed, same books (default 1)")
    flag(
        "--rate",
        type=float,
        default=default.rate,
        help=f"book messages a second over all symbols, 1 to {MAX_RATE}, 0: paused (default 200)",
    )
    flag("--account-rate", type=float, default=default.account_rate, metavar="PER_S",
         help="events a second of the scripted account; 0: paused (default 1)")  # fmt: skip
    flag("--clock-speed", type=float, default=default.clock_speed, metavar="FACTOR",
         help="let the time of stamps and candles run so much faster (default 1)")  # fmt: skip
    flag("--trades-limit", dest="trades_per_s", type=float, default=default.trades_per_s,
         metavar="PER_S", help="REST Trades a second and pair; 0: no limit")  # fmt: skip
    flag(
        "--symbols",
        default=default.symbols,
        metavar="LIST",
        help=f"comma list, or a number up to {MAX_SYMBOLS}, or `all` (default: twelve known ones)",
    )
    flag("--idle", dest="idle_s", type=int, default=default.idle_s, metavar="SECONDS",
         help="close a connection with nothing subscribed after this (default 60)")  # fmt: skip
    flag("--replay", type=Path, metavar="FILE", help="play a recorded capture (NDJSON) instead")
    flag("--speed", type=float, default=default.speed,
         help="pace of the replay: 1 as recorded, 0 as quick as possible")  # fmt: skip
    flag("--replay-grace", dest="replay_grace_s", type=float, default=default.replay_grace_s,
         metavar="SECONDS", help="start although symbols are missing")  # fmt: skip
    flag("--replay-loops", type=int, default=default.replay_loops, metavar="N",
         help="play the capture N times (default 1)")  # fmt: skip
    flag("--fault", dest="faults", action="append", default=[], metavar="NAME[:key=value,...]",
         help="arm a fault from the start; repeatable; GET /control/faults lists them")  # fmt: skip
    flag("--log", type=Path, metavar="FILE", help="write every frame sent as NDJSON")
    flag("--tls", type=Path, metavar="PEM", help="serve wss with this key and certificate")
    flag("--backlog", dest="backlog_mib", type=int, default=default.backlog_mib, metavar="MIB",
         help="cut off a client that is this far behind (default 64)")  # fmt: skip


def from_args(args: argparse.Namespace) -> SimulatorOptions:
    """Return the options of parsed flags. Raises ConfigurationError for a value that is not
    allowed."""
    names = SimulatorOptions.__dataclass_fields__
    values = {name: getattr(args, name) for name in names} | {"faults": tuple(args.faults)}
    options = SimulatorOptions(**values)
    validate(options)
    return options


def validate(options: SimulatorOptions) -> None:
    """Raise ConfigurationError for the first value that is not allowed."""
    if not (options.rate == 0 or 1 <= options.rate <= MAX_RATE):
        raise ConfigurationError("--rate", options.rate, f"0 (paused) or 1 to {MAX_RATE}")
    if options.replay is not None and not options.replay.is_file():
        raise ConfigurationError("--replay", str(options.replay), "an NDJSON file that exists")
    if options.api_key_file is not None and not options.api_key_file.is_file():
        raise ConfigurationError("--api-key-file", str(options.api_key_file), "an existing file")
    for name, value, least, most in (
        ("--port", options.port, 0, MAX_PORT),
        ("--l3-port", options.l3_port, 0, MAX_PORT),
        ("--auth-port", options.auth_port, 0, MAX_PORT),
        ("--http-port", options.http_port, 0, MAX_PORT),
        ("--clock-speed", options.clock_speed, 1, MAX_CLOCK_SPEED),
        ("--account-rate", options.account_rate, 0, MAX_RATE),
        ("--trades-limit", options.trades_per_s, 0, math.inf),
        ("--speed", options.speed, 0, math.inf),
        ("--idle", options.idle_s, 1, math.inf),
        ("--replay-loops", options.replay_loops, 1, math.inf),
        ("--backlog", options.backlog_mib, 1, math.inf),
    ):
        if not least <= value <= most:  # nor is nan
            allowed = f"{least} or more" if most == math.inf else f"{least} to {most}"
            raise ConfigurationError(name, value, allowed)
    try:
        choose(options.symbols)
    except ValueError as error:
        raise ConfigurationError("--symbols", options.symbols, str(error)) from error
