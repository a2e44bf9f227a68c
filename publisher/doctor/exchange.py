"""Kraken as seen from here: is its REST reached, its system online, our clock right, our key good?

An exchange that is away does not fail the doctor: a publisher waits for it, and whoever only reads
needs none. A key that Kraken refuses does, and one that the channel needs and that is not there.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator

from publisher.credentials import check_credentials, credentials_of
from publisher.doctor.findings import Finding, seconds_text
from publisher.errors import ConfigurationError
from publisher.rest import Rest, RestError, RestRefused
from publisher.setting_rules import mask_url
from publisher.settings import Settings
from publisher.state import StateFolder
from publisher.tokens import TokenRefused, TokenUnavailable, fetch_token

# For all calls together; the resolver alone may take longer than anybody wants to wait.
PATIENCE_S = 3.0
CALL_S = 2.0
SKEW_NS = 1_000_000_000
HALF_SECOND_NS = 500_000_000

Found = queue.SimpleQueue[Finding | None]
"""Findings as they come, and None behind the last."""


def look(settings: Settings, patience_s: float = PATIENCE_S) -> list[Finding]:
    """Ask Kraken's REST and judge what it says, within `patience_s`."""
    if settings.exchange == "sim":
        return [Finding("ok", "the exchange is the simulator that `pykraken run` starts")]
    found: Found = queue.SimpleQueue()
    # A daemon thread: a resolver that hangs must not keep the doctor from leaving.
    threading.Thread(target=_ask, args=(settings, found), daemon=True).start()
    findings: list[Finding] = []
    deadline = time.monotonic() + patience_s
    try:
        while finding := found.get(timeout=max(0.0, deadline - time.monotonic())):
            findings.append(finding)
    except queue.Empty:
        findings.append(_unreachable(settings, f"no answer within {patience_s:g} s"))
    return findings


def judge_system(status: str) -> Finding:
    """Judge the system's state. Pure."""
    if status == "online":
        return Finding("ok", "Kraken is reached and online")
    mend = "wait, books may stand still meanwhile; https://status.kraken.com says for how long"
    return Finding("warn", f"Kraken is reached and in {status}", mend)


def judge_clock(asked_ns: int, trip_ns: int, unix_s: int) -> Finding:
    """Judge our clock, Unix ns `asked_ns` when Kraken was asked, by its answer, `unix_s`, after
    `trip_ns`. Pure.

    The answer is taken to be of the trip's middle and of the middle of its second; half the trip
    counts as doubt.
    """
    ahead_ns = asked_ns + trip_ns // 2 - (unix_s * 1_000_000_000 + HALF_SECOND_NS)
    if abs(ahead_ns) - trip_ns // 2 <= SKEW_NS:
        return Finding("ok", "this clock agrees with Kraken's")
    direction = "ahead of" if ahead_ns > 0 else "behind"
    what = f"this clock is {seconds_text(ahead_ns)} {direction} Kraken's"
    return Finding("warn", what, "set it by NTP: latencies are wrong, and `ts_recv` in every event")


def _ask(settings: Settings, found: Found) -> None:
    ca_file = str(settings.ca_file) if settings.ca_file else None
    rest = Rest(settings.rest_url, CALL_S, ca_file=ca_file, http_proxy=settings.http_proxy)
    with rest:
        for finding in itertools.chain(_findings(rest, settings), _key(settings)):
            found.put(finding)
    found.put(None)


def _findings(rest: Rest, settings: Settings) -> Iterator[Finding]:
    try:
        yield judge_system(rest.system_status().status)
        # On the connection that stands now, so that its trip is all that lies between.
        asked_ns, began = time.time_ns(), time.monotonic_ns()
        unix_s = rest.time()
        yield judge_clock(asked_ns, time.monotonic_ns() - began, unix_s)
    except RestRefused as error:
        mend = "wait, then look again; https://status.kraken.com says what is the matter"
        yield Finding("warn", f"Kraken's REST answers with an error, {error}", mend)
    except RestError as error:
        yield _unreachable(settings, error.reason)


def _key(settings: Settings) -> Iterator[Finding]:
    """Try the key, if there is one, in the only way that Kraken offers: by asking for a token."""
    try:
        check_credentials(settings)
        if credentials_of(settings) is None:
            return
        token = fetch_token(settings, StateFolder(settings.state_dir), timeout_s=CALL_S)
    except ConfigurationError as error:
        yield Finding("bad", "there is no usable API key", str(error))
    except TokenRefused as error:
        yield Finding("bad", f"{error.what}: {error.answer}", error.mend)
    except TokenUnavailable as error:
        yield Finding("warn", error.reason, error.mend)
    else:
        yield Finding("ok", f"the API key is good: Kraken gave a token, for {token.expires_s} s")


def _unreachable(settings: Settings, reason: str) -> Finding:
    mend = "correct PYKRAKEN_REST_URL, or set PYKRAKEN_HTTP_PROXY or PYKRAKEN_CA_FILE"
    return Finding("warn", f"Kraken's REST {mask_url(settings.rest_url)}: {reason}", mend)
