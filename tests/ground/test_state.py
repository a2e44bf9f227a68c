"""The state folder: whole values, a lock among processes, memory where nothing can be written."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from publisher.state import StateFolder


def count_up(path: Path, times: int) -> None:
    state = StateFolder(path)
    for _ in range(times):
        state.update("count", lambda old: str(int(old or 0) + 1))


def test_values_are_read_by_another_process_later(tmp_path: Path) -> None:
    StateFolder(tmp_path / "a" / "b").write("budget", "7 é")
    assert StateFolder(tmp_path / "a" / "b").read("budget") == "7 é"
    assert StateFolder(tmp_path / "a" / "b").read("other") is None


def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    state.write("budget", "1")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "budget").stat().st_mode) == 0o600


def test_names_tell_values_from_locks_and_halves(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.write("server-2", "x")
    state.update("server-1", lambda _: "y")
    state.write("budget", "z")
    (tmp_path / ".server-3.half").write_text("")
    assert state.names("server-") == ["server-1", "server-2"]
    state.remove("server-1")
    state.remove("never")
    assert state.names("server-") == ["server-2"]


def test_processes_that_update_one_value_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=count_up, args=(tmp_path, 50)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert StateFolder(tmp_path).read("count") == "150"


def test_what_cannot_be_written_is_kept_in_memory_with_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = StateFolder(tmp_path / "file" / "below")  # no user, root included, can make this
    with capture_logs() as lines:
        state.write("budget", "1")
        assert state.update("budget", lambda old: f"{old}2") == "12"
        state.write("other", "3")
        state.remove("other")
    assert state.read("budget") == "12"
    assert state.names("") == ["budget"]
    assert [line["event"] for line in lines] == ["state.in_memory"]
    assert "PYKRAKEN_STATE_DIR" in lines[0]["mend"]


@pytest.mark.parametrize("name", ["", "../budget", "a/b", ".hidden"])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name"):
        StateFolder(tmp_path).write(name, "x")
