"""What the doctor says of Kraken: the simulator in its place, and nobody."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from publisher.doctor.command import findings
from publisher.doctor.exchange import judge_clock, judge_system, look
from publisher.doctor.findings import Finding
from publisher.settings import Settings
from tests.canned import Canned
from tests.private_rest import KEY, SECRET, PrivateRest, refusal
from tests.servers import RedisServer, free_port
from tests.simulator.program import Program

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    with Program() as program:
        yield program


def test_an_exchange_that_is_well_is_told_with_its_clock(simulator: Program) -> None:
    found = look(Settings(rest_url=simulator.addresses["rest_url"]))
    assert [(finding.level, finding.what) for finding in found] == [
        ("ok", "Kraken is reached and online"),
        ("ok", "this clock agrees with Kraken's"),
    ]


def test_maintenance_is_a_warning(simulator: Program) -> None:
    simulator.post("fault", name="status", system="maintenance")
    state, _ = look(Settings(rest_url=simulator.addresses["rest_url"]))
    simulator.post("clear")
    assert state == judge_system("maintenance")
    assert (state.level, state.what) == ("warn", "Kraken is reached and in maintenance")
    assert state.mend


def test_an_exchange_out_of_reach_is_a_warning_that_names_three_settings(
    redis_server: RedisServer,
) -> None:
    settings = Settings(redis_url=redis_server.url, rest_url=f"http://127.0.0.1:{free_port()}")
    found = [finding for finding in findings(settings) if "REST" in finding.what]
    assert [finding.level for finding in found] == ["warn"]
    assert "Connection refused" in found[0].what
    for name in ("PYKRAKEN_REST_URL", "PYKRAKEN_HTTP_PROXY", "PYKRAKEN_CA_FILE"):
        assert name in found[0].mend


def test_nobody_waits_long_for_an_exchange_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings = Settings(rest_url=f"http://u:s3cret@127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        (finding,) = look(settings, patience_s=0.2)
    assert time.monotonic() - began < 2
    assert (finding.level, "no answer within 0.2 s" in finding.what) == ("warn", True)
    assert "s3cret" not in finding.what


def test_an_error_of_krakens_is_a_warning() -> None:
    with Canned(b'{"error":["EGeneral:Temporary lockout"]}') as server:
        (finding,) = look(Settings(rest_url=server.url))
    assert finding.level == "warn"
    assert finding.what.endswith("SystemStatus: EGeneral:Temporary lockout")


def test_the_simulator_that_run_starts_is_not_asked() -> None:
    (finding,) = look(Settings(exchange="sim", rest_url="http://127.0.0.1:1"))
    assert finding.level == "ok"


def keyed(url: str, **more: object) -> Settings:
    chosen = {"rest_url": url, "api_key": KEY, "api_secret": SECRET, **more}
    return Settings.model_validate(chosen)


def of_the_key(found: list[Finding]) -> Finding:
    """Return the finding behind those on system and clock."""
    assert len(found) == 3
    return found[2]


def test_a_key_that_is_set_is_tried() -> None:
    with PrivateRest() as rest:
        finding = of_the_key(look(keyed(rest.url)))
    assert finding == Finding("ok", "the API key is good: Kraken gave a token, for 900 s")


@pytest.mark.parametrize(
    ("error", "level", "mend"),
    [
        ("EAPI:Invalid key", "bad", "PYKRAKEN_API_KEY"),
        ("EGeneral:Permission denied", "bad", "WebSocket interface"),
        ("EGeneral:Temporary lockout", "warn", "log"),
        ("EService:Unavailable", "warn", "status.kraken.com"),
    ],
)
def test_a_key_without_a_token_is_told_with_krakens_word_and_the_mend(
    error: str, level: str, mend: str
) -> None:
    with PrivateRest() as rest:
        rest.script.append(refusal(error))
        finding = of_the_key(look(keyed(rest.url)))
    assert (finding.level, error in finding.what, mend in finding.mend) == (level, True, True)


def test_a_key_that_is_needed_and_missing_or_half_is_bad() -> None:
    with PrivateRest() as rest:
        needed = of_the_key(look(Settings(rest_url=rest.url, channel="level3")))
        half = of_the_key(look(keyed(rest.url, api_secret=None)))
    assert (needed.level, "the channel level3 needs a key" in needed.mend) == ("bad", True)
    assert (half.level, "PYKRAKEN_API_SECRET_FILE" in half.mend) == ("bad", True)
    assert rest.nonces == []


def test_what_was_found_before_a_silence_is_told() -> None:
    with PrivateRest() as rest:
        rest.gate.clear()
        finding = of_the_key(look(keyed(rest.url), patience_s=1))
    assert (finding.level, "no answer within 1 s" in finding.what) == ("warn", True)


@pytest.mark.parametrize(
    ("asked_ns", "trip_ns", "said"),
    [
        # Kraken's second 100 lasts from 100 to 101: anything in it agrees, and a second around.
        (100 * SECOND, 0, ""),
        (101 * SECOND - 1, 0, ""),
        (101_500_000_000, 0, ""),
        (99_500_000_000, 0, ""),
        (103 * SECOND, 0, "2.5 s ahead of"),
        (97 * SECOND, 0, "3.5 s behind"),
        (100 * SECOND - 3600 * SECOND, 0, "60 min behind"),
        # A trip of two seconds: its middle counts, and a second of it is doubt.
        (101 * SECOND, 2 * SECOND, ""),
        (102 * SECOND, 2 * SECOND, "2.5 s ahead of"),
        (97 * SECOND, 2 * SECOND, "2.5 s behind"),
    ],
)
def test_a_clock_more_than_a_second_off_is_a_warning(
    asked_ns: int, trip_ns: int, said: str
) -> None:
    finding = judge_clock(asked_ns, trip_ns, 100)
    if not said:
        assert finding.level == "ok"
    else:
        assert (finding.level, finding.what) == ("warn", f"this clock is {said} Kraken's")
        assert "NTP" in finding.mend
