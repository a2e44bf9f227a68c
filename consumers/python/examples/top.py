"""Print the top of live books: python examples/top.py BTC/USD ETH/USD"""

import os
import sys

from pykraken_consumer import Client

url = os.environ.get("PYKRAKEN_REDIS_URL", Client.DEFAULT_URL)
try:
    with Client(url) as client:
        for event in client.follow(*sys.argv[1:]):
            book = event.book
            if book.is_valid and not book.is_stale:
                print(book.symbol, book.best_bid, book.best_offer, book.spread, flush=True)
            else:
                print(event.stream, event.body, file=sys.stderr)
except KeyboardInterrupt:
    pass
