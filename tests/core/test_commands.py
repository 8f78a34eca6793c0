"""Commands: where they are looked for, and that none is left behind."""

import os
import resource
import time
from pathlib import Path

import pytest

from hamon.budget import SEARCH, descendants
from hamon.errors import ProbeError
from hamon.probe import Deadline
from hamon.probe.command import run, run_many, search_path
from hamon.verdict import CRITICAL, UNKNOWN


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


def test_what_was_not_started_in_time_was_not_asked() -> None:
    ran = run_many({"a": ["sleep", "9"], "b": ["true"]}, Deadline(0.2), at_once=1)
    errors = {
        key: (error.state, error.text, error.about) for key, error in ran.items() if isinstance(error, ProbeError)
    }
    assert errors == {
        "a": (CRITICAL, "sleep did not end within 0.2 s", "timeout"),
        "b": (UNKNOWN, "true was not started: no time left", "not asked"),
    }


def test_only_so_much_of_an_output_is_kept() -> None:
    ran = run_many({"a": ["head", "-c", "1000000", "/dev/zero"]}, Deadline(9), most=100_000)["a"]
    assert isinstance(ran, list)
    assert (ran[0], len(ran[1]) < 200_000) == (0, True)


def test_more_commands_than_descriptors_are_run_in_waves() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 20, hard))
    try:
        ran = run_many({str(number): ["sh", "-c", "sleep 0.05; echo x"] for number in range(40)}, Deadline(30))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [answer[:2] for answer in ran.values() if isinstance(answer, list)] == [[0, "x\n"]] * 40
    assert len(os.listdir("/proc/self/fd")) == used
