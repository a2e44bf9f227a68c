"""What `doctor` says of a server: a key that it cannot read hides nothing else."""

from __future__ import annotations

from pathlib import Path

import msgpack
import pytest

from publisher.doctor.command import findings
from publisher.settings import Settings
from tests.doctor.test_streams import CATALOGUE, LISTING, STATUS, STREAM
from tests.servers import RedisServer


def told(server: RedisServer, folder: Path, database: int = 0) -> list[tuple[str, str, str]]:
    """Return what is found beyond the exchange, which nobody asks here."""
    settings = Settings(
        redis_url=f"redis://127.0.0.1:{server.port}/{database}",
        rest_url="http://127.0.0.1:1",
        state_dir=folder / "state",
    )
    return [tuple(found) for found in findings(settings) if "REST" not in found.what]


@pytest.mark.parametrize("key", [CATALOGUE, STATUS, STREAM])
def test_a_key_of_another_type_is_named_and_the_rest_is_looked_at(
    key: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    other = "{kraken.ETH/USD}:book.10"
    with redis_server.client() as client:
        if key != CATALOGUE:
            rows = {STREAM: LISTING, other: {**LISTING, "y": "ETH/USD"}}
            client.hset(CATALOGUE, mapping={name: msgpack.packb(row) for name, row in rows.items()})
        client.set(key, "text")
    found = told(redis_server, tmp_path)
    (wrong,) = [line for line in found if "WRONGTYPE" in line[1]]
    about = "feed f, its status" if key == STATUS else key
    assert wrong[0] == "bad"
    assert wrong[1].startswith(about)
    assert "delete it" in wrong[2]
    if key != CATALOGUE:
        assert any(line[1].startswith(other) for line in found)


def test_a_server_that_refuses_is_not_called_absent(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    level, what, mend = told(redis_server, tmp_path, database=99)[-1]
    assert (level, "index is out of range" in what) == ("bad", True)
    assert "start the server" not in mend
