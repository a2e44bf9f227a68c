"""Frames of a server, cut at every point: the same messages come out, or the same error.

Frames are made here from RFC 6455, section 5.2, by hand.
"""

from __future__ import annotations

import random

import pytest

from publisher.errors import BadFrame, FrameTooLarge
from publisher.kraken.frames import Control, FrameReader, Opcode

FIN = 0x80
LIMIT = 100_000


def frame(payload: bytes, opcode: int = 1, *, first: int | None = None) -> bytes:
    """Return one unmasked frame; `first` overrides the first byte."""
    head = bytes([FIN | opcode if first is None else first])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


def read(pieces: list[bytes], limit: int = LIMIT) -> tuple[list[bytes], list[Control]]:
    """Feed the pieces; return messages and controls."""
    reader = FrameReader(limit)
    messages = [message for piece in pieces for message in reader.feed(piece)]
    assert not reader.is_inside_message
    return messages, reader.controls


STORY = b"".join(
    [
        frame(b'{"channel":"heartbeat"}'),
        frame(b""),
        frame(b"ping", 9),
        frame(b"x" * 125),
        frame(b"y" * 126),
        frame(b"\x00binary", 2),
        frame(b"one ", 1, first=0x01),
        frame(b"inside", 10),
        frame(b"two ", 0, first=0x00),
        frame(b"", 0, first=0x00),
        frame(b"three", 0),
        frame("Königsberg".encode()),
        frame(b"\x03\xe9CloudFlare", 8),
    ]
)
MESSAGES = [
    b'{"channel":"heartbeat"}',
    b"",
    b"x" * 125,
    b"y" * 126,
    b"\x00binary",
    b"one two three",
    "Königsberg".encode(),
]
CONTROLS = [
    Control(Opcode.PING, b"ping"),
    Control(Opcode.PONG, b"inside"),
    Control(Opcode.CLOSE, b"\x03\xe9CloudFlare"),
]


def test_whole() -> None:
    assert read([STORY]) == (MESSAGES, CONTROLS)


def test_byte_by_byte() -> None:
    assert read([STORY[i : i + 1] for i in range(len(STORY))]) == (MESSAGES, CONTROLS)


def test_every_cut_in_two() -> None:
    for cut in range(len(STORY) + 1):
        assert read([STORY[:cut], STORY[cut:]]) == (MESSAGES, CONTROLS), cut


def test_every_cut_in_three_near_a_head() -> None:
    small = frame(b"a" * 200) + frame(b"b" * 3)
    for first in range(10):
        for second in range(first, len(small) + 1):
            pieces = [small[:first], small[first:second], small[second:]]
            assert read(pieces)[0] == [b"a" * 200, b"b" * 3]


def test_random_cuts_of_large_messages() -> None:
    chance = random.Random(7)
    payloads = [
        chance.randbytes(chance.choice([0, 125, 126, 65535, 65536, 99_999])) for _ in "x" * 12
    ]
    stream = b"".join(frame(payload, 2) for payload in payloads)
    for _ in range(20):
        cuts = sorted(chance.choices(range(len(stream)), k=30))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        assert read(pieces)[0] == payloads


def test_lengths_in_64_bits() -> None:
    payload = b"z" * 65536
    head = frame(payload)[:10]
    assert head == b"\x81\x7f" + (65536).to_bytes(8, "big")
    assert read([head, payload])[0] == [payload]
    # §5.2 asks for the shortest form, and a reader may take a longer one.
    assert read([b"\x81\x7f" + (5).to_bytes(8, "big") + b"short"])[0] == [b"short"]


def cut_everywhere(stream: bytes) -> list[list[bytes]]:
    return [[stream[:cut], stream[cut:]] for cut in range(len(stream) + 1)]


MALFORMED = {
    "masked": b"\x81\x85\x01\x02\x03\x04abcde",
    "masked, long": b"\x81\xfe\x00\x80" + b"k" * 132,
    "reserved bit 1": frame(b"x", first=0xC1),
    "reserved bit 2": frame(b"x", first=0xA1),
    "reserved bit 3": frame(b"x", first=0x91),
    "opcode 3": frame(b"x", 3),
    "opcode 11": frame(b"x", 11),
    "control in pieces": frame(b"x", first=0x09),
    "control of 126 bytes": frame(b"x" * 126, 9),
    "continues nothing": frame(b"x", 0),
    "text inside a message": frame(b"a", first=0x01) + frame(b"b"),
    "binary inside a message": frame(b"a", first=0x01) + frame(b"b", 2),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_broken_frames_are_refused_however_they_arrive(what: str) -> None:
    for pieces in cut_everywhere(MALFORMED[what]):
        with pytest.raises(BadFrame):
            read(pieces)


def test_too_large_is_refused_however_it_arrives() -> None:
    for pieces in cut_everywhere(frame(b"x" * 201)):
        with pytest.raises(FrameTooLarge) as caught:
            read(pieces, limit=200)
        assert (caught.value.size, caught.value.limit) == (201, 200)
    assert read([frame(b"x" * 200)], limit=200)[0] == [b"x" * 200]


def test_too_large_is_refused_by_its_head_alone() -> None:
    """Nobody waits for 2^63 bytes, or makes room for them."""
    for size in (LIMIT + 1, 2**32, 2**64 - 1):
        with pytest.raises(FrameTooLarge):
            FrameReader(LIMIT).feed(b"\x81\x7f" + size.to_bytes(8, "big"))


def test_fragments_together_are_a_message_too_large() -> None:
    reader = FrameReader(200)
    reader.feed(frame(b"x" * 150, first=0x01))
    with pytest.raises(FrameTooLarge):
        reader.feed(frame(b"x" * 51, 0))


def test_a_message_that_has_begun_is_known() -> None:
    reader = FrameReader(LIMIT)
    assert not reader.is_inside_message
    reader.feed(b"\x81")
    assert reader.is_inside_message
    assert reader.feed(b"\x01") == []
    assert reader.feed(b"x") == [b"x"]
    assert not reader.is_inside_message
    reader.feed(frame(b"part", first=0x01))
    assert reader.is_inside_message


def test_nothing_fed_is_nothing_read() -> None:
    reader = FrameReader(LIMIT)
    assert reader.feed(b"") == []
    assert reader.feed(b"\x81\x02") == []
    assert reader.feed(b"") == []
    assert reader.feed(b"ok") == [b"ok"]
