"""The data of one Redis server and the plain commands that pykraken sends, exact to the reply.

Replies have RESP2's shapes: bytes, ints, lists, None; errors are raised as `Refused`. `on_add`
hears of each entry written, so that a judge can know what lies in Redis without asking it.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.streams import TOP, ZERO, Fields, Id, Refused, Row, StreamValue, parse_id

Value = StreamValue | dict[str, bytes] | bytes
Reply = object
Argument = str | bytes | int
Added = Callable[["Keyspace", str, Id, Fields], None]

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


class Keyspace:
    """Keys and values. `now_ms` is the server's clock at the command that runs."""

    def __init__(self, node_entries: int) -> None:
        self.values: dict[str, Value] = {}
        self.node_entries = node_entries
        self.now_ms = 0
        self.writer = ""
        """Whose command runs, for the judge."""
        self.added = 0
        """How many entries were ever added."""
        self.on_add: Added | None = None

    def copy(self) -> Keyspace:
        """Return a keyspace of its own with the same content."""
        twin = Keyspace(self.node_entries)
        twin.values = {
            key: value if isinstance(value, bytes) else value.copy()
            for key, value in self.values.items()
        }
        twin.now_ms, twin.on_add = self.now_ms, self.on_add
        return twin

    def stream(self, key: str) -> StreamValue | None:
        """Return the stream at `key`, None if there is none; WRONGTYPE for another type."""
        value = self.values.get(key)
        if value is None or isinstance(value, StreamValue):
            return value
        raise Refused(WRONG_TYPE)

    def hash(self, key: str) -> dict[str, bytes] | None:
        """Return the hash at `key`, None if there is none; WRONGTYPE for another type."""
        value = self.values.get(key)
        if value is None or isinstance(value, dict):
            return value
        raise Refused(WRONG_TYPE)

    # The commands ---------------------------------------------------------------------------------

    def xadd(self, key: str, entry_id: str, *fields: bytes) -> Id:
        """XADD; `*` lets the server choose the id."""
        wished = None if entry_id == "*" else parse_id(entry_id)
        if wished == ZERO:  # refused before the key is looked at
            raise Refused("ERR The ID specified in XADD must be greater than 0-0")
        found = self.stream(key)
        stream = StreamValue(self.node_entries) if found is None else found
        added = stream.add(wished, fields, self.now_ms)
        self.values[key] = stream
        self.added += 1
        if self.on_add is not None:
            self.on_add(self, key, added, fields)
        return added

    def hmget(self, key: str, *fields: str) -> list[bytes | None]:
        """HMGET."""
        found = self.hash(key) or {}
        return [found.get(field) for field in fields]

    def hset(self, key: str, **fields: bytes) -> None:
        """HSET of any number of fields."""
        found = self.hash(key)
        if found is None:
            self.values[key] = found = {}
        found.update(fields)

    def run(self, *command: Argument) -> Reply:
        """Run a plain command and return its reply."""
        name, *rest = command
        words = [part if isinstance(part, bytes) else str(part).encode() for part in rest]
        match name:
            case "HMGET":
                return list(self.hmget(_text(words[0]), *map(_text, words[1:])))
            case "HSET":
                fields = dict(zip(map(_text, words[1::2]), words[2::2], strict=True))
                self.hset(_text(words[0]), **fields)
                return len(fields)
            case "XADD":
                key, *words = words
                longest, words = (words[2], words[3:]) if words[0] == b"MAXLEN" else (b"", words)
                added = self.xadd(_text(key), _text(words[0]), *words[1:])
                if longest:
                    self._xtrim(_text(key), "MAXLEN", "~", _text(longest))
                return b"%d-%d" % added
            case "XTRIM":
                return self._xtrim(*map(_text, words))
            case "XRANGE" | "XREVRANGE":
                return self._xrange(str(name), *map(_text, words))
            case "DEL":
                return sum(self.values.pop(_text(key), None) is not None for key in words)
        raise Refused(f"ERR unknown command '{name!s}'")

    def _xtrim(self, key: str, strategy: str, *rest: str) -> int:
        stream = self.stream(key)
        if stream is None:
            return 0
        *approximately, threshold = rest
        if strategy == "MAXLEN":
            return stream.trim_nodes(longest=int(threshold))
        low = parse_id(threshold)
        return stream.trim_nodes(low=low) if approximately == ["~"] else stream.trim_below(low)

    def _xrange(self, name: str, key: str, one: str, other: str, *count: str) -> Reply:
        stream = self.stream(key)
        if stream is None:
            return []
        low, high = (one, other) if name == "XRANGE" else (other, one)
        rows = stream.range(
            ZERO if low == "-" else parse_id(low),
            TOP if high == "+" else parse_id(high, missing_seq=TOP[1]),
        )
        if name == "XREVRANGE":
            rows.reverse()
        return shown(rows[: int(count[1])] if count else rows)

    def xread(self, count: int, positions: list[tuple[str, Id]]) -> Reply:
        """XREAD without BLOCK; None when no stream has anything."""
        found = []
        for key, position in positions:
            stream = self.stream(key)
            rows = stream.after(position, count) if stream is not None else []
            if rows:
                found.append([key.encode(), shown(rows)])
        return found or None


def shown(rows: list[Row]) -> list[list[object]]:
    """Return entries as RESP2 carries them."""
    return [[b"%d-%d" % entry_id, list(fields)] for entry_id, fields in rows]


def _text(word: bytes) -> str:
    return word.decode()
