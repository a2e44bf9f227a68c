"""Tokens: fetched with a right signature and a rising nonce; every failure judged, with a mend."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from publisher.errors import KrakenRefused
from publisher.rest import Token
from publisher.settings import Settings
from publisher.state import StateFolder
from publisher.tokens import NONCE_LEAPS_S, TokenRefused, TokenUnavailable, fetch_token
from tests.feed import certificates
from tests.private_rest import KEY, SECRET, TOKEN, PrivateRest, Reply, refusal
from tests.servers import free_port

MICROSECONDS = 1_000_000


@pytest.fixture
def rest() -> Iterator[PrivateRest]:
    with PrivateRest() as server:
        yield server


def settings_for(url: str, **more: object) -> Settings:
    keys = {"api_key": KEY, "api_secret": SECRET}
    return Settings.model_validate({"rest_url": url, **keys, **more})


def fetch(url: str, state: Path, **more: object) -> Token:
    return fetch_token(settings_for(url, **more), StateFolder(state), timeout_s=5)


def fetch_often(url: str, state: Path, times: int) -> None:
    for _ in range(times):
        fetch(url, state)


def test_each_call_gives_a_fresh_token(rest: PrivateRest, tmp_path: Path) -> None:
    rest.last_nonce[KEY] = 0
    first, second = (fetch(rest.url, tmp_path) for _ in range(2))
    assert (first.value.get_secret_value(), first.expires_s) == (f"{TOKEN}1", 900)
    assert second.value.get_secret_value() == f"{TOKEN}2"
    assert TOKEN not in f"{first} {first!r}"


def test_the_call_goes_over_tls_to_who_the_ca_vouches_for(tmp_path: Path) -> None:
    authority = certificates.authority(tmp_path / "ours")
    identity = certificates.signed(tmp_path / "ours", authority)
    stranger = certificates.authority(tmp_path / "strange")
    with PrivateRest(identity) as rest:
        assert fetch(rest.url, tmp_path, ca_file=authority.certificate).expires_s == 900
        for ca_file in (None, stranger.certificate):
            with pytest.raises(TokenUnavailable, match="certificate verify failed") as caught:
                fetch(rest.url, tmp_path, ca_file=ca_file)
            assert "PYKRAKEN_CA_FILE" in caught.value.mend
        assert len(rest.nonces) == 1


@pytest.mark.parametrize(
    ("errors", "mend"),
    [
        (["EAPI:Invalid key"], "PYKRAKEN_API_KEY"),
        (["EAPI:Invalid signature"], "PYKRAKEN_API_SECRET"),
        (["EGeneral:Permission denied"], "WebSocket interface"),
        (["EAccount:Invalid permissions:no trading"], "WebSocket interface"),
        (["EAuth: Account unconfirmed"], "account"),
        (["EService:Unavailable", "EAPI:Invalid key"], "PYKRAKEN_API_KEY"),
    ],
)
def test_what_no_waiting_mends_is_refused_for_good(
    errors: list[str], mend: str, rest: PrivateRest, tmp_path: Path
) -> None:
    rest.script.append(refusal(*errors))
    with pytest.raises(TokenRefused) as caught:
        fetch(rest.url, tmp_path)
    assert caught.value.answer == ", ".join(errors)
    assert mend in caught.value.mend
    assert isinstance(caught.value, KrakenRefused)
    assert caught.value.exit_code == 3
    assert len(rest.nonces) == 1


@pytest.mark.row("X24")
@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (refusal("EGeneral:Temporary lockout"), 900),
        (refusal("EAPI:Rate limit exceeded"), 15),
        (refusal("EAuth:Too many requests"), 15),
        (refusal("EService: Throttled"), 15),
        (refusal("EService:Unavailable"), 1),
        (refusal("EService:Market in cancel_only mode"), 1),
        (refusal("EGeneral:Internal error:17"), 1),
        (refusal("ENew:Never heard of"), 1),
        (Reply(b"error code: 1015", 429), 600),
        (Reply(b"<html>", 503), 1),
        (Reply(b"", 302), 1),
        (Reply(b"not json"), 1),
        (Reply(b'{"error":[]}'), 1),
        (Reply(b'{"error":[],"result":{"token":"","expires":900}}'), 1),
        (Reply(b'{"error":[],"result":{"token":5,"expires":900}}'), 1),
        (Reply(b'{"error":[],"result":{"token":"x"}}'), 1),
    ],
)
def test_what_may_pass_says_how_long_to_wait(
    reply: Reply, wait_s: float, rest: PrivateRest, tmp_path: Path
) -> None:
    """Each refusal that time may mend has its wait."""
    rest.script.append(reply)
    with pytest.raises(TokenUnavailable) as caught:
        fetch(rest.url, tmp_path)
    assert caught.value.wait_s == wait_s
    assert caught.value.mend
    assert caught.value.reason.startswith("GetWebSocketsToken: ")
    assert len(rest.nonces) == 1


@pytest.mark.parametrize("form", ["EService: Throttled: {}", "EService:Throttled:[{}]"])
@pytest.mark.parametrize(
    ("ahead_s", "least_s", "most_s"), [(60, 50, 60), (-60, 1, 1), (9999, 900, 900)]
)
def test_a_throttle_says_itself_until_when(
    form: str, ahead_s: int, least_s: int, most_s: int, rest: PrivateRest, tmp_path: Path
) -> None:
    rest.script.append(refusal(form.format(int(time.time()) + ahead_s)))
    with pytest.raises(TokenUnavailable) as caught:
        fetch(rest.url, tmp_path)
    assert least_s <= caught.value.wait_s <= most_s


def test_nobody_there_and_silence_may_pass(tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match="Connection refused"):
        fetch(f"http://127.0.0.1:{free_port()}", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(TokenUnavailable, match=r"no answer within 0\.2 s"):
            fetch_token(settings_for(url), StateFolder(tmp_path), timeout_s=0.2)


def test_without_a_key_nobody_is_asked(rest: PrivateRest, tmp_path: Path) -> None:
    with pytest.raises(TokenRefused, match="Set PYKRAKEN_API_KEY and PYKRAKEN_API_SECRET"):
        fetch_token(Settings(rest_url=rest.url), StateFolder(tmp_path), timeout_s=5)
    assert rest.nonces == []


# Files ----------------------------------------------------------------------------------------


def test_a_key_that_is_replaced_is_taken_with_the_next_call(
    rest: PrivateRest, tmp_path: Path
) -> None:
    key, secret = tmp_path / "key", tmp_path / "secret"
    settings = Settings(rest_url=rest.url, api_key_file=key, api_secret_file=secret)
    state = StateFolder(tmp_path / "state")
    key.write_text(f"{KEY}\n")
    secret.write_text(f"{SECRET}\n")
    fetch_token(settings, state, timeout_s=5)
    rest.keys = {"canaryNEW": "YWJj"}
    with pytest.raises(TokenRefused, match="EAPI:Invalid key"):
        fetch_token(settings, state, timeout_s=5)
    key.write_text("canaryNEW")
    with pytest.raises(TokenRefused, match="EAPI:Invalid signature"):
        fetch_token(settings, state, timeout_s=5)
    secret.unlink()
    with pytest.raises(TokenUnavailable, match="PYKRAKEN_API_SECRET_FILE") as caught:
        fetch_token(settings, state, timeout_s=5)
    assert caught.value.wait_s == 1
    secret.write_text("YWJj")
    assert fetch_token(settings, state, timeout_s=5).expires_s == 900


# Nonces ---------------------------------------------------------------------------------------


def test_nonces_are_microseconds_and_rise_over_restarts(rest: PrivateRest, tmp_path: Path) -> None:
    before = time.time_ns() // 1000
    for _ in range(3):
        fetch(rest.url, tmp_path)  # each with a state folder of its own, as after a restart
    assert rest.nonces == sorted(set(rest.nonces))
    assert before <= rest.nonces[0] <= rest.nonces[-1] <= time.time_ns() // 1000


def test_a_clock_set_back_does_not_set_the_nonce_back(rest: PrivateRest, tmp_path: Path) -> None:
    fetch(rest.url, tmp_path)
    state = StateFolder(tmp_path)
    (name,) = state.names("nonce-")
    ahead = int(state.read(name) or 0) + 3600 * MICROSECONDS  # as if written an hour later
    state.write(name, str(ahead))
    fetch(rest.url, tmp_path)
    fetch(rest.url, tmp_path)
    assert rest.nonces[1:] == [ahead + 1, ahead + 2]


def test_each_key_has_a_nonce_of_its_own_under_a_name_that_does_not_tell_it(
    rest: PrivateRest, tmp_path: Path
) -> None:
    rest.keys["canaryOTHER"] = SECRET
    fetch(rest.url, tmp_path)
    fetch(rest.url, tmp_path, api_key="canaryOTHER")
    assert len(StateFolder(tmp_path).names("nonce-")) == 2
    for file in tmp_path.iterdir():
        told = file.name + file.read_text()
        assert not [canary for canary in rest.canaries if canary in told]


@pytest.mark.parametrize("ahead_s", [30, 1800])
def test_a_nonce_lost_while_the_clock_was_ahead_is_leapt_over(
    ahead_s: int, rest: PrivateRest, tmp_path: Path
) -> None:
    rest.last_nonce[KEY] = time.time_ns() // 1000 + ahead_s * MICROSECONDS
    fetch(rest.url, tmp_path)
    assert rest.nonces == sorted(set(rest.nonces))
    fetch(rest.url, tmp_path)  # the leap is remembered
    assert rest.nonces[-1] == rest.nonces[-2] + 1


@pytest.mark.row("X24", "P6")
def test_a_nonce_refused_again_and_again_is_another_programs(
    rest: PrivateRest, tmp_path: Path
) -> None:
    """Tried again with higher nonces three times, then refused with the mend."""
    rest.last_nonce[KEY] = 2**62
    with pytest.raises(TokenRefused, match="Another program uses this key") as caught:
        fetch(rest.url, tmp_path)
    assert caught.value.answer == "EAPI:Invalid nonce"
    assert len(rest.nonces) == len(NONCE_LEAPS_S)
    assert rest.nonces == sorted(set(rest.nonces))


@pytest.mark.row("P6")
def test_two_processes_never_share_a_nonce(rest: PrivateRest, tmp_path: Path) -> None:
    """Nonces of both rise, none is used twice."""
    times = 15
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=fetch_often, args=(rest.url, tmp_path, times)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(rest.nonces) == len(set(rest.nonces)) == 2 * times


def test_where_nothing_can_be_written_nonces_rise_in_memory_with_a_warning(
    rest: PrivateRest, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    state = StateFolder(tmp_path / "file" / "below")  # no user, root included, can make this
    rest.last_nonce[KEY] = time.time_ns() // 1000 + 30 * MICROSECONDS
    with capture_logs() as lines:
        for _ in range(2):
            fetch_token(settings_for(rest.url), state, timeout_s=5)
    assert rest.nonces == sorted(set(rest.nonces))
    assert rest.nonces[-1] == rest.nonces[-2] + 1  # though the clock is behind the leap
    assert [line["event"] for line in lines] == ["state.in_memory"]
