"""What a setting's value may be: pure checks of text; the ValueError says what is allowed.

Knows no setting by name and no environment; `settings.py` puts these rules on its fields. It
promises that no message about a URL, an API key or its secret holds any of it.
"""

from __future__ import annotations

import binascii
import difflib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

SYMBOL = re.compile(r"[A-Za-z0-9.]+/[A-Za-z0-9.]+")
SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
# No braces, which are Redis' hash tag; no dot, so that `{<ns>.*` holds the keys of one namespace.
NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
FEED = re.compile(r"[A-Za-z0-9._/+-]{1,128}")
PASSWORD = re.compile(r'(://[^\s"/@:]*:)[^\s"]*@')
PASSWORD_QUERY = re.compile(r'([?&](?:ssl_|sentinel_)?password=)[^&\s"]*', re.IGNORECASE)
# A header or a member of a message whose value is secret: `"token":"..."`, `API-Sign: ...`.
NAMED = re.compile(
    r"""((?:["']token\\?["']|API-Key|API-Sign)\\?["']?\s*[:=,]\s*b?\\?["']?)[^"'\s\\,}]+""",
    re.IGNORECASE,
)
API_KEY = re.compile(r"[!-~]{1,256}")


def mask_secrets(text: str) -> str:
    """Return `text` without the passwords, tokens, keys and signatures that it names as such."""
    return NAMED.sub(r"\1***", mask_url(text))


def mask_url(text: str) -> str:
    """Return `text` with the password of every URL in it replaced by `***`."""
    return PASSWORD_QUERY.sub(r"\1***", PASSWORD.sub(r"\1***@", text))


def has_password(text: str) -> bool:
    """Tell whether `text` holds a URL with a password."""
    return mask_url(text) != text


def check_url(text: str, *, schemes: Sequence[str]) -> str:
    """Return `text` when it is a URL of one of `schemes` with a host (or, for unix, a path)."""
    allowed = " or ".join(f"{scheme}://..." for scheme in schemes)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in schemes or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError(f"must be a URL {allowed} with a host and, if any, a port below 65536")
    return text


def check_symbols(symbols: Sequence[str]) -> tuple[str, ...]:
    """Return `symbols` when each reads BASE/QUOTE and none comes twice, or `all` stands alone."""
    if tuple(symbols) == ("all",):
        return tuple(symbols)
    if not symbols:
        raise ValueError("must name at least one symbol, BASE/QUOTE, separated by commas, or all")
    for symbol in symbols:
        if not SYMBOL.fullmatch(symbol):
            raise ValueError(f"{symbol!r} is not a symbol: BASE/QUOTE, such as BTC/USD")
    twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} comes twice: name each symbol once")
    return tuple(symbols)


def check_shard(text: str) -> str:
    """Return `text` when it is empty, or i/n with i of 1 to n."""
    found = SHARD.fullmatch(text)
    if text and not (found and 1 <= int(found[1]) <= int(found[2])):
        raise ValueError("must be i/n, the i-th of n shards, such as 1/4; each symbol is in one")
    return text


def check_namespace(text: str) -> str:
    """Return `text` when it can stand in the keys of WIRE.md §2.1."""
    if not NAMESPACE.fullmatch(text) or text == "priv":
        raise ValueError(
            "must be 1 to 64 letters, digits, - or _, and not 'priv', which begins private keys"
        )
    return text


def check_feed(text: str) -> str:
    """Return `text` when it can stand in the keys of WIRE.md §2.1."""
    if not FEED.fullmatch(text):
        raise ValueError("must be 1 to 128 letters, digits or . _ / + -")
    return text


def check_api_key(text: str) -> str:
    """Return `text` when it can stand in a header."""
    if not API_KEY.fullmatch(text):
        raise ValueError("must be the key as Kraken shows it: at most 256 characters, no spaces")
    return text


def check_api_secret(text: str) -> str:
    """Return `text` when it is base64, as Kraken's secrets are."""
    if not _is_base64(text):
        raise ValueError(
            "must be the private key as Kraken shows it: base64, with its = at the end"
        )
    return text


def _is_base64(text: str) -> bool:
    try:
        return bool(binascii.a2b_base64(text, strict_mode=True))
    except ValueError:  # binascii.Error, or text that is not ASCII
        return False


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None when none is much like it."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
