"""A Kraken-compatible exchange as a program: `pykraken simulate`.

The judge must not be the judged: nothing here imports the publisher's books, numbers, codecs or
session; checksums and decimal text are written a second time, from the protocol alone. Only
`publisher.errors` is shared.

    ladder, market, engine     the venue's books: deterministic, no clock, no sockets
    phases, regimes            what a market may do, and the shapes that it is forced into
    trades, candles, day       what was traded, and the counts that ohlc and ticker tell
    history                    all of that of one symbol
    instruments, assets        what is listed
    window, frames             what a truncating client holds, and its text
    queues, order_frames       the same for level3, order by order
    channels, registry         what a channel is, and which are served
    books, level3, trading     the channels; beside them tickers, charts and listing, and the text
    tape_frames, listing_frames of trade, ticker, ohlc and instrument messages
    watchers                   who watches what of one channel
    tokens, signing, keys      who may see the private endpoints
    account, private           the one account; its channels are executions and balances
    requests, exchange         requests and subscriptions: text in, frames out
    faults, injector, mischief what goes wrong on demand, where, and how it is counted
    venue_faults, notices      what goes wrong with the venue itself, and what it announces
    capture, replay, player    recorded captures and their playing
    server, delivery, link     the asyncio shell: listeners, the way of a frame, one socket
    web, rest, private_rest    HTTP: Kraken's REST, with rest_trades and rest_names
    control                    and the control endpoint
    options, main              the command line
"""
