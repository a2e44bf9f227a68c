"""A follower of very many streams lets a moment pass between reads, and is told all the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.consumer.packing import Story
from tests.languages.follower import Follower
from tests.languages.languages import LANGUAGES, Language
from tests.servers import RedisServer, server_binary

STREAMS = [f"{{kraken.S{number}/USD}}:book.10" for number in range(1000)]
UPDATES = 3
LASTS_S = 2.0
READS_A_SECOND = 100
"""Of a thousand streams, by WIRE §7.5: a hundredth of a second passes at least."""


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_reads_of_many_streams_are_few(language: Language, tmp_path: Path) -> None:
    language.require()
    story = Story()
    (opened, *_), snapshot = story.entries, story.entries[-1]
    with (
        RedisServer(server_binary("redis"), tmp_path / "redis") as server,
        server.client() as client,
    ):
        with client.pipeline(transaction=False) as calls:
            for stream in STREAMS:
                for entry_id, data in (opened, snapshot):
                    calls.xadd(stream, {"d": data}, id=entry_id)
                calls.xadd(f"{stream}.snap", {"d": snapshot[1]}, id=snapshot[0])
            calls.execute()
        with Follower(language, tmp_path, "--url", server.url, *STREAMS) as follower:
            follower.wait('"told":"joined"', len(STREAMS))
            before, began = reads(client), time.monotonic()
            for entry_id, data in story.grow(UPDATES).entries[-UPDATES:]:
                for stream in STREAMS:
                    client.xadd(stream, {"d": data}, id=entry_id)
                    time.sleep(LASTS_S / UPDATES / len(STREAMS))
            lasted = time.monotonic() - began
            came = reads(client) - before
            follower.wait('"type":"update"', UPDATES * len(STREAMS))
            assert came <= lasted * READS_A_SECOND + 2
            follower.end()
        assert all(final["valid"] for final in follower.finals.values())
        assert len(follower.finals) == len(STREAMS)


def reads(client: Any) -> int:
    """Return how often the server was asked for entries."""
    told = client.info("commandstats").get("cmdstat_xread")  # none yet while the first one waits
    return int(told["calls"]) if told else 0
