"""What deploy/ says agrees with itself and the code: alerts, runbook, dashboard, logs, locks."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import threading
import tomllib
from pathlib import Path

import pytest

from publisher.reach import whole_url
from publisher.settings import Settings, load
from tests.deploy.test_queries import DASHBOARD, RULES
from tests.requirements import ROOT

DEPLOY = ROOT / "deploy"
LOCKS = sorted((DEPLOY / "requirements").glob("*.lock"))
EVENT = re.compile(
    r"""(?:\.(?:debug|info|warning|error)|\blevel|\bLog)\(\s*"([a-z]+(?:\.[a-z_]+)?)\"""", re.S
)


def alerts() -> list[str]:
    """Return the names of the alerts."""
    return re.findall(r"- alert: (\w+)", RULES.read_text())


def test_every_alert_has_a_section_of_the_runbook_and_a_test() -> None:
    runbook = (DEPLOY / "RUNBOOK.md").read_text()
    tests = (DEPLOY / "monitoring/alerts.test.yml").read_text()
    names = alerts()
    assert len(names) > 30
    assert len(set(names)) == len(names)
    sections = dict(re.findall(r"^## (\w+)\n((?:(?!^## ).*\n?)*)", runbook, re.M))
    assert list(sections) == names, "one section for each alert, in the order of the rules"
    for name, text in sections.items():
        for part in ("Means", "Users feel", "First command", "Then"):
            assert re.search(rf"^- \*\*{part}\*\*: \S", text, re.M), f"{name}: {part}"
        assert f'alertname="{name}",alertstate="firing"' in tests, name
        assert f"deploy/RUNBOOK.md#{name.lower()}" in RULES.read_text(), name


def test_every_panel_of_the_dashboard_has_a_place_of_its_own() -> None:
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_event_of_the_log_is_documented() -> None:
    said: set[str] = set()
    for path in (ROOT / "publisher").rglob("*.py"):
        if "simulator" not in path.parts:
            said |= set(EVENT.findall(path.read_text()))
    told = set(re.findall(r"`([a-z]+(?:\.[a-z_]+)?)`", (DEPLOY / "LOGS.md").read_text()))
    assert len(said) > 40
    assert not said - told, "LOGS.md does not tell of these"
    gone = {name for name in told if "." in name} - said
    assert not gone, "LOGS.md tells of what nobody says"


def test_the_locks_name_no_host_and_hash_everything() -> None:
    assert [path.name for path in LOCKS] == ["build.lock", "run.lock"]
    for path in LOCKS:
        text = path.read_text()
        assert "://" not in text
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[\w.-]+==\S+", entry), entry
            assert "--hash=sha256:" in entry, entry


def test_every_image_of_compose_can_be_named_by_its_digest() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    images = re.findall(r"^ +(?:image|BASE): (.+)$", text, re.M)
    assert len(images) == 6
    page = (DEPLOY / "README.md").read_text()
    for image in images:
        match = re.fullmatch(r"\$\{(\w+):-[\w/.-]+:[\w.-]+\}", image)
        assert match, f"{image}: no variable, or a default without a tag"
        assert f"`{match[1]}`" in page, match[1]


def test_the_image_is_locked_to_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["embedded"], *extras["sim"]]
    text = (DEPLOY / "requirements/run.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.M))
    for line in asked:
        match = re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)(?:,<([\d.]+))?", line)
        assert match, line
        name, least, below = match.groups()
        assert name in locked, f"{name}: run `make deploy-locks`"
        assert numbers(locked[name]) >= numbers(least), f"{name}: run `make deploy-locks`"
        assert below is None or numbers(locked[name]) < numbers(below), name


def numbers(version: str) -> list[int]:
    """Return a version's leading numbers."""
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nok\n", 0, "/livez answers 200: ok"),
        (b"HTTP/1.0 503 No\r\n\r\nawaits X\n", 1, "/livez answers 503: awaits X"),
        (b"", 1, "nobody answers"),
    ],
)
def test_the_health_check_asks_livez(
    answer: bytes,
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = importlib.util.spec_from_file_location("healthcheck", DEPLOY / "healthcheck.py")
    assert spec is not None
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    first = tmp_path / "cmdline"
    first.write_bytes(b"/sbin/init\0--\0/opt/pykraken/bin/pykraken\0run\0")
    monkeypatch.setattr(check, "FIRST_PROCESS", first)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                heard.append(client.recv(4096))
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        monkeypatch.setenv("PYKRAKEN_METRICS_PORT", str(server.getsockname()[1]))
        assert check.main() == code
        thread.join()
    assert told in capsys.readouterr().err
    assert heard[0].startswith(b"GET /livez ")
    assert check.main("/readyz") == 1, "nobody listens any more"
    first.write_bytes(b"/opt/pykraken/bin/pykraken\0simulate\0")
    assert check.main() == 0, "a command without a port"


@pytest.mark.parametrize(
    "path",
    ["kubernetes/base/pykraken.yaml", "compose/compose.yaml", "systemd/pykraken@.service"],
)
def test_the_settings_that_are_handed_out_are_taken(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DEPLOY / path).read_text()
    pairs = [
        *re.findall(r"\{ name: (PYKRAKEN_\w+), value: \"?([^\"}]+?)\"? \}", text),
        *re.findall(r"^    (PYKRAKEN_\w+): (?!\$)(\S+)$", text, re.M),
        *re.findall(r"^    (PYKRAKEN_\w+): \$\{\w+:-(\S*)\}$", text, re.M),
        *re.findall(r"\b(PYKRAKEN_\w+)=(\S+)", text),
    ]
    assert "PYKRAKEN_REDIS_URL" in dict(pairs)
    for name in [name for name in os.environ if name.startswith("PYKRAKEN_")]:
        monkeypatch.delenv(name)
    for name, value in pairs:
        assert name.removeprefix("PYKRAKEN_").lower() in Settings.model_fields, name
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings = load()
    assert "password_file=" in whole_url(settings.redis_url or "", settings)


def test_the_settings_that_values_may_give_are_there_hold_no_secret_and_have_no_other_place() -> (
    None
):
    """A second value of what the chart sets itself would win over it, unseen."""
    chart = ROOT / "deploy" / "helm" / "pykraken"
    schema = json.loads((chart / "values.schema.json").read_text())
    free = set(schema["definitions"]["settings"]["propertyNames"]["enum"])
    known = {f"PYKRAKEN_{name.upper()}" for name in Settings.model_fields}
    assert free <= known
    own = set(re.findall(r"name: (PYKRAKEN_\w+)", (chart / "templates" / "_pod.tpl").read_text()))
    assert own & free == set()
    left = known - free - own
    assert {name for name in left if not re.search("KEY|SECRET|PASSWORD|FILE|PROXY", name)} == {
        "PYKRAKEN_EXCHANGE",
        "PYKRAKEN_EMBEDDED_DIR",
        "PYKRAKEN_EMBEDDED_PORT",
    }
