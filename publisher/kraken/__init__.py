"""Everything that speaks Kraken's WebSocket v2 protocol, without a socket."""
