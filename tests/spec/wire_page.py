"""WIRE.md as data: its clauses, and what its tables say, read from the markdown.

Only what the page itself shows is taken from it; nothing is repeated here but the names of columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.requirements import ROOT

PAGE = ROOT / "consumers" / "spec" / "WIRE.md"
CODED = re.compile(r"`([^`]+)`")
WORDS = re.compile(r"`([a-z][^`]*)`")
"""Keys, reasons and states; codes and flags are written in capitals."""
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?) (.*)$")
STREAM = ""
"""Where an event stands that every stream may have."""


@dataclass(frozen=True)
class Key:
    """One key of an event: its full name, its type, whether it must be there, the values that are
    listed.
    """

    name: str
    full: str
    rule: str
    values: tuple[str, ...] = ()
    type: str = ""

    @property
    def is_required(self) -> bool:
        """True when every event of the type has it, whatever its state."""
        return self.rule.startswith("required") and not re.match(
            r"required (unless|when|in)", self.rule
        )


Event = tuple[str, str]
"""The channel of the stream, STREAM or `status`; the event's type."""


@dataclass
class Clause:
    """One numbered piece of the page: its title, its tables' rows, its prose."""

    number: str
    title: str
    tables: list[list[list[str]]] = field(default_factory=list)
    prose: str = ""


def clauses(page: str) -> dict[str, Clause]:
    """Return the clauses of the page by number."""
    found: dict[str, Clause] = {}
    current = Clause("0", "")
    before = ""
    for line in page.splitlines():
        heading = HEADING.match(line)
        if heading:
            current = found[heading[1]] = Clause(heading[1], heading[2])
        elif line.startswith("|"):
            if not before.startswith("|"):
                current.tables.append([])
            current.tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        else:
            current.prose += line + "\n"
        before = line
    return found


def table(clause: Clause, number: int = 0) -> Iterator[list[str]]:
    """Yield the rows of one of a clause's tables without its head and its rule."""
    yield from clause.tables[number][2:]


def common_keys(page: dict[str, Clause]) -> list[Key]:
    """Return the keys of every event (§4)."""
    assert "All five are required." in page["4"].prose
    rows = table(page["4"])
    return [Key(name, row[1], "required") for row in rows for name in CODED.findall(row[0])]


def header_keys(page: dict[str, Clause]) -> dict[str, list[Key]]:
    """Return the keys of each channel's header (§4.3)."""
    headers: dict[str, list[Key]] = {channel: [] for channel in channels(page)}
    named: list[str] = []
    for row in table(page["4.3"]):
        named = CODED.findall(row[3]) or (list(headers) if row[3] == "all" else named)
        for channel in named:
            headers[channel] += _keys([*row[:3], row[4]])
    return headers


def channels(page: dict[str, Clause]) -> list[str]:
    """Return the channels that have a header (§3.6)."""
    named = [CODED.findall(row[0]) for row in table(page["3.6"])]
    return [names[0] for names in named[1:] if names != ["status"]]


def known_events(page: dict[str, Clause]) -> dict[str, list[str]]:
    """Return the events that only a stream of this channel has (§3.6); of `status` all."""
    rows = list(table(page["3.6"]))[1:]
    return {CODED.findall(row[0])[0]: CODED.findall(row[1]) for row in rows}


def event_keys(page: dict[str, Clause]) -> dict[Event, list[Key]]:
    """Return the keys of its own of each event, in the order of the page (§4.2 to §4.17)."""
    found: dict[Event, list[Key]] = {("book", "update"): _table_keys(page["4.2"])}
    contents = {"book": _table_keys(page["4.3"], 1)}
    pointer = contents["book"][-1]
    for number in ("4.4", "4.5", "4.6", "4.7"):
        clause = page[number]
        kind = CODED.findall(clause.title)[0]
        found[STREAM, kind] = _table_keys(clause) if clause.tables else []
    note = re.search(r"optional `(\w+)`", page["4.7"].prose)
    assert note
    found[STREAM, "bye"].append(Key(note[1], "note", "optional"))
    for kind, keys, _ in table(page["4.8"]):
        found["status", kind.strip("`")] = list(_prose_keys(keys))
    for number in (f"4.{last}" for last in range(10, 18)):
        channel, *kinds = CODED.findall(page[number].title)
        tables = [_table_keys(page[number], at) for at in range(len(page[number].tables))]
        for at, kind in enumerate(kinds):
            found[channel, kind] = tables[at if at < len(tables) else 0]
        own = tables[len(kinds) :] or [[replace(key, rule="optional") for key in tables[0]]]
        contents[channel] = [*own[0], pointer]
    for channel, header in header_keys(page).items():
        found[channel, "snapshot"] = [*header, *contents[channel]]
    return found


def _table_keys(clause: Clause, number: int = 0) -> list[Key]:
    rows = [row for row in table(clause, number) if "rest of the header" not in row[0]]
    return [key for row in rows for key in _keys(row)]


def _keys(row: list[str]) -> Iterator[Key]:
    about = row[3] if len(row) > 3 else ""
    rule = about if about.startswith("required") else "optional"
    names = row[1].split(", ")
    is_listed = row[1] in ("reason", "state", "source", "trigger")
    values = tuple(WORDS.findall(about)) if is_listed else ()
    for name, full in zip(CODED.findall(row[0]), names, strict=True):
        yield Key(name, full, rule, values, row[2])


def _prose_keys(text: str) -> Iterator[Key]:
    for optional, name, rest in re.findall(
        r"(optional )?`(\w+)` (?:text|uint|json)([^;]*(?:;(?! (?:optional )?`)[^;]*)*)", text
    ):
        listed = rest if name in ("s", "k") else ""
        rule = "optional" if optional else "required"
        yield Key(name, "", rule, tuple(CODED.findall(listed)))


def redis_keys(page: dict[str, Clause]) -> list[str]:
    """Return the patterns of keys in Redis (§2.1)."""
    return [CODED.findall(row[0])[0] for row in table(page["2.1"])]


def types(page: dict[str, Clause]) -> list[str]:
    """Return the names of the types (§3.4)."""
    return [name for row in table(page["3.4"]) for name in CODED.findall(row[0])]


@dataclass(frozen=True)
class Change:
    """A row of §7.2: the event, its channel, the flags and the ends of orders that it speaks of."""

    channel: str
    event: str
    flags: tuple[str, ...]
    ends: tuple[str, ...]


def changes(page: dict[str, Clause]) -> Iterator[Change]:
    """Yield how the events of the channels but `book` change the state (§7.2)."""
    channel_of = {kind: name for name, kinds in known_events(page).items() for kind in kinds}
    for row in table(page["7.2"]):
        names, _, channel = row[0].partition(" of ")
        flags = tuple(re.findall(r"`([A-Z]+)`", row[2]))
        ends = re.search(r"is (`\w+`(?:, `\w+`)* or `\w+`)", row[2])
        for kind in CODED.findall(names):
            where = channel.strip("`") or channel_of[kind]
            yield Change(where, kind, flags, tuple(CODED.findall(ends[1]) if ends else ()))


def marks(page: dict[str, Clause]) -> dict[str, list[str]]:
    """Return the keys by which two lines of a channel are compared (§7.7)."""
    events, found = event_keys(page), {}
    for row in table(page["7.7"]):
        parts = [CODED.findall(part) for part in row[1].split(";")]
        for at, channel in enumerate(CODED.findall(row[0])):
            if row[1] == "the checksum":
                keys = ["c"]
            elif row[1] == "the state's values":
                keys = [key.name for key in events[channel, known_events(page)[channel][0]]]
            else:
                keys = parts[at]
            found[channel] = ["te", *keys]
    return found


def flags(page: dict[str, Clause]) -> dict[str, int]:
    """Return the flag bits by name (§4.1)."""
    return {row[1].strip("`"): int(row[0]) for row in table(page["4.1"])}


def codes(page: dict[str, Clause]) -> dict[str, str]:
    """Return what each code is of (§8): decoding, replica or client."""
    return {name: row[1] for row in table(page["8"]) for name in CODED.findall(row[0])}


def canonical_names(page: dict[str, Clause]) -> list[str]:
    """Return the names of the canonical line in their order (§9)."""
    listed = page["9"].prose.split("arrays of two integers:")[1].split("A `decimal` is")[0]
    return CODED.findall(listed)


def catalogue_keys(page: dict[str, Clause]) -> list[str]:
    """Return the keys of a value of the catalogue beside the header (§4.9)."""
    return WORDS.findall(page["4.9"].prose.split("all required")[0])
