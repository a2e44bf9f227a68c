"""What an error answer of Redis means: the one place that decides (faults 2.2). Pure.

No error is tried again for ever that time does not mend: those are FATAL or KEY, and what was never
met before (STRANGE) is tried a bounded number of times (`Patience`).
"""

from __future__ import annotations

import re
from enum import Enum, auto

from publisher.bus import scripts
from publisher.errors import RedisRefused


class Verdict(Enum):
    """What to do about an error answer."""

    WAIT = auto()
    """Redis cannot now; the same call again, after a while, on the same connection."""
    TRIM = auto()
    """Out of memory: give up what is past the newest snapshots, then wait (R8)."""
    RECONNECT = auto()
    """This connection is of no use: a replica, lost scripts (R4, R5, R21)."""
    LOGIN = auto()
    """Nor with this password: a new connection, which reads it again, after five seconds (R11)."""
    MOVE = auto()
    """The slot is another node's (R18); outside a cluster there is no such answer."""
    KEY = auto()
    """The key holds another type: whatever needs that key is given up, nothing else (R10)."""
    FATAL = auto()
    """Nobody but a person can mend it (R12)."""
    STRANGE = auto()
    """Never met before: a new connection, a bounded number of times."""


_BY_CODE = {
    "OOM": Verdict.TRIM,
    "LOADING": Verdict.WAIT,
    "BUSY": Verdict.WAIT,
    "TRYAGAIN": Verdict.WAIT,
    "MISCONF": Verdict.WAIT,
    "CLUSTERDOWN": Verdict.WAIT,
    "NOREPLICAS": Verdict.RECONNECT,
    "MASTERDOWN": Verdict.RECONNECT,
    "READONLY": Verdict.RECONNECT,
    "UNBLOCKED": Verdict.RECONNECT,
    "NOSCRIPT": Verdict.RECONNECT,
    "NOAUTH": Verdict.LOGIN,
    "WRONGPASS": Verdict.LOGIN,
    "MOVED": Verdict.MOVE,
    "ASK": Verdict.MOVE,
    "WRONGTYPE": Verdict.KEY,
    "NOPERM": Verdict.FATAL,
    "CROSSSLOT": Verdict.FATAL,
}
TOO_MANY_CLIENTS = "max number of clients"
_BY_WORDS = (
    # A script's command that the user may not run, in the words of Valkey and of Redis 7.0.
    ("ACL failure in script", Verdict.FATAL),
    ("user executing the script can't", Verdict.FATAL),
    ("unknown command", Verdict.FATAL),
    ("unknown redis command", Verdict.FATAL),
    (TOO_MANY_CLIENTS, Verdict.RECONNECT),
)
UNREACHABLE = "UNREACHABLE"
"""A connect that failed without an answer."""
CODES = (*_BY_CODE, "MAXCLIENTS", UNREACHABLE, "OTHER")

WAIT_S = 0.5
LOGIN_S = 5.0
STRANGE_MOST = 20
PEACE_S = 60.0
CALM_S = 5.0

COMMAND = re.compile(r"run the '([^']+)'")
SSL = re.compile(r"(?<![A-Z])SSL")  # not that of CROSSSLOT
KEYS = re.compile(r"\bkeys?\b")
DIGEST = re.compile(r"\b[0-9a-f]{40}\b")


def judge(error: str) -> Verdict:
    """Return what an error text means."""
    words = error.removeprefix("ERR ")
    found = _BY_CODE.get(words.split(" ", 1)[0])
    if found is not None:
        return found
    lowered = words.lower()
    for part, verdict in _BY_WORDS:
        if part.lower() in lowered:
            return verdict
    return Verdict.STRANGE


def code_of(error: str) -> str:
    """Return the code by which an error is counted, one of CODES."""
    words = error.removeprefix("ERR ")
    code = words.split(" ", 1)[0]
    if code in _BY_CODE:
        return code
    if TOO_MANY_CLIENTS in words.lower():
        return "MAXCLIENTS"
    return "NOPERM" if judge(error) is Verdict.FATAL else "OTHER"


def passes(error: str) -> bool:
    """Tell whether an error passes without a person's doing."""
    return judge(error) in (Verdict.WAIT, Verdict.TRIM, Verdict.RECONNECT)


def refused(error: str) -> RedisRefused:
    """Return what to raise for an error that only a person can mend, with the mend."""
    return RedisRefused("Redis", error, mend_of(error))


def mend_of(error: str) -> str:
    """Return what a person is to do about an error."""
    verdict = judge(error)
    if error.startswith(("MOVED", "ASK")):
        return "This is a Redis Cluster: write PYKRAKEN_REDIS_URL as redis+cluster://host:port"
    if verdict is Verdict.LOGIN:
        return (
            "Correct the user or password of PYKRAKEN_REDIS_URL, or what stands in "
            "PYKRAKEN_REDIS_PASSWORD_FILE: it is read again at each attempt"
        )
    if verdict is Verdict.KEY:
        return "Delete the key, or change PYKRAKEN_NAMESPACE or PYKRAKEN_FEED"
    if "certificate" in error.lower() or SSL.search(error):
        return (
            "?ssl_ca_certs= in PYKRAKEN_REDIS_URL (or PYKRAKEN_CA_FILE, that of Kraken, too) "
            "is to name the CA of the server's certificate, and PYKRAKEN_REDIS_CERT_FILE and "
            "PYKRAKEN_REDIS_KEY_FILE ours where it asks for one"
        )
    if verdict is not Verdict.FATAL or error.startswith("CROSSSLOT"):
        return "see PYKRAKEN_REDIS_URL; `pykraken doctor` looks further"
    if "unknown" in error.lower():
        return "Let the server have the command under its own name (rename-command takes it away)"
    if KEYS.search(error) and not COMMAND.search(error):
        return "Grant the user the keys of the feed, ~{kraken.*: `pykraken doctor` lists them"
    return f"Grant the user {_rules(error)}: `pykraken doctor` lists all that is needed"


def _rules(error: str) -> str:
    """Return the ACL rule that is missing; Redis 7.0 tells only the script that met it."""
    named = COMMAND.search(error)
    if named is not None:
        return f"+{named[1]}"
    digest = DIGEST.search(error)
    return f"what is missing of {' '.join(scripts.rules_of(digest[0] if digest else None))}"


class Patience:
    """How long to wait before the next connection, after one that was ended by an error answer:
    not at all at first, then half a second, so that no error makes a storm of connections.
    """

    def __init__(self) -> None:
        self._strange = 0
        self._last = -PEACE_S

    def wait_s(self, error: str, now: float) -> float:
        """Take one more such answer; return the wait. Raise RedisRefused for one that only a person
        can mend, and when there were too many that were never met before.
        """
        verdict = judge(error)
        calm, self._last = now - self._last, now
        if calm >= PEACE_S:
            self._strange = 0
        if verdict is Verdict.FATAL:
            raise refused(error)
        if verdict is Verdict.LOGIN:
            return LOGIN_S
        if verdict is Verdict.STRANGE:
            self._strange += 1
            if self._strange > STRANGE_MOST:
                raise refused(error)
            return WAIT_S
        return 0.0 if calm >= CALM_S else WAIT_S
