"""Signed REST requests, made from the published rule (protocol.md 10.1) with the standard library
alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.parse
import urllib.request
from typing import Any

from tests.simulator.program import DEADLINE_S, Program

KEY = "pykraken/simulator/sample/key"
SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
PATH = "/0/private/GetWebSocketsToken"


def sign(secret: str, path: str, nonce: str, body: bytes) -> str:
    """Return the API-Sign of a request."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    signature = hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512)
    return base64.b64encode(signature.digest()).decode()


def ask(
    program: Program, *, key: str = KEY, secret: str = SECRET, nonce: int | None = None
) -> dict[str, Any]:
    """Ask for a token; return the answer, whatever it says."""
    number = str(time.time_ns() if nonce is None else nonce)
    body = urllib.parse.urlencode({"nonce": number}).encode()
    request = urllib.request.Request(
        program.addresses["rest_url"] + PATH,
        data=body,
        headers={"API-Key": key, "API-Sign": sign(secret, PATH, number, body)},
    )
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def token(program: Program) -> str:
    """Return a fresh token."""
    return str(ask(program)["result"]["token"])
