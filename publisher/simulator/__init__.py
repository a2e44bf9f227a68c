"""A Kraken-compatible exchange as a program: `pykraken simulate`.

The judge must not be the judged: nothing here imports the publisher's books, numbers, codecs or
session; checksums and decimal text are written a second time, from the protocol alone. Only
`publisher.errors` is shared.

    ladder, market, engine     the venue's books: deterministic, no clock, no sockets
    window, frames             what a truncating client holds, and its text
    queues, order_frames       the same for level3, order by order
    channels, registry         what a channel is, and which are served
    watchers                   who watches what of one channel
    tokens, signing, keys      who may see the private endpoints
    account, private           the one account; its channels are executions and balances
    requests, exchange         requests and subscriptions: text in, frames out
    faults, injector, mischief what goes wrong on demand, where, and how it is counted
    capture, replay, player    recorded captures and their playing
    server, delivery, link     the asyncio shell: listeners, the way of a frame, one socket
    web, rest, private_rest    HTTP: Kraken's REST
    control                    and the control endpoint
    options, main              the command line
"""
