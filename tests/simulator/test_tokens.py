"""Signatures, nonces and tokens: protocol.md 7, 10.1 and 11, by the published vectors."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import ConfigurationError
from publisher.simulator.channels import Host
from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Connection, Exchange
from publisher.simulator.faults import order
from publisher.simulator.instruments import choose
from publisher.simulator.keys import signatures
from publisher.simulator.private_rest import PrivateRest
from publisher.simulator.signing import Signatures
from publisher.simulator.web import WebRequest
from tests.simulator.signed import KEY, PATH, SECRET, sign

NOW = 1_790_000_000_000_000_000
SECOND = 1_000_000_000

FORM = "+mRDmY9Ks0Moc1zjv/BjfvYa98buO0x1yHChZR5onlfAzAUbfIYlLggUZzdQ0RsmXm4Sh+Q8iAIZdo2wSeHeiA=="
JSON = "Gmmjy+n4n8Qdf2t74cy2l/gOqSsfyu0pnTKZIo3BaklrCquCph0zBp5QHAoHwiwEkcp24pLgeRqpJhTL/2Dxgg=="


def request(nonce: int = 1616492376594, *, body: bytes | None = None, **headers: str) -> WebRequest:
    if body is None:
        body = urllib.parse.urlencode({"nonce": nonce}).encode()
    signed = {"api-key": KEY, "api-sign": sign(SECRET, PATH, str(nonce), body)}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebRequest("POST", PATH, {}, body, signed | given)


@pytest.mark.parametrize(
    ("body", "content_type", "signature"),
    [
        (b"nonce=1616492376594", "application/x-www-form-urlencoded", FORM),
        (b'{"nonce": 1616492376594}', "application/json", JSON),
    ],
)
def test_the_signatures_of_the_protocol_are_accepted(
    body: bytes, content_type: str, signature: str
) -> None:
    asked = request(body=body, content_type=content_type, api_sign=signature)
    assert Signatures(KEY, SECRET).objection(asked) is None


def test_the_official_vector_is_accepted() -> None:
    """protocol.md 10.1: the documentation's own example, path and body as printed there."""
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    signature = (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )
    headers = {"api-key": KEY, "api-sign": signature}
    asked = WebRequest("POST", "/0/private/AddOrder", {}, body, headers)
    assert Signatures(KEY, SECRET).objection(asked) is None


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (request(api_key="another"), "EAPI:Invalid key"),
        (request(api_sign=FORM[::-1]), "EAPI:Invalid signature"),
        (request(api_sign=""), "EAPI:Invalid signature"),
        (request(body=b"nonce=-5"), "EAPI:Invalid nonce"),
        (request(body=b""), "EAPI:Invalid nonce"),
        (request(body=b"[", content_type="application/json"), "EAPI:Invalid nonce"),
    ],
)
def test_what_is_not_in_order_is_refused(asked: WebRequest, error: str) -> None:
    assert Signatures(KEY, SECRET).objection(asked) == error


def test_a_nonce_must_rise_and_a_refused_request_spends_none() -> None:
    judge = Signatures(KEY, SECRET)
    assert judge.objection(request(7, api_sign="wrong")) == "EAPI:Invalid signature"
    assert judge.objection(request(5)) is None
    assert judge.objection(request(5)) == "EAPI:Invalid nonce"
    assert judge.objection(request(4)) == "EAPI:Invalid nonce"
    assert judge.objection(request(6)) is None


def test_the_keys_come_from_a_file_or_the_environment_or_are_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"mine\n{SECRET}\n")
    assert signatures(path, {}).objection(request(api_key="mine")) is None
    given = {"PYKRAKEN_API_KEY": "mine", "PYKRAKEN_API_SECRET": SECRET}
    assert signatures(None, given).objection(request(api_key="mine")) is None
    secret_file = tmp_path / "secret"
    secret_file.write_text(SECRET)
    split = {"PYKRAKEN_API_KEY": "mine", "PYKRAKEN_API_SECRET_FILE": str(secret_file)}
    assert signatures(None, split).objection(request(api_key="mine")) is None
    assert signatures(None, {}).objection(request()) is None
    with pytest.raises(ConfigurationError, match="PYKRAKEN_API_SECRET"):
        signatures(None, {"PYKRAKEN_API_KEY": "mine"})
    with pytest.raises(ConfigurationError, match="PYKRAKEN_API_KEY_FILE"):
        signatures(None, {"PYKRAKEN_API_KEY_FILE": str(tmp_path / "absent")})
    canary = "canary!secret"
    with pytest.raises(ConfigurationError) as refused:
        signatures(None, {"PYKRAKEN_API_KEY": "mine", "PYKRAKEN_API_SECRET": canary})
    assert canary not in str(refused.value)


class Venue:
    """An exchange, its private REST, and a connection of each endpoint."""

    def __init__(self) -> None:
        self.exchange = Exchange(Engine(choose("BTC/USD"), seed=1))
        self.rest = PrivateRest(Signatures(KEY, SECRET), self.exchange.tokens)
        self.nonce = 0

    def token(self, now_ns: int = NOW) -> str:
        return str(self.rest_answer(now_ns)["result"]["token"])

    def rest_answer(self, now_ns: int = NOW) -> Any:
        self.nonce += 1
        return json.loads(self.rest.answer(request(self.nonce), now_ns).body)

    def connect(self, host: Host) -> Connection:
        return self.exchange.connected(NOW, host)[0]

    def ask(
        self, connection: Connection, at_ns: int, method: str = "subscribe", **params: Any
    ) -> Any:
        asked = json.dumps({"method": method, "req_id": 3, "params": params})
        return json.loads(self.exchange.received(connection, asked, at_ns)[0].text)


def test_a_token_is_issued_in_the_documented_envelope() -> None:
    answer = Venue().rest_answer()
    assert answer["error"] == []
    assert answer["result"]["expires"] == 900
    assert len(answer["result"]["token"]) > 30
    venue = Venue()
    assert venue.token() != venue.token()


def test_an_unused_token_lives_nine_hundred_seconds() -> None:
    venue = Venue()
    early, late = venue.token(), venue.token()
    connection = venue.connect("auth")
    assert venue.ask(connection, NOW + 899 * SECOND, channel="balances", token=early)["success"]
    refused = venue.ask(connection, NOW + 900 * SECOND, channel="executions", token=late)
    assert refused["error"] == "ESession:Invalid session"


def test_a_used_token_lives_as_long_as_a_private_subscription() -> None:
    venue = Venue()
    token = venue.token()
    first, second = venue.connect("auth"), venue.connect("level3")
    assert venue.ask(first, NOW, channel="balances", token=token)["success"]
    at = NOW + 5000 * SECOND
    book = {"channel": "level3", "symbol": ["BTC/USD"], "token": token}
    assert venue.ask(second, at, **book)["success"]
    assert venue.ask(second, at, "unsubscribe", **book)["success"]
    venue.exchange.disconnected(first)
    assert venue.ask(second, at, **book)["error"] == "ESession:Invalid session"


def test_the_shapes_of_the_errors() -> None:
    venue = Venue()
    refused = venue.ask(venue.connect("auth"), NOW, channel="executions", token="never issued")
    assert list(refused) == [
        "channel", "error", "method", "req_id", "status", "success", "time_in", "time_out",
    ]  # fmt: skip
    assert (refused["channel"], refused["status"]) == ("executions", "error")
    for given in ({}, {"token": ""}):
        missing = venue.ask(venue.connect("auth"), NOW, channel="balances", **given)
        assert missing["error"] == "Token(s) not found"
        assert "channel" not in missing


def test_all_tokens_may_expire_at_once() -> None:
    venue = Venue()
    token = venue.token()
    connection = venue.connect("auth")
    assert venue.ask(connection, NOW, channel="balances", token=token)["success"]
    venue.exchange.tokens.expire()
    refused = venue.ask(connection, NOW, channel="executions", token=token)
    assert refused["error"] == "ESession:Invalid session"
    assert venue.ask(connection, NOW, channel="executions", token=venue.token())["success"]


@pytest.mark.parametrize(
    ("host", "channel", "elsewhere"),
    [
        ("public", "executions", "ws-auth.kraken.com"),
        ("public", "level3", "ws-auth.kraken.com"),
        ("level3", "balances", "ws-auth.kraken.com"),
        ("level3", "book", "ws.kraken.com"),
        ("auth", "book", "ws.kraken.com"),
        ("auth", "instrument", "ws.kraken.com"),
        ("auth", "level3", "ws.kraken.com"),
    ],
)
def test_channels_of_another_host_are_refused(host: Host, channel: str, elsewhere: str) -> None:
    venue = Venue()
    given = {"channel": channel, "symbol": ["BTC/USD"], "token": venue.token()}
    assert venue.ask(venue.connect(host), NOW, **given)["error"].endswith(f"Try {elsewhere}")


def test_the_account_may_not_trade() -> None:
    venue = Venue()
    connection, token = venue.connect("auth"), venue.token()
    assert venue.ask(connection, NOW, "add_order")["error"] == "Token(s) not found"
    refused = venue.ask(connection, NOW, "add_order", token=token)
    assert refused["error"] == "EGeneral:Permission denied"


def test_a_fault_refuses_tokens_so_many_times() -> None:
    venue = Venue()
    given = {"error": "EGeneral:Temporary lockout", "count": 2}
    venue.rest.refusals.append(order(1, "refuse_token", given))
    assert venue.rest_answer() == {"error": ["EGeneral:Temporary lockout"]}
    assert venue.rest_answer() == {"error": ["EGeneral:Temporary lockout"]}
    assert venue.rest_answer()["error"] == []


def test_another_private_call_or_verb_is_unknown() -> None:
    rest = Venue().rest
    for asked in (
        WebRequest("GET", PATH),
        WebRequest("POST", "/0/private/Balance", {}, b"nonce=1", {"api-key": KEY}),
    ):
        assert json.loads(rest.answer(asked, NOW).body) == {"error": ["EGeneral:Unknown method"]}
