"""What the exchange does to its clients: a frame, a connection, a symbol, or its own state."""

from __future__ import annotations

from tests.chaos.field import Blow, Field


def _venue(name: str, **parameters: object) -> Blow:
    return lambda on: on.scene.fault(name, **parameters)


def _of_a_symbol(name: str, **parameters: object) -> Blow:
    return lambda on: on.scene.fault(name, symbol=on.symbol(), **parameters)


def _change_state(on: Field) -> None:
    state = on.chance.choice(("maintenance", "cancel_only", "post_only"))
    on.scene.fault("status", system=state, notice="both", for_s=on.chance.uniform(0.5, 3.0))


def _delist(on: Field) -> None:
    """Only for a while, and one at a time: without any symbol a publisher ends, as it should."""
    for_s = on.chance.uniform(0.5, 3.0)
    on.scene.fault("pair_status", symbol=on.symbol(), status="delisted", for_s=for_s)
    on.last(for_s, for_s)


def _change_precision(on: Field) -> None:
    symbol, price, qty = on.symbol(), on.chance.choice((1, -1)), on.chance.choice((1, 0, -1))
    on.scene.fault("precision", symbol=symbol, price=price, qty=qty)
    on.last(0.2, 4.0)
    on.scene.fault("precision", symbol=symbol, price=-price, qty=-qty)


def _limit_rate(on: Field) -> None:
    """While everybody asks for everything anew."""
    on.scene.fault("rate_limit", per_s=1, drop_every=2)
    on.scene.fault("restart")
    on.last(2.0, 6.0)
    on.scene.fault("rate_limit", per_s=0, drop_every=0)


def _step_clock(on: Field) -> None:
    on.scene.fault("clock", by_s=on.chance.choice((3600.0, -3600.0)))
    on.last(0.5, 3.0)
    on.scene.fault("clock", by_s=0.0)


BLOWS: dict[str, Blow] = {
    "exchange reset (X1)": _venue("reset"),
    "exchange close 1001 (X1)": _venue("close"),
    "exchange silent 7 s (X2)": _venue("silence", for_s=7.0),
    "acked, then mute (X3)": _of_a_symbol("mute", count=400),
    "trickle (X4)": _venue("trickle", bytes=1, every_s=0.3),
    "503 on upgrade (X8)": _venue("upgrade", status=503, count=2),
    "state changes (X9)": _change_state,
    "maintenance by phases (X9)": _venue("maintenance", in_s=1.0, last_s=1.5, step_s=0.5),
    "exchange restart (X10)": _venue("restart"),
    "malformed (X11)": _of_a_symbol("malformed"),
    "binary garbage (X11)": _venue("binary_garbage"),
    "unknown channel (X12)": _venue("unknown_channel"),
    "unknown fields (X12)": _venue("unknown_field"),
    "frame of 17 MiB (X13)": _of_a_symbol("oversize", mib=17),
    "wrong checksum (X14)": _of_a_symbol("wrong_checksum"),
    "wrong quantity (X14)": _of_a_symbol("wrong_qty"),
    "update dropped (X15)": _of_a_symbol("drop"),
    "update doubled (X16)": _of_a_symbol("duplicate"),
    "updates swapped (X17)": _of_a_symbol("swap"),
    "crossed book (X18)": _of_a_symbol("crossed", for_s=1.6),
    "thin book (X20)": _of_a_symbol("thin", for_s=2.0),
    "no bids (X20)": _of_a_symbol("one_sided", for_s=1.0),
    "empty book (X20)": _of_a_symbol("empty", for_s=1.0),
    "delisted for a while (X21)": _delist,
    "precision there and back (X22)": _change_precision,
    "clock an hour off (X25)": _step_clock,
    "snapshot late (X26)": _of_a_symbol("delay_snapshot"),
    "snapshot never (X26)": _of_a_symbol("withhold_snapshot", updates=0),
    "ack never (X27)": _of_a_symbol("withhold_ack"),
    "message rate exceeded (X27)": _limit_rate,
    "burst of 50 times (X28)": _venue("burst", factor=50.0, for_s=0.5),
}
