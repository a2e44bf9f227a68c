"""Spoiled bytes: the consumer and the strict decoder of the page say the same, or refuse alike."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pykraken_consumer.errors import DecodeError

from tests.properties.test_wire import ID
from tests.properties.test_wire import consumed as understood
from tests.spec import strict
from tests.spec.tables import HEADERS
from tests.spec.vectors.files import data_of, load
from tests.spec.vectors.packing import Raw, float64, pack, raw

SHORT = [
    body for body in load("valid") + load("invalid") if len(body.get("hex", "9" * 2000)) < 1200
]
ODD: tuple[object, ...] = (
    None, True, -1, 0, 1, 2, 2**32, 2**64 - 1, "", "x", "live", "book", "5", "1" + "0" * 20,
    ["x"], [["O1", 5, 1, 7]], [["O1", 5, 1, 7], ["O1", 4, 0, 6]], [[0, "O1", 5, 0, 7]],
    [[7, 0, 5, 1, 0, 7]], [[7, 0, 5, 1, 0, 7], [7, 2, 5, 1, 0, 7]], [["A", "b", 1, "{}"]],
    [["A/B", "c", 1, 8, ["{", "}"]]], "1.5", "1e-8", [], [[1, 1]], [[1, 1], [1, 1]],
    [[2, 1], [1, 0]], [[1]], [["5", 1]], [[None, 1]], {}, {"a": 1},
    float64(1.5), raw("c40101"), raw("d40100"), raw("a1ff"),
)  # fmt: skip
KEYS = (
    "t", "te", "tr", "tp", "f", "v", "why", "fd", "w", "ch", "y", "d", "pp", "qp", "pe", "ps", "mf",
    "ml", "c", "b", "a", "ptr", "s", "ns", "nl", "sys", "k", "n", "sc", "tg", "iv", "ac", "bp",
    "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "x", "gf", "gl", "lt", "ib", "op",
    "cl", "as", "oi", "rp", "st", "sq", "os", "bs", "zz",
)  # fmt: skip


def judged(data: bytes, place: Any) -> object:
    """Return the page's verdict: an event or a code."""
    try:
        return strict.decode(data, place)
    except strict.Refused as refused:
        return refused.code
    except strict.Open:
        assume(False)


def consumed(data: bytes, place: str) -> object:
    """Return the consumer's verdict in the same words; nothing but DecodeError may come out."""
    try:
        return understood(ID, data, place)
    except DecodeError as error:
        return error.code.value


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[bytes, str]:
    """Draw a vector's bytes with some of them changed, taken away, put in or swapped."""
    body = draw(st.sampled_from(SHORT))
    data = bytearray(data_of(body))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("change", "cut", "insert", "end"))):
            case "change" if at < len(data):
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 9))]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=5))
            case "end":
                del data[at:]
    return bytes(data), body["stream"]


@given(spoiled())
@settings(max_examples=700, deadline=None)
def test_spoiled_bytes(case: tuple[bytes, str]) -> None:
    assert consumed(*case) == judged(*case)


@given(
    st.sampled_from([body for body in SHORT if "event" in body]),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(range(len(ODD))), max_size=3),
    st.sets(st.sampled_from(KEYS), max_size=1),
)
@settings(max_examples=700, deadline=None)
def test_odd_values(body: dict[str, Any], changes: dict[str, int], absent: set[str]) -> None:
    source = strict.Bytes(data_of(body)).value()
    fields = dict(source) | {key: ODD[index] for key, index in changes.items()}
    data = pack({key: _packable(value) for key, value in fields.items() if key not in absent})
    assert consumed(data, body["stream"]) == judged(data, body["stream"])


def _packable(value: object) -> object:
    """Return a value of the strict reader in the form that the encoder takes."""
    match value:
        case strict.Pairs():
            return {key: _packable(item) for key, item in value}
        case list():
            return [_packable(item) for item in value]
        case float():
            return float64(value)
        case Raw():
            return value
    return value


@given(
    st.binary(max_size=40), st.sampled_from([*sorted(HEADERS), "status", "book.snap", "trade.snap"])
)
@settings(max_examples=500, deadline=None)
def test_bytes_of_any_kind(data: bytes, place: str) -> None:
    assert consumed(data, place) == judged(data, place)
