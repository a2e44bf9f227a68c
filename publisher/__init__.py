"""pykraken: verified Kraken market data on Redis Streams."""

__version__ = "0.1.0"
