"""Logs: the two forms, the level, and that no secret is in any line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from publisher import logs

URL = "redis://user:s3cret@host:6379/0"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield io.StringIO()
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_elsewhere_than_on_a_terminal_each_line_is_json(stream: io.StringIO) -> None:
    logs.configure(form="auto", level="info", stream=stream)
    logs.get_logger("bus").info("flushed", entries=3, ratio=0.5, stream="book")
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "flushed", "level": "info", "room": "bus",
        "entries": 3, "ratio": 0.5, "stream": "book",
    }  # fmt: skip


def test_for_people_each_line_is_event_and_keys(stream: io.StringIO) -> None:
    logs.configure(form="human", level="info", stream=stream)
    logs.get_logger("feed").warning("reconnecting", after_s=2)
    assert "[warning  ] reconnecting" in stream.getvalue()
    assert "after_s=2" in stream.getvalue()


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    logs.configure(form="json", level="warning", stream=stream)
    logs.get_logger("feed").info("quiet")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_secret_is_in_any_line(form: logs.Format, stream: io.StringIO) -> None:
    logs.configure(form=form, level="info", stream=stream)
    log = logs.get_logger("bus")
    log.info("opened", url=URL, password="s3cret", nested={"api_key": "s3cret", "urls": [URL]})
    log.info(f"could not open {URL}", error=ConnectionError(URL))
    try:
        raise ConnectionError(f"refused by {URL}")
    except ConnectionError:
        log.exception("failed")
    logging.getLogger("library").warning("retry %s", URL)
    assert "s3cret" not in stream.getvalue()
    assert stream.getvalue().count("user:***@host") == 6


def test_lines_of_libraries_have_the_same_form(stream: io.StringIO) -> None:
    logs.configure(form="json", level="info", stream=stream)
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("odd %d", 7)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"]) == ("odd 7", "warning")
