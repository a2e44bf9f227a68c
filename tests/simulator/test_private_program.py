"""Level3 and the private channels over real sockets: endpoints, tokens, faults, replay."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.level3_model import ModelLevel3, level3_frames
from tests.simulator import signed
from tests.simulator.program import Client, Program

SYMBOL = "BTC/USD"
ORDERS = "l3-btc-d10-20240924.ndjson"


def level3(program: Program, depth: int = 10) -> Client:
    """Return a client that asked for every order."""
    client = program.client("ws_l3_url")
    params = {"channel": "level3", "symbol": [SYMBOL], "depth": depth}
    client.send("subscribe", token=signed.token(program), **params)
    return client


def private(program: Program, *channels: str) -> Client:
    """Return a client that follows the account; both channels' snapshots were received."""
    client = program.client("ws_auth_url")
    for channel in channels:
        client.send("subscribe", channel=channel, token=signed.token(program))
        client.until(lambda frame: frame.get("type") == "snapshot")
    return client


def verdicts(client: Client, count: int) -> list[bool]:
    """Return whether each of the next level3 messages verified, from the snapshot on."""
    book = ModelLevel3(10)
    found: list[bool] = []
    while len(found) < count:
        client.until(lambda frame: frame.get("channel") == "level3")
        (frame,) = level3_frames([str(client.texts[-1])])
        (book.snapshot if frame.kind == "snapshot" else book.update)(frame.bids, frame.asks)
        found.append(book.checksum() == frame.checksum)
    return found


def sequences(client: Client, channel: str, count: int) -> list[int]:
    """Return the numbers of the next messages of a private channel."""
    found = (client.until(lambda frame: frame.get("channel") == channel) for _ in range(count))
    return [int(frame["sequence"]) for frame in found]


def test_every_order_comes_on_an_endpoint_of_its_own(program: Program) -> None:
    addresses = program.addresses
    assert len({addresses[name] for name in ("ws_url", "ws_l3_url", "ws_auth_url")}) == 3
    with level3(program) as client:
        assert verdicts(client, 60) == [True] * 60


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ({"name": "wrong_checksum"}, {20}),
        ({"name": "wrong_qty"}, None),
        ({"name": "drop"}, None),
    ],
)
def test_level3_frames_can_be_spoiled(
    program: Program, fault: dict[str, Any], wrong: set[int] | None
) -> None:
    program.post("fault", channel="level3", after=19, **fault)
    with level3(program) as client:
        found = verdicts(client, 120)
    assert program.fired(fault["name"]) == 1
    assert all(found[:20])
    if wrong is not None:
        assert {place for place, is_right in enumerate(found) if not is_right} == wrong


def test_a_delayed_snapshot_of_level3_is_right_when_it_comes(program: Program) -> None:
    program.post("fault", name="delay_snapshot", channel="level3", delay_s=0.3, updates=0)
    with level3(program) as client:
        assert verdicts(client, 20) == [True] * 20


def test_a_fault_of_one_channel_leaves_the_others_alone(program: Program) -> None:
    program.post("fault", name="wrong_checksum", channel="book", count=0)
    with program.client() as reader, level3(program) as client:
        reader.subscribe(SYMBOL)
        program.wait_for_fired("wrong_checksum")
        assert verdicts(client, 30) == [True] * 30


def test_the_account_is_told_and_its_true_state_can_be_read(program: Program) -> None:
    with private(program, "executions", "balances") as client:
        before = program.get("account")["steps"]
        after = program.post("account", events=40)
        assert after["steps"] >= before + 40
        numbers = sequences(client, "executions", 30)
        assert numbers == list(range(2, 32))
    assert set(after) == {"steps", "orders", "balances", "trades"}


@pytest.mark.parametrize("fault", ["drop", "skip_sequence"])
def test_a_gap_in_a_private_sequence(program: Program, fault: str) -> None:
    with private(program, "executions", "balances") as client:
        program.post("account", events=20)
        program.post("fault", name=fault, channel="executions")
        program.post("account", events=40)
        numbers = sequences(client, "executions", 40)
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers)]
    assert sorted(steps)[-2:] == [1, 2]


def test_expired_tokens_need_fresh_ones(program: Program) -> None:
    token = signed.token(program)
    with program.client("ws_auth_url") as client:
        program.post("fault", name="expire_tokens")
        client.send("subscribe", channel="balances", token=token)
        refused = client.until(lambda frame: "error" in frame)
        assert (refused["error"], refused["status"]) == ("ESession:Invalid session", "error")
        client.send("subscribe", channel="balances", token=signed.token(program))
        assert client.until(lambda frame: "success" in frame)["success"]


def test_the_rest_call_refuses_what_it_should(program: Program) -> None:
    assert signed.ask(program, key="another")["error"] == ["EAPI:Invalid key"]
    assert signed.ask(program, secret="AAAA")["error"] == ["EAPI:Invalid signature"]
    signed.token(program)
    assert signed.ask(program, nonce=1)["error"] == ["EAPI:Invalid nonce"]
    program.post("fault", name="refuse_token", error="EGeneral:Temporary lockout")
    assert signed.ask(program)["error"] == ["EGeneral:Temporary lockout"]
    assert signed.ask(program)["error"] == []


def test_a_key_file_is_the_accounts(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("mine\nc2VjcmV0\n")
    with Program("--api-key-file", str(path), "--rate", "0") as program:
        assert signed.ask(program)["error"] == ["EAPI:Invalid key"]
        assert signed.ask(program, key="mine", secret="c2VjcmV0")["error"] == []


def test_the_capture_is_played_byte_for_byte(captures: Path) -> None:
    path = captures / ORDERS
    recorded = [line for line in path.read_text().splitlines() if '"level3","type"' in line]
    assert len(recorded) == 296
    with Program("--replay", str(path), "--speed", "0") as program:
        with level3(program) as client:
            for _ in recorded:
                client.until(lambda frame: frame.get("channel") == "level3")
            got = [text for text in client.texts if '"level3","type"' in str(text)]
    assert got == recorded
    assert all(json.loads(text)["data"] for text in got)
