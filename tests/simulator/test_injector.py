"""Frame faults without sockets: what is sent in place of a frame, and how faults choose."""

from __future__ import annotations

import json

import pytest

from publisher.simulator.faults import SPECS, Armed, catalogue, order, parse
from publisher.simulator.injector import (
    CHANGES,
    Action,
    Cut,
    Injector,
    Later,
    SendBinary,
    SendText,
    Trickle,
)
from publisher.simulator.requests import Frame

TEXT = (
    '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":'
    '[{"price":1.5,"qty":0.00000009}],"asks":[],"checksum":4294967295,"timestamp":"t"}]}'
)


def update(symbol: str = "BTC/USD", text: str = TEXT) -> Frame:
    return Frame("update", text, symbol)


def armed(name: str, **params: object) -> tuple[Injector, Armed]:
    injector = Injector(seed=1)
    fault = order(1, name, params)
    injector.armed.append(fault)
    return injector, fault


def strike(name: str, **params: object) -> list[Action]:
    injector, fault = armed(name, **params)
    actions = injector.pass_on(1, update())
    assert fault.fired == 1
    return actions


def test_without_faults_frames_pass() -> None:
    injector = Injector(seed=1)
    assert injector.is_idle
    assert injector.pass_on(1, update()) == [SendText(TEXT)]


def test_wrong_checksum_changes_nothing_else() -> None:
    (action,) = strike("wrong_checksum")
    assert action == SendText(TEXT.replace("4294967295", "0"))


def test_wrong_qty_flips_one_digit() -> None:
    (action,) = strike("wrong_qty")
    assert action == SendText(TEXT.replace("0.00000009", "0.00000000"))


def test_dropped_doubled_and_broken_frames() -> None:
    assert strike("drop") == []
    assert strike("duplicate") == [SendText(TEXT), SendText(TEXT)]
    (action,) = strike("malformed")
    assert isinstance(action, SendText)
    with pytest.raises(ValueError):
        json.loads(action.text)
    assert strike("binary_json") == [SendBinary(TEXT.encode())]


@pytest.mark.parametrize("name", ["text", "unknown_channel", "oversize", "binary_garbage"])
def test_extra_frames_come_first_and_the_frame_follows(name: str) -> None:
    extra, frame = strike(name)
    assert frame == SendText(TEXT)
    match name:
        case "text":
            assert extra == SendText("CloudFlare WebSocket proxy restarting")
        case "unknown_channel":
            assert isinstance(extra, SendText)
            assert json.loads(extra.text)["channel"] == "novelty"
        case "oversize":
            assert isinstance(extra, SendText)
            assert len(extra.text) > 2 << 20
            json.loads(extra.text)
        case _:
            assert isinstance(extra, SendBinary)
            with pytest.raises(UnicodeDecodeError):
                extra.payload.decode()


def test_unknown_fields_leave_the_known_ones() -> None:
    (action,) = strike("unknown_field")
    assert isinstance(action, SendText)
    message = json.loads(action.text)
    assert message.pop("novelty") is True
    assert message["data"][0].pop("novel")
    assert message == json.loads(TEXT)


def test_swapped_frames_are_the_symbols_next_two() -> None:
    injector, _ = armed("swap")
    assert injector.pass_on(1, update(text="first")) == []
    assert injector.pass_on(1, update("ETH/USD", "other")) == [SendText("other")]
    assert injector.pass_on(2, update(text="elsewhere")) == [SendText("elsewhere")]
    swapped = injector.pass_on(1, update(text="second"))
    assert swapped == [SendText("second"), SendText("first")]
    assert injector.is_idle


def test_a_trickle_names_its_pace() -> None:
    assert strike("trickle", bytes=3, every_s=0.5) == [Trickle(TEXT, 3, 0.5)]


def test_a_delayed_snapshot_can_hold_its_updates_back() -> None:
    injector, _ = armed("delay_snapshot", delay_s=2, updates=0)
    snapshot = Frame("snapshot", "s", "BTC/USD")
    assert injector.pass_on(1, snapshot) == [Later(snapshot, 2.0)]
    assert injector.pass_on(1, update()) == []
    injector.unmute(1, snapshot)
    assert injector.pass_on(1, update()) == [SendText(TEXT)]


def test_a_withheld_snapshots_updates_flow_until_told_otherwise() -> None:
    injector, _ = armed("withhold_snapshot")
    assert injector.pass_on(1, Frame("snapshot", "s", "BTC/USD")) == []
    assert injector.pass_on(1, update()) == [SendText(TEXT)]


def test_acks_are_delayed_or_withheld() -> None:
    ack = Frame("ack", "a", "BTC/USD")
    injector, _ = armed("delay_ack", delay_s=1.5)
    assert injector.pass_on(1, ack) == [Later(ack, 1.5)]
    injector, _ = armed("withhold_ack")
    assert injector.pass_on(1, ack) == []


def test_mute_drops_a_symbols_book_for_good_and_nothing_else() -> None:
    injector, fault = armed("mute", symbol="BTC/USD")
    assert [injector.pass_on(1, update()) for _ in range(3)] == [[], [], []]
    assert injector.pass_on(1, Frame("snapshot", "s", "BTC/USD")) == []
    assert injector.pass_on(1, update("ETH/USD")) == [SendText(TEXT)]
    assert injector.pass_on(1, Frame("heartbeat", "h")) == [SendText("h")]
    assert (fault.fired, fault.is_over) == (4, False)


def test_faults_choose_by_symbol_connection_kind_and_number() -> None:
    injector, fault = armed("drop", symbol="BTC/USD", conn=2, after=1, count=2)
    sent = [
        bool(injector.pass_on(conn, update(symbol)))
        for conn, symbol in [
            (1, "BTC/USD"), (2, "ETH/USD"), (2, "BTC/USD"), (2, "BTC/USD"), (2, "BTC/USD"),
            (2, "BTC/USD"),
        ]
    ]  # fmt: skip
    assert sent == [True, True, True, False, False, True]
    assert (fault.fired, fault.is_over) == (2, True)
    assert injector.is_idle


def test_probability_is_per_cent_and_seeded() -> None:
    def dropped(seed: int) -> list[bool]:
        injector = Injector(seed)
        injector.armed.append(order(1, "drop", {"p": 20, "count": 0}))
        return [not injector.pass_on(1, update()) for _ in range(500)]

    assert 60 < sum(dropped(1)) < 140
    assert dropped(1) == dropped(1) != dropped(2)


def test_connection_faults_can_wait_for_the_nth_frame() -> None:
    injector, fault = armed("reset", after=2)
    frame = Frame("heartbeat", "h")
    assert injector.pass_on(1, frame) == injector.pass_on(1, frame) == [SendText("h")]
    assert injector.pass_on(1, frame) == [SendText("h"), Cut(fault)]


def test_flags_are_read_and_misuse_says_what_is_allowed() -> None:
    assert parse("drop") == ("drop", {})
    assert parse("drop:symbol=BTC/USD,after=5") == ("drop", {"symbol": "BTC/USD", "after": "5"})
    fault = order(1, *parse("delay_snapshot:delay_s=0.5,count=2"))
    assert (fault.real("delay_s"), fault.integer("count")) == (0.5, 2)
    with pytest.raises(ValueError, match="unknown; there are: reset, close"):
        order(1, "explode", {})
    with pytest.raises(ValueError, match="no parameter 'sybmol'; it has: symbol"):
        order(1, "drop", {"sybmol": "BTC/USD"})
    with pytest.raises(ValueError, match="count='x' is no int"):
        order(1, "drop", {"count": "x"})
    with pytest.raises(ValueError, match="not key=value"):
        parse("drop:oops")


def test_every_frame_fault_has_its_change_and_its_help() -> None:
    frame_faults = {spec.name for spec in SPECS if spec.stage == "frame"}
    assert frame_faults == {*CHANGES, "swap"}
    assert all(entry["help"] and entry["row"] for entry in catalogue())
    assert len({spec.name for spec in SPECS}) == len(SPECS)


def test_drop_deep_takes_only_what_leaves_the_checksum_as_it_was() -> None:
    injector, fault = armed("drop_deep")
    changed = update(text=TEXT.replace("4294967295", "5"))
    assert injector.pass_on(1, update()) == [SendText(TEXT)], "nothing is known before the first"
    assert injector.pass_on(1, changed) == [SendText(changed.text)]
    assert injector.pass_on(2, changed) == [SendText(changed.text)], "another connection's book"
    assert injector.pass_on(1, update("ETH/USD", changed.text)) == [SendText(changed.text)]
    assert fault.fired == 0
    assert injector.pass_on(1, changed) == []
    assert fault.fired == 1
    assert injector.pass_on(1, changed) == [SendText(changed.text)], "once, as ordered"
