"""A container of the lab: a service in mount and process namespaces of its own below a host, whose network it shares.

Run by path with the standard library alone: `container.py SPEC ARGV...`, inside the host. SPEC is JSON: {"name": ..., "run":
[directories to make below its own /run], "volumes": {path inside: directory outside}}. While it runs, /run/containers/NAME has the
number of its first process, by which docker.py finds it. /dev/shm is the host's, as with `ipc_mode: host`.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

RUNNING = Path("/run/containers")
GROWN = "/var/lib"
STAGE = "/mnt"
NEWNS, NEWPID = 0x00020000, 0x20000000
PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the caller's namespaces; OSError when the kernel refuses. New process namespaces are the next child's."""
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def mount(*argv: str) -> None:
    """Call mount; CalledProcessError when the kernel refuses."""
    subprocess.run(["mount", *argv], check=True)


def furnish(run: list[str], volumes: dict[str, str]) -> None:
    """Mount the container's own /proc, /run and volumes.

    GROWN becomes a directory in which there may be more than the system's has: what is there already is linked to.
    """
    mount("--make-rprivate", "/")
    mount("-t", "proc", "proc", "/proc")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    if any(path.startswith(f"{GROWN}/") for path in volumes):
        entries = os.listdir(GROWN)
        mount("--rbind", GROWN, STAGE)
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", GROWN)
        for entry in entries:
            Path(GROWN, entry).symlink_to(f"{STAGE}/{entry}")
    for path, outside in volumes.items():
        with contextlib.suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            os.unlink(path)
        Path(path).mkdir(parents=True, exist_ok=True)
        Path(outside).mkdir(parents=True, exist_ok=True)
        mount("--bind", outside, path)
    for entry in run:
        Path("/run", entry).mkdir(parents=True, exist_ok=True)


def first(spec: dict[str, object], argv: list[str]) -> int:
    """The container's process 1: starts the program, collects the dead, and ends with the program; its exit code."""
    LIBC.prctl(PDEATHSIG, signal.SIGKILL)
    unshare(NEWNS)
    furnish(spec["run"], spec["volumes"])  # type: ignore[arg-type]
    child = subprocess.Popen(argv)
    return outlive(child.pid)


def outlive(child: int) -> int:
    """Pass SIGTERM on to a child, collect every child, and return the exit code of this one."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def main(spec: dict[str, object], argv: list[str]) -> int:
    """Run the container to its end; the exit code of its program."""
    unshare(NEWPID)
    child = os.fork()
    if not child:
        os._exit(first(spec, argv))
    RUNNING.mkdir(exist_ok=True)
    mark = RUNNING / str(spec["name"])
    mark.write_text(str(child))
    return outlive(child)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
