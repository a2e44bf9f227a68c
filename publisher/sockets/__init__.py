"""Kraken in your own program, without Redis: one socket for one symbol (publisher/README.md)."""

from publisher.sockets.books import BookView, Level, Order, OrdersView
from publisher.sockets.l1 import KrakenL1Socket
from publisher.sockets.l2 import KrakenL2Socket
from publisher.sockets.l3 import KrakenL3Socket
from publisher.sockets.ticker import TickerState

__all__ = [
    "BookView",
    "KrakenL1Socket",
    "KrakenL2Socket",
    "KrakenL3Socket",
    "Level",
    "Order",
    "OrdersView",
    "TickerState",
]
