"""What the built image says of itself and holds, judged without running it."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher import __version__
from tests.requirements import ROOT

USER = 10001
INSTALLED = "opt/pykraken"
LIMIT_MB = 60
"""Beyond the base; 50 were measured (Python 3.11, amd64)."""
TITLE = "org.opencontainers.image."
SECOND_NS = 1_000_000_000


def arguments(revision: str, source: str) -> dict[str, str]:
    """Return the arguments that a release is built with."""
    return {"VERSION": __version__, "REVISION": revision, "SOURCE": source}


def judge_configuration(docker: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Hold the `config` of an image in Docker's format against what is promised of it. Raise
    AssertionError.
    """
    user, _, group = docker["User"].partition(":")
    assert int(user) == int(group) == USER, "numbers, which an orchestrator can tell from root's"
    assert docker["Entrypoint"] == ["/opt/pykraken/bin/pykraken"], "a program, not a shell's line"
    assert docker["Cmd"] == ["run"]
    assert docker["WorkingDir"] == "/state"
    assert docker["StopSignal"] == "SIGTERM"
    assert set(docker["ExposedPorts"]) == {"9100/tcp"}
    assert not docker.get("Volumes"), "a volume of nobody's would be made at each start"
    kept = dict(pair.split("=", 1) for pair in docker["Env"])
    assert not [name for name in kept if "KEY" in name or "SECRET" in name or "PASSWORD" in name]
    check = docker["Healthcheck"]
    kind, *words = check["Test"]
    assert kind == "CMD", "CMD-SHELL would need a shell"
    assert words == ["/opt/pykraken/bin/python", "-I", "/opt/pykraken/healthcheck.py"]
    assert check["Timeout"] < check["Interval"] <= 10 * SECOND_NS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = {k: v for k, v in docker["Labels"].items() if k.startswith(TITLE)}
    assert labels.pop(f"{TITLE}description")
    assert labels == {
        f"{TITLE}title": project["name"],
        f"{TITLE}licenses": project["license"],
        f"{TITLE}version": given["VERSION"],
        f"{TITLE}revision": given["REVISION"],
        f"{TITLE}source": given["SOURCE"],
    }


def judge_files(root: Path) -> int:
    """See that only root may write what was installed, that no file raises rights, that the state
    is the user's, and how large it is; return the MB. Raise AssertionError.
    """
    total = 0
    for path in [root / INSTALLED, *(root / INSTALLED).rglob("*")]:
        known = path.lstat()
        total += known.st_size
        assert (known.st_uid, known.st_gid) == (0, 0), path
        if not stat.S_ISLNK(known.st_mode):
            assert not known.st_mode & (stat.S_IWGRP | stat.S_IWOTH), path
            assert not known.st_mode & (stat.S_ISUID | stat.S_ISGID), path
    state = (root / "state").stat()
    assert (state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)) == (USER, USER, 0o700)
    assert not list((root / INSTALLED).rglob("pip*/")), "what runs has no use for pip"
    assert not list((root / "src").glob("*")), "nothing of the builder's"
    size = round(total / 1e6)
    assert size <= LIMIT_MB, f"{size} MB beyond the base; at most {LIMIT_MB}"
    return size
