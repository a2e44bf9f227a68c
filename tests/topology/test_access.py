"""Ways to a server: TLS, mutual TLS, Unix socket, users, passwords in files, both versions of RESP.
Real servers; certificates of a test's own authority.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from publisher.access import Access, access_to, secret_in
from publisher.bus import calls
from publisher.bus.link import Address, dial, words_of
from publisher.errors import RedisRefused
from publisher.redis_url import parse
from tests.faults.scene import assert_contiguous, staged, stream_of
from tests.feed.certificates import Identity, authority, signed
from tests.polling import wait_until
from tests.servers import Kind, RedisServer, free_port, server_binary

TIMEOUT_S = 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ca(folder: Path) -> Identity:
    return authority(folder)


@pytest.fixture(scope="module")
def shown(folder: Path, ca: Identity) -> Identity:
    """The certificate of the server, and of the client too."""
    return signed(folder, ca)


def tls_options(port: int, ca: Identity, shown: Identity, *, clients: str) -> tuple[str, ...]:
    return (
        *("--tls-port", str(port), "--tls-ca-cert-file", str(ca.certificate)),
        *("--tls-cert-file", str(shown.certificate), "--tls-key-file", str(shown.key)),
        *("--tls-auth-clients", clients),
    )


@pytest.fixture(params=["no", "yes"])
def tls(
    request: pytest.FixtureRequest, tmp_path: Path, ca: Identity, shown: Identity
) -> Iterator[tuple[int, bool]]:
    """The TLS port of a server, and whether it asks for our certificate."""
    port = free_port()
    options = tls_options(port, ca, shown, clients=request.param)
    with RedisServer(server_binary("redis"), tmp_path / "tls", options=options):
        yield port, request.param == "yes"


def is_up(url: str) -> bool:
    """Dial, ask one thing, and tell that it was answered."""
    link = dial(Address(url, TIMEOUT_S))
    try:
        link.send([calls.plain("ECHO", "there")], 0.0)
        answers = wait_until(link.receive, 5, "the answer")
        return [reply for _, reply in answers] == ["there"]
    finally:
        link.close()


def test_tls_with_our_authority(tls: tuple[int, bool], ca: Identity, shown: Identity) -> None:
    port, is_mutual = tls
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={ca.certificate}"
    if is_mutual:
        with pytest.raises((redis.ConnectionError, OSError)):
            is_up(url)
        url += f"&ssl_certfile={shown.certificate}&ssl_keyfile={shown.key}"
    assert is_up(url)


def test_an_authority_unknown_is_refused(tls: tuple[int, bool], shown: Identity) -> None:
    port, _ = tls
    url = f"rediss://localhost:{port}?ssl_certfile={shown.certificate}&ssl_keyfile={shown.key}"
    with pytest.raises((redis.ConnectionError, OSError), match="CERTIFICATE_VERIFY_FAILED"):
        is_up(url)


def test_the_certificate_of_another_host_is_refused(
    tmp_path: Path, folder: Path, ca: Identity
) -> None:
    port = free_port()
    other = signed(folder, ca, host="other.invalid")
    options = tls_options(port, ca, other, clients="no")
    with RedisServer(server_binary("redis"), tmp_path / "tls", options=options):
        with pytest.raises((redis.ConnectionError, OSError), match="Hostname mismatch"):
            is_up(f"rediss://localhost:{port}?ssl_ca_certs={ca.certificate}")
        assert is_up(f"rediss://127.0.0.1:{port}?ssl_ca_certs={ca.certificate}")


def test_without_tls_a_tls_port_is_not_spoken_to(tls: tuple[int, bool]) -> None:
    with pytest.raises((redis.ConnectionError, OSError)):
        is_up(f"redis://localhost:{tls[0]}")


def test_nothing_in_a_url_or_setting_turns_the_verification_off() -> None:
    """What redis-py is told, in the words of its own arguments."""
    target = parse("rediss://localhost")
    arguments = access_to(target, target.nodes[0], 1.0).arguments
    assert arguments["ssl_cert_reqs"] == "required"
    assert arguments["ssl_check_hostname"] is True


@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_unix_socket(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "s"
    options = ("--unixsocket", str(path), "--unixsocketperm", "700")
    with RedisServer(server_binary(kind), tmp_path / "server", options=options) as server:
        server.client().execute_command("CONFIG", "SET", "requirepass", "s3cret")
        assert is_up(f"unix://:s3cret@{path}?db=0")
        with pytest.raises(redis.AuthenticationError):
            is_up(f"unix://{path}?password=wrong")


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_a_feed_by_either_version_of_resp(tmp_path: Path, kind: Kind, protocol: int) -> None:
    with staged(tmp_path, kind=kind) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(redis_url=f"{scene.redis.url}?protocol={protocol}")
        watcher.wait_updates(40)
        scene.client().script_flush()
        watcher.wait_updates(40)
        spoken = {each["resp"] for each in scene.client().client_list() if each["name"]}
        assert spoken == {str(protocol)}
        assert publisher.terminate() == 0
        scene.judge(watcher)
        assert_contiguous(scene.client(), stream_of("BTC/USD"))


def test_a_feed_over_mutual_tls_as_a_user_from_files(
    tmp_path: Path, ca: Identity, shown: Identity
) -> None:
    """All the files of the settings together."""
    (tmp_path / "user").write_text("feed\n")
    (tmp_path / "password").write_text("s3cret\n")
    port = free_port()
    with staged(tmp_path, options=tls_options(port, ca, shown, clients="yes")) as scene:
        scene.client().acl_setuser(
            "feed", enabled=True, passwords=["+s3cret"], keys=["*"], commands=["+@all"]
        )
        watcher = scene.watcher()
        publisher = scene.publisher(
            redis_url=f"rediss://localhost:{port}",
            ca_file=ca.certificate,
            redis_cert_file=shown.certificate,
            redis_key_file=shown.key,
            redis_username_file=tmp_path / "user",
            redis_password_file=tmp_path / "password",
        )
        watcher.wait_updates(40)
        users = {each["user"] for each in scene.client().client_list() if each["name"]}
        assert users == {"feed"}
        assert "s3cret" not in publisher.log_path.read_text()
        scene.judge(watcher)


@pytest.mark.parametrize("krakens", ["the system's", "the setting's"])
def test_an_authority_of_redis_alone_is_none_of_kraken_s(
    krakens: str,
    tmp_path: Path,
    ca: Identity,
    shown: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the URL. Kraken's certificate is judged by the system's or by PYKRAKEN_CA_FILE."""
    other = authority(tmp_path / "other")
    by_other = signed(tmp_path / "other", other)
    both = tmp_path / "both.pem"
    both.write_text(by_other.key.read_text() + by_other.certificate.read_text())
    settings: dict[str, object] = {}
    if krakens == "the system's":
        monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
    else:
        settings["ca_file"] = other.certificate
    port = free_port()
    options = tls_options(port, ca, shown, clients="no")
    with staged(tmp_path, "--tls", str(both), options=options) as scene:
        watcher = scene.watcher()
        url = f"rediss://localhost:{port}?ssl_ca_certs={ca.certificate}"
        scene.publisher(redis_url=url, **settings)
        watcher.wait_updates(40)
        scene.judge(watcher)


def test_a_secret_is_read_whole_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for content in (b"", b"  \n", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(OSError, match="must hold the value"):
            secret_in(str(file))
    file.write_text("  s3cret pass \n")
    assert secret_in(str(file)) == "s3cret pass"
    target = parse(f"redis://h?password_file={file}")
    access = access_to(target, target.nodes[0], 1.0)
    assert isinstance(access, Access)
    assert "s3cret" not in repr(access)
    file.write_text("rotated")
    assert access_to(target, target.nodes[0], 1.0).arguments["password"] == "rotated"


def test_a_failed_dial_is_told_in_the_words_of_the_server(redis_server: RedisServer) -> None:
    url = redis_server.url.replace("redis://", "redis://nobody:wrong@")
    with pytest.raises(redis.AuthenticationError) as caught:
        dial(Address(url, TIMEOUT_S))
    assert words_of(caught.value).startswith("WRONGPASS ")


def test_a_replica_is_not_published_to(redis_server: RedisServer, tmp_path: Path) -> None:
    """R4: it may be promoted later, so this is no refusal for good."""
    client = redis_server.client()
    client.execute_command("REPLICAOF", "127.0.0.1", str(free_port()))
    with pytest.raises(ConnectionError, match="this is a replica of 127"):
        dial(Address(redis_server.url, TIMEOUT_S))


def test_the_form_of_the_url_must_be_the_servers(redis_server: RedisServer, tmp_path: Path) -> None:
    plain = redis_server.url.removesuffix("/0")
    with pytest.raises(RedisRefused, match="no node of a Redis Cluster"):
        dial(Address(plain.replace("redis://", "redis+cluster://"), TIMEOUT_S))
    options = ("--cluster-enabled", "yes")
    with RedisServer(server_binary("redis"), tmp_path / "node", options=options) as node:
        with pytest.raises(RedisRefused, match=r"redis\+cluster://"):
            dial(Address(node.url, TIMEOUT_S))
