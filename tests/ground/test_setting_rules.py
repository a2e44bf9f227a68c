"""The masking of passwords, since everything that prints a URL relies on it."""

from __future__ import annotations

import pytest

from publisher.setting_rules import has_password, mask_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("redis://user@h:6379/0", "redis://user@h:6379/0"),
        ("redis://user:pw@h:6379/0", "redis://user:***@h:6379/0"),
        ("redis://:pw@h", "redis://:***@h"),
        ("redis://u:p@w/x:y@h/0", "redis://u:***@h/0"),
        ("unix:///run/r.sock?password=pw&db=1", "unix:///run/r.sock?password=***&db=1"),
        ("Error 111 connecting to redis://u:pw@h:1. Refused", "Error 111 connecting to "
         "redis://u:***@h:1. Refused"),
        ("not a url", "not a url"),
    ],
)  # fmt: skip
def test_only_the_password_is_masked(text: str, shown: str) -> None:
    assert mask_url(text) == shown
    assert has_password(text) == ("pw" in text or "p@w" in text)
