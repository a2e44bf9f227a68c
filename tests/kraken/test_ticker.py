"""Every recorded ticker decodes without loss; what breaks the shape is undecodable."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from publisher.kraken.messages import UNDECODABLE
from publisher.kraken.ticker import decode_ticker, unknown_fields
from tests.kraken.recorded import messages_of

BARE = b'{"channel":"ticker","type":"update","data":[{"symbol":"ALGO/USD"}]}'


def test_recorded_messages_decode_without_loss(captures: Path) -> None:
    """What the decoder hands over, written down again, is what plain json reads."""
    count = 0
    for line, raw in messages_of(captures, "ticker"):
        message = msgspec.to_builtins(decode_ticker(line))
        for data in message["data"]:
            for name in [name for name, value in data.items() if value in (None, "")]:
                del data[name]
        assert message == raw
        assert unknown_fields(line) == []
        count += 1
    assert count == 4


def test_what_kraken_leaves_out_is_none() -> None:
    (data,) = decode_ticker(BARE).data
    assert {getattr(data, name) for name in data.__struct_fields__} == {"ALGO/USD", None, ""}


def test_new_fields_are_named() -> None:
    payload = BARE.replace(b'"symbol"', b'"mood":1,"symbol"').replace(b'"data"', b'"of":2,"data"')
    assert unknown_fields(payload) == ["ticker.of", "ticker.data.mood"]
    assert unknown_fields(b"{}") == []


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b'{"channel":"heartbeat"}', BARE.replace(b"ticker", b"trade"),
     BARE.replace(b"update", b"more"), BARE.replace(b'"symbol":"ALGO/USD"', b'"trades":-1'),
     BARE.replace(b"symbol", b"name")],
)  # fmt: skip
def test_what_breaks_the_shape_is_undecodable(payload: bytes) -> None:
    with pytest.raises(UNDECODABLE):
        decode_ticker(payload)
