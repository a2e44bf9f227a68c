"""The commands that the publisher needs, asked of the server's ACL without running any of them.

The question is itself a script, `redis.acl_check_cmd` for each command, so it needs no right that
the publisher does not need as well, and it writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import redis

from publisher.bus.keys import catalogue_key, data_keys, lease_key, requests_key, status_keys
from publisher.channels.plans import plan_of
from publisher.doctor.findings import Finding
from publisher.model import FeedPlan
from publisher.settings import Settings

ASK = """#!lua flags=no-writes
local denied = {}
for i = 1, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '%S+') do words[#words + 1] = word end
  if not redis.acl_check_cmd(unpack(words)) then denied[#denied + 1] = ARGV[i] end
end
return denied
"""


WITH_SUBCOMMAND = ("CLIENT", "CLUSTER", "XINFO")


def needed(plan: FeedPlan) -> list[str]:
    """Return a command line for each right that publishing a feed needs."""
    status = status_keys(plan.space, plan.feed)
    lines = ["PING", "CLIENT SETNAME pykraken", "INFO server", "TIME"]
    lines += ["CLUSTER SLOTS", "ASKING"] if plan.is_sharded else []
    lines += [f"HSET {catalogue_key(plan.space)} field value"]
    lines += _hash_rights(lease_key(plan.space, plan.feed))
    for symbol in plan.symbols:
        keys = data_keys(plan, symbol)
        for stream in (keys.stream, keys.snap):
            lines += _stream_rights(stream)
        lines += _hash_rights(keys.own)
    lines += [*_stream_rights(status.stream), *_hash_rights(status.own)]
    lines += [f"XREAD STREAMS {status.stream} 0"]
    requests = requests_key(plan.space, plan.feed)
    return [*lines, f"XRANGE {requests} - +", f"XTRIM {requests} MAXLEN 0"]


def judge_rights(client: redis.Redis, settings: Settings) -> list[Finding]:
    """Ask the server which needed rights our user lacks. Raises redis.RedisError."""
    lines = needed(plan_of(settings))
    try:
        digest = client.script_load(ASK)
        answer: Sequence[bytes] = client.execute_command("EVALSHA", digest, 0, *lines)
    except redis.exceptions.NoPermissionError as error:
        return [Finding("bad", str(error), "grant +script|load and +evalsha to the user")]
    denied = [line.decode() for line in answer]
    if not denied:
        return [Finding("ok", "the user may run every command that publishing needs")]
    return [
        Finding("bad", f"the user may not run {line}", f"grant {_rule(line)} to the user")
        for line in denied
    ]


def _stream_rights(key: str) -> list[str]:
    return [f"XINFO STREAM {key}", f"XADD {key} 1-1 d value", f"XTRIM {key} MINID 1"]


def _hash_rights(key: str) -> list[str]:
    return [f"HMGET {key} field", f"HGET {key} field", f"HSET {key} field value"]


def _rule(line: str) -> str:
    """Return the ACL rule that allows a command line: the command, and its key if it has one."""
    command, *rest = line.split()
    name = f"+{command.lower()}"
    if command in WITH_SUBCOMMAND:
        name += f"|{rest[0].lower()}"
    key = next((word for word in rest if word.startswith("{")), None)
    return f"{name} and the key ~{key}" if key else name
