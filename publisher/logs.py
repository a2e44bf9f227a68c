"""Logs: an event name with keys and values; for people on a terminal, as JSON lines elsewhere.

Goes to stderr, since stdout belongs to what a command prints. Passwords in URLs, tokens in
messages and the values of keys that name a secret are masked in every line, those of libraries and
tracebacks included. A line that cannot be written (a full disk, a reader that is gone) is left out:
nobody's work ends for it. Configured once, by the command; everybody else calls `get_logger` and
knows no format.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Literal, TextIO

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, add_log_level, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from publisher.setting_rules import mask_secrets

Format = Literal["auto", "human", "json"]
Level = Literal["debug", "info", "warning", "error"]

SECRET_KEY = re.compile(
    r"passw|secret|token|api[-_]?(key|sign)|private[-_]?key|authorization", re.IGNORECASE
)


def configure(*, form: Format, level: Level, stream: TextIO | None = None) -> None:
    """Send all logs of the process to `stream` (stderr), from `level` up."""
    # Python has none where the process was started with it closed.
    target = stream or sys.stderr or open(os.devnull, "w")  # noqa: SIM115 - until the end
    human = form == "human" or (form == "auto" and target.isatty())
    chain: list[Processor] = [
        add_log_level,
        TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
        format_exc_info,
        redact,
    ]
    render: Processor = JSONRenderer()
    if human:
        # The plain formatter: rich's would print the local variables, and with them secrets.
        render = ConsoleRenderer(colors=target.isatty(), exception_formatter=plain_traceback)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*chain, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_Printers(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=chain, processors=[ProcessorFormatter.remove_processors_meta, render]
        )
    )
    # Libraries say nothing at info that our own events do not say better.
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


class _Printers:
    """Makes the printers of one stream, and counts the lines that it did not take."""

    def __init__(self, target: TextIO) -> None:
        self._target = target
        self.lost = 0

    def __call__(self, *_: object) -> _Printer:
        return _Printer(self, self._target)


class _Printer(structlog.PrintLogger):
    def __init__(self, printers: _Printers, target: TextIO) -> None:
        super().__init__(target)
        self._printers = printers

    def msg(self, message: str) -> None:
        try:
            super().msg(message)
        except OSError:
            self._printers.lost += 1

    log = debug = info = warn = warning = error = critical = exception = msg


def lines_lost() -> int:
    """Return how many lines could not be written since `configure`."""
    printers = structlog.get_config()["logger_factory"]
    return printers.lost if isinstance(printers, _Printers) else 0


def get_logger(room: str) -> FilteringBoundLogger:
    """Return a logger whose lines carry `room`, the part of the program that speaks."""
    logger: FilteringBoundLogger = structlog.get_logger().bind(room=room)
    return logger


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return the event with every secret masked."""
    return {key: _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: object) -> object:
    if key.startswith("_"):  # structlog's own
        return value
    if SECRET_KEY.search(key) and value is not None:
        return "***"
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {str(inner): _shown(str(inner), item) for inner, item in value.items()}
        case list() | tuple():
            return [_shown(key, item) for item in value]
        case _:
            return mask_secrets(str(value))
