"""API-Sign and the nonce of Kraken's private REST (protocol.md 10.1). Pure.

Text and numbers come in, text goes out. The secret is opened only inside calls into C, so that no
frame of a traceback holds it.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re

from pydantic import SecretStr

STORED = re.compile(r"[0-9]{1,19}")
# Kraken's nonces are uint64. Half of that is never reached: what is above was not written by us.
NONCE_MAX = 2**63 - 1


def sign(path: str, nonce: str, body: str, secret: SecretStr) -> str:
    """Return API-Sign for the exact `body`, which holds the nonce too; `path` begins with `/0`.

    Raises ValueError for a secret that is not base64.
    """
    # base64(HMAC-SHA512(base64decode(secret), path || SHA256(nonce || body)))
    message = path.encode() + hashlib.sha256((nonce + body).encode()).digest()
    digest = hmac.digest(
        binascii.a2b_base64(secret.get_secret_value(), strict_mode=True), message, "sha512"
    )
    return binascii.b2a_base64(digest, newline=False).decode()


def next_nonce(stored: str | None, least: int) -> int:
    """Return the nonce after the stored one, at least `least`; what is no nonce counts as none."""
    last = int(stored) if stored and STORED.fullmatch(stored) else 0
    return max(least, last + 1) if last < NONCE_MAX else least
