"""What a user may do is worked out from modes as the kernel does it: the kernel is asked beside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hamon.rights import EXECUTE, READ, WRITE, Account, Obstacle, Status, account, obstacle

NAGIOS = Account("nagios", 103, (106, 40))


def machine(**statuses: Status) -> dict[str, Status]:
    return {"/": Status(0o040755), "/etc": Status(0o040755), "/etc/x": Status(0o100640, 0, 106), **statuses}


@pytest.mark.parametrize(
    ("status", "wanted", "allowed"),
    [
        (Status(0o100640, 0, 106), READ, True),
        (Status(0o100640, 0, 40), READ, True),
        (Status(0o100640, 0, 0), READ, False),
        (Status(0o100604, 0, 106), READ, False),  # the group's bits count, not those of others
        (Status(0o100044, 103, 106), READ, False),  # nor those of the group for the owner
        (Status(0o100640, 0, 106), WRITE, False),
        (Status(0o100660, 0, 106), READ | WRITE, True),
        (Status(0o100745, 0, 0), EXECUTE, True),
    ],
)
def test_the_class_that_counts(status: Status, wanted: int, allowed: bool) -> None:
    stop = obstacle(NAGIOS, "/etc/x", wanted, machine(**{"/etc/x": status}).__getitem__)

    assert stop == (None if allowed else Obstacle("/etc/x", True))


def test_every_directory_above_counts() -> None:
    closed = machine(**{"/etc": Status(0o040750)})

    assert obstacle(NAGIOS, "/etc/x", READ, closed.__getitem__) == Obstacle("/etc", True)
    assert obstacle(Account("root", 0, (0,)), "/etc/x", READ, closed.__getitem__) is None


def test_root_executes_only_what_is_executable() -> None:
    root = Account("root", 0, (0,))

    assert obstacle(root, "/etc/x", EXECUTE, machine().__getitem__) == Obstacle("/etc/x", True)
    assert obstacle(root, "/etc", EXECUTE, machine().__getitem__) is None


def test_an_access_control_list_makes_it_unsure() -> None:
    listed = machine(**{"/etc/x": Status(0o100600, listed=True)})

    assert obstacle(NAGIOS, "/etc/x", READ, listed.__getitem__) == Obstacle("/etc/x", False)


def test_a_user_may_be_a_number() -> None:
    assert account("root") == Account("root", 0, tuple(dict.fromkeys((0, *os.getgrouplist("root", 0)))))
    assert account("4294900000") == Account("4294900000", 4294900000, (4294900000,))
    assert account("no such user") is None


TRY = """
import os, sys
os.setgroups([106]); os.setgid(106); os.setuid(103)
print(int(os.access(sys.argv[1], int(sys.argv[2]))))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o040, 0o004, 0o640, 0o604, 0o711, 0o755, 0o070, 0o007])
@pytest.mark.parametrize("owner", [(0, 0), (103, 0), (0, 106)])
def test_the_kernel_agrees(tmp_path: Path, mode: int, owner: tuple[int, int]) -> None:
    """Asked in a directory that everybody may enter: pytest's own are closed to others."""
    folder = Path("/var/tmp") / f"hamon-rights-{os.getpid()}"
    folder.mkdir()
    try:
        file = folder / "x"
        file.write_text("")
        file.chmod(mode)
        os.chown(file, *owner)
        folder.chmod(0o755)
        for wanted in (READ, WRITE, EXECUTE):
            ran = subprocess.run(
                [sys.executable, "-S", "-c", TRY, str(file), str(wanted)], capture_output=True, text=True, check=False
            )
            if ran.returncode:
                pytest.skip(f"no other uid to become here: {ran.stderr.splitlines()[-1]}")
            user = Account("nagios", 103, (106,))
            assert (obstacle(user, str(file), wanted) is None) is (ran.stdout == "1\n"), (oct(mode), owner, wanted)
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
