"""A Kraken-compatible exchange as a program: `pykraken simulate`.

The judge must not be the judged: nothing here imports the publisher's books, numbers, codecs or
session; checksums and decimal text are written a second time, from the protocol alone. Only
`publisher.errors` is shared.

    ladder, market, engine     the venue's books: deterministic, no clock, no sockets
    window, frames             what a truncating client holds, and its text
    requests, exchange         one connection's requests and subscriptions, text in and frames out
    faults, injector, replay   what goes wrong on demand; recorded captures
    server, link, web, control the asyncio shell: sockets, pace, REST and control
    options, main              the command line
"""
