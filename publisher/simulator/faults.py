"""The faults that can be ordered: names, parameters, help, and what is armed at present.

A fault has a stage, which says where it strikes:

    frame       a message to a client is changed, dropped, doubled or delayed
    connection  a socket is cut, closed or goes silent
    upgrade     a WebSocket handshake is refused
    request     subscriptions and requests are refused
    venue       the venue's state or a symbol's book changes for everybody

Frame and connection faults choose their victims by `symbol`, `channel`, `conn` (empty: any) and
`kind`, skip the first `after` of them, strike each later one with probability `p` per cent, and
stop after `count` (0: never). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Stage = Literal["frame", "connection", "upgrade", "request", "venue"]
Value = str | int | float

CLOUDFLARE = "CloudFlare WebSocket proxy restarting"
"""The words of protocol.md 3.5, seen as a close reason and as a text frame."""

_CHOICE: Mapping[str, Value] = MappingProxyType(
    {"symbol": "", "channel": "", "conn": 0, "kind": "update", "after": 0, "count": 1, "p": 100}
)


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One fault: its row in the fault matrix, its help, its parameters with their defaults."""

    name: str
    row: str
    stage: Stage
    help: str
    own: tuple[tuple[str, Value], ...] = ()
    needs: str = ""
    """What a frame must hold for the fault to strike it."""

    @property
    def parameters(self) -> dict[str, Value]:
        """Return every parameter with its default; the type of the default is the type it takes."""
        chosen = dict(_CHOICE) if self.stage in ("frame", "connection") else {}
        if self.stage == "connection":
            chosen["kind"] = "any"
        return chosen | dict(self.own)


SPECS: tuple[FaultSpec, ...] = (
    FaultSpec("reset", "X1", "connection", "TCP reset, no close frame"),
    FaultSpec(
        "close", "X1", "connection", "close frame", (("code", 1001), ("reason", CLOUDFLARE))
    ),
    FaultSpec(
        "text", "X1", "frame", "a text frame that is no JSON comes first", (("text", CLOUDFLARE),)
    ),
    FaultSpec(
        "silence", "X2", "connection", "half-open for for_s; 0: for good", (("for_s", 0.0),),
    ),
    FaultSpec(
        "mute", "X3", "frame", "heartbeats go on, the book says nothing",
        (("kind", "book"), ("count", 0)),
    ),
    FaultSpec(
        "trickle", "X4", "frame", "one frame, bytes at a time; the rest waits behind it",
        (("bytes", 1), ("every_s", 0.2), ("kind", "any")),
    ),
    FaultSpec(
        "upgrade", "X7 X8", "upgrade", "HTTP status and an HTML body instead of a WebSocket",
        (("status", 429), ("count", 1)),
    ),
    FaultSpec(
        "connect_limit", "X7", "upgrade", "429 for every connection above n in per_s",
        (("n", 150), ("per_s", 600.0)),
    ),
    FaultSpec(
        "status", "X9", "venue", "system state; notice: none, maintenance, emergency or both",
        (
            ("system", "maintenance"), ("notice", "none"), ("for_s", 0.0),
            ("phase", "approaching_30m"), ("start_s", 1800.0),
            ("impact", "major"), ("incident", "investigating"), ("next", "expected_restart"),
        ),
    ),
    FaultSpec(
        "maintenance", "X9", "venue", "announced by phases, then maintenance to online by step_s",
        (("in_s", 5.0), ("last_s", 5.0), ("step_s", 1.0)),
    ),
    FaultSpec(
        "restart", "X10", "connection", "every connection drops at once; how: reset or close",
        (("how", "reset"),),
    ),
    FaultSpec("malformed", "X11", "frame", "half of the frame's JSON"),
    FaultSpec("binary_json", "X11", "frame", "the frame's JSON as a binary frame"),
    FaultSpec("binary_garbage", "X11", "frame", "a binary frame of noise comes first"),
    FaultSpec("unknown_channel", "X12", "frame", "a message of an unknown channel comes first"),
    FaultSpec("unknown_field", "X12", "frame", "fields that nobody knows, outside and inside"),
    FaultSpec("oversize", "X13", "frame", "a text frame of mib MiB comes first", (("mib", 2),)),
    FaultSpec("wrong_checksum", "X14", "frame", "the checksum is off by one", needs='"checksum":'),
    FaultSpec("wrong_qty", "X14", "frame", "one digit of the first qty is another", needs='qty":'),
    FaultSpec("drop", "X15", "frame", "the frame is never sent"),
    FaultSpec(
        "drop_deep", "X15", "frame", "never sent: an update that leaves the checksum as it was",
        needs='"checksum":',
    ),
    FaultSpec("duplicate", "X16", "frame", "the frame is sent twice"),
    FaultSpec("swap", "X17", "frame", "the frame and the symbol's next change places"),
    FaultSpec(
        "crossed", "X18", "venue", "best bid above best offer, checksums right",
        (("symbol", ""), ("for_s", 2.0)),
    ),
    FaultSpec(
        "thin", "X20", "venue", "fewer than ten levels a side", (("symbol", ""), ("for_s", 0.0))
    ),
    FaultSpec("one_sided", "X20", "venue", "no bids", (("symbol", ""), ("for_s", 0.0))),
    FaultSpec("empty", "X20", "venue", "no levels at all", (("symbol", ""), ("for_s", 0.0))),
    FaultSpec("delisted", "X21", "venue", "instrument says so, data ends", (("symbol", ""),)),
    FaultSpec(
        "pair_status", "X21", "venue", "the pair's status, told, and its market obeys",
        (("symbol", ""), ("status", "cancel_only"), ("for_s", 0.0)),
    ),
    FaultSpec(
        "asset_status", "X21", "venue", "the asset's status, told by an instrument message",
        (("asset", ""), ("status", "withdrawalonly"), ("for_s", 0.0)),
    ),
    FaultSpec(
        "trade", "-", "venue", "so many orders trade at once, watched or not, stamped late_s ago",
        (("symbol", ""), ("orders", 1), ("late_s", 0.0)),
    ),
    FaultSpec(
        "subscribe_error", "X21", "request", "subscribing to the symbol is refused",
        (("symbol", ""), ("error", "Currency pair not supported")),
    ),
    FaultSpec(
        "precision", "X22", "venue", "decimals change by so many, told by an instrument message",
        (("symbol", ""), ("price", 1), ("qty", 0)),
    ),
    FaultSpec("expire_tokens", "X23", "venue", "every token issued so far is invalid from now on"),
    FaultSpec(
        "refuse_token", "X23", "request", "GetWebSocketsToken answers with this error, count times",
        (("error", "EGeneral:Permission denied"), ("count", 1)),
    ),
    FaultSpec(
        "skip_sequence", "X29", "venue", "a number of a private channel's sequences is left out",
        (("channel", "executions"),),
    ),
    FaultSpec("clock", "X25", "venue", "every timestamp is by_s off", (("by_s", 3600.0),)),
    FaultSpec(
        "delay_snapshot", "X26", "frame", "the snapshot comes delay_s late; updates 0: they wait",
        (("delay_s", 3.0), ("updates", 1), ("kind", "snapshot")),
    ),
    FaultSpec(
        "withhold_snapshot", "X26", "frame", "the snapshot never comes; updates 0: nor do they",
        (("updates", 1), ("kind", "snapshot")),
    ),
    FaultSpec(
        "delay_ack", "X27", "frame", "the ack comes delay_s late",
        (("delay_s", 3.0), ("kind", "ack")),
    ),
    FaultSpec("withhold_ack", "X27", "frame", "the ack never comes", (("kind", "ack"),)),
    FaultSpec(
        "rate_limit", "X27", "request", "Exceeded msg rate above per_s; each n-th gets no answer",
        (("per_s", 15), ("drop_every", 2)),
    ),
    FaultSpec(
        "burst", "X28", "venue", "factor times the rate", (("factor", 50.0), ("for_s", 1.0))
    ),
)  # fmt: skip


@dataclass(slots=True)
class Armed:
    """One ordered fault: its parameters, how many frames it looked at, how often it struck."""

    number: int
    spec: FaultSpec
    params: dict[str, Value]
    seen: int = 0
    fired: int = 0
    is_over: bool = False

    def text(self, name: str) -> str:
        """Return a text parameter."""
        return str(self.params[name])

    def integer(self, name: str) -> int:
        """Return an integer parameter."""
        return int(self.params[name])

    def real(self, name: str) -> float:
        """Return a parameter in seconds or a factor."""
        return float(self.params[name])

    def strike(self) -> None:
        """Count one strike; the last one ends the fault."""
        self.fired += 1
        self.is_over = self.fired == self.params.get("count", 1)

    def report(self) -> dict[str, object]:
        """Return the fault as `GET /control/status` shows it."""
        return {
            "id": self.number,
            "name": self.spec.name,
            "params": self.params,
            "seen": self.seen,
            "fired": self.fired,
            "over": self.is_over,
        }


def order(number: int, name: str, given: Mapping[str, object]) -> Armed:
    """Return the fault `name` with these parameters. Raises ValueError saying what is allowed."""
    spec = next((spec for spec in SPECS if spec.name == name), None)
    if spec is None:
        names = ", ".join(spec.name for spec in SPECS)
        raise ValueError(f"fault {name!r} is unknown; there are: {names}")
    params = spec.parameters
    for key, value in given.items():
        if key not in params:
            allowed = ", ".join(params) or "none"
            raise ValueError(f"fault {name} has no parameter {key!r}; it has: {allowed}")
        kind = type(params[key])
        try:
            params[key] = kind(str(value))
        except (TypeError, ValueError) as error:
            raise ValueError(f"fault {name}: {key}={value!r} is no {kind.__name__}") from error
    return Armed(number, spec, params)


def parse(text: str) -> tuple[str, dict[str, str]]:
    """Return (name, parameters) of a flag `NAME[:key=value,...]`. Raises ValueError."""
    name, _, rest = text.partition(":")
    given: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"fault {name}: {part!r} is not key=value")
        given[key.strip()] = value.strip()
    return name, given


def catalogue() -> list[dict[str, object]]:
    """Return every fault with its help, as `GET /control/faults` shows it."""
    return [
        {
            "name": spec.name,
            "row": spec.row,
            "stage": spec.stage,
            "help": spec.help,
            "params": spec.parameters,
        }
        for spec in SPECS
    ]
