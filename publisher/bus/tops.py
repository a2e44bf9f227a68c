"""How tops take their place in a stream: while an append is in flight only the newest waits
(WIRE.md 4.11). Pure.
"""

from __future__ import annotations

from msgspec.structs import replace

from publisher import wire
from publisher.bus import opening
from publisher.bus.stream import Stream


def put(stream: Stream, event: wire.Top | wire.TopSnapshot, ts_pub: int) -> bool:
    """Give a top its place, stamped `ts_pub` (Unix ns); return whether it replaced another, which
    it also says itself.
    """
    stream.is_changed = True
    is_replacing = False
    if isinstance(event, wire.TopSnapshot):
        stream.release()
        stream.fresh.append(opening.with_body(event, ts_pub))
    elif stream.is_in_flight:
        is_replacing = stream.held is not None
        if is_replacing:
            event = replace(event, flags=event.flags | wire.Flag.CONFLATED)
        stream.held = wire.encode(event, ts_pub)
    else:
        stream.release()  # the append was answered since: what it held back goes first
        stream.fresh.append(wire.encode(event, ts_pub))
    return is_replacing
