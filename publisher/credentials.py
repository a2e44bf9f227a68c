"""The API key with its secret, as the settings or their files have them at this moment.

A file is read at each call, so that a key that was replaced is taken with the next use; nothing is
kept. What comes out is secret to every repr, log and traceback; what is wrong is told without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from publisher.channel_rules import WITH_KEY
from publisher.errors import ConfigurationError
from publisher.setting_rules import check_api_key, check_api_secret
from publisher.settings import PREFIX, Settings, variable

KEY_VARIABLES = f"{PREFIX}API_"
"""What the names of all variables begin with that hold a key or lead to it."""

# No key is longer; a wrong path may lead to anything.
FILE_MAX = 4096


@dataclass(frozen=True)
class Credentials:
    """An API key and its secret, both checked for their form."""

    key: SecretStr
    secret: SecretStr


def credentials_of(settings: Settings) -> Credentials | None:
    """Return key and secret, None when neither is set. Raises ConfigurationError for one without
    the other, one given twice, or a file that does not hold one.
    """
    key = _one("api_key", settings.api_key, settings.api_key_file, check_api_key)
    secret = _one("api_secret", settings.api_secret, settings.api_secret_file, check_api_secret)
    if key is None and secret is None:
        return None
    if key is None:
        raise _missing("api_key", "the secret is set without it")
    if secret is None:
        raise _missing("api_secret", "the key is set without it")
    return Credentials(key, secret)


def check_credentials(settings: Settings) -> None:
    """Raise ConfigurationError where the channel needs a key and none can be had."""
    if credentials_of(settings) is None and settings.channel in WITH_KEY:
        raise _missing("api_key", f"the channel {settings.channel} needs a key and its secret")


def without_key(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child that needs no key: nothing in it leads to one. (Settings
    read variables in any case.)
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(KEY_VARIABLES)
    }


def _one(
    field: str, value: SecretStr | None, file: Path | None, check: Callable[[str], str]
) -> SecretStr | None:
    if file is None:
        return value
    if value is not None:
        allowed = f"{variable(field)}_FILE is set too: keep one of the two"
        raise ConfigurationError(variable(field), "***", allowed)
    fault = ""
    try:
        with file.open(encoding="ascii") as source:
            found = SecretStr(source.read(FILE_MAX).strip())
        check(found.get_secret_value())
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        fault = "is not text: it must hold the value and nothing else"
    except ValueError as error:
        fault = f"what it holds {error}"
    if fault:  # raised out here: in there the error would lead to what the file holds
        raise ConfigurationError(f"{variable(field)}_FILE", str(file), fault)
    return found


def _missing(field: str, why: str) -> ConfigurationError:
    name = variable(field)
    return ConfigurationError(name, "", f"{why}: set {name} or {name}_FILE")
