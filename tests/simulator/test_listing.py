"""The channel `instrument`: every field of real messages, who gets what, and changes alone."""

from __future__ import annotations

import json
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.program import Client, Program, is_book
from tests.simulator.reader import Reader
from tests.simulator.venue import Venue, decoded

SYMBOL = "ETH/USD"


def listed(venue: Venue, **params: Any) -> dict[str, Any]:
    """Return the `data` of an instrument snapshot."""
    _, snapshot = (decoded(text) for text in venue.ask("subscribe", channel="instrument", **params))
    data: dict[str, Any] = snapshot["data"]
    return data


def test_the_keys_come_in_the_order_of_real_ones(captures: Path) -> None:
    recorded = json.loads((captures / "instrument-snapshot-683pairs.json").read_text())["data"]
    data = listed(Venue("BTC/USD,LTC/USD,XRP/EUR"))
    for pair in data["pairs"]:
        real = next(p for p in recorded["pairs"] if p["marginable"] == pair["marginable"])
        assert [key for key in pair if key != "ws_display_price_precision"] == list(real)
    for asset in data["assets"]:
        real = next(a for a in recorded["assets"] if a["borrowable"] == asset["borrowable"])
        assert [key for key in asset if key != "class"] == list(real)
    assert {pair["marginable"] for pair in data["pairs"]} == {True, False}
    assert {asset["borrowable"] for asset in data["assets"]} == {True, False}


def test_tokenised_assets_come_when_asked_for() -> None:
    plain = listed(Venue("BTC/USD,METAx/USD"))
    assert [pair["symbol"] for pair in plain["pairs"]] == ["BTC/USD"]
    assert [asset["id"] for asset in plain["assets"]] == ["BTC", "USD"]
    full = listed(Venue("BTC/USD,METAx/USD"), include_tokenized_assets=True)
    assert [pair["symbol"] for pair in full["pairs"]] == ["BTC/USD", "METAx/USD"]
    (share,) = (asset for asset in full["assets"] if "multiplier" in asset)
    assert (share["id"], share["class"]) == ("METAx", "tokenized_asset")


def test_another_venue_lists_nothing_and_an_unknown_one_is_refused() -> None:
    data = listed(Venue(), execution_venue="bitnomial-exchange")
    assert data == {"assets": [], "pairs": []}
    (text,) = Venue().ask("subscribe", channel="instrument", execution_venue="elsewhere")
    assert decoded(text)["error"] == "EGeneral:Invalid arguments:execution_venue"


def update(client: Client) -> dict[str, Any]:
    """Return the `data` of the next instrument update."""
    frame = client.until(lambda f: f.get("channel") == "instrument" and f["type"] == "update")
    data: dict[str, Any] = frame["data"]
    return data


def test_a_change_of_an_asset_tells_that_asset_alone(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="instrument")
        program.post("fault", name="asset_status", asset="ETH", status="depositonly", for_s=0.2)
        data = update(client)
        assert data["pairs"] == []
        assert [(asset["id"], asset["status"]) for asset in data["assets"]] == [
            ("ETH", "depositonly")
        ]
        assert update(client)["assets"][0]["status"] == "enabled"


@pytest.mark.parametrize("status", ["cancel_only", "post_only", "limit_only", "maintenance"])
def test_a_pair_obeys_its_status(program: Program, status: str) -> None:
    """Nothing is added in cancel_only, nothing trades in post_only, nothing moves in maintenance,
    nobody takes with a market order in limit_only."""
    with Reader(program, SYMBOL) as reader:
        client = reader.client
        client.send("subscribe", channel="instrument")
        client.send("subscribe", channel="trade", symbol=[SYMBOL])
        before = len(program.get(f"book?symbol={SYMBOL}&depth=5000")["asks"])
        program.post("fault", name="pair_status", symbol=SYMBOL, status=status)
        (pair,) = update(client)["pairs"]
        assert (pair["symbol"], pair["status"]) == (SYMBOL, status)
        assert all(reader.catch_up())
        told = len(client.texts)
        moved = program.post("step", messages=200)["published"]
        assert (moved == 0) == (status == "maintenance")
        assert all(reader.catch_up())
        later = [decoded(str(text)) for text in client.texts[told:]]
        takers = {t["ord_type"] for m in later if m.get("channel") == "trade" for t in m["data"]}
        assert takers == ({"limit"} if status == "limit_only" else set())
        after = len(program.get(f"book?symbol={SYMBOL}&depth=5000")["asks"])
        assert status != "cancel_only" or after < before


@pytest.mark.parametrize(
    "body",
    [
        {"name": "pair_status", "symbol": SYMBOL, "status": "closed"},
        {"name": "pair_status", "symbol": "NO/PE"},
        {"name": "asset_status", "asset": "ETH", "status": "closed"},
        {"name": "asset_status", "asset": "NOPE"},
        {"name": "status", "phase": "soon"},
        {"name": "status", "impact": "huge"},
    ],
)
def test_what_cannot_be_is_refused(program: Program, body: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        program.post("fault", **body)
    with caught.value as answer:
        assert answer.code == 400
        assert next(iter(reversed(body.values()))) in json.loads(answer.read())["error"]


def test_a_delisted_pair_is_refused_to_every_channel(program: Program) -> None:
    program.post("fault", name="pair_status", symbol=SYMBOL, status="delisted")
    with program.client() as client:
        for channel, params in (("book", {}), ("trade", {}), ("ohlc", {"interval": 1})):
            client.send("subscribe", channel=channel, symbol=[SYMBOL], **params)
            answer = client.until(lambda frame: "error" in frame)
            assert answer["error"] == f"Currency pair not supported {SYMBOL}"
        program.post("clear")
        client.subscribe(SYMBOL)
        client.until(lambda frame: is_book(frame, "snapshot", SYMBOL))


def test_after_a_change_of_precision_every_channel_has_the_new_digits(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="instrument")
        for channel, params in (("trade", {}), ("ticker", {}), ("ohlc", {"interval": 1})):
            client.send("subscribe", channel=channel, symbol=[SYMBOL], **params)
        program.post("fault", name="precision", symbol=SYMBOL, price=1)
        assert update(client)["pairs"][0]["price_precision"] == 3
        program.post("fault", name="trade", symbol=SYMBOL)
        for channel, name in (("trade", "price"), ("ticker", "last"), ("ohlc", "vwap")):
            frame = client.until(
                lambda f, channel=channel: f.get("channel") == channel and f["type"] == "update"
            )
            assert len(frame["data"][-1][name].partition(".")[2]) == 3
