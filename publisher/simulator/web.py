"""A small HTTP/1.1 server for the REST and control endpoints: GET and POST, one answer per request.

Knows no routes: it hands each request to one function and writes what that returns. Bodies are
bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

MAX_BODY = 1 << 20
"""Far above any control request; a longer one is refused with 413."""

READ_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One HTTP request: method, path, the query's last value per name, the body, and the headers
    by their names in small letters."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """One HTTP answer; `body` is UTF-8 text."""

    body: str
    status: int = 200
    content_type: str = "application/json"


Respond = Callable[[WebRequest], WebAnswer]


async def serve_http(host: str, port: int, respond: Respond) -> asyncio.Server:
    """Listen on host:port (0: any free port) and answer every request with `respond`."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _exchange_one(reader, writer, respond):
                pass
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            pass  # a client that breaks off or speaks no HTTP gets no answer
        finally:
            writer.close()

    return await asyncio.start_server(converse, host, port)


async def _exchange_one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond
) -> bool:
    """Read one request and answer it; return whether the client may send another."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), READ_TIMEOUT_S)
    request_line, *header_lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = request_line.split(" ", 2)
    fields = (line.partition(":") for line in header_lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    length = int(headers.get("content-length", "0"))
    if length > MAX_BODY:
        _write(writer, WebAnswer('{"error":"body too large"}', 413), is_last=True)
        return False
    body = await asyncio.wait_for(reader.readexactly(length), READ_TIMEOUT_S)
    url = urlsplit(target)
    query = dict(parse_qsl(url.query))
    answer = respond(WebRequest(method, url.path, query, body, headers))
    is_last = headers.get("connection", "").lower() == "close"
    _write(writer, answer, is_last=is_last)
    await writer.drain()
    return not is_last


def _write(writer: asyncio.StreamWriter, answer: WebAnswer, *, is_last: bool) -> None:
    body = answer.body.encode()
    head = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'close' if is_last else 'keep-alive'}\r\n\r\n"
    )
    writer.write(head.encode("latin-1") + body)
