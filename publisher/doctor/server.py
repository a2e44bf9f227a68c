"""The server's own account of itself, judged. Pure: the answer of INFO in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from publisher.bus.checks import check_server
from publisher.doctor.findings import Finding
from publisher.errors import RedisRefused

# Above this a burst could fill the rest within a retention.
MEMORY_WARN_PERCENT = 80


def judge_server(info: str) -> list[Finding]:
    """Return the findings on INFO's text."""
    facts = _facts(info)
    return [
        _version(facts),
        *_memory(facts),
        *_persistence(facts),
        *_role(facts),
    ]


def _facts(info: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in info.splitlines() if ":" in line)
    return {name: value.strip() for name, _, value in pairs}


def _version(facts: Mapping[str, str]) -> Finding:
    lines = [f"{name}:{value}" for name, value in facts.items() if name.endswith("_version")]
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = facts.get("valkey_version") or facts.get("redis_version", "of unknown version")
    try:
        check_server("\n".join(lines), "")
    except RedisRefused as error:
        return Finding("bad", error.answer, error.mend)
    return Finding("ok", f"{name} {version}")


def _memory(facts: Mapping[str, str]) -> Iterator[Finding]:
    limit, used = int(facts.get("maxmemory", "0")), int(facts.get("used_memory", "0"))
    policy = facts.get("maxmemory_policy", "unknown")
    if policy.startswith("allkeys"):
        yield Finding(
            "bad",
            f"maxmemory-policy is {policy}: streams may be evicted, which is a silent loss",
            "CONFIG SET maxmemory-policy noeviction",
        )
    else:
        yield Finding("ok", f"maxmemory-policy {policy}")
    if limit and used * 100 > limit * MEMORY_WARN_PERCENT:
        yield Finding(
            "warn",
            f"{used * 100 // limit} % of maxmemory is used; when full, writes are refused",
            "raise maxmemory, or lower PYKRAKEN_RETENTION_S or the number of symbols",
        )


def _persistence(facts: Mapping[str, str]) -> Iterator[Finding]:
    if facts.get("loading") == "1":
        yield Finding("bad", "the server is still loading its data", "wait until it is done")
    failed = [
        what
        for name, what in (("rdb_last_bgsave_status", "RDB"), ("aof_last_write_status", "AOF"))
        if facts.get(name, "ok") != "ok"
    ]
    for what in failed:
        yield Finding(
            "bad",
            f"the last {what} write failed; the server may refuse ours",
            "look at the server's log and its disk",
        )
    kept = "AOF" if facts.get("aof_enabled") == "1" else "no AOF"
    yield Finding("ok", f"persistence: {kept} (a restart that loses streams is a new epoch)")


def _role(facts: Mapping[str, str]) -> Iterator[Finding]:
    if facts.get("role") == "slave":
        primary = f"{facts.get('master_host', '?')}:{facts.get('master_port', '?')}"
        yield Finding(
            "bad",
            f"this is a replica of {primary}: nothing can be published here",
            "point PYKRAKEN_REDIS_URL at the primary",
        )
