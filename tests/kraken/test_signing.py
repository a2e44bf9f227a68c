"""API-Sign by Kraken's published vector and by two derived ones; the nonce after each other."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from publisher.kraken.signing import NONCE_MAX, next_nonce, sign

# Kraken's documentation shows this secret as its sample; it is nobody's (protocol.md 10.1).
SECRET = SecretStr(
    "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
)
NONCE = "1616492376594"
ORDER = f"nonce={NONCE}&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
TOKEN_PATH = "/0/private/GetWebSocketsToken"


@pytest.mark.parametrize(
    ("path", "body", "signature"),
    [
        (
            "/0/private/AddOrder",
            ORDER,
            "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
        ),
        (
            TOKEN_PATH,
            f"nonce={NONCE}",
            "+mRDmY9Ks0Moc1zjv/BjfvYa98buO0x1yHChZR5onlfAzAUbfIYlLggUZzdQ0RsmXm4Sh+Q8iAIZdo2wSeHeiA==",
        ),
        (
            TOKEN_PATH,
            json.dumps({"nonce": int(NONCE)}),
            "Gmmjy+n4n8Qdf2t74cy2l/gOqSsfyu0pnTKZIo3BaklrCquCph0zBp5QHAoHwiwEkcp24pLgeRqpJhTL/2Dxgg==",
        ),
    ],
    ids=["published", "form", "json"],
)
def test_the_signature_is_krakens(path: str, body: str, signature: str) -> None:
    assert sign(path, NONCE, body, SECRET) == signature


def test_every_part_is_signed() -> None:
    signatures = {
        sign("/0/private/AddOrder", NONCE, ORDER, SECRET),
        sign("/0/private/AddOrde", NONCE, ORDER, SECRET),
        sign("/0/private/AddOrder", NONCE[:-1], ORDER, SECRET),
        sign("/0/private/AddOrder", NONCE, ORDER[:-1], SECRET),
        sign("/0/private/AddOrder", NONCE, ORDER, SecretStr("YWJj")),
    }
    assert len(signatures) == 5


@pytest.mark.parametrize("secret", ["n0t*base64", "YQ", "é"])
def test_a_secret_that_is_not_base64_is_a_value_error(secret: str) -> None:
    with pytest.raises(ValueError):
        sign(TOKEN_PATH, NONCE, ORDER, SecretStr(secret))


@pytest.mark.parametrize(
    ("stored", "least", "nonce"),
    [
        (None, 100, 100),
        ("99", 100, 100),
        ("100", 100, 101),
        ("5000", 100, 5001),  # the clock was set back
        (str(NONCE_MAX - 1), 100, NONCE_MAX),
        # What we did not write: one above it might be no nonce at all.
        (str(NONCE_MAX), 100, 100),
        ("9" * 19, 100, 100),
        ("9" * 30, 100, 100),
        ("", 100, 100),
        ("-5", 100, 100),
        ("1e9", 100, 100),
        ("٣٤٥", 100, 100),
        ("200\n", 100, 100),
    ],
)
def test_a_nonce_is_above_the_last_and_at_least_the_clock(
    stored: str | None, least: int, nonce: int
) -> None:
    assert next_nonce(stored, least) == nonce
