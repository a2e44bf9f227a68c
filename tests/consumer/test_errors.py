"""The words of errors, the codes of WIRE §8, and the public names."""

from __future__ import annotations

import re

import pykraken_consumer
import pytest
from pykraken_consumer import (
    AmbiguousStream,
    Code,
    ConsumerError,
    NoStream,
    NotReady,
    RedisRefused,
    RedisUnreachable,
)

from tests.requirements import ROOT


def test_codes_are_those_of_the_spec() -> None:
    spec = (ROOT / "consumers" / "spec" / "WIRE.md").read_text(encoding="utf-8")
    table = spec.partition("## 8 Codes")[2].partition("When one entry")[0]
    named = set()
    for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE):
        named |= set(re.findall(r"`([A-Z_]+)`", row))
    assert named == {code.value for code in Code}


@pytest.mark.parametrize(
    ("error", "field", "mend"),
    [
        (NoStream("BTC/USD"), "BTC/USD", "start a publisher"),
        (AmbiguousStream("BTC/USD", ["s/a", "s/b"]), "s/b", "pass line="),
        (NotReady("stream", 2.5), "2.5 s", "wait longer"),
        (RedisRefused("NOPERM no"), "NOPERM", "rights"),
        (RedisUnreachable("refused", 1.0), "refused", "check the URL"),
    ],
)
def test_an_error_says_what_to_change(error: ConsumerError, field: str, mend: str) -> None:
    assert field in str(error)
    assert mend in str(error)


def test_public_names() -> None:
    for name in pykraken_consumer.__all__:
        value = getattr(pykraken_consumer, name)
        assert not isinstance(value, type) or value.__doc__, name
    assert sorted(pykraken_consumer.__all__, key=str.lower) == sorted(
        set(pykraken_consumer.__all__), key=str.lower
    )
