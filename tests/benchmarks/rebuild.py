"""How fast the Python client rebuilds a book, with the checksum of every event compared.

The publisher fills a stream; then its later snapshots are removed, so that the client joins at the
first and has all events before it. Beside it, in the same rounds, the limit: the same reads, the
entries taken as they come and not decoded. A process of its own for each run:

    python -m tests.benchmarks.rebuild KIND REDIS_PORT STREAM UPDATES
"""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack

import hiredis
from pykraken_consumer import Client, Joined, Update

from tests.benchmarks.children import Child, peak_mb
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.scene import Run, stream_of
from tests.benchmarks.venue import say
from tests.servers import RedisServer

RECEIVE_BYTES = 65536
COUNT = 1000


def keep_first_snapshot(server: RedisServer, corpus: Corpus) -> None:
    """Remove all snapshots but the one that opened the epoch."""
    name = f"{stream_of(corpus)}.snap"
    with server.client() as client:
        later = [entry_id for entry_id, _ in client.xrange(name)][1:]
        if later:
            client.xdel(name, *later)


def run(kind: str, server: RedisServer, corpus: Corpus, updates: int) -> Run:
    """Time one reader of the filled stream: `replica` or `raw`."""
    with ExitStack() as stack:
        words = (kind, server.port, stream_of(corpus), updates)
        reader = Child("tests.benchmarks.rebuild", *words, place="measured")
        stack.enter_context(reader)
        said = reader.says("wall_s")
        return Run(updates, said["wall_s"], said["cpu_s"], 0.0, peak_mb(reader.pid))


def main(arguments: list[str]) -> None:
    """Read `UPDATES` updates, say what it took, and wait to be ended."""
    kind, port, stream, updates = arguments
    read = _replica if kind == "replica" else _raw
    wall_s, cpu_s = read(int(port), stream, int(updates))
    say({"wall_s": wall_s, "cpu_s": cpu_s})
    sys.stdin.read()


def _replica(port: int, stream: str, updates: int) -> tuple[float, float]:
    """Rebuild the book; the first update starts the clock."""
    seen = 0
    wall = cpu = 0.0
    with Client(f"redis://127.0.0.1:{port}") as client:
        for event in client.follow(stream):
            if type(event.body) is Update:
                seen += 1
                if seen == updates:
                    break
            elif type(event.body) is Joined:
                wall, cpu = time.perf_counter(), time.process_time()
            elif type(event.body).__name__ != "TrimWarning":
                raise AssertionError(f"not in an undisturbed stream: {event.body}")
    assert event.book.is_valid
    return time.perf_counter() - wall, time.process_time() - cpu


def _raw(port: int, stream: str, updates: int) -> tuple[float, float]:
    """Read the entries and count them."""
    seen = 0
    last = b"0-0"
    reader = hiredis.Reader()
    wall, cpu = time.perf_counter(), time.process_time()
    with socket.create_connection(("127.0.0.1", port)) as redis:
        while seen < updates:
            words = ("XREAD", "COUNT", COUNT, "STREAMS", stream, last)
            redis.sendall(hiredis.pack_command(words))  # type: ignore[arg-type] # its stub
            while (reply := reader.gets()) is False:
                reader.feed(redis.recv(RECEIVE_BYTES))
            entries = reply[0][1]
            seen += len(entries)
            last = entries[-1][0]
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main(sys.argv[1:])
