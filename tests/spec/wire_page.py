"""WIRE.md as data: its clauses, and what its tables say, read from the markdown.

Only what the page itself shows is taken from it; nothing is repeated here but the names of columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.requirements import ROOT

PAGE = ROOT / "consumers" / "spec" / "WIRE.md"
CODED = re.compile(r"`([^`]+)`")
WORDS = re.compile(r"`([a-z][^`]*)`")
"""Keys, reasons and states; codes and flags are written in capitals."""
OF_BOOKS = "required in a book's stream"
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?) (.*)$")


@dataclass(frozen=True)
class Key:
    """One key of an event: whether the page demands it, and the values that it lists."""

    name: str
    rule: str
    values: tuple[str, ...] = ()

    @property
    def is_required(self) -> bool:
        """True when every event of the type has it, whatever its stream or state."""
        return self.rule.startswith("required") and not re.match(
            r"required (unless|when|in)", self.rule
        )

    @property
    def is_of_books(self) -> bool:
        """True when a status stream does not know the key (§4.4)."""
        return self.rule == OF_BOOKS


@dataclass
class Clause:
    """One numbered piece of the page: its title, its tables' rows, its prose."""

    number: str
    title: str
    rows: list[list[str]] = field(default_factory=list)
    prose: str = ""


def clauses(page: str) -> dict[str, Clause]:
    """Return the clauses of the page by number."""
    found: dict[str, Clause] = {}
    current = Clause("0", "")
    for line in page.splitlines():
        heading = HEADING.match(line)
        if heading:
            current = found[heading[1]] = Clause(heading[1], heading[2])
        elif line.startswith("|"):
            current.rows.append([cell.strip() for cell in line.strip("|").split("|")])
        else:
            current.prose += line + "\n"
    return found


def table(clause: Clause) -> Iterator[list[str]]:
    """Yield the rows of a clause's table without its head and its rule."""
    yield from clause.rows[2:]


def common_keys(page: dict[str, Clause]) -> list[Key]:
    """Return the keys of every event (§4)."""
    assert "All five are required." in page["4"].prose
    return [Key(name, "required") for row in table(page["4"]) for name in CODED.findall(row[0])]


def event_keys(page: dict[str, Clause]) -> dict[str, list[Key]]:
    """Return the keys of its own of each event type, in the order of the page (§4.2 to §4.8)."""
    events: dict[str, list[Key]] = {}
    for number, clause in page.items():
        named = CODED.match(clause.title)
        if number.startswith("4.") and named:
            events[named[1]] = [key for row in table(clause) for key in _keys(row)]
    note = re.search(r"optional `(\w+)`", page["4.7"].prose)
    assert note
    events["bye"].append(Key(note[1], "optional"))
    for kind, keys, _ in table(page["4.8"]):
        events[kind.strip("`")] = list(_prose_keys(keys))
    return events


def _keys(row: list[str]) -> Iterator[Key]:
    about = row[3]
    rule = about if about.startswith("required") else "optional"
    values = tuple(WORDS.findall(about)) if row[1] in ("reason", "state") else ()
    for name in CODED.findall(row[0]):
        yield Key(name, rule if "as in §4.3" not in about else OF_BOOKS, values)


def _prose_keys(text: str) -> Iterator[Key]:
    for name, rest in re.findall(r"`(\w+)` (?:text|uint)([^;]*(?:;(?! `)[^;]*)*)", text):
        listed = rest if name in ("s", "k") else ""
        yield Key(name, "required", tuple(CODED.findall(listed)))


def flags(page: dict[str, Clause]) -> dict[str, int]:
    """Return the flag bits by name (§4.1)."""
    return {row[1].strip("`"): int(row[0]) for row in table(page["4.1"])}


def codes(page: dict[str, Clause]) -> dict[str, str]:
    """Return what each code is of (§8): decoding, replica or client."""
    return {name: row[1] for row in table(page["8"]) for name in CODED.findall(row[0])}


def canonical_names(page: dict[str, Clause]) -> list[str]:
    """Return the names of the canonical line in their order (§9)."""
    listed = (
        page["9"].prose.split("arrays of two integers:")[1].split("An event of unknown type")[0]
    )
    return CODED.findall(listed)


def catalogue_keys(page: dict[str, Clause]) -> list[str]:
    """Return the keys of a value of the catalogue (§4.9)."""
    return WORDS.findall(page["4.9"].prose)
