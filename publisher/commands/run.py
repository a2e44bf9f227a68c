"""`pykraken run`: publish books until told to stop, from Kraken or from the simulator."""

from __future__ import annotations

import argparse
import shlex

from pydantic import SecretStr

from publisher import children, daemon, dumps
from publisher.channel_rules import WITHOUT_SYMBOLS
from publisher.credentials import check_credentials, credentials_of
from publisher.flags import add_flags, settings_again, settings_of
from publisher.setting_rules import has_password
from publisher.settings import Settings
from publisher.simulator.signing import SAMPLE_KEY, SAMPLE_SECRET


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the symbols and a flag for every other setting."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="SYMBOL",
        help="books to publish, such as BTC/USD (default: PYKRAKEN_SYMBOLS)",
    )
    parser.add_argument(
        "--sim-args",
        default="",
        metavar="TEXT",
        help="with --exchange sim: flags for the simulator, such as '--rate 1000 --seed 7'",
    )
    add_flags(parser, (name for name in Settings.model_fields if name != "symbols"))


def run(arguments: argparse.Namespace) -> int:
    """Publish; return the exit code. Raises PykrakenError."""
    if arguments.words:
        arguments.symbols = ",".join(arguments.words)
    settings = settings_of(arguments)
    if credentials_of(settings) is not None or has_password(settings.redis_url or ""):
        dumps.forbid()
    if settings.exchange == "kraken":
        check_credentials(settings)
        return daemon.run(settings, lambda: settings_again(arguments))
    asked = () if settings.channel in WITHOUT_SYMBOLS else settings.symbols
    words = ["--symbols", ",".join(asked)] if asked else []
    words += shlex.split(arguments.sim_args)
    with children.simulator(words) as addresses:
        return daemon.run(
            pointed_at(settings, addresses),
            lambda: pointed_at(settings_again(arguments), addresses),
        )


def pointed_at(settings: Settings, addresses: children.Addresses) -> Settings:
    """Return the settings with the simulator in Kraken's place, reached directly; without a key of
    one's own, its account is opened by the sample one.
    """
    key, secret = SecretStr(SAMPLE_KEY), SecretStr(SAMPLE_SECRET)
    has_key = credentials_of(settings) is not None
    return settings.model_copy(
        update={
            **({} if has_key else {"api_key": key, "api_secret": secret}),
            "ws_url": addresses.ws_url,
            "ws_l3_url": addresses.ws_l3_url,
            "ws_auth_url": addresses.ws_auth_url,
            "rest_url": addresses.rest_url,
            "http_proxy": None,
        }
    )
