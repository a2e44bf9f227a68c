"""Settings: where values come from, what is refused and how it is said, and what never shows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from publisher.flags import unknown_variables
from publisher.settings import InvalidSettings, Settings, feed_id, load, variable
from tests.feed.certificates import authority


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def faults_of(**overrides: object) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as caught:
        load(overrides)
    return {fault.setting: str(fault) for fault in caught.value.faults}


def test_without_anything_set_the_defaults_of_the_decisions_hold() -> None:
    settings = load()
    assert settings.redis_url is None
    assert settings.namespace == "kraken"
    assert settings.ws_url == "wss://ws.kraken.com/v2"
    assert (settings.depth, settings.checksum_freq) == (10, 1)
    assert (settings.heartbeat_s, settings.retention_s) == (5, 60)


def test_text_of_the_environment_becomes_numbers_lists_and_paths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYKRAKEN_DEPTH", "25")
    monkeypatch.setenv("PYKRAKEN_SYMBOLS", "BTC/EUR, ETH2.S/ETH,")
    monkeypatch.setenv("PYKRAKEN_EMBEDDED_DIR", "data")
    monkeypatch.setenv("PYKRAKEN_LOG_LEVEL", "DEBUG")
    settings = load()
    assert settings.depth == 25
    assert settings.symbols == ("BTC/EUR", "ETH2.S/ETH")
    assert settings.embedded_dir == Path("data")
    assert settings.log_level == "debug"


def test_a_flag_beats_the_environment_which_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "PYKRAKEN_DEPTH=25\nPYKRAKEN_NAMESPACE=file\nPYKRAKEN_CHECKSUM_FREQ=2\nOTHER=1\n"
    )
    monkeypatch.setenv("PYKRAKEN_DEPTH", "100")
    monkeypatch.setenv("PYKRAKEN_NAMESPACE", "environment")
    settings = load({"depth": 500})
    assert (settings.depth, settings.namespace, settings.checksum_freq) == (500, "environment", 2)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYKRAKEN_REDIS_URL", "")
    assert load().redis_url is None


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("depth", "11", "must be one of 10, 25, 100, 500, 1000"),
        ("depth", "ten", "valid integer"),
        ("symbols", "BTCUSD", "'BTCUSD' is not a symbol: BASE/QUOTE, such as BTC/USD"),
        ("symbols", "BTC/USD,BTC/USD", "BTC/USD comes twice"),
        ("symbols", ",", "at least one symbol"),
        ("redis_url", "localhost:6379", "redis://... or rediss://... or unix://..."),
        ("redis_url", "redis://localhost:99999", "a port below 65536"),
        ("redis_url", "redis://localhost/first", "a number as the database"),
        ("redis_url", "redis://localhost/0/1", "end behind the number of the database"),
        ("redis_url", "redis://localhost?db=first", "a number as the database"),
        ("redis_url", "redis://localhost?foo=1", "must have behind the ? only db, protocol,"),
        ("redis_url", "redis://localhost?socket_timeout=x", "must have behind the ? only db,"),
        ("redis_url", "redis://localhost?ssl_ca_certs=x", "must be of rediss://"),
        ("redis_url", "rediss://localhost?ssl_cert_reqs=none", "always verified"),
        ("redis_url", "unix://", "unix:///path of the socket"),
        ("ca_file", "none.pem", "PEM file with a CA's certificate: No such file or directory"),
        ("ca_file", ".", "PEM file with a CA's certificate: Is a directory"),
        ("quotes", "USD,EUR", "goes with the symbols `all` only"),
        ("ws_url", "https://ws.kraken.com/v2", "wss://... or ws://..."),
        ("rest_url", "https://", "with a host"),
        ("namespace", "a.b", "letters, digits, - or _"),
        ("namespace", "priv", "not 'priv'"),
        ("feed", "{x}", "1 to 128"),
        ("line", "c", "must be '', 'a' or 'b'"),
        ("channel", "bbo", "must be 'book', 'level3', 'ticker'"),
        ("interval", "2", "must be one of 1, 5, 15, 30, 60, 240, 1440, 10080, 21600"),
        ("interval", "1m", "valid integer"),
        ("trigger", "book", "must be 'bbo' or 'trades'"),
        ("account", "a.b", "letters, digits, - or _"),
        ("checksum_freq", "0", "greater than or equal to 1"),
        ("heartbeat_s", "6", "less than or equal to 5"),
        ("redis_timeout_s", "1.5", "must be below PYKRAKEN_LEASE_S (1.5)"),
        ("retention_s", "4", "must be at least PYKRAKEN_SNAPSHOT_INTERVAL_S (5)"),
        ("metrics_port", "0", "greater than or equal to 1"),
        ("log_format", "xml", "must be 'auto', 'human' or 'json'"),
        ("exchange", "binance", "must be 'kraken' or 'sim'"),
    ],
)
def test_a_bad_value_is_one_line_with_name_value_and_what_is_allowed(
    field: str, value: str, allowed: str
) -> None:
    (line,) = faults_of(**{field: value}).values()
    assert line.startswith(f"{variable(field)}={value!r}: ")
    assert allowed in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://u:p@localhost:6380/15",
        "redis://localhost/?db=3",
        "unix:///run/redis.sock?db=3&password=p",
        "rediss://localhost?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/ca.pem",
    ],
)
def test_a_url_that_redis_py_understands_is_taken_as_it_is(url: str) -> None:
    assert load({"redis_url": url}).redis_url == url


def test_a_ca_file_without_a_certificate_is_told_before_anything_connects(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    (line,) = faults_of(ca_file="empty.pem").values()
    assert line.startswith("PYKRAKEN_CA_FILE='empty.pem': must be a PEM file with a CA's")
    ca_file = authority(tmp_path).certificate
    assert load({"ca_file": str(ca_file)}).ca_file == ca_file


def test_all_faults_are_told_at_once_with_exit_code_2() -> None:
    faults = faults_of(depth="11", namespace="", checksum_freq="0")
    assert set(faults) == {"PYKRAKEN_DEPTH", "PYKRAKEN_NAMESPACE", "PYKRAKEN_CHECKSUM_FREQ"}
    assert InvalidSettings.exit_code == 2


@pytest.mark.parametrize("field", ["redis_url", "http_proxy"])
@pytest.mark.parametrize(
    "url", ["ftp://user:s3cret@host/0", "ftp://:s3cret@host", "ftp://host?password=s3cret"]
)
def test_a_password_shows_in_no_fault(field: str, url: str) -> None:
    (line,) = faults_of(**{field: url}).values()
    assert "s3cret" not in line
    assert "***" in line


def test_a_password_shows_in_no_repr() -> None:
    settings = load({"redis_url": "redis://u:s3cret@h/0", "http_proxy": "http://u:s3cret@h"})
    assert "s3cret" not in f"{settings!r} {settings}"


def test_unknown_variables_are_named_with_the_nearest_known_one() -> None:
    names = ["PYKRAKEN_DEPHT", "PYKRAKEN_REQUIRE_ALL", "PATH", "PYKRAKEN_DEPTH", "PYKRAKEN_QQQQ"]
    assert unknown_variables(names) == [
        ("PYKRAKEN_DEPHT", "PYKRAKEN_DEPTH"),
        ("PYKRAKEN_QQQQ", None),
    ]


def test_each_setting_says_the_reason_for_its_default() -> None:
    for name, field in Settings.model_fields.items():
        assert "Default" in (field.description or ""), name


def test_the_feed_is_named_by_what_it_publishes() -> None:
    assert feed_id(load({"symbols": ["BTC/USD"], "depth": 25})) == "book.25.BTC/USD"
    digest = hashlib.sha256(b"BTC/USD,ETH/USD").hexdigest()[:8]
    one, other = (load({"symbols": text}) for text in ("BTC/USD,ETH/USD", "ETH/USD,BTC/USD"))
    assert feed_id(one) == feed_id(other) == f"book.10.{digest}"
    assert feed_id(load({"feed": "mine"})) == "mine"


@pytest.mark.parametrize(
    ("chosen", "feed"),
    [
        ({"channel": "level3", "depth": 100}, "level3.100.BTC/USD"),
        ({"channel": "ticker"}, "ticker.trades.BTC/USD"),
        ({"channel": "ticker", "trigger": "bbo"}, "ticker.bbo.BTC/USD"),
        ({"channel": "trade"}, "trade.BTC/USD"),
        ({"channel": "trade", "line": "b"}, "trade.BTC/USD.b"),
        ({"channel": "ohlc", "interval": 60}, "ohlc.60.BTC/USD"),
        ({"channel": "instrument"}, "instrument"),
        ({"channel": "executions"}, "executions.main"),
        ({"channel": "balances", "account": "fund-2"}, "balances.fund-2"),
    ],
)
def test_the_feed_of_each_channel_has_its_parameter_in_its_name(
    chosen: dict[str, Any], feed: str
) -> None:
    assert feed_id(Settings(symbols=("BTC/USD",), **chosen)) == feed


def test_several_symbols_are_a_hash_behind_the_parameter() -> None:
    several = Settings(channel="ohlc", symbols=("ETH/USD", "BTC/USD"))
    assert feed_id(several) == f"ohlc.1.{hashlib.sha256(b'BTC/USD,ETH/USD').hexdigest()[:8]}"


@pytest.mark.parametrize("depth", [25, 500])
def test_level3_has_fewer_depths_than_book(depth: int) -> None:
    assert load({"depth": depth}).depth == depth
    said = faults_of(channel="level3", depth=depth)["PYKRAKEN_DEPTH"]
    assert said == (
        f"PYKRAKEN_DEPTH='{depth}': the channel level3 has the depths 10, 100, 1000 only: "
        "choose one of them"
    )
    assert load({"channel": "level3", "depth": 1000}).depth == 1000


@pytest.mark.parametrize("channel", ["instrument", "executions", "balances"])
def test_a_channel_without_symbols_takes_none_and_ignores_the_default(
    channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load({"channel": channel}).channel == channel
    monkeypatch.setenv("PYKRAKEN_SYMBOLS", "BTC/USD,ETH/USD")  # the default, but asked for
    said = faults_of(channel=channel)["PYKRAKEN_SYMBOLS"]
    assert f"the channel {channel} takes no symbols: leave them out" in said


def test_settings_do_not_change() -> None:
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.depth = 25  # type: ignore[misc]
