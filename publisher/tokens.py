"""WebSocket tokens (protocol.md 7, 10.2; faults X23, X24): one call gives one fresh token.

It reads the key, takes a nonce that no process took before, asks Kraken, and says of every failure
whether waiting helps: TokenRefused if not, TokenUnavailable if so, and for how long. The caller
asks again for each connection and waits longer each time. Nothing secret is kept, written or told.
"""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

from pydantic import SecretStr

from publisher.credentials import Credentials, credentials_of
from publisher.errors import ConfigurationError, KrakenRefused, PykrakenError
from publisher.kraken.signing import next_nonce
from publisher.rest import Rest, RestError, RestRefused, RestUnreachable, Token, kind_of
from publisher.settings import Settings
from publisher.state import StateFolder

CALL = "GetWebSocketsToken"
BAD_NONCE = "EAPI:Invalid nonce"
# Another process came between; then a clock that was ahead before the last nonce was lost, by
# little and by more. Every refusal counts towards a lockout, so that these are all.
NONCE_LEAPS_S = (0, 0, 60, 3600)

# X24: Kraken's lockout, and the block of its proxy (protocol.md 1.1), each in full.
LOCKED_OUT_S = 900.0
BLOCKED_S = 600.0
# The private counter falls by a third each second (protocol.md 10.7): after this, by five.
LIMITED_S = 15.0
BRIEFLY_S = 1.0
TOO_MANY = 429


class TokenRefused(KrakenRefused):
    """Kraken gives no token to this key, today or tomorrow; `mend` says what to change."""


class TokenUnavailable(PykrakenError):
    """No token now; asking again in `wait_s` seconds or later may help, else `mend` does."""

    def __init__(self, reason: str, wait_s: float, mend: str, kind: str = "other") -> None:
        super().__init__(reason, wait_s, mend, kind)
        self.kind = kind
        self.reason = reason
        self.wait_s = wait_s
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.reason}; again in {self.wait_s:g} s. {self.mend}"


class Verdict(NamedTuple):
    """What an error of Kraken's means: wait so long, or for good where there is no wait."""

    wait_s: float | None
    mend: str


_PERMISSION = Verdict(
    None,
    "At Kraken, give the key the permission 'WebSocket interface', and for executions and balances "
    "those to query orders, trades and funds; let its IP list hold this machine's address",
)
_LIMITED = Verdict(LIMITED_S, "Give this process a key of its own, or let others ask less often")
_ACCOUNT = Verdict(None, "Look at the account on Kraken's site: it must be confirmed and enabled")
_SERVICE = Verdict(BRIEFLY_S, "https://status.kraken.com says what is the matter")

# By the beginning: Kraken's suffixes vary (protocol.md 11). The first that fits counts.
VERDICTS: tuple[tuple[str, Verdict], ...] = (
    (
        "EAPI:Invalid key",
        Verdict(
            None,
            "Correct PYKRAKEN_API_KEY: a key of Kraken spot that was neither deleted nor expired, "
            "with this machine's address in its IP list, if it has one",
        ),
    ),
    (
        "EAPI:Invalid signature",
        Verdict(None, "Correct PYKRAKEN_API_SECRET: it is not the private key of PYKRAKEN_API_KEY"),
    ),
    (
        BAD_NONCE,
        Verdict(
            None,
            "Another program uses this key with higher nonces: make a key for this process alone, "
            "and keep PYKRAKEN_STATE_DIR across restarts",
        ),
    ),
    ("EGeneral:Permission denied", _PERMISSION),
    ("EAccount:Invalid permissions", _PERMISSION),
    (
        "EGeneral:Temporary lockout",
        Verdict(LOCKED_OUT_S, "Bad requests led to it: the log before this tells them"),
    ),
    ("EAPI:Rate limit exceeded", _LIMITED),
    ("EAuth:Rate limit exceeded", _LIMITED),
    ("EAuth:Too many requests", _LIMITED),
    ("EService:Throttled", _LIMITED),
    ("EAuth:Account", _ACCOUNT),
)


def fetch_token(settings: Settings, state: StateFolder, *, timeout_s: float) -> Token:
    """Return a fresh token. Raises TokenRefused and TokenUnavailable.

    `state` must not be used by another thread meanwhile; processes may share its folder.
    """
    ca_file = str(settings.ca_file) if settings.ca_file else None
    try:
        credentials = credentials_of(settings)
    except ConfigurationError as error:  # it was checked at the start: a file is being replaced
        raise TokenUnavailable(str(error), BRIEFLY_S, "Put the file back in its place") from None
    if credentials is None:
        raise TokenRefused(CALL, "no key", "Set PYKRAKEN_API_KEY and PYKRAKEN_API_SECRET")
    with Rest(
        settings.rest_url, timeout_s, ca_file=ca_file, http_proxy=settings.http_proxy
    ) as rest:
        for leap_s in NONCE_LEAPS_S:
            answer = _ask(rest, credentials, state, leap_s)
            if not _is_bad_nonce(answer):
                break
    if isinstance(answer, Token):
        return answer
    raise judge(answer, time.time())


def judge(error: RestError, unix_s: float) -> TokenRefused | TokenUnavailable:
    """Return what a failed call means to the caller: the one place that decides it."""
    if isinstance(error, RestRefused):
        verdict = _verdict(error.errors, unix_s)
        if verdict.wait_s is None:
            return TokenRefused(CALL, error.reason, verdict.mend)
        return TokenUnavailable(str(error), verdict.wait_s, verdict.mend, kind_of(error))
    blocked = isinstance(error, RestUnreachable) and error.status == TOO_MANY
    mend = "Correct PYKRAKEN_REST_URL, PYKRAKEN_HTTP_PROXY or PYKRAKEN_CA_FILE if it stays so"
    return TokenUnavailable(str(error), BLOCKED_S if blocked else BRIEFLY_S, mend, kind_of(error))


def _verdict(errors: tuple[str, ...], unix_s: float) -> Verdict:
    for error in errors:
        # As documented, `EService: Throttled: [unix ts]`: spaces and brackets that others lack.
        words = [part.strip(" []") for part in error.split(":")]
        said = ":".join(words)
        for beginning, verdict in VERDICTS:
            if said.startswith(beginning):
                return _until(verdict, words[-1], unix_s)
    # Unknown ones too: an exchange that learns a new error does not end a feed.
    return _SERVICE


def _until(verdict: Verdict, word: str, unix_s: float) -> Verdict:
    """Return the verdict with the wait up to the Unix time that Kraken named, if it did."""
    if verdict.wait_s is None or not (word.isascii() and word.isdigit() and len(word) < 12):
        return verdict
    return verdict._replace(wait_s=min(LOCKED_OUT_S, max(BRIEFLY_S, int(word) - unix_s)))


def _is_bad_nonce(answer: Token | RestError) -> bool:
    return isinstance(answer, RestRefused) and answer.reason.startswith(BAD_NONCE)


def _ask(
    rest: Rest, credentials: Credentials, state: StateFolder, leap_s: int
) -> Token | RestError:
    least = (time.time_ns() + leap_s * 1_000_000_000) // 1000
    value = state.update(_name(credentials.key), lambda stored: str(next_nonce(stored, least)))
    try:
        return rest.websockets_token(credentials, int(value))
    except RestError as error:
        return error


def _name(key: SecretStr) -> str:
    """Return the name of the key's nonce in the state folder, which does not tell the key."""
    return f"nonce-{hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:16]}"
