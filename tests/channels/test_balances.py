"""Balances: changes of wallets add up to whole assets, exactly.

Shapes are those of protocol.md 8.2; sums are made by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from publisher.channels.channel import WrongSequence
from publisher.errors import BadFrame
from publisher.wire import Balance, BalancesSnapshot
from tests.channels.private import Desk, balances, told

BTC = (
    '{"asset":"BTC","asset_class":"currency","balance":1.20,'
    '"wallets":[{"type":"spot","id":"main","balance":1.20}]}'
)
DOT = (
    '{"asset":"DOT","asset_class":"currency","balance":300.5,"wallets":['
    '{"type":"spot","id":"main","balance":50.5},{"type":"earn","id":"flex","balance":250}]}'
)


def change(asset: str, balance: str, wallet: str = "spot/main") -> str:
    kind, _, name = wallet.partition("/")
    return (
        f'{{"asset":"{asset}","asset_class":"currency","amount":-1,"balance":{balance},"fee":0,'
        f'"ledger_id":"L1","timestamp":"2026-01-02T03:05:00.000001Z","type":"trade",'
        f'"wallet_type":"{kind}","wallet_id":"{name}"}}'
    )


def begun(*items: str) -> Desk:
    desk = balances()
    desk.snapshot(*items)
    return desk


def state_after(desk: Desk, *items: str) -> Any:
    """Return what the last event of an update says of its asset, numbers with their digits."""
    event = desk.update(*items)[-1]
    assert isinstance(event, Balance)
    return texts(told(event.state))


def texts(state: Any) -> Any:
    wallets = [(w["type"], w["id"], f"{w['balance']:f}") for w in state["wallets"]]
    return f"{state['balance']:f}", wallets


def test_a_snapshot_is_kept_as_kraken_wrote_it() -> None:
    desk = balances()
    (snapshot,) = desk.snapshot(BTC, DOT, sequence=120)
    assert isinstance(snapshot, BalancesSnapshot)
    assert snapshot.balances == [BTC, DOT]
    assert (snapshot.account, snapshot.sequence, snapshot.ts_event) == ("main", 120, 0)
    assert desk.keeper.capture() == snapshot


def test_nothing_is_shown_before_the_first_snapshot() -> None:
    assert balances().keeper.capture() is None


def test_a_change_of_the_only_wallet_is_the_asset() -> None:
    desk = begun(BTC, DOT)
    (event,) = desk.update(change("BTC", "1.5"))
    assert isinstance(event, Balance)
    assert event.state == BTC.replace("1.20", "1.5")
    assert (event.asset, event.report, event.sequence) == ("BTC", change("BTC", "1.5"), 2)
    assert (event.ts_event, event.flags) == (1_767_323_100_000_001_000, 0)
    assert desk.keeper.capture().balances == [event.state, DOT]


def test_a_change_of_one_wallet_moves_the_total_by_as_much() -> None:
    desk = begun(DOT)
    assert state_after(desk, change("DOT", "0.25")) == (
        "250.25",
        [("spot", "main", "0.25"), ("earn", "flex", "250")],
    )
    assert state_after(desk, change("DOT", "1000", "earn/flex")) == (
        "1000.25",
        [("spot", "main", "0.25"), ("earn", "flex", "1000")],
    )


def test_sums_are_exact_beyond_what_floats_and_default_decimals_hold() -> None:
    desk = begun(DOT.replace("300.5", "100000000000000000000000000000.5"))
    after = state_after(desk, change("DOT", "50.500000000000000001"))
    assert after[0] == "100000000000000000000000000000.500000000000000001"


def test_a_wallet_not_told_before_comes_on_top() -> None:
    desk = begun(DOT)
    assert state_after(desk, change("DOT", "7.0", "earn/bonded")) == (
        "307.5",
        [("spot", "main", "50.5"), ("earn", "flex", "250"), ("earn", "bonded", "7.0")],
    )


def test_an_asset_without_wallets_lies_whole_in_the_first_one_told() -> None:
    desk = begun('{"asset":"KAR","asset_class":"currency","balance":774.60,"wallets":[]}')
    assert state_after(desk, change("KAR", "774.10")) == ("774.10", [("spot", "main", "774.10")])


def test_an_asset_not_told_before_begins_with_its_first_change() -> None:
    desk = begun()
    assert state_after(desk, change("NEW", "1.10")) == ("1.10", [("spot", "main", "1.10")])
    assert len(desk.keeper.capture().balances) == 1


def test_a_change_that_names_no_wallet_is_of_the_main_one() -> None:
    desk = begun(DOT)
    after = state_after(desk, '{"asset":"DOT","balance":51.5}')
    assert after == ("301.5", [("spot", "main", "51.5"), ("earn", "flex", "250")])


def test_unknown_fields_of_an_asset_and_its_wallets_stay() -> None:
    desk = begun(DOT.replace('"id":"main",', '"id":"main","x":[1.50],').replace("{", '{"y":2,', 1))
    event = desk.update(change("DOT", "1"))[-1]
    assert isinstance(event, Balance)
    assert isinstance(event.state, str)
    assert event.state.startswith('{"y":2,')
    assert '"id":"main","x":[1.50],"balance":1}' in event.state


def test_a_new_snapshot_replaces_all() -> None:
    desk = begun(BTC, DOT)
    desk.update(change("BTC", "9"))
    desk.snapshot(DOT)
    assert desk.keeper.capture().balances == [DOT]


@pytest.mark.parametrize("sequence", [2, 4, 1])
def test_a_hole_or_a_repeat_is_a_fault(sequence: int) -> None:
    desk = begun(BTC)
    desk.update(change("BTC", "2"))
    with pytest.raises(WrongSequence):
        desk.update(change("BTC", "3"), sequence=sequence)
    assert desk.keeper.capture().sequence == 2


@pytest.mark.parametrize(
    "text",
    ["1", "{}", change("", "1"), change("BTC", '"1"'), change("BTC", "null"), change("BTC", "[]"),
     change("BTC", "1").replace("2026", "year"), change("DOT", "1e9999"),
     change("DOT", "0." + "1" * 200)],
)  # fmt: skip
def test_a_change_that_cannot_be_read_is_a_fault(text: str) -> None:
    desk = begun(BTC, DOT)
    with pytest.raises(BadFrame):
        desk.update(text)


@pytest.mark.parametrize(
    "text", ["1", "{}", '{"asset":"X"}', '{"asset":"X","balance":1,"wallets":1}',
             '{"asset":"X","balance":1,"wallets":[{"balance":"1"}]}'],
)  # fmt: skip
def test_a_snapshot_that_cannot_be_read_is_a_fault(text: str) -> None:
    with pytest.raises(BadFrame):
        balances().snapshot(text)
