"""The rights that publishing a feed needs, and the question whether the user has them. Pure.

The question is a script, `redis.acl_check_cmd` for each command line, none of which is run. So it
needs no right that the publisher does not need as well, and having no keys it may be asked of any
node of a cluster.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from publisher.bus import scripts
from publisher.bus.keys import (
    catalogue_key,
    data_keys,
    lease_key,
    requests_key,
    status_keys,
    top_keys,
)
from publisher.errors import RedisRefused
from publisher.model import FeedPlan

ASK = """#!lua flags=no-writes
local denied = {}
for i = 1, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '%S+') do words[#words + 1] = word end
  if not redis.acl_check_cmd(unpack(words)) then denied[#denied + 1] = ARGV[i] end
end
return denied
"""
LINES_MOST = 250
"""In one question: half a millisecond of the server's. A thousand symbols are 8,000 lines, 40 ms of
a dial's in all.
"""

DEAF_TO_REQUESTS = "what consumers ask for is not heard: no snapshots but the periodic ones"
DEAF_TO_FAREWELLS = "a standby waits for no farewell: it looks at the lease as often as ever"
NO_ASKING = "a stream whose slot moves waits until all of the slot has"

WITH_SUBCOMMAND = ("CLIENT", "CLUSTER", "XINFO")
SPACE = re.compile(r"\{((?:priv\.)?[^.]+)\.")


class Right(NamedTuple):
    """The right to run a command line."""

    line: str
    loss: str = ""
    """What is lost where it is missing; empty where the feed cannot be published without it."""

    @property
    def command(self) -> str:
        """The command, with its subcommand if the right is to that alone."""
        words = self.line.split()
        return " ".join(words[: 2 if words[0] in WITH_SUBCOMMAND else 1])

    @property
    def key(self) -> str:
        """The key that the command is about; empty if there is none."""
        return next((word for word in self.line.split() if word.startswith("{")), "")

    @property
    def rule(self) -> str:
        """The ACL rule that allows the command."""
        return "+" + self.command.lower().replace(" ", "|")


def needed(plan: FeedPlan) -> list[Right]:
    """Return a right for each command and key that publishing a feed needs. Those to load and run
    scripts are not among them: without them nothing can be asked.
    """
    lines = ["CLIENT SETNAME pykraken", "INFO server", "TIME"]
    lines += ["CLUSTER SLOTS"] if plan.is_sharded else []
    lines += [f"HSET {catalogue_key(plan.space)} field value"]
    lease, status = lease_key(plan.space, plan.feed), status_keys(plan.space, plan.feed)
    lines += [f"HMGET {lease} field", f"HSET {lease} field value"]
    for symbol in plan.symbols:
        streams = [data_keys(plan, symbol), *([top_keys(plan, symbol)] if plan.bbo else [])]
        for keys in streams:
            lines += [*_stream(keys.stream), *_hash(keys.own)]
            lines += [f"XADD {keys.snap} 1-1 d value", f"XTRIM {keys.snap} MINID 1"]
    lines += [*_stream(status.stream), *_hash(status.own)]
    requests = requests_key(plan.space, plan.feed)
    return [
        *map(Right, lines),
        *([Right("ASKING", NO_ASKING)] if plan.is_sharded else []),
        Right(f"XREAD STREAMS {status.stream} 0", DEAF_TO_FAREWELLS),
        Right(f"XRANGE {requests} - +", DEAF_TO_REQUESTS),
        Right(f"XTRIM {requests} MAXLEN 0", DEAF_TO_REQUESTS),
    ]


def _stream(key: str) -> list[str]:
    return [f"XINFO STREAM {key}", f"XADD {key} 1-1 d value", f"XTRIM {key} MINID 1"]


def _hash(key: str) -> list[str]:
    return [f"HMGET {key} field", f"HGET {key} field", f"HSET {key} field value"]


def questions(rights: Sequence[Right]) -> Iterator[tuple[str | int, ...]]:
    """Yield the commands that ask for all rights, `ASK` loaded; each answer is the lines denied."""
    digest = scripts.digest(ASK)
    for first in range(0, len(rights), LINES_MOST):
        yield ("EVALSHA", digest, 0, *(right.line for right in rights[first : first + LINES_MOST]))


def among(rights: Sequence[Right], denied: Collection[bytes]) -> list[Right]:
    """Return those whose lines were denied."""
    return [right for right in rights if right.line.encode() in denied]


def check(lacking: Sequence[Right]) -> None:
    """Raise RedisRefused, which names all, if one is missing that the feed cannot do without."""
    if all(right.loss for right in lacking):
        return
    words = ", ".join(_named(lacking))
    mend = f"{mend_of(lacking)}: `pykraken doctor` lists each command and key"
    raise RedisRefused("Redis", f"NOPERM the user may not run {words}", mend)


def losses(lacking: Sequence[Right]) -> Iterator[tuple[str, str, str]]:
    """Yield what is lost by rights that the feed can do without, their commands, and the mend."""
    for loss in dict.fromkeys(right.loss for right in lacking):
        rights = [right for right in lacking if right.loss == loss]
        yield loss, ", ".join(_named(rights)), mend_of(rights)


def mend_of(rights: Sequence[Right]) -> str:
    """Return what to grant for all rights, as ACL rules: the keys by the pattern that has them."""
    rules = dict.fromkeys(right.rule for right in rights)
    spaces = dict.fromkeys(space[1] for right in rights if (space := SPACE.match(right.key)))
    keys = "".join(f" ~{{{space}.*}}*" for space in spaces)
    return f"Grant the user {' '.join(rules)}" + (f" on the keys{keys}" if keys else "")


def _named(rights: Sequence[Right]) -> Iterator[str]:
    """Yield each command with a key of those that it is denied on."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for right in rights:
        keys[right.command].append(right.key)
    for command, (key, *others) in keys.items():
        more = f" and {len(others)} more" if others else ""
        yield f"{command} on {key}{more}" if key else command
