"""Kraken's REST: what the simulator answers, and every way in which no answer can come."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from publisher.credentials import Credentials
from publisher.rest import Rest, RestError, RestRefused, RestUnreachable
from tests.canned import Canned
from tests.private_rest import KEY, SECRET, TOKEN, PrivateRest, Reply, refusal
from tests.servers import free_port
from tests.simulator.program import Program


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    with Program() as program:
        yield program


def test_the_simulator_tells_state_and_time(simulator: Program) -> None:
    with Rest(simulator.addresses["rest_url"], 5) as rest:
        assert rest.system_status().status == "online"
        assert abs(rest.time() - time.time()) < 5
        simulator.post("fault", name="status", system="post_only")
        status = rest.system_status()
    assert status.status == "post_only"
    assert abs(datetime.fromisoformat(status.timestamp).timestamp() - time.time()) < 5


def test_an_error_in_an_answer_of_200_is_an_error() -> None:
    with Canned(b'{"error":["EService:Unavailable","EGeneral:Internal error"]}') as server:
        with Rest(server.url + "/", 5) as rest, pytest.raises(RestRefused) as caught:
            rest.time()
    assert server.asked == ["/0/public/Time"]
    assert str(caught.value) == "Time: EService:Unavailable, EGeneral:Internal error"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>error code: 1015</html>", 429),
        (b"", 503),
        (b"\xff", 200),
        (b"[]", 200),
        (b'{"error":[]}', 200),
        (b'{"error":[],"result":{"unixtime":"soon"}}', 200),
    ],
)
def test_what_is_not_krakens_answer_says_so(body: bytes, status: int) -> None:
    with Canned(body, status) as server, Rest(server.url, 5) as rest:
        with pytest.raises(RestUnreachable, match=f"^Time: HTTP {status} with something else"):
            rest.time()


def test_a_page_of_trades_that_is_none_says_so() -> None:
    with Canned(b'{"error":[],"result":{"last":"7"}}') as server, Rest(server.url, 5) as rest:
        with pytest.raises(RestUnreachable, match=r"^Trades: page of trades: "):
            rest.trades("BTC/USD", 7)
    assert server.asked == ["/0/public/Trades?pair=BTC%2FUSD&since=7&count=1000"]


def test_no_redirect_is_followed() -> None:
    with Canned(b"", 302, Location="http://127.0.0.1:1/portal") as server:
        with Rest(server.url, 5) as rest, pytest.raises(RestUnreachable, match="HTTP 302"):
            rest.time()


def test_a_dead_port_is_told_in_the_systems_words() -> None:
    with Rest(f"http://127.0.0.1:{free_port()}", 5) as rest:
        with pytest.raises(RestUnreachable) as caught:
            rest.system_status()
    assert (caught.value.call, "Connection refused" in caught.value.reason) == (
        "SystemStatus",
        True,
    )


def test_silence_ends_with_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        with Rest(f"http://127.0.0.1:{deaf.getsockname()[1]}", 0.2) as rest:
            began = time.monotonic()
            with pytest.raises(RestUnreachable, match=r"no answer within 0\.2 s"):
                rest.time()
    assert time.monotonic() - began < 3


def test_the_proxy_is_asked_instead_and_the_environments_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    answer = b'{"error":[],"result":{"unixtime":1688669448,"rfc1123":""}}'
    with Canned(answer) as server:
        with Rest(server.url, 5) as rest:
            assert rest.time() == 1688669448
        with Rest("http://kraken.invalid", 5, http_proxy=server.url) as rest:
            assert rest.time() == 1688669448
    assert server.asked == ["/0/public/Time", "http://kraken.invalid/0/public/Time"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_secret_is_told(scheme: str) -> None:
    proxy = f"http://user:s3cret@127.0.0.1:{free_port()}"
    with Rest(f"{scheme}://user:s3cret@kraken.invalid", 5, http_proxy=proxy) as rest:
        with pytest.raises(RestError) as caught:
            rest.time()
    assert "Connection refused" in str(caught.value)
    assert "s3cret" not in f"{caught.value} {caught.value!r} {rest!r}"


def test_a_server_without_tls_and_a_ca_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with Canned(b"") as server:
        url = server.url.replace("http:", "https:")
        with Rest(url, 5) as rest, pytest.raises(RestUnreachable, match="SSL"):
            rest.time()
        with Rest(url, 5, ca_file=str(tmp_path / "none.pem")) as rest:
            with pytest.raises(RestUnreachable, match=r"none\.pem"):
                rest.time()


CREDENTIALS = Credentials(SecretStr(KEY), SecretStr(SECRET))


@pytest.mark.parametrize("address", ["{}", "{}/"])
def test_a_token_comes_for_a_signed_call(address: str) -> None:
    with PrivateRest() as server, Rest(address.format(server.url), 5) as rest:
        token = rest.websockets_token(CREDENTIALS, 1616492376594)
        assert rest.system_status().status == "online"
    assert (token.value.get_secret_value(), token.expires_s) == (f"{TOKEN}1", 900)
    assert server.nonces == [1616492376594]


def test_errors_and_status_are_told_apart_for_who_must_judge_them() -> None:
    with PrivateRest() as server, Rest(server.url, 5) as rest:
        server.script += [refusal("EAPI:Invalid key", "EOther:x"), Reply(b"busy", 503)]
        with pytest.raises(RestRefused) as refused:
            rest.websockets_token(CREDENTIALS, 1)
        with pytest.raises(RestUnreachable) as unreachable:
            rest.websockets_token(CREDENTIALS, 2)
    assert refused.value.errors == ("EAPI:Invalid key", "EOther:x")
    assert unreachable.value.status == 503
