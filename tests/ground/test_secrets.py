"""Canaries: key, secret, signature and token stand in nothing that anybody may read."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from publisher import logs
from publisher.rest import Rest
from publisher.settings import InvalidSettings, Settings, load
from publisher.state import StateFolder
from publisher.tokens import TokenRefused, TokenUnavailable, fetch_token
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET, TOKEN, PrivateRest, Reply, refusal
from tests.requirements import ROOT, require
from tests.servers import free_port

DEADLINE_S = 20.0


@pytest.fixture
def rest() -> Iterator[PrivateRest]:
    with PrivateRest() as server:
        yield server


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged, by libraries too, at the level that says the most."""
    handlers, level = logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    logs.configure(form="json", level="debug", stream=stream)
    logging.root.setLevel(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def settings_for(url: str, **more: object) -> Settings:
    return load({"rest_url": url, "api_key": KEY, "api_secret": SECRET, **more})


def everything(error: BaseException) -> str:
    """Return all that a collector of errors could show: each error that leads to this one, whether
    its raiser hid it or not, with the locals of each frame but the test's own.
    """
    told: list[str] = []
    queue: list[BaseException | None] = [error]
    while queue:
        one = queue.pop()
        if one is None:
            continue
        trace = one.__traceback__.tb_next if one is error and one.__traceback__ else None
        trace = trace if one is error else one.__traceback__
        shown = traceback.TracebackException(type(one), one, trace, capture_locals=True)
        told += [*shown.format(chain=False), repr(one), repr(one.args), repr(vars(one))]
        queue += [one.__cause__, one.__context__]
    return "".join(told)


def found(text: str, canaries: list[str]) -> list[str]:
    return [canary for canary in canaries if canary in text]


def test_the_search_itself_finds_what_a_local_holds() -> None:
    def leaks(secret: str) -> None:
        try:
            raise ValueError("inner")
        except ValueError:
            raise KeyError("outer") from None

    with pytest.raises(KeyError) as caught:
        leaks(SECRET)
    assert found(everything(caught.value), [SECRET, KEY]) == [SECRET]


REPLIES = {
    "refused": refusal("EAPI:Invalid signature"),
    "transient": refusal("EService:Unavailable"),
    "blocked": Reply(b"error code: 1015", 429),
    "elsewhere": Reply(b"", 302),
    "no json": Reply(b"{"),
    "half a token": Reply(json.dumps({"error": [], "result": {"token": TOKEN}}).encode()),
    "a token of the wrong type": Reply(
        json.dumps({"error": [], "result": {"token": TOKEN, "expires": TOKEN}}).encode()
    ),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_no_failed_call_tells_a_secret(
    reply: Reply, rest: PrivateRest, tmp_path: Path, lines: io.StringIO
) -> None:
    rest.script.append(reply)
    settings, state = settings_for(rest.url), StateFolder(tmp_path)
    with pytest.raises((TokenRefused, TokenUnavailable)) as caught:
        fetch_token(settings, state, timeout_s=5)
    logs.get_logger("tokens").error("tokens.failed", error=caught.value, exc_info=caught.value)
    assert len(rest.signatures) == 1
    assert "GetWebSocketsToken HTTP/1.1" in lines.getvalue()  # urllib3 was heard
    assert found(everything(caught.value) + lines.getvalue(), rest.canaries) == []


def _nobody(rest: PrivateRest) -> str:
    return f"http://127.0.0.1:{free_port()}"


def _silence(rest: PrivateRest) -> str:
    rest.gate.clear()
    return rest.url


def _no_tls(rest: PrivateRest) -> str:
    return rest.url.replace("http:", "https:")


@pytest.mark.parametrize("address", [_nobody, _silence, _no_tls])
def test_no_call_without_an_answer_tells_a_secret(
    address: Callable[[PrivateRest], str], rest: PrivateRest, tmp_path: Path, lines: io.StringIO
) -> None:
    settings, state = settings_for(address(rest)), StateFolder(tmp_path)
    with pytest.raises(TokenUnavailable) as caught:
        fetch_token(settings, state, timeout_s=0.3)
    assert found(everything(caught.value) + lines.getvalue(), rest.canaries) == []


@pytest.mark.logs_canaries
def test_no_success_tells_a_secret(rest: PrivateRest, tmp_path: Path, lines: io.StringIO) -> None:
    settings = settings_for(rest.url)
    token = fetch_token(settings, StateFolder(tmp_path), timeout_s=5)
    frame = {"method": "subscribe", "params": {"token": token.value.get_secret_value()}}
    log = logs.get_logger("feed")
    log.info("feed.sent", frame=json.dumps(frame), raw=json.dumps(frame).encode(), token=token)
    log.info(f"sent {json.dumps(frame)}", nested={"params": frame["params"], "API-Sign": SECRET})
    logging.getLogger("library").warning("API-Key: %s", KEY)
    with Rest(rest.url, 5) as client:
        told = [f"{token} {token!r} {client!r} {vars(client)!r}", lines.getvalue()]
    assert "feed.sent" in lines.getvalue()
    assert found("".join(told), rest.canaries) == []
    for file in tmp_path.rglob("*"):
        assert found(file.name + file.read_text(), rest.canaries) == []


def test_no_dump_of_the_settings_tells_a_secret() -> None:
    settings = settings_for("https://api.kraken.com")
    copied = settings.model_copy(update={"depth": 25})
    for one in (settings, copied):
        dumps = one.model_dump(), one.model_dump(mode="json"), one.model_dump_json()
        assert found(f"{one} {one!r} {dumps} {vars(one)}", [KEY, SECRET]) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"api_secret": SECRET + "*"},
        {"api_secret": SECRET[:-1]},
        {"api_key": KEY + " "},
        {"api_key": KEY, "api_secret": SECRET, "depth": "11"},
    ],
)
def test_no_fault_of_the_settings_tells_a_secret(
    bad: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for field, value in bad.items():
        monkeypatch.setenv(f"PYKRAKEN_{field.upper()}", value)
    with pytest.raises(InvalidSettings) as caught:
        load()
    told = everything(caught.value) + "".join(map(str, caught.value.faults))
    assert found(told, [KEY, SECRET[:-1]]) == []


# Programs -------------------------------------------------------------------------------------


def start(*words: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "publisher", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_neither_the_doctor_nor_the_list_of_processes_tells_a_secret(
    rest: PrivateRest, tmp_path: Path
) -> None:
    require(shutil.which("ps"), "ps is not installed: apt-get install procps")
    rest.gate.clear()  # the doctor waits for its token while the processes are listed
    secret_file = tmp_path / "secret"
    secret_file.write_text(SECRET)
    flags = ("--rest-url", rest.url, "--api-secret-file", str(secret_file), "--log-level", "debug")
    doctor = start("doctor", *flags, folder=tmp_path, PYKRAKEN_API_KEY=KEY)
    try:
        wait_until(lambda: rest.signatures, DEADLINE_S, "the doctor asks for a token")
        listed = subprocess.run(
            ["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True
        ).stdout
        rest.gate.set()
        told, _ = doctor.communicate(timeout=DEADLINE_S)
    finally:
        doctor.kill()
        doctor.communicate()
    assert str(secret_file) in listed
    assert "GetWebSocketsToken" in told or "the API key is good" in told  # it waits 2 s at most
    assert found(listed + told, rest.canaries) == []


@pytest.mark.parametrize(
    ("command", "flag", "between"),
    [("run", "--api-key", " "), ("doctor", "--api-secret", "="), ("run", "--api-secret", " ")],
)
def test_no_flag_takes_a_secret_and_the_refusal_does_not_repeat_it(
    command: str, flag: str, between: str, tmp_path: Path
) -> None:
    typed = "dHlwZWQgYnkgbWlzdGFrZQ=="  # no canary: it does stand in the list of processes
    program = start(command, *f"{flag}{between}{typed}".split(), folder=tmp_path)
    told, _ = program.communicate(timeout=DEADLINE_S)
    assert program.returncode == 2
    assert f"argument {flag}: every user of this machine sees arguments" in told
    assert typed not in told


def test_the_flags_of_files_are_offered_and_no_others(tmp_path: Path) -> None:
    told, _ = start("run", "--help", folder=tmp_path).communicate(timeout=DEADLINE_S)
    for flag in ("--api-key", "--api-secret"):
        assert (f"{flag}-file VALUE" in told, f"{flag} " in told) == (True, False)
