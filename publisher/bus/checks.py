"""What a server must be to be published to, judged by its own account (INFO). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.errors import RedisRefused
from publisher.redis_url import Kind

LEAST_REDIS = (7, 0)
LEAST_VALKEY = (8, 0)


def facts_of(*infos: bytes | str) -> dict[str, str]:
    """Return INFO's lines as names and values."""
    facts: dict[str, str] = {}
    for info in infos:
        text = info.decode() if isinstance(info, bytes) else info
        pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
        facts |= {name: value.strip() for name, _, value in pairs}
    return facts


def check_server(server: bytes | str, memory: bytes | str) -> None:
    """Raise RedisRefused for a server too old, or one that evicts keys (decisions; fault R9)."""
    facts = facts_of(server, memory)
    is_valkey = "valkey_version" in facts
    version = facts.get("valkey_version" if is_valkey else "redis_version", "0.0")
    name, least = ("Valkey", LEAST_VALKEY) if is_valkey else ("Redis", LEAST_REDIS)
    if tuple(int(part) for part in version.split(".")[:2]) < least:
        mend = f"Use {name} {least[0]}.{least[1]} or later"
        raise RedisRefused("Redis", f"this is {name} {version}", mend)
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys"):
        mend = "Set maxmemory-policy to noeviction: an evicted stream loses its fence"
        raise RedisRefused("Redis", f"maxmemory-policy is {policy}", mend)


def check_mode(server: Mapping[str, str], kind: Kind) -> None:
    """Raise RedisRefused where the URL's form is not the server's kind."""
    mode = server.get("redis_mode") or server.get("server_mode", "standalone")
    if mode == "sentinel":
        mend = "Write PYKRAKEN_REDIS_URL as redis+sentinel://host:26379/mymaster"
        raise RedisRefused("Redis", "this is a Sentinel, which holds no streams", mend)
    if mode == "cluster" and kind != "cluster":
        mend = "Write PYKRAKEN_REDIS_URL as redis+cluster://host:port,host:port"
        raise RedisRefused("Redis", "this is a node of a Redis Cluster", mend)
    if mode != "cluster" and kind == "cluster":
        mend = "Write PYKRAKEN_REDIS_URL as redis://host:port/0, or enable the server's cluster"
        raise RedisRefused("Redis", "this is no node of a Redis Cluster", mend)


def check_role(replication: bytes | str) -> None:
    """Raise ConnectionError for a replica: it may be promoted, or the name lead elsewhere later."""
    facts = facts_of(replication)
    if facts.get("role", "master") != "master":
        primary = f"{facts.get('master_host', '?')}:{facts.get('master_port', '?')}"
        raise ConnectionError(f"this is a replica of {primary}: nothing can be published here")
