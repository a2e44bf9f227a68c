"""The real programs on a real cluster under the users of deploy/acl: nothing that they ask of any
node is refused, while slots move from one to the other.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Client
from pykraken_consumer.errors import RedisRefused

from tests.faults.scene import BTC, ETH, Epoch, Scene, staged_on, stream_of
from tests.security.users import ACL, TEMPLATES, make_users
from tests.servers import Kind
from tests.topology.cluster import Cluster, cluster
from tests.topology.test_commands import pykraken

TRIED_ANYWAY = "client|setinfo"
"""redis-py sends it to a server of 7.0 too, which does not know it, and goes on without."""
STATUS = "{kraken.feed.f}:status"


class Users:
    """The users of a template, given to every node of a cluster whose administrator stays."""

    def __init__(self, kind: Kind, folder: Path, group: Cluster) -> None:
        self._folder = folder
        self._group = group
        make_users(ACL / TEMPLATES[kind], folder)
        for line in (folder / "users.acl").read_text().splitlines():
            _, name, *rules = _words(line)
            for node in group.nodes if name != "default" else ():
                with node.client() as client:
                    client.execute_command("ACL", "SETUSER", name, "reset", *rules)

    def url(self, user: str) -> str:
        """Return the cluster's URL with a user's name and password."""
        password = (self._folder / f"{user}.password").read_text()
        return self._group.url.replace("://", f"://{user}:{password}@")

    def refused(self) -> set[tuple[str, str]]:
        """Return user and object of all that any node refused."""
        found = set()
        for node in self._group.nodes:
            with node.client() as client:
                rows: Any = client.execute_command("ACL", "LOG")
            for row in rows:
                entry = (
                    row if isinstance(row, dict) else dict(zip(row[::2], row[1::2], strict=True))
                )
                names = (entry.get(name) or entry[name.encode()] for name in ("username", "object"))
                found.add(tuple(each.decode() for each in names))
        return {(user, what) for user, what in found if what != TRIED_ANYWAY}


def _words(line: str) -> list[str]:
    """Return the rules of a line; a selector in brackets is one of them."""
    words: list[str] = []
    for word in shlex.split(line, comments=False):
        if words and words[-1].startswith("(") and not words[-1].endswith(")"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _move_all(scene: Scene, group: Cluster, watcher: Any) -> None:
    for key in (stream_of(BTC), stream_of(ETH), STATUS):
        slot = group.slot_of(key)
        at = group.primaries.index(group.owner(slot))
        target = group.primaries[(at + 1) % 3]
        with group.moving(slot, target, keys=3):  # what was not there yet is asked for with ASKING
            watcher.wait_updates(5, tuple({BTC, ETH} - {key[8:15]}))


@pytest.mark.parametrize("kind", ["redis", pytest.param("valkey", marks=pytest.mark.long)])
def test_nothing_is_refused_to_the_users_of_a_cluster(tmp_path: Path, kind: Kind) -> None:
    with cluster(tmp_path / "redis", kind=kind) as group, staged_on(tmp_path, group) as scene:
        users = Users(kind, tmp_path / "users", group)
        consumer = users.url("consumer")
        watcher = scene.watcher_at(consumer)
        publisher = scene.publisher(feed="f", redis_url=users.url("publisher"))
        watcher.wait_updates(40)
        _move_all(scene, group, watcher)
        watcher.wait_updates(40)
        with Client(consumer) as client:
            assert client.book(BTC).is_valid
            assert {row.symbol for row in client.streams()} == {BTC, ETH}
            client.request_snapshot(BTC)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        said = pykraken(scene, "doctor", "--symbols", f"{BTC},{ETH}", url=users.url("publisher"))
        assert "0 wrong, 0 to look at" in said, said
        publisher.kill()
        said = pykraken(scene, "retire", "--yes", "--watch", "3", url=users.url("operator"))
        assert scene.client().exists(stream_of(BTC)) == 0, said
        assert users.refused() == set()
        with Client(consumer) as client, pytest.raises(RedisRefused):
            client.streams("private")
        assert users.refused() == {("consumer", "{priv.kraken.catalogue}:streams")}
        for node in group.nodes:
            node.client().execute_command("ACL", "SETUSER", "publisher", "-command")
        said = pykraken(scene, "doctor", "--symbols", BTC, url=users.url("publisher"))
        assert "Grant the user +command" in said, said
