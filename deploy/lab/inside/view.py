"""A view of this machine in which nothing can be changed but one directory: `view.py DIR ARGV...` runs ARGV in it.

Run by path with the standard library alone, in a mount namespace of its own. What runs in the lab as root writes by mistake
into the system then, a state of a daemon, say, or by a command of the person at its shell: it gets an error. Where root starts
the lab, this view is made before the lab's user namespace, in which nothing can lift it.
"""

import ctypes
import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
MOUNT_SETATTR = 442
"""The number of the system call (Linux 5.12), the same on all processors but Alpha."""
HERE, RECURSIVE, RDONLY = -100, 0x8000, 1
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
BIND = 0x1000 | 0x4000
"""mount(2): this directory, and what is mounted below it."""
SCRATCH = ("/tmp", "/var/tmp")
OF_THE_KERNEL = ("sysrq-trigger", "bus", "fs", "irq", "scsi", "acpi")
"""What /proc has of the kernel itself. It belongs to no namespace, and root's number is enough to write there."""
OF_THE_NETWORK = "net"
"""The one folder of /proc/sys that is every host's own."""


class Attributes(ctypes.Structure):
    """The kernel's `struct mount_attr`."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def change(path: str, *, set_: int = 0, clear: int = 0, below: bool = False) -> None:
    """Change a mount, or all mounts `below` a path. Raises OSError."""
    wanted = Attributes(set_, clear, 0, 0)
    flags, size = RECURSIVE if below else 0, ctypes.sizeof(wanted)
    if LIBC.syscall(MOUNT_SETATTR, HERE, path.encode(), flags, ctypes.byref(wanted), size):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)


def mount(*argv: str) -> None:
    """Call mount; CalledProcessError when the kernel refuses."""
    subprocess.run(["mount", *argv], check=True)


def private_dev(scratch: Path) -> None:
    """Make a /dev of its own: device nodes bound from outside (mknod is not ours to call), so that /dev/log is this host's alone."""
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(scratch))
    for name in DEVICES:
        (scratch / name).touch()
        mount("--bind", f"/dev/{name}", str(scratch / name))
    for name, target in LINKS.items():
        (scratch / name).symlink_to(target)
    (scratch / "shm").mkdir(mode=0o1777)
    mount("-t", "tmpfs", "tmpfs", str(scratch / "shm"))
    mount("--rbind", str(scratch), "/dev")


def private_tmp() -> None:
    """Make a /tmp and a /var/tmp of its own, in which the directories of the machine's are still seen."""
    for path in SCRATCH:
        seen: dict[str, int] = {}
        for entry in os.scandir(path):
            with suppress(FileNotFoundError):  # others go on making and removing directories there
                if entry.is_dir(follow_symlinks=False):
                    seen[entry.name] = os.open(entry.path, os.O_PATH)
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
        for name, handle in seen.items():
            os.mkdir(f"{path}/{name}")
            if LIBC.mount(f"/proc/self/fd/{handle}".encode(), f"{path}/{name}".encode(), None, BIND, None):
                number = ctypes.get_errno()
                os.rmdir(f"{path}/{name}")
                if number != errno.ENOENT:
                    raise OSError(number, "mount", f"{path}/{name}")
            os.close(handle)


def guard_proc() -> None:
    """Make of a /proc that was just mounted what is the kernel's own read-only."""
    settings = [f"/proc/sys/{name}" for name in os.listdir("/proc/sys") if name != OF_THE_NETWORK]
    for path in (*settings, *(f"/proc/{name}" for name in OF_THE_KERNEL)):
        if os.path.exists(path):
            mount("--bind", path, path)
            change(path, set_=RDONLY)


def close(directory: Path) -> None:
    """Make everything read-only but `directory`, /proc, and a /dev, /tmp and /var/tmp that are the view's own.

    Raises OSError, CalledProcessError.
    """
    scratch = directory / "dev"
    scratch.mkdir()
    mount("--bind", str(directory), str(directory))
    private_dev(scratch)
    private_tmp()
    change("/", set_=RDONLY, below=True)
    for path in (str(directory), "/dev", "/dev/shm", "/proc", *SCRATCH):
        change(path, clear=RDONLY)


if __name__ == "__main__":
    close(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
