"""Pages of trades, asked for off the loop: against the simulator's REST and against none."""

from __future__ import annotations

import threading
import time

import pytest

from publisher.actions import Fetch
from publisher.fetching import Answer, Fetcher, fetcher_of, judge
from publisher.kraken.trade import NoPage, TradesPage
from publisher.rest import Rest, RestError, RestRefused, RestUnreachable
from publisher.settings import Settings
from tests.canned import Canned
from tests.polling import wait_until
from tests.servers import free_port
from tests.simulator.program import Program

DEADLINE_S = 10.0


def answers(fetcher: Fetcher, count: int) -> list[tuple[Fetch, Answer]]:
    """Wait for so many answers."""
    found: list[tuple[Fetch, Answer]] = []

    def enough() -> bool:
        found.extend(fetcher.answers())
        return len(found) >= count

    wait_until(enough, DEADLINE_S, f"{count} answers")
    return found


def test_trades_come_page_by_page_and_a_refusal_is_told() -> None:
    """With the limit of Kraken: what is asked too soon is refused, at our pace nothing is."""
    with Program("--rate", "0") as simulator:
        settings = Settings(rest_url=simulator.addresses["rest_url"])
        fetcher = fetcher_of(settings)
        asked = [Fetch("BTC/USD", 0), Fetch("BTC/USD", 2**62), Fetch("NONE/USD", 0)]
        for fetch in asked:
            fetcher.ask(fetch)
        found = answers(fetcher, 3)
        fetcher.end()
    assert [fetch for fetch, _ in found] == asked
    (whole, none, unknown) = (answer for _, answer in found)
    assert isinstance(whole, TradesPage)
    ids = [trade.trade_id for trade in whole.trades]
    assert ids == list(range(ids[0], ids[0] + 80))
    assert 0 <= whole.last - whole.trades[-1].time < 100, "REST's times end with the seventh digit"
    assert not whole.is_full
    assert isinstance(none, TradesPage)
    assert none.trades == []
    assert unknown == NoPage("Trades: EQuery:Unknown asset pair", None)


def test_calls_keep_their_distance() -> None:
    with Canned(b'{"error":["EService:Unavailable"]}') as server:
        fetcher = Fetcher(lambda: Rest(server.url, 5), pace_s=0.2)
        began = time.monotonic()
        for since in range(4):
            fetcher.ask(Fetch("BTC/USD", since))
        found = answers(fetcher, 4)
        assert time.monotonic() - began >= 0.6
        fetcher.end()
    assert {answer for _, answer in found} == {NoPage("Trades: EService:Unavailable", 2.0)}
    assert server.asked[1] == "/0/public/Trades?pair=BTC%2FUSD&since=1&count=1000"


def test_the_proxy_is_asked() -> None:
    with Canned(b'{"error":[],"result":{"BTC/USD":[],"last":"7"}}') as server:
        settings = Settings(rest_url="http://kraken.invalid", http_proxy=server.url)
        fetcher = fetcher_of(settings)
        fetcher.ask(Fetch("BTC/USD", 7))
        ((_, answer),) = answers(fetcher, 1)
        fetcher.end()
    assert answer == TradesPage([], 7, False)
    assert server.asked[0].startswith("http://kraken.invalid/0/public/Trades?")


def test_it_ends_in_the_middle_of_its_work() -> None:
    """No thread begins without a question; what was not asked yet never is."""
    before = threading.active_count()
    idle = Fetcher(lambda: Rest(f"http://127.0.0.1:{free_port()}", 5))
    assert threading.active_count() == before
    idle.end()
    busy = Fetcher(lambda: Rest(f"http://127.0.0.1:{free_port()}", 5), pace_s=60.0)
    for since in range(3):
        busy.ask(Fetch("BTC/USD", since))
    ((fetch, answer),) = answers(busy, 1)
    assert (fetch.since, isinstance(answer, NoPage)) == (0, True)
    busy.end()
    assert threading.active_count() == before
    assert list(busy.answers()) == []


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (RestRefused("Trades", ("EQuery:Unknown asset pair",)), None),
        (RestRefused("Trades", ("EGeneral:Invalid arguments:since",)), None),
        (RestRefused("Trades", ("EAPI:Rate limit exceeded",)), 5.0),
        (RestRefused("Trades", ("EService: Throttled: [1743000000]",)), 5.0),
        (RestRefused("Trades", ("EService:Unavailable",)), 2.0),
        (RestRefused("Trades", ("ENew:Something",)), 2.0),
        (RestUnreachable("Trades", "no route"), 2.0),
        (RestUnreachable("Trades", "HTTP 503", 503), 2.0),
        (RestUnreachable("Trades", "HTTP 429", 429), 600.0),
    ],
)
def test_what_an_error_means(error: RestError, wait_s: float | None) -> None:
    assert judge(error) == NoPage(str(error), wait_s)
