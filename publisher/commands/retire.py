"""`pykraken retire`: list what feeds that no longer run left in Redis; with `--yes`, remove it.

A feed that starts meanwhile keeps all it writes: each step compares what it removes with what was
looked at, in one script, within one slot. The lease goes first and the row last, so that a removal
cut short is found and finished by the next.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import redis
from rich.console import Console
from rich.table import Table

from publisher import reach
from publisher.bus import keys, scripts
from publisher.bus.scripts import Code
from publisher.commands.remains import FeedMark, Kind, Look, Mark, Remains, feed_of, judge
from publisher.errors import ConfigurationError, RedisRefused
from publisher.flags import EVERYWHERE, add_flags, settings_of
from publisher.setting_rules import check_namespace, mask_url
from publisher.settings import REDIS_FILES, Settings

# Above the longest silence of a stream at work, a heartbeat (WIRE.md 4.6): 5 s.
WATCH_S = 6.0
SCAN_COUNT = 1000

WOULD_GO, REMOVED, KEPT, CHANGED = "would be removed", "removed", "kept", "kept, written meanwhile"


class Outcome(NamedTuple):
    """What became of one thing."""

    remains: Remains
    done: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    parser.add_argument("--yes", action="store_true", help="remove, do not only list")
    parser.add_argument("--json", action="store_true", help="JSON lines on a terminal, too")
    # Not the settings of these names: their variables must not widen or narrow what is removed.
    parser.add_argument("--feed", dest="only", metavar="ID", help="this feed only")
    parser.add_argument(
        "--account", dest="account_name", metavar="NAME", help="this account's private streams, too"
    )
    parser.add_argument(
        "--watch",
        dest="watch_s",
        type=float,
        metavar="SECONDS",
        help="how long to watch for signs of life (default: 6, or two leases if that is longer)",
    )
    add_flags(parser, ("redis_url", *REDIS_FILES, "ca_file", "namespace", *EVERYWHERE))


def run(arguments: argparse.Namespace) -> int:
    """List or remove; return 0. Raises PykrakenError."""
    settings = settings_of(arguments)
    watch_s = _watch_of(arguments.watch_s, settings)
    spaces = [(settings.namespace, "*")]
    if arguments.account_name is not None:
        account = _account_of(arguments.account_name)
        spaces.append((f"priv.{settings.namespace}", account))
    try:
        with reach.connect(reach.redis_url(settings), settings) as client:
            outcomes = list(_outcomes(client, spaces, watch_s, arguments))
    except (redis.RedisError, OSError) as error:
        answer = mask_url(str(error))
        raise RedisRefused("Redis", answer, "`pykraken doctor` says what is wrong") from None
    if arguments.json or not sys.stdout.isatty():
        for outcome in outcomes:
            print(as_json(outcome))
    else:
        _show(outcomes)
    return 0


def _watch_of(given: float | None, settings: Settings) -> float:
    if given is None:
        return max(WATCH_S, 2 * settings.lease_s)
    if not given > settings.lease_s:
        allowed = f"must be above PYKRAKEN_LEASE_S ({settings.lease_s:g})"
        raise ConfigurationError("--watch", given, allowed)
    return given


def _account_of(text: str) -> str:
    try:
        return check_namespace(text)
    except ValueError as error:
        raise ConfigurationError("--account", text, str(error)) from None


def _outcomes(
    client: redis.Redis,
    spaces: Iterable[tuple[str, str]],
    watch_s: float,
    arguments: argparse.Namespace,
) -> Iterator[Outcome]:
    looks = [first_look(client, space, whose) for space, whose in spaces]
    if any(look.streams or look.feeds for look in looks):
        time.sleep(watch_s)
    for before in looks:
        found = judge(before, second_look(client, before))
        chosen = [each for each in found if arguments.only in (None, each.feed)]
        if arguments.yes:
            yield from remove(client, before, chosen)
        else:
            yield from (Outcome(each, WOULD_GO if each.is_removable else KEPT) for each in chosen)


# Looking ------------------------------------------------------------------------------------------


def first_look(client: redis.Redis, space: str, whose: str) -> Look:
    """Look at the streams of a space and their feeds. `whose`: the account, or `*` for all."""
    prefix = keys.tagged(space, whose) if whose != "*" else ""
    catalogue: Any = client.hgetall(keys.catalogue_key(space))
    rows = {key: row for name, row in catalogue.items() if (key := _text(name)).startswith(prefix)}
    streams, feeds = set(rows), set()
    pattern = f"{keys.tagged(space, whose)}:*.own"
    for name in client.scan_iter(match=pattern, count=SCAN_COUNT):
        stream = _text(name).removesuffix(".own")
        feed = stream.removeprefix(f"{{{space}.feed.").removesuffix("}:status")
        if stream == keys.status_keys(space, feed).stream:
            feeds.add(feed)
        else:
            streams.add(stream)
    marks = _marks(client, streams)
    feeds.update(feed_of(rows.get(stream), mark) for stream, mark in marks.items())
    return Look(space, rows, marks, _feed_marks(client, space, feeds - {""}))


def second_look(client: redis.Redis, before: Look) -> Look:
    """Look at the same streams and feeds again."""
    feeds = _feed_marks(client, before.space, before.feeds)
    return before._replace(streams=_marks(client, before.streams), feeds=feeds)


def _marks(client: redis.Redis, streams: Iterable[str]) -> dict[str, Mark]:
    names = sorted(streams)
    digest = client.script_load(scripts.INSPECT)
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.execute_command("EVALSHA", digest, 2, name, f"{name}.own")
        pipe.hmget(f"{name}.own", ["epoch", "writer"])
    replies = [[_text(part) for part in reply] for reply in pipe.execute()]
    pairs = zip(replies[::2], replies[1::2], strict=True)
    return {name: Mark(*seen, *own) for name, (seen, own) in zip(names, pairs, strict=True)}


def _feed_marks(client: redis.Redis, space: str, feeds: Iterable[str]) -> dict[str, FeedMark]:
    statuses = {feed: keys.status_keys(space, feed).stream for feed in feeds}
    marks = _marks(client, statuses.values())
    found: dict[str, FeedMark] = {}
    for feed, status in statuses.items():
        lease: Any = client.hmget(keys.lease_key(space, feed), ["owner", "epoch", "hb"])
        found[feed] = FeedMark(tuple(map(_text, lease)), marks[status])
    return found


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode(errors="replace")


# Removing -----------------------------------------------------------------------------------------


def remove(client: redis.Redis, look: Look, remains: Iterable[Remains]) -> Iterator[Outcome]:
    """Remove what is removable and still as it was looked at; yield what became of each.

    A feed comes before what is left of it: if it cannot go, nothing of it does.
    """
    started: set[str] = set()
    for each in remains:
        if not each.is_removable:
            yield Outcome(each, KEPT)
            continue
        if each.feed not in started and not _go(client, look, each):
            started.add(each.feed)
        yield Outcome(each, CHANGED if each.feed in started else REMOVED)


def _go(client: redis.Redis, look: Look, each: Remains) -> bool:
    """Remove one thing; False when its feed was found at work."""
    lease = keys.lease_key(look.space, each.feed)
    if each.kind is Kind.FEED:
        mark = look.feeds[each.feed]
        beside = (lease, keys.requests_key(look.space, each.feed))
        return _retire(client, (each.key, mark.status), beside, mark.lease)
    # A feed that started since has not yet opened all of its streams.
    if client.exists(lease) or not _retire(client, (each.key, look.streams[each.key]), (), ()):
        return False
    unlist = client.register_script(scripts.UNLIST)
    unlist(keys=[keys.catalogue_key(look.space)], args=[each.key, look.rows[each.key]])
    return True


def _retire(
    client: redis.Redis,
    stream: tuple[str, Mark],
    beside: tuple[str, ...],
    lease: tuple[str, ...],
) -> bool:
    name, mark = stream
    script = client.register_script(scripts.RETIRE)
    args = (mark.last_id, mark.epoch, mark.writer, *lease)
    answer = script(keys=[name, f"{name}.own", f"{name}.snap", *beside], args=args)
    return Code(int(answer)) is Code.OK


# Telling ------------------------------------------------------------------------------------------


def as_json(outcome: Outcome) -> str:
    """Return one line of JSON."""
    each, done = outcome
    told = {"key": each.key, "kind": each.kind.value, "feed": each.feed, "live": each.is_live}
    return json.dumps({**told, "done": done}, separators=(",", ":"))


def _show(outcomes: Iterable[Outcome]) -> None:
    table = Table("feed", "what", "key", "", box=None, pad_edge=False)
    going = 0
    for each, done in outcomes:
        going += done == WOULD_GO
        table.add_row(
            each.feed, each.kind.value, each.key, f"{done}, live" if each.is_live else done
        )
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(table if table.rows else "nothing is left by any feed")
    if going:
        console.print(f"--yes removes {going} of these")
