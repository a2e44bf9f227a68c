"""Errors of connections under few words."""

from __future__ import annotations

import socket
import ssl

import pytest

from publisher.endings import ENDS, ERRORS, end_of, error_of
from publisher.errors import BadFrame, FrameTooLarge
from publisher.feed import UpgradeRefused


def wrapped(inner: Exception) -> Exception:
    try:
        try:
            raise inner
        except Exception as error:
            raise ConnectionError(f"handshake: {error}") from error
    except ConnectionError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (UpgradeRefused(429), "http_429"),
        (UpgradeRefused(403), "http_4xx"),
        (UpgradeRefused(503), "http_5xx"),
        (UpgradeRefused(520), "http_5xx"),
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (ssl.SSLCertVerificationError("self-signed certificate"), "tls"),
        (TimeoutError("timed out"), "timeout"),
        (ConnectionRefusedError(111, "Connection refused"), "other"),
        (wrapped(socket.gaierror(-2, "Name or service not known")), "dns"),
        (wrapped(ssl.SSLError("handshake failure")), "tls"),
        (ConnectionError("handshake: timed out"), "timeout"),
        (ConnectionError("handshake: [Errno -2] Name or service not known"), "dns"),
    ],
)
def test_why_a_connection_never_stood(error: Exception, word: str) -> None:
    assert error_of(error) == word
    assert word in ERRORS


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ConnectionError("close 1001"), "lost"),
        (FrameTooLarge(9, 5), "too_large"),
        (BadFrame("masked"), "bad_frame"),
    ],
)
def test_why_a_connection_ended(error: Exception, word: str) -> None:
    assert end_of(error) == word
    assert word in ENDS
