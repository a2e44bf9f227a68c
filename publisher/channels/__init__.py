"""Kraken's channels: how each is asked for and read, and what turns its messages into events.

One module a channel, all of the same shape (channel.py). Pure.
"""
