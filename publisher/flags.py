"""Command-line flags made from the settings, so that a flag and its setting never differ.

Each flag is text as typed; only `settings.load` judges it, so that a bad flag and a bad variable
give the same line. Flags that were not given are absent and leave the setting to the environment.
An API key has no flag, only its file has: every user of the machine sees arguments.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from dotenv import dotenv_values

from publisher import logs
from publisher.setting_rules import has_password, nearest
from publisher.settings import PREFIX, Settings, is_all_secret, is_secret, load, variable

EVERYWHERE = ("state_dir", "log_format", "log_level")
# Read by the tests, not by the program.
FOREIGN = frozenset({"PYKRAKEN_CAPTURES", "PYKRAKEN_REQUIRE_ALL"})


def add_flags(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag for each setting of `names`, described and defaulted as the setting is."""
    group = parser.add_argument_group(
        "settings", "Each may also stand in the environment or in .env, under the name given."
    )
    for name in names:
        flag = "--" + name.replace("_", "-")
        if is_all_secret(Settings.model_fields[name]):
            # It is there to be refused: left out, it would be short for the flag of the file.
            unset = argparse.SUPPRESS
            group.add_argument(flag, dest=name, type=_refused, default=unset, help=unset)
            continue
        described = (Settings.model_fields[name].description or "").replace("%", "%%")
        group.add_argument(
            flag,
            dest=name,
            metavar="VALUE",
            default=argparse.SUPPRESS,
            help=f"{variable(name)}. {described}",
        )


def _refused(_value: str) -> None:
    # Of a ValueError argparse would show the value.
    raise argparse.ArgumentTypeError(
        "every user of this machine sees arguments: put it in the environment, or in a file "
        "that the flag with -file names"
    )


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings, flags first, and configure the logs; warn of what looks like a slip.

    Raises InvalidSettings.
    """
    given = _given(arguments)
    settings = load(given)
    logs.configure(form=settings.log_format, level=settings.log_level)
    _warn_of_secrets(given)
    _warn_of_strangers()
    return settings


def settings_again(arguments: argparse.Namespace) -> Settings:
    """Return the settings as they are by now, the logs as they were; raise InvalidSettings."""
    settings = load(_given(arguments))
    _warn_of_strangers()
    return settings


def _given(arguments: argparse.Namespace) -> dict[str, object]:
    return {name: value for name, value in vars(arguments).items() if name in Settings.model_fields}


def _warn_of_secrets(given: dict[str, object]) -> None:
    for name, value in given.items():
        if is_secret(Settings.model_fields[name]) and has_password(str(value)):
            logs.get_logger("settings").warning(
                "settings.password_in_arguments",
                setting=variable(name),
                mend="every user of this machine sees arguments: put it in the environment",
            )


def _warn_of_strangers() -> None:
    names = [*os.environ, *dotenv_values(str(Settings.model_config.get("env_file")))]
    for name, near in unknown_variables(names):
        logs.get_logger("settings").warning(
            "settings.unknown", name=name, **({"did_you_mean": near} if near else {})
        )


def unknown_variables(names: Iterable[str]) -> list[tuple[str, str | None]]:
    """Return each `PYKRAKEN_` name that is no setting, with the setting most like it."""
    known = {variable(field) for field in Settings.model_fields}
    strangers = {name for name in names if name.upper().startswith(PREFIX)} - FOREIGN
    return [
        (name, _nearest_variable(name)) for name in sorted(strangers) if name.upper() not in known
    ]


def _nearest_variable(name: str) -> str | None:
    field = nearest(name.upper().removeprefix(PREFIX).lower(), Settings.model_fields)
    return variable(field) if field else None
