"""Who watches what of one channel: connection numbers by (symbol, option). Pure."""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator.channels import Option


class Watchers:
    """The connections of one channel; what nobody watches is forgotten."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[Option, dict[int, None]]] = {}

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols that somebody watches."""
        return self._numbers.keys()

    def options(self, symbol: str) -> Collection[Option]:
        """Return the options under which the symbol is watched."""
        return self._numbers.get(symbol, {}).keys()

    def of(self, symbol: str, option: Option) -> Collection[int]:
        """Return the connections that watch (symbol, option)."""
        return self._numbers.get(symbol, {}).get(option, {}).keys()

    def add(self, number: int, symbol: str, option: Option) -> bool:
        """Let connection `number` watch; return whether nobody did before."""
        options = self._numbers.setdefault(symbol, {})
        is_first = option not in options
        options.setdefault(option, {})[number] = None
        return is_first

    def remove(self, number: int, symbol: str, option: Option) -> bool:
        """Let it watch no longer; return whether nobody does any more."""
        options = self._numbers[symbol]
        options[option].pop(number, None)
        if options[option]:
            return False
        del options[option]
        if not options:
            del self._numbers[symbol]
        return True
