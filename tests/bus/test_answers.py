"""What Redis' error texts mean; the texts are those that servers really send (§2.2)."""

from __future__ import annotations

import pytest

from publisher.bus.answers import (
    PEACE_S,
    STRANGE_MOST,
    Patience,
    Verdict,
    judge,
    mend_of,
    passes,
    refused,
)
from publisher.bus.scripts import APPEND, digest
from publisher.errors import RedisRefused

TEXTS = {
    "OOM command not allowed when used memory > 'maxmemory'.": Verdict.TRIM,
    "OOM command not allowed when used memory > 'maxmemory'. script: 952801, on @user_script:1.":
        Verdict.TRIM,
    "LOADING Redis is loading the dataset in memory": Verdict.WAIT,
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.":
        Verdict.WAIT,
    "TRYAGAIN Multiple keys request during rehashing of slot": Verdict.WAIT,
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to": Verdict.WAIT,
    "CLUSTERDOWN The cluster is down": Verdict.WAIT,
    "NOREPLICAS Not enough good replicas to write.": Verdict.RECONNECT,
    "MASTERDOWN Link with MASTER is down": Verdict.RECONNECT,
    "READONLY You can't write against a read only replica.": Verdict.RECONNECT,
    "UNBLOCKED force unblock from blocking operation": Verdict.RECONNECT,
    "NOSCRIPT No matching script. Please use EVAL.": Verdict.RECONNECT,
    "NOAUTH Authentication required.": Verdict.LOGIN,
    "WRONGPASS invalid username-password pair or user is disabled.": Verdict.LOGIN,
    "MOVED 3999 127.0.0.1:6381": Verdict.MOVE,
    "ASK 3999 127.0.0.1:6381": Verdict.MOVE,
    "CROSSSLOT Keys in request don't hash to the same slot": Verdict.FATAL,
    "WRONGTYPE Operation against a key holding the wrong kind of value": Verdict.KEY,
    "ERR max number of clients reached": Verdict.RECONNECT,
    "NOPERM this user has no permissions to run the 'evalsha' command": Verdict.FATAL,
    "NOPERM User poor has no permissions to run the 'evalsha' command": Verdict.FATAL,
    "NOPERM No permissions to access a key": Verdict.FATAL,
    "ERR The user executing the script can't run this command or subcommand script: 2b836a": (
        Verdict.FATAL
    ),
    "ERR The user executing the script can't access at least one of the keys mentioned in": (
        Verdict.FATAL
    ),
    "ERR ACL failure in script: User poor has no permissions to run the 'xadd' command script: on":
        Verdict.FATAL,
    "ERR unknown command 'EVALSHA'": Verdict.FATAL,
    "ERR Unknown Redis command called from script script: 3efb5c": Verdict.FATAL,
    "ERR Unknown command called from script script: on @user_script:2.": Verdict.FATAL,
    "ERR OOM of another kind": Verdict.TRIM,
    "ERR Error running script": Verdict.STRANGE,
    "": Verdict.STRANGE,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_judge(text: str) -> None:
    assert judge(text) is TEXTS[text]


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        ("NOPERM User poor has no permissions to run the 'evalsha' command", "+evalsha"),
        (
            "NOPERM User monkey has no permissions to run the 'xinfo|stream' command",
            "+xinfo|stream",
        ),
        ("ERR ACL failure in script: User p has no permissions to run the 'xadd' command", "+xadd"),
        ("NOPERM No permissions to access a key", "the keys of the feed, ~{kraken.*"),
        (
            "ERR The user executing the script can't run this command or subcommand script: "
            f"{digest(APPEND)}, on @user_script:2.",
            "what is missing of +hget +hmget +hset +time +xadd +xinfo|stream +xtrim",
        ),
        ("MOVED 3999 127.0.0.1:6381", "redis+cluster://"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "see PYKRAKEN_REDIS_URL"),
        ("WRONGTYPE Operation against", "Delete the key"),
        ("WRONGPASS invalid", "PYKRAKEN_REDIS_PASSWORD_FILE"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PYKRAKEN_CA_FILE"),
        ("Error 111 connecting to 127.0.0.1:1. Connection refused.", "PYKRAKEN_REDIS_URL"),
    ],
)
def test_the_mend_names_what_to_change(error: str, mend: str) -> None:
    assert mend in mend_of(error)
    assert mend in str(refused(error))


def test_no_error_makes_a_storm_of_connections() -> None:
    patience = Patience()
    assert patience.wait_s("READONLY a replica", 100.0) == 0.0, "a failover is followed at once"
    assert patience.wait_s("READONLY a replica", 100.1) == 0.5
    assert patience.wait_s("NOSCRIPT flushed", 105.2) == 0.0
    assert patience.wait_s("WRONGPASS rotated", 200.0) == 5.0


def test_an_error_never_met_before_is_not_tried_for_ever() -> None:
    patience, words = Patience(), "ERR something new"
    for number in range(STRANGE_MOST):
        assert patience.wait_s(words, float(number)) == 0.5
    with pytest.raises(RedisRefused, match="something new"):
        patience.wait_s(words, float(STRANGE_MOST))
    patience = Patience()
    for number in range(5 * STRANGE_MOST):
        assert patience.wait_s(words, number * PEACE_S) == 0.5


@pytest.mark.parametrize("text", TEXTS)
def test_what_passes_without_a_person(text: str) -> None:
    known = ("OOM", "ERR OOM", "LOADING", "BUSY", "TRYAGAIN", "MISCONF", "CLUSTERDOWN")
    lost = ("NOREPLICAS", "MASTERDOWN", "READONLY", "UNBLOCKED", "NOSCRIPT", "ERR max number of")
    assert passes(text) == text.startswith((*known, *lost))
