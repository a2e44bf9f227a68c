"""Which server is the master, as Sentinels say at this moment. A shell; it blocks, and is called
in a dial's thread.

All are asked at once. What more than half of those named agree on is taken at once, so that one
that hangs costs nothing; else, when all had their time, the word of the newest configuration
(Sentinel's config-epoch): one cut off with the old master in a failover does not lead us back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from typing import NamedTuple

import redis

from publisher.access import access_to_sentinel, discard
from publisher.redis_url import Node, Target


class _Word(NamedTuple):
    """What a Sentinel says."""

    config_epoch: int
    master: Node


def master_of(target: Target, timeout_s: float) -> Node:
    """Return where the master is. Raise ConnectionError when no Sentinel knows it."""
    said: queue.SimpleQueue[_Word | Exception] = queue.SimpleQueue()
    for node in target.nodes:
        # Daemon threads: a resolver that hangs must not keep the process from leaving.
        arguments = (target, node, timeout_s, said)
        threading.Thread(target=_ask, args=arguments, name="sentinel", daemon=True).start()
    votes: Counter[Node] = Counter()
    words: list[_Word] = []
    faults: list[str] = []
    deadline = time.monotonic() + 2 * timeout_s  # to connect, and to answer
    try:
        for _ in target.nodes:
            word = said.get(timeout=max(0.0, deadline - time.monotonic()))
            if isinstance(word, Exception):
                faults.append(str(word))
                continue
            words.append(word)
            votes[word.master] += 1
            if 2 * votes[word.master] > len(target.nodes):
                return word.master
    except queue.Empty:
        faults.append("no answer in time")
    if not words:
        why = "; ".join(dict.fromkeys(faults))
        raise ConnectionError(f"no Sentinel says where {target.master} is: {why}")
    return max(words, key=lambda word: word.config_epoch).master


def _ask(
    target: Target, node: Node, timeout_s: float, said: queue.SimpleQueue[_Word | Exception]
) -> None:
    try:
        said.put(_word(target, node, timeout_s))
    except (redis.RedisError, OSError, ValueError) as error:
        said.put(ConnectionError(f"Sentinel {node}: {error or type(error).__name__}"))


def _word(target: Target, node: Node, timeout_s: float) -> _Word:
    connection = access_to_sentinel(target, node, timeout_s).connection()
    try:
        connection.connect()
        connection.send_command("SENTINEL", "MASTER", target.master)
        reply = connection.read_response()
    finally:
        discard(connection)
    if not isinstance(reply, dict):  # RESP2: names and values in turn
        reply = dict(zip(reply[::2], reply[1::2], strict=True))
    facts = {_text(name): _text(value) for name, value in reply.items()}
    return _Word(int(facts["config-epoch"]), Node(facts["ip"], int(facts["port"])))


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word
