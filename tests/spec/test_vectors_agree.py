"""Spec and vectors agree, and libraries that nobody here wrote read the vectors as they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgpack
import msgspec
import pytest

from tests.spec import wire_page
from tests.spec.coverage import LEFT_OUT, uncovered
from tests.spec.vectors.events import KEYS, full_names, names_of
from tests.spec.vectors.files import FOLDER, all_files, data_of, load
from tests.spec.vectors_read import Vectors, load_all

TEXT = wire_page.PAGE.read_text()
PAGE = wire_page.clauses(TEXT)

LIBRARIES: dict[str, Callable[[bytes], Any]] = {
    "msgpack": lambda data: msgpack.unpackb(data, strict_map_key=False),
    "msgspec": msgspec.msgpack.decode,
}


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return load_all()


def test_every_row_of_the_spec_has_a_vector(vectors: Vectors) -> None:
    assert uncovered(PAGE, vectors) == []


NEW_ROWS = {
    ("2.1", 0): ("| `{<ns>.x}:zq` | stream | nothing |", "key {<ns>.x}:zq: no vector"),
    ("3.4", 0): ("| `zq` | int | 0 to 7 |", "type zq: not known here"),
    ("3.6", 0): ("| `book` | `update`, `storm` |", "event book storm: no table has its keys"),
    ("4", 0): ("| `zq` | sequel | uint | all | none |", "key zq: a valid vector is without it"),
    ("4.1", 0): ("| 64 | `LOCKED` | never |", "flag LOCKED: no valid vector has it alone"),
    ("4.3", 0): ("| `zq` | sequel | uint | `bbo` | required |", "bbo snapshot.zq: no valid vector"),
    ("4.4", 0): ("| `zq` | sequel | uint | required |", "epoch.zq: no valid vector has it"),
    ("4.8", 0): ("| `storm` | `w` text | rain |", "event status storm: no valid vector"),
    ("7.2", 0): ("| `reset` of `trade` | the same | filled |", "change trade reset: no story"),
    ("7.7", 0): ("| `trade` | the state's values |", "mark trade.te: no story of two lines"),
    ("8", 0): ("| `DRUNK` | replica | never |", "code DRUNK: no vector"),
}
"""By clause and number of the table: a row that nothing shows, and what is said of it."""
PLAIN = "| `zq` | sequel | uint | required |"
"""The same of an event's table."""


def tables() -> list[tuple[str, int]]:
    """All tables of the page but those that are left out."""
    numbered = [(clause, at) for clause in PAGE for at in range(len(PAGE[clause].tables))]
    return [(clause, at) for clause, at in numbered if clause not in LEFT_OUT]


@pytest.mark.parametrize(("clause", "number"), tables())
def test_a_new_row_without_a_vector_is_found(vectors: Vectors, clause: str, number: int) -> None:
    new, missing = NEW_ROWS.get((clause, number), (PLAIN, ".zq: no valid vector has it"))
    page = wire_page.clauses(TEXT)
    rows = page[clause].tables[number]
    rows.insert(len(rows) - 1, [cell.strip() for cell in new.strip("|").split("|")])
    assert [told for told in uncovered(page, vectors) if missing in told]


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("`lost`, `overrun` |", "`lost`, `overrun`, `bored` |",
         "epoch.why: no valid vector has the value bored"),
        ("`refused`, `delisted`, `sequence`", "`refused`, `delisted`, `halted`, `sequence`",
         "reset.why: no valid vector has the value halted"),
        ("`kind`, `note`, `source`", "`kind`, `note`, `mood`, `source`",
         "canonical name mood: no valid vector prints it"),
    ],
)  # fmt: skip
def test_a_new_word_without_a_vector_is_found(
    vectors: Vectors, old: str, new: str, missing: str
) -> None:
    assert TEXT.count(old) == 1
    assert missing in uncovered(wire_page.clauses(TEXT.replace(old, new)), vectors)


@pytest.mark.parametrize(
    ("folder", "part", "missing"),
    [
        ("catalogue", "instrument", "key {<ns>.instrument}:instrument: no vector"),
        ("invalid", "", "type decimal: no invalid vector outside its range"),
        ("invalid", "", "type number: no invalid vector with another msgpack type"),
        ("stories", "revised", "change ohlc closed: no story with REVISED"),
        ("stories", "expired", "change executions execution: no story in which an order is exp"),
        ("stories", "executions-gap", "change executions gap: no story"),
        ("lines", "no-meeting-report", "mark balances.rp: no story of two lines"),
        ("lines", "no-meeting-vwap", "mark ticker.vw: no story of two lines"),
    ],
)
def test_a_vector_that_goes_is_missed(
    vectors: Vectors, folder: str, part: str, missing: str
) -> None:
    kept = [body for body in getattr(vectors, folder) if part not in body["name"]]
    told = uncovered(PAGE, replace(vectors, **{folder: kept}))
    assert [line for line in told if line.startswith(missing)], told


def test_the_page_is_read_whole() -> None:
    events = wire_page.event_keys(PAGE)
    known = {row[0].strip("`"): wire_page.CODED.findall(row[1]) for row in known_table()}
    for channel in wire_page.channels(PAGE):
        for kind in known[channel]:
            assert events[channel, kind], (channel, kind)
        assert [key.name for key in events[channel, "snapshot"]][:2] == ["v", "ch"]
        assert events[channel, "snapshot"][-1].name == "ptr"
    assert set(known["status"]) == {"epoch", "bye", "feed", "notice"}
    assert len(events) == 4 + sum(map(len, known.values())) - 2 + len(wire_page.channels(PAGE))
    assert [key.name for key in events["status", "feed"]] == ["s", "ns", "nl", "sys"]
    assert [key.name for key in events["status", "notice"]] == ["k", "y", "n", "rp"]
    assert sum(wire_page.flags(PAGE).values()) == 31


def known_table() -> list[list[str]]:
    first, *rows = wire_page.table(PAGE["3.6"])
    assert first[0].startswith("all but `status`")
    return rows


def test_names_of_the_vectors_are_the_pages_own() -> None:
    headers = wire_page.header_keys(PAGE)
    for (channel, kind), own in wire_page.event_keys(PAGE).items():
        ours = names_of({"t": kind, "ch": channel})
        for key in [*own, *(headers["bbo"] if kind == "epoch" else [])]:
            full = key.full.replace("wire ", "") or ours[key.name]
            assert ours[key.name] == full, (channel, kind, key)
    assert [KEYS[name] for name in ("feed", "line", "epoch")] == wire_page.catalogue_keys(PAGE)
    names = wire_page.canonical_names(PAGE)
    assert ["id", *list(KEYS)[: len(names) - 1]] == names
    assert len(KEYS) == len(names) - 1 + len(("line", "epoch"))


@pytest.mark.parametrize("folder", ["valid", "invalid", "stories", "lines", "catalogue", "choices"])
def test_vectors_name_themselves_and_a_clause_that_exists(folder: str) -> None:
    bodies = load(folder)
    assert bodies
    for body in bodies:
        assert (FOLDER / folder / f"{body['name']}.json").is_file()
        assert body["clause"] in PAGE, body["name"]
        assert body["about"].endswith("."), body["name"]


def test_invalid_vectors_have_codes_of_decoding() -> None:
    codes = wire_page.codes(PAGE)
    for body in load("invalid"):
        assert codes[body["code"]] == "decoding", body["name"]


def known_keys(kind: str, place: str) -> set[str]:
    events, channel = wire_page.event_keys(PAGE), place.partition(".")[0]
    has_life = channel != "status" or kind in ("epoch", "bye")
    if (channel, kind) in events:
        own = events[channel, kind]
    elif (wire_page.STREAM, kind) in events and has_life:
        header = wire_page.header_keys(PAGE).get(channel, []) if kind == "epoch" else []
        own = [*events[wire_page.STREAM, kind], *header]
    else:
        return {"t"}
    return {key.name for key in [*wire_page.common_keys(PAGE), *own]}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_reads_every_valid_vector_as_the_event_it_declares(library: str) -> None:
    decode = LIBRARIES[library]
    for body in load("valid"):
        for data in (data_of(body), *map(bytes.fromhex, body["alternatives"])):
            fields = decode(data)
            own = known_keys(fields["t"], body["stream"])
            event = full_names({key: value for key, value in fields.items() if key in own})
            assert event == body["event"], body["name"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_reads_what_is_refused_only_for_its_meaning(library: str) -> None:
    for body in load("invalid"):
        if body["code"] not in ("MSGPACK", "SIZE"):
            LIBRARIES[library](data_of(body))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_reads_the_catalogue(library: str) -> None:
    for body in load("catalogue"):
        for data in (data_of(body), *map(bytes.fromhex, body["alternatives"])):
            fields = LIBRARIES[library](data)
            assert full_names(fields) == body["value"]


def test_canonical_lines_are_json_of_the_event() -> None:
    for body in load("valid"):
        line = json.loads(body["canonical"], parse_int=str)
        assert line.pop("id") == body["id"]
        assert line == body["event"], body["name"]
        plain = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        assert plain.startswith("{" + f'"type":{json.dumps(body["event"]["type"])}')
    for body in load("invalid"):
        line = json.loads(body["canonical"])
        assert line == {"id": body["id"], "error": body["code"]}


def test_files_are_what_their_cases_make() -> None:
    made = all_files()
    committed = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.json")}
    assert committed == set(made)
    for name, text in made.items():
        assert (FOLDER / name).read_text() == text, name
