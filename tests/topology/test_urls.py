"""URLs of Redis, read by the publisher: what each says, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykraken_consumer import _url as consumer_url

from publisher import reach, redis_url
from publisher.errors import ConfigurationError, InvalidSettings
from publisher.redis_url import Node, parse, with_options
from publisher.setting_rules import mask_url
from publisher.settings import Settings, load
from tests.feed.certificates import authority
from tests.topology.urls import BAD, GOOD

Parse = Callable[[str], Any]
both = pytest.mark.parametrize("parse", [redis_url.parse, consumer_url.parse], ids=["p", "c"])


@both
@pytest.mark.parametrize("url", GOOD)
def test_good(url: str, parse: Parse) -> None:
    target = parse(url)
    for name, expected in GOOD[url].items():
        found: Any = getattr(target, name)
        assert (list(found) if name == "nodes" else found) == expected, name


@both
@pytest.mark.parametrize("url", BAD)
def test_bad(url: str, parse: Parse) -> None:
    with pytest.raises(ValueError, match=r"^must ") as caught:
        parse(url)
    assert BAD[url] in str(caught.value)
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=40), st.sampled_from([*redis_url.SCHEMES, "http"]))
def test_any_text_is_read_or_refused(text: str, scheme: str) -> None:
    try:
        mine = parse(f"{scheme}://{text}")
    except ValueError as error:
        assert str(error).startswith("must ")  # noqa: PT017 - nothing else may come out
        with pytest.raises(ValueError, match=r"^must "):
            consumer_url.parse(f"{scheme}://{text}")
    else:
        theirs = consumer_url.parse(f"{scheme}://{text}")
        assert (mine.nodes, mine.options) == (theirs.nodes, theirs.options)


@pytest.mark.parametrize("url", [url for url in BAD if "s3cret" in url])
def test_a_refused_setting_names_it_and_masks_the_password(url: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load({"redis_url": url})
    said = str(caught.value)
    assert said.startswith("PYKRAKEN_REDIS_URL='")
    assert BAD[url] in said
    assert "s3cret" not in said


@both
def test_no_repr_shows_a_password(parse: Parse) -> None:
    url = "redis+sentinel://u:s3cret@h/m?sentinel_password=s3cret"
    assert "s3cret" not in repr(parse(url))
    assert "s3cret" not in mask_url(url)


def test_nodes_read_as_they_are_written() -> None:
    assert [str(Node("h", 1)), str(Node("::1", 2))] == ["h:1", "[::1]:2"]


def test_options_are_added_in_any_case() -> None:
    assert with_options("redis://h", password_file=None) == "redis://h"
    longer = with_options("rediss://h", password_file="/a b&c", ssl_ca_certs="/ca")
    assert parse(longer).options == {"password_file": "/a b&c", "ssl_ca_certs": "/ca"}
    assert parse(with_options("redis://h?db=1", password_file="/p")).db == 1


def test_the_files_of_the_settings_become_part_of_the_url(tmp_path: Path) -> None:
    files = {
        "redis_username_file": "username_file",
        "redis_password_file": "password_file",
        "redis_sentinel_password_file": "sentinel_password_file",
        "redis_cert_file": "ssl_certfile",
        "redis_key_file": "ssl_keyfile",
        "ca_file": "ssl_ca_certs",
    }
    given: dict[str, object] = {name: tmp_path / name for name in files}
    given["ca_file"] = authority(tmp_path / "ca").certificate
    settings = load(given | {"redis_url": "rediss+sentinel://h/m"})
    assert settings.redis_url is not None
    options = parse(reach.whole_url(settings.redis_url, settings)).options
    assert options == {option: str(given[name]) for name, option in files.items()}


def test_the_user_may_stand_in_the_url_and_the_password_in_its_file() -> None:
    settings = load({"redis_url": "redis://bot@h", "redis_password_file": "/p"})
    assert settings.redis_url is not None
    options = parse(reach.whole_url(settings.redis_url, settings)).options
    assert options == {"username": "bot", "password_file": "/p"}


def test_a_private_ca_is_none_of_a_plain_redis(tmp_path: Path) -> None:
    """It may be there for the WebSocket's sake."""
    settings = load({"redis_url": "redis://h", "ca_file": authority(tmp_path).certificate})
    assert reach.whole_url("redis://h", settings) == "redis://h"


def test_a_private_ca_in_the_url_goes_before_the_setting(tmp_path: Path) -> None:
    url = "rediss://h?ssl_ca_certs=/redis"
    settings = load({"redis_url": url, "ca_file": authority(tmp_path).certificate})
    assert reach.whole_url(url, settings) == url


@pytest.mark.parametrize(
    ("given", "setting", "why"),
    [
        ({"redis_password_file": "/p"}, "PYKRAKEN_REDIS_PASSWORD_FILE", "needs PYKRAKEN_REDIS_URL"),
        (
            {"redis_url": "redis://:s3cret@h", "redis_password_file": "/p"},
            "PYKRAKEN_REDIS_PASSWORD_FILE",
            "not both",
        ),
        (
            {"redis_url": "redis://bot@h"},
            "PYKRAKEN_REDIS_URL",
            "PYKRAKEN_REDIS_PASSWORD_FILE may name",
        ),
        (
            {"redis_url": "redis://h", "redis_username_file": "/u"},
            "PYKRAKEN_REDIS_USERNAME_FILE",
            "a password",
        ),
        (
            {"redis_url": "redis://h", "redis_cert_file": "/c"},
            "PYKRAKEN_REDIS_CERT_FILE",
            "rediss://",
        ),
        (
            {"redis_url": "rediss://h", "redis_key_file": "/k"},
            "PYKRAKEN_REDIS_KEY_FILE",
            "ssl_certfile",
        ),
        (
            {"redis_url": "redis://h", "redis_sentinel_password_file": "/p"},
            "PYKRAKEN_REDIS_SENTINEL_PASSWORD_FILE",
            "redis+sentinel://",
        ),
    ],
)
def test_files_that_do_not_go_with_the_url(
    given: dict[str, object], setting: str, why: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load(given)
    (fault,) = caught.value.faults
    assert fault.setting == setting
    assert why in str(fault)
    assert "s3cret" not in str(fault)


def test_a_file_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    settings = Settings(redis_url="redis://h", redis_password_file=tmp_path / "none")
    with pytest.raises(ConfigurationError, match=r"PYKRAKEN_REDIS_PASSWORD_FILE.*No such file"):
        reach.check_files(settings)
