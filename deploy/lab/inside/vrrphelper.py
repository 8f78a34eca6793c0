"""Does beside keepalived what its scripts would do, where keepalived cannot run scripts.

Before every script keepalived calls setgroups(2), which an ordinary user's namespace denies. Its notify FIFO and its
track files need no script: this program reads the one and writes the other. Run by path with the standard library alone:
`python -I -S vrrphelper.py SOCKET`, inside the host; SOCKET is HAProxy's.

FIFO line:  INSTANCE "NAME" STATE PRIORITY
state file: INSTANCE NAME STATE PRIORITY EPOCH, replaced atomically, so that a reader sees the old line or the new one
track file: 0 while HAProxy accepts on its socket, -1 while it does not
"""

import contextlib
import os
import select
import socket
import sys
import time
from pathlib import Path

RUN = Path("/run/keepalived")
FIFO = RUN / "notify"
STATES = RUN / "state.d"
HAPROXY_TRACK = RUN / "haproxy"
INTERVAL = 1.0
STATES_OF_AN_INSTANCE = frozenset({"MASTER", "BACKUP", "FAULT", "STOP"})
"""The FIFO also has events that change no state: MASTER_RX_LOWER_PRI, MASTER_PRIORITY, BACKUP_PRIORITY."""


def replace(path: Path, text: str) -> None:
    """Write the whole text or nothing. The new file is hidden until it is complete."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.rename(path)


def state_line(line: str, now: float) -> tuple[str, str] | None:
    """The instance's name and its new state line, from one line of the FIFO; None if its state did not change."""
    kind, name, state, priority = line.split()
    if state not in STATES_OF_AN_INSTANCE:
        return None
    name = name.strip('"')
    return name, f"{kind} {name} {state} {priority} {int(now)}\n"


def haproxy_accepts(path: str) -> bool:
    """Whether a process is behind HAProxy's socket: the file outlives a killed process."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(INTERVAL)
        probe.connect(path)
        return True
    return False


def opened(path: Path, fifo: int | None) -> int:
    """The FIFO that has the name now, for reading and writing: so it never ends, however often keepalived is restarted.

    A keepalived that came first made it, takes it along when it leaves, and the next one makes another.
    """
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    if fifo is not None:
        if os.fstat(fifo).st_ino == os.stat(path).st_ino:
            return fifo
        os.close(fifo)
    return os.open(path, os.O_RDWR)


def main(haproxy: str) -> None:
    """Serve until the host is powered off."""
    fifo = None
    rest = ""
    tracked = None
    while True:
        fifo = opened(FIFO, fifo)
        if select.select([fifo], [], [], INTERVAL)[0]:
            *lines, rest = (rest + os.read(fifo, 65536).decode()).split("\n")
            for line in lines:
                if new := state_line(line, time.time()):
                    name, text = new
                    replace(STATES / name, text)
        value = "0\n" if haproxy_accepts(haproxy) else "-1\n"
        if value != tracked:
            # in place: keepalived watches this very inode
            HAPROXY_TRACK.write_text(value)
            tracked = value


if __name__ == "__main__":
    main(sys.argv[1])
