"""Every language on every topology: Sentinels that replace the primary, slots that move, TLS both
ways, a Unix socket, users by ACL, passwords that rotate. All languages follow at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.scene import BTC, ETH, Scene, staged, staged_on, stream_of
from tests.feed.certificates import Identity, authority, locked, signed
from tests.languages.follower import Follower
from tests.languages.languages import here
from tests.requirements import ROOT
from tests.servers import free_port
from tests.topology.cluster import cluster
from tests.topology.sentinels import sentinel_set
from tests.topology.test_access import tls_options

pytestmark = pytest.mark.timeout(300)

BOOKS = (stream_of(BTC), stream_of(ETH))
UPDATE = '"type":"update"'
DEPTH_TEN = ("--depth", 10)
"""With it nothing is asked of the catalogue, which may be empty when they begin."""


@contextmanager
def followed(scene: Scene, *words: object) -> Iterator[list[Follower]]:
    """Follow both books in all languages; in the end all stop in good order."""
    followers = [
        Follower(each, scene.folder / "followers", *words, *DEPTH_TEN, BTC, ETH) for each in here()
    ]
    for each in followers:
        scene.stack.enter_context(each)
    yield followers
    for each in followers:
        each.end()
        assert {stream: final["valid"] for stream, final in each.finals.items()} == dict.fromkeys(
            BOOKS, True
        ), each.said()


def all_go_on(followers: list[Follower], more: int = 20) -> None:
    goals = [(each, book, each.count(UPDATE, book) + more) for each in followers for book in BOOKS]
    for each, book, goal in goals:
        each.wait(UPDATE, goal, (book,))


def nothing_is_lost(followers: list[Follower]) -> None:
    for each in followers:
        for word in ('"code":', '"told":"missed"'):
            assert each.count(word) == 0, each.said()


def consumer_rules() -> list[str]:
    """Return what deploy/acl gives a consumer, but for its password."""
    rows = (ROOT / "deploy" / "acl" / "redis-7.0.acl").read_text().splitlines()
    (row,) = (row for row in rows if row.startswith("user consumer "))
    words = row.split(" ", 4)[4]
    at = words.index("(")
    return [*words[:at].split(), words[at:]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ca(folder: Path) -> Identity:
    return authority(folder)


@pytest.fixture(scope="module")
def shown(folder: Path, ca: Identity) -> Identity:
    return signed(folder, ca)


def test_sentinels_replace_the_primary(tmp_path: Path) -> None:
    with sentinel_set(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        with followed(scene, "--url", group.url) as followers:
            all_go_on(followers)
            group.failover()
            all_go_on(followers)
            nothing_is_lost(followers)


def test_the_primary_dies(tmp_path: Path) -> None:
    with sentinel_set(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        with followed(scene, "--url", group.url) as followers:
            all_go_on(followers)
            old = group.primary
            old.kill()
            group.wait_replaced(old)
            all_go_on(followers)


def test_a_slot_moves(tmp_path: Path) -> None:
    with cluster(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        with followed(scene, "--url", group.url) as followers:
            all_go_on(followers)
            slot = group.slot_of(BOOKS[0])
            source = group.owner(slot)
            target = next(node for node in group.primaries if node is not source)
            group.move(slot, target)
            all_go_on(followers)
            nothing_is_lost(followers)


@pytest.mark.long
def test_a_shard_that_dies_costs_its_own_streams_alone(tmp_path: Path) -> None:
    with cluster(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        owners = [group.owner(group.slot_of(book)) for book in BOOKS]
        if owners[0] is owners[1]:
            target = next(node for node in group.primaries if node is not owners[0])
            group.move(group.slot_of(BOOKS[1]), target)
            owners[1] = target
        with followed(scene, "--url", group.url) as followers:
            all_go_on(followers)
            owners[0].kill()
            for each in followers:
                each.wait(UPDATE, each.count(UPDATE, BOOKS[1]) + 200, BOOKS[1:])
            owners[0].start()
            all_go_on(followers)


@pytest.mark.parametrize("key", ["none", "plain", "encrypted"])
def test_tls(tmp_path: Path, ca: Identity, shown: Identity, key: str) -> None:
    port = free_port()
    clients = "no" if key == "none" else "yes"
    with staged(tmp_path, options=tls_options(port, ca, shown, clients=clients)) as scene:
        scene.publisher()
        url = f"rediss://localhost:{port}/0?ssl_ca_certs={ca.certificate}"
        if key != "none":
            own = locked(shown, "s3cret") if key == "encrypted" else shown
            url += f"&ssl_certfile={own.certificate}&ssl_keyfile={own.key}"
        if key == "encrypted":
            url += "&ssl_password=s3cret"
        with followed(scene, "--url", url) as followers:
            all_go_on(followers)
            nothing_is_lost(followers)


def test_a_certificate_of_another_authority_is_refused(
    tmp_path: Path, ca: Identity, shown: Identity
) -> None:
    """Verified always: without the authority's file nobody gets through, and each says why."""
    port = free_port()
    with staged(tmp_path, options=tls_options(port, ca, shown, clients="no")) as scene:
        scene.publisher()
        for language in here():
            url = f"rediss://localhost:{port}/0"
            with Follower(
                language, tmp_path / "strangers", "--url", url, *DEPTH_TEN, BTC
            ) as stranger:
                try:
                    stranger.wait('"told":"disconnected"')
                except AssertionError:
                    # What cannot be reached when the catalogue is asked is an error at once.
                    assert stranger.process.wait(10) == 3, stranger.said()
                    assert '"error":' in stranger.out.read_text()
                assert stranger.count(UPDATE) == 0


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with staged(tmp_path, options=("--unixsocket", str(path))) as scene:
        scene.publisher()
        with followed(scene, "--url", f"unix://{path}") as followers:
            all_go_on(followers)
            nothing_is_lost(followers)


def test_a_user_whose_password_rotates(tmp_path: Path) -> None:
    """The rights of deploy/acl alone, and a password read anew from its file at each connect."""
    file = tmp_path / "password"
    file.write_text("old\n")
    with staged(tmp_path) as scene:
        admin = scene.client()
        admin.execute_command("ACL", "SETUSER", "bot", "on", ">old", *consumer_rules())
        scene.publisher()
        url = scene.redis.url.replace("redis://", "redis://bot@") + f"?password_file={file}"
        with followed(scene, "--url", url) as followers:
            all_go_on(followers)
            admin.execute_command("ACL", "SETUSER", "bot", "resetpass", ">new")
            file.write_text("new\n")
            old = [client["id"] for client in admin.client_list() if client["user"] == "bot"]
            assert len(old) >= len(followers)
            for each in old:
                admin.client_kill_filter(_id=each)
            # Whoever goes on logged in anew. Not all need tell of it: a client whose connection
            # closes between two reads may open another before it asks, and lost nothing.
            all_go_on(followers, more=200)
            left = {client["id"] for client in admin.client_list()}
            assert not left.intersection(old)
            nothing_is_lost(followers)


@pytest.mark.long
def test_two_lines_told_as_one(tmp_path: Path) -> None:
    """A/B: each update once; a line that dies costs nothing."""
    with staged(tmp_path) as scene:
        lines = {line: scene.publisher(line, line=line) for line in "ab"}
        url = ("--url", scene.redis.url)
        followers = [
            scene.stack.enter_context(
                Follower(each, tmp_path / "followers", *url, *DEPTH_TEN, "--line", "ab", BTC)
            )
            for each in here()
        ]
        for each in followers:
            each.wait('"told":"line_up"', 2)
            each.wait(UPDATE, 50)
        lines["a"].kill()
        goals = [each.count(UPDATE) + 300 for each in followers]
        for each, goal in zip(followers, goals, strict=True):
            each.wait('"told":"line_down","line":"a"')
            each.wait(UPDATE, goal)
            assert each.count('"told":"jump"') == 0, each.said()
        for each in followers:
            each.end()
