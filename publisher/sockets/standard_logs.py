"""What the core logs, for a program that is not ours: the standard library's logger gets it.

Warnings are then seen, the rest is not, until the program says otherwise, as with any library.
Secrets are masked as in every line of pykraken's. A program that has
configured structlog itself is left alone.
"""

from __future__ import annotations

import logging

import structlog
from structlog.processors import KeyValueRenderer, format_exc_info

from publisher.logs import redact

NAME = "publisher"


def to_standard_logging() -> None:
    """Configure structlog, once, unless somebody did."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[format_exc_info, redact, KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=lambda *_: logging.getLogger(NAME),
        cache_logger_on_first_use=False,
    )
