"""The venue: a process that plays a corpus to one client, as fast as it reads or at a fixed rate.

It speaks as much Kraken as a subscription needs: a token by REST, upgrade, status, instrument
snapshot, ack, book snapshot. Then it waits for the word `go` on its stdin, so that no update is
sent before the publisher has opened its stream. Prints JSON lines: its address, `snapshot` when
that is sent, and at the end when the first and the last update were sent (ns of Unix time). At a
fixed rate each update is one send, and its time stands in the file `stamps`.

    python -m tests.benchmarks.venue FOLDER UPDATES RATE   (rate 0: as fast as it is read)
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import sys
import threading
import time
from array import array
from pathlib import Path
from queue import Queue
from typing import Any

from tests.benchmarks.corpus import frame

PIECE_BYTES = 256 * 1024
CLOSE = 8
"""The opcode of a close frame."""
STATUS = {
    "channel": "status",
    "type": "update",
    "data": [{"system": "online", "api_version": "v2", "version": "2.0.10"}],
}
HEARTBEAT = b'{"channel":"heartbeat"}'
TOKEN_ANSWER = b'{"error":[],"result":{"token":"a-token-of-the-benchmark","expires":900}}'
TOKEN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(TOKEN_ANSWER), TOKEN_ANSWER)
)


def main(arguments: list[str]) -> None:
    """Serve one client, then wait until it closes."""
    folder, updates, rate = Path(arguments[0]), int(arguments[1]), float(arguments[2])
    ends = array("q", (folder / "ends").read_bytes())[:updates]
    blob = memoryview((folder / "updates").read_bytes())[: ends[-1]]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        say({"url": f"ws://127.0.0.1:{listener.getsockname()[1]}/v2"})
        client = subscriber(listener, folder)
    with client:
        say({"event": "snapshot"})
        assert sys.stdin.readline() == "go\n"
        began = time.time_ns()
        if rate:
            stamps = paced(client, blob, ends, rate)
            (folder / "stamps").write_bytes(stamps.tobytes())
        else:
            for start in range(0, len(blob), PIECE_BYTES):
                client.sendall(blob[start : start + PIECE_BYTES])
        say({"began_ns": began, "ended_ns": time.time_ns()})
        live_on(client)


def live_on(client: socket.socket) -> None:
    """Send a heartbeat a second until the client closes: in silence it would drop its book, which
    somebody may still be joining.
    """
    client.settimeout(1.0)
    while True:
        try:
            if not client.recv(65536):
                return
        except TimeoutError:
            client.sendall(frame(HEARTBEAT))
        except ConnectionError:
            return


def say(line: dict[str, object]) -> None:
    """Print one JSON line."""
    print(json.dumps(line), flush=True)


def subscriber(listener: socket.socket, folder: Path) -> socket.socket:
    """Serve whoever connects until the book's snapshot is sent to one; return that one."""
    served: Queue[socket.socket] = Queue()

    def serve(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if greet(client, folder):
                served.put(client)

    listener.settimeout(0.01)
    while served.empty():
        with contextlib.suppress(TimeoutError):
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()
    return served.get()


def greet(client: socket.socket, folder: Path) -> bool:
    """Shake hands and answer requests until the book's snapshot is sent; False if it never is."""
    reader = client.makefile("rb")
    if reader.readline().startswith(b"POST"):
        client.sendall(TOKEN)
        client.close()
        return False
    key = b""
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    magic = key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
    accept = base64.b64encode(hashlib.sha1(magic, usedforsecurity=False).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    client.sendall(frame(json.dumps(STATUS).encode()))
    while True:
        request = json.loads(_message(reader))
        params = request.get("params", {})
        if request["method"] != "subscribe":
            continue
        if params["channel"] == "instrument":
            client.sendall(_ack(request, {"channel": "instrument"}))
            client.sendall((folder / "instrument").read_bytes())
        else:
            terms = {key: params[key] for key in ("channel", "depth")}
            client.sendall(_ack(request, terms | {"symbol": params["symbol"][0]}))
            client.sendall((folder / "snapshot").read_bytes())
            return True


def _message(reader: Any) -> bytes:
    """Return the next message of the client; its frames are masked and short. Raise
    ConnectionError when it closes.
    """
    head = reader.read(2)
    if len(head) < 2 or head[0] & 0x0F == CLOSE:
        raise ConnectionError("the client closes")
    length = head[1]
    size = length & 0x7F
    if size == 126:
        size = int.from_bytes(reader.read(2), "big")
    mask = reader.read(4)
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(reader.read(size)))


def _ack(request: dict[str, Any], result: dict[str, object]) -> bytes:
    stamp = "2026-07-07T23:00:00.000000Z"
    answer = {
        "method": "subscribe",
        "result": result,
        "success": True,
        "time_in": stamp,
        "time_out": stamp,
        "req_id": request.get("req_id"),
    }
    return frame(json.dumps(answer).encode())


def paced(client: socket.socket, blob: memoryview, ends: array[int], rate: float) -> array[int]:
    """Send one update every 1/`rate` s; those that are late at once. Return when each was sent."""
    stamps = array("q")
    period = 1 / rate
    began = time.perf_counter()
    start = 0
    for i, end in enumerate(ends):
        wait = began + i * period - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        stamps.append(time.time_ns())
        client.sendall(blob[start:end])
        start = end
    return stamps


if __name__ == "__main__":
    main(sys.argv[1:])
