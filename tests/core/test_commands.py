"""Commands: where they are looked for, and that none is left behind."""

import os
import time
from pathlib import Path

import pytest

from hamon.errors import ProbeError
from hamon.probe import Deadline
from hamon.probe.command import SEARCH, descendants, run, search_path


def test_root_by_sudo_takes_no_path_from_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert search_path({"PATH": "/tmp/evil:/bin", "SUDO_UID": "1000"}) == SEARCH
    assert search_path({"PATH": "/opt/tools/bin"}) == f"/opt/tools/bin:{SEARCH}"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert search_path({"PATH": "/opt/tools/bin", "SUDO_UID": "1000"}) == f"/opt/tools/bin:{SEARCH}"
    assert search_path({}) == SEARCH


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def test_a_child_in_a_session_of_its_own_is_ended_too(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(ProbeError, match=r"^sh did not end within 1 s$"):
        run(["sh", "-c", f"setsid sh -c 'echo $$ > {file}; exec sleep 60' & wait"], Deadline(1))
    pid = int(file.read_text())
    end = time.monotonic() + 5
    while not gone(pid):
        assert time.monotonic() < end, f"{pid} was left behind"
    assert pid not in descendants(os.getpid())


# its Popen object goes while the process still runs
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_process_that_cannot_be_ended_is_left_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    kills: list[int] = []

    def refuse(pid: int, _signal: int) -> None:
        kills.append(pid)
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refuse)
        patch.setattr(os, "kill", refuse)
        with pytest.raises(ProbeError, match=r"^sleep did not end within 0.1 s$"):
            run(["sleep", "1"], Deadline(0.1))
    assert kills
