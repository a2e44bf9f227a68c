"""Key and secret: from the environment or from files, in pairs, checked, and never told."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.credentials import Credentials, check_credentials, credentials_of, without_key
from publisher.errors import ConfigurationError
from publisher.settings import Settings, load
from tests.private_rest import KEY, SECRET


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def opened(credentials: Credentials | None) -> tuple[str, str]:
    assert credentials is not None
    return credentials.key.get_secret_value(), credentials.secret.get_secret_value()


def refused(**chosen: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        credentials_of(Settings.model_validate(chosen))
    told = str(caught.value)
    assert (KEY in told, SECRET in told, caught.value.exit_code) == (False, False, 2)
    return told


def test_they_come_from_the_environment_or_the_file_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert credentials_of(load()) is None
    (tmp_path / ".env").write_text(f"PYKRAKEN_API_KEY={KEY}\nPYKRAKEN_API_SECRET=YWJj\n")
    monkeypatch.setenv("PYKRAKEN_API_SECRET", SECRET)
    assert opened(credentials_of(load())) == (KEY, SECRET)


def test_each_may_come_from_a_file_which_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(f"\n {SECRET}\r\n")
    monkeypatch.setenv("PYKRAKEN_API_KEY", KEY)
    monkeypatch.setenv("PYKRAKEN_API_SECRET_FILE", "secret")
    settings = load()
    assert opened(credentials_of(settings)) == (KEY, SECRET)
    (tmp_path / "secret").write_text("YWJj")
    assert opened(credentials_of(settings)) == (KEY, "YWJj")


def test_a_value_and_a_file_for_it_are_one_too_many(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("YWJj")
    both = refused(api_key=KEY, api_key_file=file, api_secret=SECRET)
    assert both == "PYKRAKEN_API_KEY='***': PYKRAKEN_API_KEY_FILE is set too: keep one of the two"
    both = refused(api_key=KEY, api_secret_file=file, api_secret=SECRET)
    assert both.startswith("PYKRAKEN_API_SECRET='***': PYKRAKEN_API_SECRET_FILE is set too")


def test_one_without_the_other_names_the_one_that_is_missing() -> None:
    assert refused(api_key=KEY) == (
        "PYKRAKEN_API_SECRET='': the key is set without it: "
        "set PYKRAKEN_API_SECRET or PYKRAKEN_API_SECRET_FILE"
    )
    assert "set PYKRAKEN_API_KEY or PYKRAKEN_API_KEY_FILE" in refused(api_secret=SECRET)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "what it holds must be the private key as Kraken shows it: base64"),
        (KEY.encode() + b"!", "what it holds must be the private key"),
        (b"\xff\xfe" + SECRET.encode(), "is not text"),
        (SECRET.encode() * 100, "what it holds must be the private key"),
    ],
)
def test_a_file_that_holds_no_secret_is_told_by_its_name(
    held: bytes | None, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if held is not None:
        file.write_bytes(held)
    told = refused(api_key=KEY, api_secret_file=file)
    assert told.startswith(f"PYKRAKEN_API_SECRET_FILE='{file}': ")
    assert said in told


@pytest.mark.parametrize("channel", ["level3", "executions", "balances"])
def test_a_channel_that_needs_a_key_says_so_before_anything_connects(channel: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_credentials(Settings.model_validate({"channel": channel}))
    assert str(caught.value) == (
        f"PYKRAKEN_API_KEY='': the channel {channel} needs a key and its secret: "
        "set PYKRAKEN_API_KEY or PYKRAKEN_API_KEY_FILE"
    )
    keys = {"api_key": KEY, "api_secret": SECRET}
    check_credentials(Settings.model_validate({"channel": channel, **keys}))


@pytest.mark.parametrize("channel", ["book", "ticker", "trade", "ohlc", "instrument"])
def test_the_other_channels_need_none(channel: str) -> None:
    check_credentials(Settings.model_validate({"channel": channel}))


def test_a_child_that_needs_no_key_inherits_none_in_whatever_case_it_was_set() -> None:
    inherited = {
        "PATH": "/bin",
        "PYKRAKEN_DEPTH": "25",
        "PYKRAKEN_API_KEY": KEY,
        "PYKRAKEN_API_SECRET_FILE": "/run/secrets/kraken",
        "pykraken_api_secret": SECRET,
    }
    assert without_key(inherited) == {"PATH": "/bin", "PYKRAKEN_DEPTH": "25"}
