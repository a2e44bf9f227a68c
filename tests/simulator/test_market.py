"""The random markets: the same seed gives the same books; orders rest, match and never cross."""

from __future__ import annotations

import pytest

from publisher.simulator.engine import Engine
from publisher.simulator.instruments import MAX_SYMBOLS, WELL_KNOWN, Instrument, choose
from publisher.simulator.ladder import Ladder, Order
from publisher.simulator.market import Market
from publisher.simulator.phases import STATUSES
from publisher.simulator.regimes import hold, restate, with_precision

SYMBOLS = [instrument.symbol for instrument in WELL_KNOWN]
BY_SYMBOL = {instrument.symbol: instrument for instrument in WELL_KNOWN}


def books_after(steps: int, *, seed: int, active: list[str]) -> dict[str, object]:
    engine = Engine(WELL_KNOWN, seed)
    engine.activate(active)
    for number in range(steps):
        engine.step(number)
    return {
        symbol: (
            engine.market(symbol).steps,
            list(engine.market(symbol).bids.orders()),
            list(engine.market(symbol).asks.orders()),
        )
        for symbol in active
    }


def test_the_same_seed_and_steps_give_the_same_orders() -> None:
    assert books_after(3000, seed=7, active=SYMBOLS) == books_after(3000, seed=7, active=SYMBOLS)


def test_another_seed_gives_other_books() -> None:
    assert books_after(50, seed=7, active=SYMBOLS) != books_after(50, seed=8, active=SYMBOLS)


def test_a_symbols_book_depends_on_its_own_steps_only() -> None:
    alone, crowd = Engine(WELL_KNOWN, 3), Engine(WELL_KNOWN, 3)
    alone.activate(["BTC/USD"])
    crowd.activate(SYMBOLS)
    while crowd.market("BTC/USD").steps < 400:
        crowd.step(0)
    for _ in range(400):
        alone.step(0)
    one, other = alone.market("BTC/USD"), crowd.market("BTC/USD")
    assert one.bids.levels(2000) == other.bids.levels(2000)
    assert one.asks.levels(2000) == other.asks.levels(2000)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_books_never_cross_and_totals_are_the_sums_of_their_orders(symbol: str) -> None:
    market = Market(BY_SYMBOL[symbol], seed=5)
    for number in range(3000):
        market.step(number)
        if market.bids.keys and market.asks.keys:
            assert -market.bids.keys[0] < market.asks.keys[0], f"crossed at step {number}"
    for ladder in (market.bids, market.asks):
        assert ladder.keys == sorted(ladder.totals) == sorted(ladder.queues)
        for key, queue in ladder.queues.items():
            assert ladder.totals[key] == sum(order.qty for order in queue.values()) > 0


@pytest.mark.parametrize("symbol", ["BTC/USD", "ETH/USD", "PEPE/USD"])
def test_a_market_keeps_its_depth_and_its_price(symbol: str) -> None:
    instrument = BY_SYMBOL[symbol]
    market = Market(instrument, seed=2)
    for number in range(20_000):
        market.step(number)
    for ladder in (market.bids, market.asks):
        assert 0.6 * instrument.levels < len(ladder.keys) < 1.4 * instrument.levels
        assert 0.8 < abs(ladder.keys[0]) / instrument.reference < 1.2


def test_a_cheap_coin_has_18_digits_and_passes_64_bits_at_times() -> None:
    market = Market(BY_SYMBOL["PEPE/USD"], seed=1)
    quantities = [qty for _, qty in market.bids.levels(1000)]
    assert any(len(str(qty)) == 18 for qty in quantities)
    seen = 0
    for number in range(5000):
        market.step(number)
        top = (*market.bids.levels(10), *market.asks.levels(10))
        seen += any(qty >= 2**64 for _, qty in top)
    assert 0 < seen < 5000


def test_a_thin_market_has_few_levels_and_loses_a_side_at_times() -> None:
    market = Market(BY_SYMBOL["METAx/USD"], seed=1)
    one_sided = 0
    for number in range(5000):
        market.step(number)
        assert len(market.bids.keys) < 10 or len(market.asks.keys) < 10
        one_sided += not (market.bids.keys and market.asks.keys)
    assert 0 < one_sided < 2500


def test_the_venues_state_decides_what_may_happen() -> None:
    still, shrinking = (Market(BY_SYMBOL["ETH/USD"], seed=1) for _ in range(2))
    before = still.bids.levels(5000)
    orders = len(list(shrinking.bids.orders()))
    for number in range(500):
        assert still.step(number, "maintenance").bids == {}
        shrinking.step(number, "cancel_only")
    assert still.bids.levels(5000) == before
    assert len(list(shrinking.bids.orders())) < orders


def test_a_drained_ladder_names_each_touched_key_with_its_total_before() -> None:
    ladder = Ladder("ask")
    ladder.place(100, Order(1, 5, 0))
    ladder.place(100, Order(2, 7, 1))
    assert ladder.drain() == {100: 0}
    ladder.reduce(100, 1, 2)
    ladder.reduce(100, 1, 99)
    ladder.place(101, Order(3, 1, 2))
    assert ladder.drain() == {100: 12, 101: 0}
    assert ladder.levels(9) == [(100, 7), (101, 1)]
    assert ladder.drain() == {}


@pytest.mark.parametrize(
    ("regime", "bids", "asks"), [("one_sided", 0, 300), ("empty", 0, 0), ("thin", 6, 6)]
)
def test_a_held_book_takes_its_shape_at_once(regime: str, bids: int, asks: int) -> None:
    market = Market(Instrument("LTC/USD", 2, 8, 8412, 10**9), seed=1)
    hold(market, regime, 0)  # type: ignore[arg-type]
    assert (len(market.bids.keys), len(market.asks.keys)) == (bids, asks)


def test_a_crossed_book_stays_crossed_until_the_regime_ends() -> None:
    market = Market(BY_SYMBOL["ETH/USD"], seed=1)
    hold(market, "crossed", 0)
    for number in range(500):
        market.step(number)
        assert -market.bids.keys[0] > market.asks.keys[0]
    hold(market, "normal", 0)
    assert -market.bids.keys[0] < market.asks.keys[0]


@pytest.mark.parametrize(("price", "qty"), [(3, 8), (1, 8), (0, 8), (2, 9), (2, 6)])
def test_a_restated_book_keeps_its_worth_and_does_not_cross(price: int, qty: int) -> None:
    market = Market(BY_SYMBOL["ETH/USD"], seed=1)
    best_bid = -market.bids.keys[0]
    orders = len(list(market.bids.orders()))
    restate(market, with_precision(market.instrument, price, qty))
    assert -market.bids.keys[0] == best_bid * 10**price // 100
    assert len(list(market.bids.orders())) == orders
    for number in range(1000):
        market.step(number)
        assert -market.bids.keys[0] < market.asks.keys[0]


def test_symbols_are_chosen_by_name_by_number_or_all() -> None:
    assert choose("") == WELL_KNOWN
    assert len(choose("all")) == len({item.symbol for item in choose("all")}) == MAX_SYMBOLS
    assert [item.symbol for item in choose("14")][-2:] == ["S0001/USD", "S0002/USD"]
    assert choose("2") == WELL_KNOWN[:2]
    assert {item.status for item in choose("1000")} == {"online"}
    assert [item.symbol for item in choose("ETH/USD, FOO/EUR")] == ["ETH/USD", "FOO/EUR"]
    for wrong in ("0", "1451", "BTC", "BTC/", "BTC/USD,/X"):
        with pytest.raises(ValueError):
            choose(wrong)


def test_a_whole_venue_is_as_mixed_as_a_real_one() -> None:
    listed = choose("all")
    closed = [item for item in listed if item.status != "online"]
    assert 90 <= len(closed) <= 100
    assert {item.status for item in closed} == set(STATUSES) - {"online"}
    assert {item.quote for item in listed} == {"USD", "EUR", "USDT", "BTC"}
    shares = sorted((item.weight for item in listed), reverse=True)
    assert sum(shares[:145]) > sum(shares) / 3, "a tenth makes more than a third of the traffic"
    assert shares[len(shares) // 2] == 1
