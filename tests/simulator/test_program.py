"""The program: its ready line, its end, its endpoints, its log, a capture over a real socket."""

from __future__ import annotations

import ast
import json
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from tests.model import ModelBook, book_frames
from tests.polling import wait_until
from tests.requirements import ROOT, require
from tests.simulator.program import DEADLINE_S, Client, Program, is_book


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_ready_line_and_a_clean_end_with_clients_connected(number: signal.Signals) -> None:
    with Program("--rate", "500") as program, program.client() as client:
        client.subscribe("BTC/USD")
        client.until(is_book)
        addresses = program.addresses
        assert list(addresses) == [
            *("ws_url", "ws_l3_url", "ws_auth_url", "rest_url", "control_url")
        ]
        assert re.fullmatch(r"ws://127\.0\.0\.1:\d+/v2", addresses["ws_url"])
        assert addresses["control_url"] == addresses["rest_url"] + "/control"
        program.process.send_signal(number)
        assert program.process.wait(DEADLINE_S) == 0
        assert program.process.stdout is not None
        assert program.process.stdout.read() == "", "stdout holds more than the ready line"


def test_without_stderr_stdout_still_holds_one_line() -> None:
    words = [sys.executable, "-m", "publisher.simulator", "--rate", "50"]
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["ws_url"]
    process.terminate()
    assert process.communicate(timeout=DEADLINE_S) == ("", None)
    assert process.returncode == 0


def test_its_log_is_lines_of_json_where_no_terminal_is(tmp_path: Path) -> None:
    with (tmp_path / "stderr.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "publisher.simulator", "--rate", "50"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["ws_url"]
    process.terminate()
    process.communicate(timeout=DEADLINE_S)
    lines = [json.loads(line) for line in (tmp_path / "stderr.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["simulator.ready", "simulator.stopping"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--rate", "20001"),
        ("--symbols", "BTC"),
        ("--replay", "missing.ndjson"),
        ("--fault", "nonsense"),
        ("--fault", "thin:symbol=NO/PE"),
        ("--speed", "-1"),
        ("--speed", "nan"),
        ("--port", "65536"),
        ("--http-port", "-1"),
        ("--port", "22", "--host", "192.0.2.1"),  # an address that is nobody's (RFC 5737)
        ("--log", "no/folder/frames.ndjson"),
        ("--tls", "no.pem"),
    ],
)
def test_a_bad_flag_is_one_line_and_exit_code_2(flags: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publisher.simulator", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert flags[0] in done.stderr


def test_without_websockets_the_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['websockets'] = None\n"
        "from publisher.errors import MissingExtra\n"
        "from publisher.simulator.main import run\n"
        "from publisher.simulator.options import SimulatorOptions\n"
        "try: run(SimulatorOptions())\n"
        "except MissingExtra as error: print(error.extra, error.package, error.needed_by)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "sim websockets pykraken simulate\n"


@pytest.mark.parametrize("program", [("--rate", "2000", "--symbols", "40")], indirect=True)
def test_many_symbols_at_once_verify_over_the_wire(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="instrument", include_tokenized_assets=True)
        listing = client.until(lambda frame: frame.get("channel") == "instrument")
        symbols = [pair["symbol"] for pair in listing["data"]["pairs"]]
        assert len(symbols) == 40
        client.subscribe(*symbols, depth=100)
        books: dict[str, ModelBook] = {}
        for _ in range(2000):
            client.until(is_book)
            (frame,) = book_frames([str(client.texts[-1])])
            book = books.setdefault(frame.symbol, ModelBook(100))
            (book.snapshot if frame.kind == "snapshot" else book.update)(frame.bids, frame.asks)
            assert book.checksum() == frame.checksum
        assert set(books) == set(symbols)


@pytest.mark.parametrize("program", [("--rate", "0", "--symbols", "ETH/USD")], indirect=True)
def test_control_steps_shows_the_book_and_sets_the_rate(program: Program) -> None:
    with program.client() as client:
        client.subscribe("ETH/USD", depth=25)
        client.until(lambda frame: is_book(frame, "snapshot"))
        assert program.post("step", messages=40) == {"published": 40}
        (snapshot,) = book_frames([str(client.texts[-1])])
        book = ModelBook(25)
        book.snapshot(snapshot.bids, snapshot.asks)
        for _ in range(40):
            client.until(is_book)
            (frame,) = book_frames([str(client.texts[-1])])
            book.update(frame.bids, frame.asks)
        venue = program.get("book?symbol=ETH/USD&depth=25")
        assert venue["checksum"] == book.checksum()
        assert [tuple(level) for level in venue["bids"]] == book.sorted_bids()
        assert [tuple(level) for level in venue["asks"]] == book.sorted_asks()
        assert program.post("rate", rate=2000) == {"rate": 2000.0}
        for _ in range(100):
            client.until(is_book)


def test_control_refuses_what_it_does_not_know(program: Program) -> None:
    for verb, body in (("rate", {"rate": 99999}), ("fault", {"name": "x"}), ("rate", {})):
        with pytest.raises(urllib.error.HTTPError) as caught:
            program.post(verb, **body)
        with caught.value as answer:
            assert answer.code == 400
            assert json.loads(answer.read())["error"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        program.get("book?symbol=NO/PE")
    caught.value.close()
    names = {fault["name"] for fault in program.get("faults")}
    assert {"wrong_checksum", "silence", "trickle", "precision"} <= names


def test_rest_answers_as_kraken_does(program: Program) -> None:
    time_ = program.get("/0/public/Time")
    assert time_["error"] == []
    assert set(time_["result"]) == {"unixtime", "rfc1123"}
    assert program.get("/0/public/SystemStatus")["result"]["status"] == "online"
    pairs = program.get("/0/public/AssetPairs")["result"]
    bitcoin = next(pair for pair in pairs.values() if pair["wsname"] == "XBT/USD")
    assert (bitcoin["pair_decimals"], bitcoin["lot_decimals"]) == (1, 8)
    assert (bitcoin["tick_size"], bitcoin["status"]) == ("0.1", "online")
    (only,) = program.get("/0/public/AssetPairs?pair=ETHUSD")["result"].values()
    assert only["wsname"] == "ETH/USD"
    unknown = program.get("/0/public/AssetPairs?pair=NOPE")
    assert unknown["error"] == ["EQuery:Unknown asset pair"]


def test_another_path_is_no_websocket(program: Program) -> None:
    with pytest.raises(InvalidStatus) as caught:
        Client(program.addresses["ws_url"].replace("/v2", "/v1"))
    assert caught.value.response.status_code == 404


def test_heartbeats_come_each_second(program: Program) -> None:
    with program.client() as client:
        client.send("subscribe", channel="instrument")
        for _ in range(2):
            client.until(lambda frame: frame == {"channel": "heartbeat"}, 1.5)


@pytest.mark.parametrize("program", [("--idle", "1")], indirect=True)
def test_an_idle_connection_is_closed(program: Program) -> None:
    with program.client() as client:
        client.until(lambda frame: frame.get("channel") == "status")
        with pytest.raises(ConnectionClosedOK):
            client.receive(5.0)


def test_the_log_holds_every_frame_that_was_sent(tmp_path: Path) -> None:
    log = tmp_path / "sent.ndjson"
    with Program("--rate", "500", "--log", str(log)) as program:
        with program.client() as first, program.client() as second:
            for client in (first, second):
                client.subscribe("BTC/USD", "ETH/USD")
                for _ in range(50):
                    client.receive()
            program.post("rate", rate=0)
            program.get("status")
            lines = [json.loads(line) for line in log.read_text().splitlines()]
    for number, client in enumerate((first, second), start=1):
        sent = [line for line in lines if line["conn"] == number]
        assert [line["n"] for line in sent] == list(range(1, len(sent) + 1))
        assert [line["frame"] for line in sent][:50] == client.texts


@pytest.mark.parametrize(
    ("name", "depth", "speed"),
    [
        ("l2-btc-eth-d10-20260707.ndjson", 10, "0"),
        ("l2-btc-eth-d10-20260707.ndjson", 10, "20"),
        ("l2-10pairs-d1000-20210417-from-v1.ndjson", 1000, "0"),
    ],
)
def test_a_capture_is_played_byte_for_byte_to_each_client(
    captures: Path, name: str, depth: int, speed: str
) -> None:
    path = captures / name
    recorded = [
        line for line in path.read_text().splitlines() if line.startswith('{"channel":"book"')
    ]
    with Program("--replay", str(path), "--speed", speed) as program:
        symbols = program.get("status")["replay"]["symbols"]
        for _ in range(2):
            with program.client() as client:
                client.subscribe(*symbols[:1], depth=depth)
                client.until(lambda frame: frame.get("success"))
                client.subscribe(*symbols[1:], depth=depth)
                for _ in recorded:
                    client.until(is_book)
                played = [str(text) for text in client.texts]
                assert [t for t in played if t.startswith('{"channel":"book"')] == recorded
                wait_until(
                    lambda: program.get("status")["replay"]["replay_done"], DEADLINE_S, "done"
                )
                client.until(lambda frame: frame == {"channel": "heartbeat"})


def test_a_capture_is_listed_with_its_own_precisions_and_depth(captures: Path) -> None:
    path = captures / "l2-btc-eth-d10-20260707.ndjson"
    with Program("--replay", str(path), "--speed", "0") as program, program.client() as client:
        client.send("subscribe", channel="instrument")
        listing = client.until(lambda frame: frame.get("channel") == "instrument")
        found = {
            pair["symbol"]: (pair["price_precision"], pair["qty_precision"])
            for pair in listing["data"]["pairs"]
        }
        assert found == {"BTC/USD": (1, 8), "ETH/USD": (2, 8)}
        client.subscribe("BTC/USD", depth=25)
        answer = client.until(lambda frame: "error" in frame)
        assert answer["error"] == "Subscription depth not supported"


def test_a_symbol_subscribed_again_during_a_replay_gets_the_present_book(captures: Path) -> None:
    path = captures / "l2-btc-eth-d10-20260707.ndjson"
    with Program("--replay", str(path), "--speed", "4") as program, program.client() as client:
        client.subscribe("BTC/USD", "ETH/USD")
        for _ in range(300):
            client.until(is_book)
        client.send("unsubscribe", channel="book", symbol=["ETH/USD"])
        client.until(lambda frame: frame.get("method") == "unsubscribe")
        client.subscribe("ETH/USD")
        client.until(lambda frame: is_book(frame, "snapshot", "ETH/USD"))
        book = ModelBook(10)
        texts = [str(client.texts[-1])]
        for _ in range(200):
            client.until(lambda frame: is_book(frame, "", "ETH/USD"))
            texts.append(str(client.texts[-1]))
        for frame in book_frames(texts):
            (book.snapshot if frame.kind == "snapshot" else book.update)(frame.bids, frame.asks)
            assert book.checksum() == frame.checksum


@pytest.mark.parametrize(
    "program", [("--rate", "20000", "--backlog", "1", "--symbols", "BTC/USD")], indirect=True
)
def test_a_client_that_does_not_read_is_cut_off(program: Program) -> None:
    with program.client() as client:
        client.subscribe("BTC/USD", depth=1000)
        wait_until(lambda: program.get("status")["cut_off"] == 1, 30.0, "the client was cut off")
        wait_until(lambda: not program.get("status")["connections"], DEADLINE_S, "it is gone")


@pytest.mark.parametrize("program", [("--rate", "5000")], indirect=True)
def test_clients_that_leave_in_full_flow_hurt_nobody(program: Program) -> None:
    with program.client() as witness:
        witness.subscribe("BTC/USD")
        for number in range(30):
            with program.client() as client:
                client.subscribe("BTC/USD", "ETH/USD")
                client.until(is_book)
                if number % 3 == 0:
                    client.socket.socket.close()
        witness.send("ping", req_id=1)
        witness.until(lambda frame: frame.get("req_id") == 1)
        witness.until(is_book)
    assert program.process.poll() is None


def test_a_silent_connection_does_not_delay_the_end() -> None:
    with Program() as program, program.client() as client:
        client.until(lambda frame: frame.get("channel") == "status")
        program.post("fault", name="silence")
        program.process.terminate()
        assert program.process.wait(3.0) == 0


def test_tls_is_served_with_the_given_certificate(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    require(openssl, "openssl is not installed: apt-get install openssl")
    key, certificate, both = (tmp_path / name for name in ("key.pem", "cert.pem", "both.pem"))
    subprocess.run(
        [
            *(str(openssl), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(key.read_text() + certificate.read_text())
    with Program("--tls", str(both)) as program:
        url = program.addresses["ws_url"]
        assert url.startswith("wss://")
        with pytest.raises(ssl.SSLCertVerificationError):
            Client(url)
        trusted = ssl.create_default_context(cafile=str(certificate))
        with connect(url, ssl=trusted) as websocket:
            assert json.loads(websocket.recv())["channel"] == "status"


def test_the_simulator_shares_nothing_but_errors_with_what_it_judges() -> None:
    imported = set()
    for path in (ROOT / "publisher" / "simulator").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported |= {f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
    ours = {name for name in imported if name.startswith("publisher.")}
    assert all(name.startswith(("publisher.simulator", "publisher.errors")) for name in ours)
