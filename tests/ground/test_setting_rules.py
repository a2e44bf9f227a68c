"""The masking of secrets, which everything that prints text relies on, and the form of a key."""

from __future__ import annotations

import pytest

from publisher.setting_rules import (
    check_api_key,
    check_api_secret,
    has_password,
    mask_secrets,
    mask_url,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("redis://user@h:6379/0", "redis://user@h:6379/0"),
        ("redis://user:pw@h:6379/0", "redis://user:***@h:6379/0"),
        ("redis://:pw@h", "redis://:***@h"),
        ("redis://u:p@w/x:y@h/0", "redis://u:***@h/0"),
        ("unix:///run/r.sock?password=pw&db=1", "unix:///run/r.sock?password=***&db=1"),
        ("rediss://h?ssl_password=pw&db=1", "rediss://h?ssl_password=***&db=1"),
        ("Error 111 connecting to redis://u:pw@h:1. Refused", "Error 111 connecting to "
         "redis://u:***@h:1. Refused"),
        ("not a url", "not a url"),
    ],
)  # fmt: skip
def test_only_the_password_is_masked(text: str, shown: str) -> None:
    assert mask_url(text) == shown
    assert has_password(text) == ("pw" in text or "p@w" in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"params":{"channel":"executions","token":"S3+/="}}',
         '{"params":{"channel":"executions","token":"***"}}'),
        ('{"result": {"token": "S3", "n": 900}}', '{"result": {"token": "***", "n": 900}}'),
        (str(b'{"token":"S3"}'), str(b'{"token":"***"}')),
        (repr('{"token":"S3", \'x\'}'), repr('{"token":"***", \'x\'}')),
        ("{'API-Key': 'S3', 'API-Sign': b'S3=='}", "{'API-Key': '***', 'API-Sign': b'***'}"),
        ("API-Key: S3\r\nAPI-Sign: S3==\r\nHost: h", "API-Key: ***\r\nAPI-Sign: ***\r\nHost: h"),
        ("[('API-Sign', 'S3==')]", "[('API-Sign', '***')]"),
        ("redis://u:S3@h", "redis://u:***@h"),
        ("Token(s) not found", "Token(s) not found"),
        ("EAPI:Invalid key", "EAPI:Invalid key"),
    ],
)  # fmt: skip
def test_what_is_named_as_secret_is_masked(text: str, shown: str) -> None:
    assert mask_secrets(text) == shown
    assert "S3" not in shown


@pytest.mark.parametrize("text", ["", "two words", "line\n", "X-Evil: 1\r\n", "clé", "k" * 257])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_api_key(text)
    assert str(caught.value).startswith("must be the key as Kraken shows it")
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("text", ["", "=", "YQ", "Y", "YW Jj", "YWJj\n", "Y-_j", "clé="])
def test_a_secret_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be the private key as Kraken shows it: base64"):
        check_api_secret(text)


def test_a_key_and_a_secret_of_the_right_form_are_returned() -> None:
    assert check_api_key("aB3+/=_-") == "aB3+/=_-"
    assert check_api_secret("YWJj+/8=") == "YWJj+/8="
