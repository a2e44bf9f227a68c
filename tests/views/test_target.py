"""Which stream a view reads: the rule of decisions, case by case."""

from __future__ import annotations

import pytest
import structlog
from pykraken_consumer import AmbiguousStream, Client, Listing

from publisher.cli import main
from publisher.views.target import Target, choose, in_lines, stream_key


def listing(depth: int, line: str = "") -> Listing:
    key = f"{{kraken.BTC/USD}}:book.{depth}{line and '/' + line}"
    return Listing(key, 1, "f", "book", "BTC/USD", depth, 1, 8, line, 7)


def chosen(depth: int | None, *listed: Listing, line: str = "") -> str | None:
    target = Target("redis://x", "kraken", "BTC/USD", depth, line)
    found = choose(list(listed), target)
    return found.stream.rpartition(":")[2] if found else None


def test_without_a_depth_the_shallowest_is_taken() -> None:
    assert chosen(None, listing(100), listing(10)) == "book.10"


@pytest.mark.parametrize(("depth", "key"), [(10, "book.10"), (11, "book.100"), (100, "book.100")])
def test_a_deeper_stream_serves_a_smaller_wish(depth: int, key: str) -> None:
    assert chosen(depth, listing(100), listing(10)) == key


class Catalogue(Client):
    """A client without a server: the catalogue has these rows."""

    def __init__(self, *rows: Listing) -> None:
        super().__init__()
        self._rows = list(rows)

    def streams(self, scope: str = "public") -> list[Listing]:
        return self._rows


def test_of_several_that_serve_the_one_taken_is_told() -> None:
    asked = Target("redis://x", "kraken", "BTC/USD", None, "")
    with structlog.testing.capture_logs() as lines:
        assert stream_key(Catalogue(listing(10)), asked) == "{kraken.BTC/USD}:book.10"
        assert lines == []
        assert stream_key(Catalogue(listing(100), listing(10)), asked) == "{kraken.BTC/USD}:book.10"
    (line,) = lines
    assert (line["event"], line["stream"]) == ("stream.chosen", "{kraken.BTC/USD}:book.10")
    assert line["others"] == ["{kraken.BTC/USD}:book.100"]


def test_what_is_too_shallow_does_not_serve() -> None:
    assert chosen(500, listing(100)) is None
    assert chosen(None) is None


def test_the_channel_and_what_it_has_are_looked_at() -> None:
    candles = [
        Listing(f"{{k}}:ohlc.{n}", 1, "f", "ohlc", "BTC/USD", None, 1, 8, "", 7, interval=n)
        for n in (60, 5)
    ]
    asked = Target("redis://x", "kraken", "BTC/USD", None, "", channel="ohlc")
    found = choose([listing(10), *candles], asked)
    assert found is not None
    assert found.interval == 5
    found = choose(candles, asked._replace(interval=60))
    assert found is not None
    assert found.interval == 60
    assert choose(candles, asked._replace(interval=15)) is None
    account = Listing("{k}:executions", 1, "f", "executions", *[None] * 4, "", 7, account="main")
    asked = Target("redis://x", "kraken", "", None, "", channel="executions")
    assert choose([account], asked) is account
    assert choose([account], asked._replace(account="other")) is None


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["BTC/USD", "--channel", "ticker"], "pykraken tail BTC/USD --channel ticker"),
        (["--channel", "executions"], "pykraken tail --channel executions"),
        (["{kraken.BTC/USD}:bbo.book.10"], "pykraken tail '{kraken.BTC/USD}:bbo.book.10'"),
    ],
)
@pytest.mark.parametrize("command", ["watch", "book"])
def test_what_has_no_book_is_refused_with_the_command_that_shows_it(
    command: str, words: list[str], instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *words, "--redis-url", "redis://127.0.0.1:1/0"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "only book and level3 have a book to show" in told
    assert instead in told


def test_of_two_lines_the_named_one_is_taken_and_none_is_guessed() -> None:
    lines = (listing(10, "a"), listing(10, "b"))
    assert chosen(10, *lines, line="b") == "book.10/b"
    with pytest.raises(AmbiguousStream):
        chosen(10, *lines)
    assert chosen(10, listing(10, "a")) == "book.10/a"


class Listed:
    """A client whose catalogue is given."""

    def __init__(self, *listed: Listing) -> None:
        self.listed = list(listed)

    def streams(self, _scope: str) -> list[Listing]:
        return self.listed


def looked_at(*listed: Listing, line: str = "") -> tuple[str, str]:
    target = Target("redis://x", "kraken", "BTC/USD", 10, line)
    found, key = in_lines(Listed(*listed), target)  # type: ignore[arg-type]
    return found.line, key.rpartition(":")[2]


def test_who_watches_takes_both_lines_unless_one_is_named() -> None:
    lines = (listing(10, "b"), listing(10, "a"))
    assert looked_at(*lines) == ("ab", "book.10/a")
    assert looked_at(*lines, line="b") == ("b", "book.10/b")
    assert looked_at(listing(10)) == ("", "book.10")


def test_streams_that_are_no_lines_of_one_stay_ambiguous() -> None:
    with pytest.raises(AmbiguousStream):
        looked_at(listing(10), listing(10)._replace(stream="{kraken.BTC/USD}:book.10x"))
