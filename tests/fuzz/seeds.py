"""The first inputs of each target, made anew for each run: vectors, the simulator's own messages,
and captures where the machine has them. Nothing fetched is ever committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.fuzz import replicas, targets, wires
from tests.fuzz.sessions import PAGE
from tests.requirements import ROOT
from tests.simulator.venue import Venue
from tests.spec.vectors.files import data_of, load

LONGEST = 4096
"""Longer seeds slow the search down more than they teach it."""
CAPTURED = 40
"""Messages taken of each file of captures."""
NAMES = [name for name, _, _ in targets.CHANNELS]
CONTROL = (
    b'{"channel":"heartbeat"}',
    b'{"method":"pong","req_id":7}',
    b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online",'
    b'"api_version":"v2","connection_id":33,"upcoming_maintenance":[{"title":"t","phase":"p"}],'
    b'"emergency":[{"title":"t","incident_status":"i"}]}]}',
    b'{"method":"subscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},'
    b'"success":true,"req_id":1}',
    b'{"method":"subscribe","success":false,"error":"Currency pair not supported X","req_id":1}',
)
ACCOUNT = (
    b'{"channel":"executions","type":"snapshot","sequence":1,"data":[{"order_id":"OA",'
    b'"exec_type":"pending_new","order_status":"new","symbol":"BTC/USD","limit_price":1.5,'
    b'"timestamp":"2026-01-02T03:04:05.123456Z"}]}',
    b'{"channel":"executions","type":"update","sequence":2,"data":[{"order_id":"OA","exec_id":"T",'
    b'"exec_type":"trade","trade_id":7,"last_qty":0.1,"cum_qty":0.1,"order_status":"filled"}]}',
    b'{"channel":"balances","type":"snapshot","sequence":1,"data":[{"asset":"USD","balance":1.0,'
    b'"wallets":[{"type":"spot","id":"main","balance":1.0}]}]}',
    b'{"channel":"balances","type":"update","sequence":2,"data":[{"asset":"USD","amount":-0.5,'
    b'"balance":0.5,"fee":0.0,"ledger_id":"L","type":"trade","wallet_type":"spot"}]}',
)
REST_PAGE = (
    b'{"XXBTZUSD":[["30243.4","0.34507674","1688669597.8277369","b","m","",61044952],'
    b'["30243.3","0.00376960","1688669598.2804112","s","l","",61044953]],"last":"1688671969993150842"}'
)
NUMBERS = (
    "0", "1.5", "62807.0", "0.00000001", "1e-8", "1E+3", "-1", "12345678901234567890.12345678",
    "0.1e40", "NaN", "Infinity", "1_0", " 1", "٣.١", "2026-01-02T03:04:05.123456Z",
    "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z", "1969-12-31T23:59:59.9Z",
    "2554-07-21T23:34:34Z", "",
)  # fmt: skip


def frames_seeds() -> Iterator[bytes]:
    """Yield streams of frames of all kinds, good and bad, behind two bytes of cuts."""
    short, long = b"\x81\x05hello", b"\x81\x7e\x01\x00" + bytes(256)
    parts = b"\x01\x02ab" + b"\x89\x01p" + b"\x00\x01c" + b"\x80\x01d"
    eight = b"\x82\x7f" + (300).to_bytes(8, "big") + bytes(300)
    bad = (b"\x81\x85maskhello", b"\xc1\x01x", b"\x83\x00", b"\x81\x7f" + b"\xff" * 8, b"\x08\x00")
    close = b"\x88\x04\x03\xe8ok"
    for body in (short, long, parts, eight, close, short * 20 + close, parts * 3, *bad):
        for cut in (b"\0\0", b"\0\1", b"\2\x3f", b"\6\x10"):
            yield cut + body


def kraken_seeds() -> Iterator[bytes]:
    """Yield messages, each to its own channel's decoder and to another's."""
    for message in messages():
        channel = json.loads(message).get("channel")
        for index in {NAMES.index(channel) if channel in NAMES else 0, len(message) % len(NAMES)}:
            yield bytes([index]) + message


def messages() -> Iterator[bytes]:
    """Yield messages of Kraken's: the simulator's, written ones, captured ones."""
    yield from CONTROL
    yield from ACCOUNT
    for story in stories().values():
        yield from story
    yield from captured()


def stories() -> dict[str, list[bytes]]:
    """Return what the simulator says after a subscription to each public channel."""
    told: dict[str, list[bytes]] = {}
    for channel, params in (
        ("book", {"depth": 10}), ("ticker", {}), ("trade", {"snapshot": True}),
        ("ohlc", {"interval": 1}), ("instrument", {}),
    ):  # fmt: skip
        venue = Venue("BTC/USD,ETH/USD")
        symbols = () if channel == "instrument" else ("BTC/USD", "ETH/USD")
        asked = {"symbol": symbols} if symbols else {}
        texts = venue.ask("subscribe", channel=channel, **asked, **params)
        told[channel] = [text.encode() for text in [*texts, *venue.move(30)]][:60]
    return told


def captured() -> Iterator[bytes]:
    """Yield some messages of each file of captures; none where there are none."""
    folder = Path(os.environ.get("PYKRAKEN_CAPTURES") or ROOT.parent / "shared" / "captures")
    for file in sorted(folder.glob("*.ndjson")):
        lines = file.read_bytes().splitlines()
        yield from lines[:: max(1, len(lines) // CAPTURED)]


def session_seeds() -> Iterator[bytes]:
    """Yield whole conversations of a channel."""
    by_channel = {**stories(), "executions": list(ACCOUNT[:2]), "balances": list(ACCOUNT[2:])}
    for index, name in enumerate(NAMES):
        told = by_channel.get(name, [])
        for count in (2, 5, 12):
            yield bytes([index]) + b"\n".join([*told[:count], *CONTROL])
        for line in captured():
            if json.loads(line).get("channel") == name:
                yield bytes([index]) + line
    told = by_channel["trade"]
    yield bytes([NAMES.index("trade")]) + b"\n".join([*told[:4], PAGE + REST_PAGE, *told[4:8]])


def wire_seeds() -> Iterator[bytes]:
    """Yield the vectors, each behind the byte that says where it lies."""
    for body in load("valid") + load("invalid"):
        yield bytes([wires.PLACES.index(body["stream"])]) + data_of(body)
    for body in load("catalogue"):
        for index in range(len(wires.LISTED)):
            yield bytes([len(wires.PLACES) + index]) + bytes.fromhex(body["hex"])


def replica_seeds() -> Iterator[bytes]:
    """Yield stories as steps; their ids become moves."""
    channels = [
        stream.partition("}:")[2].split(".")[0].split("/")[0] for stream in replicas.STREAMS
    ]
    for story in load("stories"):
        channel = str(story.get("stream", "book"))
        if channel not in channels:
            continue
        steps = bytearray([channels.index(channel)])
        for step in story["steps"]:
            for kind, what in (("snap", 0), ("pointer", 1), ("entry", 4)):
                body = step.get(kind)
                if isinstance(body, dict) and ("hex" in body or "repeat" in body):
                    data = data_of(body)[:0xFFFF]
                    move = 7 if kind == "snap" else 200 if body["id"].endswith("-0") else 100
                    steps += bytes([what, move, *len(data).to_bytes(2, "big")]) + data
        yield bytes(steps)


SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "frames": frames_seeds,
    "kraken": kraken_seeds,
    "wire": wire_seeds,
    "numbers": lambda: [bytes([n]) + text.encode() for text in NUMBERS for n in (0, 1, 8)],
    "pages": lambda: [REST_PAGE],
    "session": session_seeds,
    "replica": replica_seeds,
    "planted": lambda: [b"F"],
}

WORDS = (
    '"channel":', '"type":', '"snapshot"', '"update"', '"data":[', '"symbol":', '"BTC/USD"',
    '"bids":[', '"asks":[', '"price":', '"qty":', '"checksum":', '"timestamp":', '"method":',
    '"result":', '"success":', '"error":', '"req_id":', '"sequence":', '"order_id":', '"event":',
    '"limit_price":', '"order_qty":', '"trade_id":', '"ord_type":', '"interval_begin":', "null",
    "true", "false", "1e-8", "0.00000000", "18446744073709551616", "-0", "[]", "{}", "\\ud800",
    '"pairs":', '"assets":', '"system":', '"last":', "heartbeat", "status", "instrument",
)  # fmt: skip


def dictionary() -> str:
    """Return libFuzzer's dictionary: words of Kraken's JSON and of the wire's msgpack."""
    words = [word.encode() for word in WORDS]
    words += [bytes([0xA0 + len(key)]) + key.encode() for key in wire_keys()]
    words += [b"\xcf" + b"\xff" * 8, b"\xd3\x80" + bytes(7), b"\xcb" + bytes(8), b"\xc0", b"\x90"]
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in words)


def wire_keys() -> list[str]:
    """Return every text key of a valid vector's map, and the kinds of events."""
    found: set[str] = set()
    for body in load("valid"):
        data = data_of(body)[:LONGEST]
        for at, byte in enumerate(data):
            if 0xA1 <= byte <= 0xA9 and data[at + 1 : at + byte - 0x9F].isalpha():
                found.add(data[at + 1 : at + byte - 0x9F].decode("ascii", "ignore"))
    return sorted(found - {""})


def write(target: str, folder: Path) -> int:
    """Write a target's seeds into a folder, and return how many they are."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {seed for seed in SEEDS[target]() if len(seed) <= LONGEST}
    for number, seed in enumerate(sorted(kept)):
        (folder / f"seed-{number:04}").write_bytes(seed)
    return len(kept)
