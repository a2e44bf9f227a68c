"""The Lua scripts of publisher/bus/lua once more, in Python: line by line the same meaning.

`test_redis_model` holds them against the real ones on a real server. A script takes the keyspace,
its KEYS and its ARGV as bytes, and returns what Redis would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from publisher.bus import scripts as shipped
from publisher.bus.scripts import Code
from tests.simulation.keyspace import Keyspace
from tests.simulation.streams import TOP, ZERO, Refused, show_id

Answer = object
Script = Callable[[Keyspace, Sequence[str], Sequence[bytes]], Answer]
Verdict = tuple[Code, int | str]

NO_SUCH_KEY = "ERR no such key"


def last_of(db: Keyspace, key: str) -> tuple[str, str, int] | str:
    """Return a stream's last id as text, its epoch as text and its seq; or Redis' words."""
    if key not in db.values:
        return "0-0", "0", -1
    try:
        stream = db.stream(key)
    except Refused as error:
        return str(error)
    assert stream is not None
    return show_id(stream.last), str(stream.last[0]), stream.last[1]


def above(one: str, other: str) -> bool:
    """Compare decimal text without leading zeros as numbers."""
    return (len(one), one) > (len(other), other)


def held_by(db: Keyspace, own: str) -> tuple[str | None, str | None] | str:
    """Return epoch and writer of a stream's `.own`; or Redis' words."""
    try:
        epoch, writer = db.hmget(own, "epoch", "writer")
    except Refused as error:
        return str(error)
    return (
        None if epoch is None else epoch.decode(),
        None if writer is None else writer.decode(),
    )


def keep(db: Keyspace, keys: Sequence[str], entry_id: str, body: bytes, retention: int) -> str:
    """Write a snapshot and let go of what is past retention; return why it cannot be written."""
    stream, own, snap = keys
    try:
        db.xadd(snap, entry_id, b"d", body)
    except Refused as error:
        return "" if "equal or smaller" in str(error) else str(error)
    (listed,) = db.hmget(own, "snaps")
    kept = [part.rpartition("@") for part in (listed or b"").decode().split()]
    ids = [part[0] for part in kept] + [entry_id]
    ages = [max(0, db.now_ms - int(part[2])) for part in kept] + [0]
    first = 0
    while first < len(ids) - 1 and ages[first + 1] >= retention:
        first += 1
    pairs = zip(ids[first:], ages[first:], strict=True)
    text = " ".join(f"{kept_id}@{db.now_ms - age}" for kept_id, age in pairs)
    db.hset(own, snaps=text.encode())
    if first > 0:
        db.run("XTRIM", snap, "MINID", ids[first])
        db.run("XTRIM", stream, "MINID", "~", ids[first])
    return ""


def inspect(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Last id and feed of each stream."""
    out: list[str] = []
    for stream, own in zip(keys[::2], keys[1::2], strict=True):
        found = last_of(db, stream)
        feed = b""
        try:
            feed = db.hmget(own, "feed")[0] or b""
        except Refused as error:
            found = str(error)
        out += ["!" + found if isinstance(found, str) else found[0], feed.decode()]
    return out


def open_epoch(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Open an epoch with its first entries and snapshot."""
    stream, own, _ = keys
    epoch, writer, feed, inspected = (part.decode() for part in args[:4])
    found = last_of(db, stream)
    if isinstance(found, str):
        return [Code.REFUSED, found]
    entry_id, last, _ = found
    held = held_by(db, own)
    if isinstance(held, str):
        return [Code.REFUSED, held]
    if held == (epoch, writer) and last == epoch:
        return [Code.OK, 1]
    if not above(epoch, last):
        return [Code.FENCED, entry_id]
    if held[0] is not None and not above(epoch, held[0]):
        return [Code.FENCED, held[0] + "-0"]
    if entry_id != inspected:
        return [Code.CHANGED, entry_id]
    db.hset(own, epoch=epoch.encode(), writer=writer.encode(), feed=feed.encode())
    db.xadd(stream, epoch + "-0", b"d", args[5])
    if len(args) > 6:
        db.xadd(stream, epoch + "-1", b"d", args[6])
        if why := keep(db, keys, epoch + "-1", args[7], int(args[4])):
            return [Code.REFUSED, why]
    return [Code.OK, 0]


class Append:
    """One stream's part of an append call: its head, its entries, its snapshots."""

    def __init__(self, keys: Sequence[str], head: Sequence[bytes], args: Sequence[bytes]) -> None:
        self.keys = self.stream, self.own, self.snap = keys
        self.writer, self.feed, self.retention = head[0].decode(), head[1], int(head[2])
        self.epoch, self.expected, self.is_seed = args[0].decode(), int(args[1]), args[2] == b"1"
        count, snaps = int(args[3]), int(args[4])
        self.entries = args[5 : 5 + count]
        tail = args[5 + count : 5 + count + 2 * snaps]
        self.snaps = list(zip(tail[::2], tail[1::2], strict=True))
        self.size = 5 + count + 2 * snaps

    def write(self, db: Keyspace, skip: int) -> str:
        """Write the entries behind the first `skip`, then the snapshots; return why those cannot
        be.
        """
        for i, entry in enumerate(self.entries[skip:], self.expected + 1 + skip):
            db.xadd(self.stream, f"{self.epoch}-{i}", b"d", entry)
        for seq, body in self.snaps:
            entry_id = f"{self.epoch}-{seq.decode()}"
            if why := keep(db, self.keys, entry_id, body, self.retention):
                return why
        return ""


def append_one(db: Keyspace, part: Append) -> Verdict:
    """Compare, then append to one stream."""
    found = last_of(db, part.stream)
    if isinstance(found, str):
        return Code.REFUSED, found
    entry_id, last, seq = found
    if above(last, part.epoch):
        return Code.FENCED, entry_id
    held = held_by(db, part.own)
    if isinstance(held, str):
        return Code.REFUSED, held
    if held != (part.epoch, part.writer):
        if held[0] is not None and not above(part.epoch, held[0]):
            return Code.FENCED, held[0] + "-0"
        if not part.is_seed:
            return Code.LOST, entry_id
        db.hset(part.own, epoch=part.epoch.encode(), writer=part.writer.encode(), feed=part.feed)
    skip = 0
    if last == part.epoch:
        if seq < part.expected:
            return Code.LOST, entry_id
        skip = seq - part.expected
        if skip > len(part.entries):
            return Code.FENCED, entry_id
    elif not part.is_seed:
        return Code.LOST, entry_id
    if why := part.write(db, skip):
        return Code.REFUSED, why
    return Code.OK, skip


def append_with(judge: Callable[[Keyspace, Append], Verdict]) -> Script:
    """Return the append script for all streams of a call, each judged on its own."""

    def append(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
        out: list[int | str] = []
        at = 3
        for k in range(0, len(keys), 3):
            part = Append(keys[k : k + 3], args[:3], args[at:])
            out += judge(db, part)
            at += part.size
        return out

    return append


def snapshot(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Write a periodic snapshot under the id of the last entry that it includes."""
    stream, own, _ = keys
    epoch, writer, seq = (part.decode() for part in args[:3])
    found = last_of(db, stream)
    if isinstance(found, str):
        return [Code.REFUSED, found]
    entry_id, last, top = found
    if above(last, epoch):
        return [Code.FENCED, entry_id]
    held = held_by(db, own)
    if isinstance(held, str):
        return [Code.REFUSED, held]
    if held != (epoch, writer):
        if held[0] is not None and not above(epoch, held[0]):
            return [Code.FENCED, held[0] + "-0"]
        return [Code.LOST, entry_id]
    if last != epoch or top < int(seq):
        return [Code.LOST, entry_id]
    if why := keep(db, keys, f"{epoch}-{seq}", args[3], int(args[4])):
        return [Code.REFUSED, why]
    return [Code.OK, 0]


def claim(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Claim a lease as it was last seen."""
    owner, epoch, beat = db.hmget(keys[0], "owner", "epoch", "hb")
    if owner == args[0]:
        return [1, (epoch or b"").decode()]
    if (epoch or b"") != args[2] or (beat or b"") != args[3]:
        return [0, (epoch or b"").decode()]
    fresh = 1 + max(db.now_ms, int(args[1]), int(epoch or b"0"))
    db.hset(keys[0], owner=args[0], epoch=str(fresh).encode(), hb=b"1")
    return [1, str(fresh)]


def renew(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Renew a lease, or write it again if Redis lost it."""
    owner, epoch = db.hmget(keys[0], "owner", "epoch")
    is_mine = owner == args[0] and epoch == args[1]
    if not is_mine and epoch is not None and int(epoch) >= int(args[1]):
        return [0, epoch.decode()]
    db.hset(keys[0], owner=args[0], epoch=args[1], hb=args[2])
    return [1 if is_mine else 2, args[1].decode()]


def release(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Give a lease back."""
    if db.hmget(keys[0], "owner", "epoch") != [args[0], args[1]]:
        return 0
    db.hset(keys[0], owner=b"")
    return 1


def requests(db: Keyspace, keys: Sequence[str], args: Sequence[bytes]) -> Answer:
    """Take what consumers ask, the oldest first, out of their stream."""
    count, waiting, longest = map(int, args)
    try:
        stream = db.stream(keys[0])
    except Refused as error:
        return [-1, str(error)]
    rows = [] if stream is None else stream.range(ZERO, TOP)[: count + 1]
    out: list[int | str] = [len(rows[:count])]
    for _, (name, data, *_rest) in rows[:count]:
        out.append(data.hex() if name == b"d" and len(data) <= longest else "")
    if len(rows) > count:
        db.run("XTRIM", keys[0], "MINID", show_id(rows[count][0]))
        db.run("XTRIM", keys[0], "MAXLEN", "~", waiting)
    elif rows and stream is not None:
        stream.trim_below(TOP)
    return out


SHIPPED: dict[str, Script] = {
    shipped.INSPECT: inspect,
    shipped.OPEN: open_epoch,
    shipped.APPEND: append_with(append_one),
    shipped.SNAPSHOT: snapshot,
    shipped.CLAIM: claim,
    shipped.RENEW: renew,
    shipped.RELEASE: release,
    shipped.REQUESTS: requests,
}
"""The model of each script, by the Lua text that it stands for."""
