"""A reader for latency: notes when each update reaches it, as an application would see it.

`replica` is the shipped Python client with its book and checksums; `raw` reads entries with the
same call and does nothing with them. Prints a JSON line when it listens and another when the last
update has come; the times (ns of Unix time, one 64-bit integer for each update, and for `replica`
those of ts_recv and ts_pub) stand in the folder.

    python -m tests.benchmarks.probe KIND REDIS_PORT STREAM UPDATES FOLDER
"""

from __future__ import annotations

import socket
import sys
import time
from array import array
from pathlib import Path

import hiredis
from pykraken_consumer import Client, Joined, Update

from tests.benchmarks.venue import say

RECEIVE_BYTES = 65536


def main(arguments: list[str]) -> None:
    """Read `UPDATES` updates and write down when each came."""
    kind, port, stream, updates, folder = arguments
    if kind == "replica":
        columns = _replica(int(port), stream, int(updates))
    else:
        columns = {"seen": _raw(int(port), stream, int(updates))}
    for name, column in columns.items():
        (Path(folder) / name).write_bytes(column.tobytes())
    say({"event": "done"})


def _replica(port: int, stream: str, updates: int) -> dict[str, array[int]]:
    seen, received, published = array("q"), array("q"), array("q")
    with Client(f"redis://127.0.0.1:{port}") as client:
        for event in client.follow(stream):
            body = event.body
            if type(body) is Update:
                seen.append(time.time_ns())
                received.append(body.ts_recv)
                published.append(body.ts_pub)
                if len(seen) == updates:
                    break
            elif type(body) is Joined:
                say({"event": "listening"})
            else:
                raise AssertionError(f"not in an undisturbed run: {body}")
    return {"seen": seen, "received": received, "published": published}


def _raw(port: int, stream: str, updates: int) -> array[int]:
    """Read with XREAD BLOCK from the stream's start; each entry is stamped when it is taken up."""
    seen = array("q")
    last = b"0-0"
    reader = hiredis.Reader()
    with socket.create_connection(("127.0.0.1", port)) as redis:
        redis.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        say({"event": "listening"})
        words = ("XREAD", "COUNT", 1000, "BLOCK", 1000, "STREAMS", stream)
        while len(seen) < updates:
            redis.sendall(hiredis.pack_command((*words, last)))  # type: ignore[arg-type]
            while (reply := reader.gets()) is False:
                reader.feed(redis.recv(RECEIVE_BYTES))
            for entry_id, _ in reply[0][1] if reply else ():
                seen.append(time.time_ns())
                last = entry_id
    return seen


if __name__ == "__main__":
    main(sys.argv[1:])
