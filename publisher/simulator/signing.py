"""The venue's side of private REST: is this request signed by the account's key, and is it new?

protocol.md 10.1: `API-Sign` is HMAC-SHA512, under the decoded secret, of the path and the SHA-256
of nonce and body. Pure; holds the secret, which no text of it shows.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from hashlib import sha256, sha512
from hmac import compare_digest
from hmac import new as hmac
from urllib.parse import parse_qsl

from publisher.errors import ConfigurationError
from publisher.simulator.web import WebRequest

SAMPLE_KEY = "pykraken/simulator/sample/key"
"""The account's key where none is configured."""

SAMPLE_SECRET = (
    "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
)
"""The secret that Kraken's documentation publishes for its example: nobody's."""

INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"


class Signatures:
    """The account's key, and the highest nonce that was spent with it."""

    def __init__(self, key: str, secret: str) -> None:
        self._key = key
        try:
            self._secret = b64decode(secret, validate=True)
        except binascii.Error:
            raise ConfigurationError(
                "PYKRAKEN_API_SECRET", "not shown", "base64, as Kraken shows it"
            ) from None
        self._nonce = -1

    def objection(self, request: WebRequest) -> str | None:
        """Return the error for a request that is not signed as it must be; None spends its
        nonce."""
        if request.headers.get("api-key") != self._key:
            return INVALID_KEY
        nonce = _nonce(request)
        if nonce is None:
            return INVALID_NONCE
        if not compare_digest(request.headers.get("api-sign", ""), self._sign(request, nonce)):
            return INVALID_SIGNATURE
        if int(nonce) <= self._nonce:
            return INVALID_NONCE
        self._nonce = int(nonce)
        return None

    def _sign(self, request: WebRequest, nonce: str) -> str:
        digest = sha256(nonce.encode() + request.body).digest()
        signature = hmac(self._secret, request.path.encode() + digest, sha512).digest()
        return b64encode(signature).decode()


def _nonce(request: WebRequest) -> str | None:
    """Return the nonce of a form or JSON body as text; None when it is no uint64."""
    if "json" in request.headers.get("content-type", ""):
        try:
            body = json.loads(request.body)
        except ValueError:
            return None
        value = str(body.get("nonce", "")) if isinstance(body, dict) else ""
    else:
        value = dict(parse_qsl(request.body.decode("latin-1"))).get("nonce", "")
    return value if value.isdecimal() and value.isascii() and int(value) < 1 << 64 else None
