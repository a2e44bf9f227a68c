"""Every valid and invalid vector by a strict decoder written from the page alone: they meet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.strict import Refused, decode
from tests.spec.vectors.files import data_of, load


@pytest.mark.parametrize("body", load("valid"), ids=lambda body: body["name"])
def test_valid_vectors_are_their_events(body: dict[str, Any]) -> None:
    for data in (data_of(body), *map(bytes.fromhex, body["alternatives"])):
        assert decode(data, body["stream"]) == body["event"]


@pytest.mark.parametrize("body", load("invalid"), ids=lambda body: body["name"])
def test_invalid_vectors_have_the_code_that_the_page_gives(body: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        decode(data_of(body), body["stream"])
    assert refused.value.code == body["code"]
