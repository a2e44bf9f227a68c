"""Order books as Kraken's clients must keep them. Pure: integers in, levels and checksums out."""
