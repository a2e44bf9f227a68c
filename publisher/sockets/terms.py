"""From a socket's arguments to settings: what is not given comes from PYKRAKEN_... as everywhere.

A value that is not allowed is told as the argument at fault; a secret is never told.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from publisher.channel_rules import Channel
from publisher.credentials import check_credentials
from publisher.errors import ConfigurationError, InvalidSettings
from publisher.setting_rules import check_symbols
from publisher.settings import Settings, load, variable

ARGUMENTS = {"api_secret": "api_secret_key", "trigger": "event_trigger"}
"""The arguments whose names are not their settings'."""


class Place(TypedDict, total=False):
    """Where Kraken is and how to get there: settings of `pykraken run`, by the same names."""

    ws_url: str
    ws_l3_url: str
    rest_url: str
    http_proxy: str | None
    ca_file: str | Path | None
    ws_timeout_s: float
    frame_max_bytes: int
    state_dir: str | Path


def settings_of(
    channel: Channel, symbol: str, place: Place, terms: Mapping[str, object]
) -> Settings:
    """Return the settings of one socket; `terms` are arguments by the names of their settings.
    Raises ConfigurationError, and TypeError for an argument that there is not.
    """
    for name in place:
        if name not in Place.__annotations__:
            raise TypeError(f"unexpected argument {name!r}")
    if not isinstance(symbol, str):
        raise ConfigurationError("symbol", symbol, "must be one symbol: a socket for each")
    try:
        check_symbols((symbol,))
    except ValueError as error:
        raise ConfigurationError("symbol", symbol, str(error)) from None
    given = {**place, **terms}
    fixed = {"channel": channel, "symbols": (symbol,), "bbo": False}
    fault = None
    try:
        settings = load({**given, **fixed})
        check_credentials(settings)
    except InvalidSettings as error:
        fault = error.faults[0]
    except ConfigurationError as error:
        fault = error
    if fault is not None:  # raised out here: in there the error would lead to the values
        raise _by_argument(fault, given)
    return settings


def check_callback(name: str, callback: object) -> None:
    """Raise ConfigurationError for a callback that cannot be called."""
    if callback is not None and not callable(callback):
        raise ConfigurationError(name, callback, "must be a function of one argument, or None")


def _by_argument(fault: ConfigurationError, given: Mapping[str, object]) -> ConfigurationError:
    """Return the fault under the argument's name, if an argument it was."""
    for field, value in given.items():
        if fault.setting == variable(field):
            shown = fault.value if isinstance(value, str) else value  # a text may hold a secret
            return ConfigurationError(ARGUMENTS.get(field, field), shown, fault.allowed)
    return fault
