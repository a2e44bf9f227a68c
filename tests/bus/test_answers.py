"""What Redis' error texts mean; the texts are those that servers really send (§2.2)."""

from __future__ import annotations

import pytest

from publisher.bus.answers import Verdict, judge

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
    "NOAUTH Authentication required.": Verdict.RECONNECT,
    "NOPERM this user has no permissions to run the 'evalsha' command": Verdict.FATAL,
    "NOPERM No permissions to access a key": Verdict.FATAL,
    "WRONGPASS invalid username-password pair or user is disabled.": Verdict.FATAL,
    "ERR unknown command 'EVALSHA'": Verdict.RECONNECT,
    "ERR OOM of another kind": Verdict.TRIM,
    "ERR Error running script": Verdict.RECONNECT,
    "": Verdict.RECONNECT,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_judge(text: str) -> None:
    assert judge(text) is TEXTS[text]
