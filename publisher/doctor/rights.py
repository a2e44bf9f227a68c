"""The rights that the publisher needs (bus/rights.py), asked of the server and told one by one."""

from __future__ import annotations

import redis

from publisher.bus import rights
from publisher.bus.rights import Right
from publisher.channels.plans import plan_of
from publisher.doctor.findings import Finding
from publisher.settings import Settings


def judge_rights(client: redis.Redis, settings: Settings) -> list[Finding]:
    """Ask the server which needed rights our user lacks. Raises redis.RedisError."""
    needed = rights.needed(plan_of(settings))
    denied: set[bytes] = set()
    try:
        client.script_load(rights.ASK)
        for question in rights.questions(needed):
            denied.update(client.execute_command(*question))
    except redis.exceptions.NoPermissionError as error:
        return [Finding("bad", str(error), "grant +script|load and +evalsha to the user")]
    if not denied:
        return [Finding("ok", "the user may run every command that publishing needs")]
    return [
        Finding("bad", f"the user may not run {right.line}", f"grant {_rule(right)} to the user")
        for right in rights.among(needed, denied)
    ]


def _rule(right: Right) -> str:
    return f"{right.rule} and the key ~{right.key}" if right.key else right.rule
