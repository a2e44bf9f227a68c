"""The types of the settings: how text of the environment becomes a value, and which is refused;
and the one default that depends on the machine.

Each is a plain type with the rules of `setting_rules.py` and `channel_rules.py` upon it. Knows no
setting by name.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from publisher import redis_url
from publisher.channel_rules import DEPTHS, INTERVALS, STATUSES
from publisher.setting_rules import (
    check_api_key,
    check_api_secret,
    check_feed,
    check_namespace,
    check_shard,
    check_symbols,
    check_url,
)


def _separate(value: object) -> object:
    """Split comma separated text; pydantic-settings itself would want JSON."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _one_of(value: int, allowed: Sequence[int]) -> int:
    # A Literal of ints would refuse the environment's text.
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(map(str, allowed))}")
    return value


def _statuses(values: tuple[str, ...]) -> tuple[str, ...]:
    strangers = [value for value in values if value not in STATUSES]
    if strangers or not values:
        raise ValueError(f"must be of {', '.join(STATUSES)}, separated by commas")
    return values


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _redis(url: str) -> str:
    redis_url.parse(url, is_whole=False)  # the password may be in a file of its own setting
    return url


def _websocket(url: str) -> str:
    return check_url(url, schemes=("wss", "ws"))


def _http(url: str) -> str:
    return check_url(url, schemes=("https", "http"))


def _ca_file(path: Path) -> Path:
    import ssl  # only for who has such a file

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # ssl's own errors among them
        reason = error.strerror or str(error)
        raise ValueError(f"must be a PEM file with a CA's certificate: {reason}") from None
    return path


def _api_key(key: SecretStr) -> SecretStr:
    check_api_key(key.get_secret_value())
    return key


def _api_secret(secret: SecretStr) -> SecretStr:
    check_api_secret(secret.get_secret_value())
    return secret


def default_state_dir() -> Path:
    """Return the user's folder for state: XDG's on Linux, Application Support on macOS."""
    try:
        home = Path.home()
    except RuntimeError:  # a container's user without an entry in passwd
        return Path(tempfile.gettempdir()) / f"pykraken-{os.getuid()}"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "pykraken"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "pykraken"


Symbols = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_separate), AfterValidator(check_symbols)
]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_separate)]
Statuses = Annotated[Names, AfterValidator(_statuses)]
Shard = Annotated[str, AfterValidator(check_shard)]
Depth = Annotated[int, AfterValidator(lambda value: _one_of(value, DEPTHS))]
Interval = Annotated[int, AfterValidator(lambda value: _one_of(value, INTERVALS))]
Namespace = Annotated[str, AfterValidator(check_namespace)]
FeedId = Annotated[str, AfterValidator(check_feed)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
WebSocketUrl = Annotated[str, AfterValidator(_websocket)]
HttpUrl = Annotated[str, AfterValidator(_http)]
CaFile = Annotated[Path, AfterValidator(_ca_file)]
ApiKey = Annotated[SecretStr, AfterValidator(_api_key)]
ApiSecret = Annotated[SecretStr, AfterValidator(_api_secret)]
LogFormat = Annotated[Literal["auto", "human", "json"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
