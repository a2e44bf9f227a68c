"""Faults on single frames: what is really sent to a client in place of one message.

A frame goes in, actions come out: usually the frame itself, or whatever an armed fault makes of
it. The first fault that strikes decides. Pure but for a seeded generator; sockets, timers and
closing belong to the shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from publisher.simulator.faults import Armed
from publisher.simulator.requests import Frame


@dataclass(frozen=True, slots=True)
class SendText:
    """Send one text frame."""

    text: str


@dataclass(frozen=True, slots=True)
class SendBinary:
    """Send one binary frame."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Trickle:
    """Send one text frame `step_bytes` at a time."""

    text: str
    step_bytes: int
    every_s: float


@dataclass(frozen=True, slots=True)
class Later:
    """Send the frame after `delay_s`, with the content that is right by then."""

    frame: Frame
    delay_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Strike the connection itself with this fault (reset, close, silence, restart)."""

    fault: Armed


CHECKSUM = re.compile(r'"checksum":(\d+)')

Action = SendText | SendBinary | Trickle | Later | Cut
Change = Callable[[Armed, Frame], list[Action]]


class Injector:
    """The armed frame and connection faults, and what they hold back."""

    def __init__(self, seed: int) -> None:
        self.armed: list[Armed] = []
        self._random = Random(f"{seed}/faults")
        self._held: dict[tuple[int, str, str], Frame] = {}
        self._muted: set[tuple[int, str, str]] = set()
        self._checksums: dict[tuple[int, str, str], str] = {}
        """Of the last frame that passed by while a fault was armed."""

    @property
    def is_idle(self) -> bool:
        """Return whether every frame goes out as it is."""
        return not (self.armed or self._held or self._muted)

    def disarm(self) -> None:
        """Forget every fault; a frame held for a swap is lost."""
        self.armed.clear()
        self._held.clear()
        self._muted.clear()

    def unmute(self, conn: int, snapshot: Frame) -> None:
        """Let the updates behind a delayed snapshot flow from now on."""
        self._muted.discard((conn, snapshot.channel, snapshot.symbol))

    def forget(self, conn: int) -> None:
        """Drop what is held for a connection that ended."""
        self._held = {key: frame for key, frame in self._held.items() if key[0] != conn}
        self._checksums = {key: crc for key, crc in self._checksums.items() if key[0] != conn}
        self._muted = {key for key in self._muted if key[0] != conn}

    def pass_on(self, conn: int, frame: Frame) -> list[Action]:
        """Return what to do in place of sending `frame` to connection `conn`."""
        key = (conn, frame.channel, frame.symbol)
        if frame.kind == "ack":
            self._muted.discard(key)
        elif frame.kind == "update" and key in self._muted:
            return []
        held = self._held.pop(key, None) if frame.kind == "update" else None
        if held is not None:
            return [SendText(frame.text), SendText(held.text)]
        fault = self._striking(conn, frame)
        if fault is None:
            return [SendText(frame.text)]
        self.armed = [armed for armed in self.armed if not armed.is_over]
        match fault.spec.name:
            case "swap":
                self._held[key] = frame
                return []
            case "delay_snapshot" | "withhold_snapshot" if not fault.integer("updates"):
                self._muted.add(key)
        if fault.spec.stage == "connection":
            return [SendText(frame.text), Cut(fault)]
        return CHANGES[fault.spec.name](fault, frame)

    def _striking(self, conn: int, frame: Frame) -> Armed | None:
        is_deep = self._is_deep(conn, frame)
        for fault in self.armed:
            if fault.params["conn"] not in (0, conn) or not _is_of(frame, fault):
                continue
            if fault.spec.name == "drop_deep" and not is_deep:
                continue
            fault.seen += 1
            if fault.seen <= fault.integer("after"):
                continue
            if self._random.randrange(100) >= fault.integer("p"):
                continue
            fault.strike()
            return fault
        return None

    def _is_deep(self, conn: int, frame: Frame) -> bool:
        """True for a frame of a book that leaves the best ten levels as they were."""
        found = CHECKSUM.search(frame.text)
        if found is None:
            return False
        key = (conn, frame.channel, frame.symbol)
        before, self._checksums[key] = self._checksums.get(key), found[1]
        return before == found[1]


def _is_of(frame: Frame, fault: Armed) -> bool:
    symbol, kind = fault.params["symbol"], fault.params["kind"]
    channel, needed = fault.params["channel"], fault.spec.needs
    if (symbol and frame.symbol != symbol) or (channel and frame.channel != channel):
        return False
    if needed not in frame.text:
        return False
    if kind == "book":
        return frame.kind in ("update", "snapshot")
    return kind in ("any", frame.kind)


def _sent(text: str) -> list[Action]:
    return [SendText(text)]


def _before(extra: Action, frame: Frame) -> list[Action]:
    return [extra, SendText(frame.text)]


def _wrong_checksum(fault: Armed, frame: Frame) -> list[Action]:
    def off_by_one(found: re.Match[str]) -> str:
        return f'"checksum":{(int(found[1]) + 1) % (1 << 32)}'

    return _sent(CHECKSUM.sub(off_by_one, frame.text))


def _wrong_qty(fault: Armed, frame: Frame) -> list[Action]:
    def flipped(found: re.Match[str]) -> str:
        return f"{found[1]}{(int(found[2]) + 1) % 10}"

    return _sent(re.sub(r'("(?:order_)?qty":[\d.]*)(\d)', flipped, frame.text, count=1))


def _unknown_field(fault: Armed, frame: Frame) -> list[Action]:
    text = frame.text.replace('"data":[{', '"data":[{"novel":{"list":[1,2.50,null,"x"]},', 1)
    return _sent(text.replace("{", '{"novelty":true,', 1))


def _unknown_channel(fault: Armed, frame: Frame) -> list[Action]:
    novel = '{"channel":"novelty","type":"update","data":[{"symbol":"BTC/USD","x":1.5}]}'
    return _before(SendText(novel), frame)


def _oversize(fault: Armed, frame: Frame) -> list[Action]:
    filling = "x" * (fault.integer("mib") << 20)
    return _before(SendText(f'{{"channel":"novelty","data":["{filling}"]}}'), frame)


def _later(fault: Armed, frame: Frame) -> list[Action]:
    return [Later(replace(frame), fault.real("delay_s"))]


def _nothing(fault: Armed, frame: Frame) -> list[Action]:
    return []


NOISE = bytes(range(255, -1, -5))
"""No UTF-8, no JSON."""

CHANGES: Mapping[str, Change] = MappingProxyType({
    "text": lambda fault, frame: _before(SendText(fault.text("text")), frame),
    "mute": _nothing,
    "trickle": lambda fault, frame: [
        Trickle(frame.text, max(1, fault.integer("bytes")), fault.real("every_s"))
    ],
    "malformed": lambda fault, frame: _sent(frame.text[: len(frame.text) // 2]),
    "binary_json": lambda fault, frame: [SendBinary(frame.text.encode())],
    "binary_garbage": lambda fault, frame: _before(SendBinary(NOISE), frame),
    "unknown_channel": _unknown_channel,
    "unknown_field": _unknown_field,
    "oversize": _oversize,
    "wrong_checksum": _wrong_checksum,
    "wrong_qty": _wrong_qty,
    "drop": _nothing,
    "drop_deep": _nothing,
    "duplicate": lambda fault, frame: [SendText(frame.text), SendText(frame.text)],
    "delay_snapshot": _later,
    "withhold_snapshot": _nothing,
    "delay_ack": _later,
    "withhold_ack": _nothing,
})  # fmt: skip
"""What each frame fault makes of a frame; `swap` needs memory and lies in `Injector`."""
