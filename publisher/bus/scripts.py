"""The Lua scripts in `lua/`, whole: every write to a stream is one of these.

So the fence is checked where the write lands, and a call happens whole or not at all. All carry the
shebang: without it a replica could answer EVALSHA without writing, and a script under OOM could
stop half-way (decisions, Append script). Nothing in them reads a payload back.

| code | meaning | detail |
|---|---|---|
| OK | done | how many entries had been there already |
| FENCED | somebody else wrote, or may | last id |
| LOST | the stream ends before the expected entry | last id, `0-0` if there is none |
| CHANGED | the last id is not the one inspected | last id |
| REFUSED | the key holds another type | Redis' words |
"""

from __future__ import annotations

import re
from enum import IntEnum
from hashlib import sha1
from importlib.resources import files


class Code(IntEnum):
    """What a script answers for one stream."""

    OK = 0
    FENCED = 1
    LOST = 2
    CHANGED = 3
    REFUSED = 4


DONE = int(Code.OK)
"""`Code.OK` as it comes in an answer."""


class Mode(IntEnum):
    """How `append` treats a stream that Redis lost."""

    NORMAL = 0
    SEED = 1


def _read(name: str) -> str:
    return files("publisher.bus").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


_CODES = "".join(f"local {code.name} = {code.value}\n" for code in Code)


def _script(name: str, *prelude: str, flags: str = "") -> str:
    parts = [_CODES, *map(_read, prelude)] if prelude else []
    return "".join([f"#!lua{flags}\n", *parts, _read(name)])


INSPECT = _script("inspect", "last", flags=" flags=no-writes")
OPEN = _script("open", "last", "keep")
APPEND = _script("append", "last", "keep")
SNAPSHOT = _script("snapshot", "last", "keep")
CLAIM = _script("claim")
RENEW = _script("renew")
RELEASE = _script("release")
REQUESTS = _script("requests")

ALL = (INSPECT, OPEN, APPEND, SNAPSHOT, CLAIM, RENEW, RELEASE, REQUESTS)
"""What a publisher loads."""

# They free memory: a server that is full must not refuse them.
RETIRE = _script("retire", "last", flags=" flags=allow-oom")
UNLIST = _script("unlist", flags=" flags=allow-oom")


def digest(script: str) -> str:
    """Return the SHA-1 by which EVALSHA names a script."""
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


_CALL = re.compile(r"call\('([A-Z]+)'(?:, '(STREAM)')?")


def rules_of(sha1: str | None) -> list[str]:
    """Return the ACL rules of the commands that a script runs, or all of them together."""
    text = "".join(script for script in ALL if sha1 in (None, digest(script)))
    found = {"|".join(filter(None, match)).lower() for match in _CALL.findall(text)}
    return sorted(f"+{name}" for name in found)
