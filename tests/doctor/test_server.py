"""What INFO says, judged."""

from __future__ import annotations

import pytest

from publisher.doctor.server import judge_server
from tests.servers import RedisServer

REDIS = "redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n"


def bad(info: str) -> list[str]:
    return [finding.what for finding in judge_server(info) if finding.level == "bad"]


@pytest.mark.parametrize(
    "versions",
    [
        "redis_version:7.0.15",
        "redis_version:8.2.3",
        "redis_version:7.2.4\r\nvalkey_version:8.0.0",
        "redis_version:7.2.4\r\nvalkey_version:9.1.2",
    ],
)
def test_supported_servers_are_well(versions: str) -> None:
    assert bad(f"# Server\r\n{versions}\r\nmaxmemory_policy:noeviction\r\n") == []


@pytest.mark.parametrize(
    ("versions", "named"),
    [
        ("redis_version:6.2.14", "Redis 6.2.14"),
        ("redis_version:7.2.4\r\nvalkey_version:7.2.5", "Valkey 7.2.5"),
    ],
)
def test_old_servers_are_refused_by_name(versions: str, named: str) -> None:
    (finding,) = [f for f in judge_server(versions) if f.level == "bad"]
    assert named in finding.what
    assert "or later" in finding.mend


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("maxmemory_policy:allkeys-lru", "maxmemory-policy is allkeys-lru"),
        ("loading:1", "still loading"),
        ("rdb_last_bgsave_status:err", "last RDB write failed"),
        ("aof_last_write_status:err", "last AOF write failed"),
        ("role:slave\r\nmaster_host:h\r\nmaster_port:1", "replica of h:1"),
    ],
)
def test_each_fault_is_one_finding_with_a_mend(line: str, said: str) -> None:
    (finding,) = [f for f in judge_server(f"{REDIS}{line}\r\n") if f.level == "bad"]
    assert said in finding.what
    assert finding.mend


def test_little_memory_left_is_a_warning() -> None:
    levels = {
        used: [f.level for f in judge_server(f"{REDIS}maxmemory:1000\r\nused_memory:{used}\r\n")]
        for used in (800, 801)
    }
    assert "warn" not in levels[800]
    assert "warn" in levels[801]


def test_real_servers_are_well(each_redis_server: RedisServer) -> None:
    with each_redis_server.client() as client:
        client.set_response_callback("INFO", bytes.decode)
        assert bad(client.execute_command("INFO")) == []
