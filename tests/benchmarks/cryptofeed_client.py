"""cryptofeed 3 on its Kraken-to-Redis-Streams path, with its endpoint and nothing else replaced.

Runs in an environment of its own (see cryptofeed_side.py), by path, so it imports nothing of ours.
Checksums are validated, as is its default; the queue blocks instead of dropping, without which most
entries of a run at saturation are lost; the batch settings are the best of those tried.

    python cryptofeed_client.py WS_URL REDIS_PORT SYMBOL DEPTH
"""

# cryptofeed is not among our dependencies.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import sys
from typing import Any

import cryptofeed.connection as connection
from cryptofeed import FeedHandler
from cryptofeed.backends.redis import BookStream
from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges import Kraken
from cryptofeed.symbols import Symbols


def main(arguments: list[str]) -> None:
    """Follow one book until ended."""
    url, port, symbol, depth = arguments
    original = connection.connect

    def to_venue(_: str, **options: Any) -> Any:
        return original(url, **options)

    connection.connect = to_venue
    name = symbol.replace("/", "-")
    Symbols.set(Kraken.id, {name: symbol}, {"instrument_type": {name: "spot"}})
    stream = BookStream(port=int(port), overflow="block", batch_max=2000, batch_interval=0.02)
    handler = FeedHandler(config={"uvloop": True, "log": {"disabled": True}})
    handler.add_feed(
        Kraken(
            symbols=[name],
            channels=[L2_BOOK],
            callbacks={L2_BOOK: stream},
            max_depth=int(depth),
            checksum_validation=True,
        )
    )
    handler.run()


if __name__ == "__main__":
    main(sys.argv[1:])
