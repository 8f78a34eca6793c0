"""A shell on a terminal of its own, driven by keys as a person does."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

TAB, EVERY = "\t", "\x1b*"  # EVERY: bash inserts all that TAB would offer
BEGIN, END, DROP = "\x01", "\x05", "\x15"
DEADLINE = 20.0
SIZE = struct.pack("HHHH", 60, 6000, 0, 0)  # rows and columns: no line wraps
SHOWN = re.compile(r"<<([^<>\n]*)>>\r?\n")


class Shell:
    """One interactive shell. ``line`` types words and a key, and returns the command line that they became."""

    def __init__(self, argv: Sequence[str], home: Path, start: str) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            env = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(home), "PS1": "> ", "LC_ALL": "C.UTF-8"}
            os.execve(argv[0], list(argv), env)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, SIZE)
        self._seen = ""
        self._type(f"{start}; printf '<<%s>>\\n' 'ready'\n")
        assert self._shown() == "ready"

    def line(self, words: str, key: str = TAB) -> str:
        """What stands on the command line after ``words`` and ``key``."""
        self._type(f"{words}{key}{BEGIN}printf '<<%s>>\\n' '{END}'\n")
        return self._shown()

    def lists(self, words: str, expected: Collection[str]) -> None:
        """Type ``words`` and TAB, and read until all that is expected stands on the screen. Fails at the deadline."""
        begin = len(self._seen)
        self._type(f"{words}{TAB}")
        self._read(lambda: all(text in self._seen[begin:] for text in expected))
        self._type(f"{DROP}printf '<<%s>>\\n' 'end'\n")
        assert self._shown() == "end"

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def _type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def _shown(self) -> str:
        """The next text between marks; the terminal's own echo of the command has no line end behind it."""
        begin = len(self._seen)
        self._read(lambda: SHOWN.search(self._seen, begin) is not None)
        found = SHOWN.search(self._seen, begin)
        assert found
        return found[1]

    def _read(self, enough: Callable[[], bool]) -> None:
        """Read until it is enough."""
        until = time.monotonic() + DEADLINE
        while not enough():
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"in vain, of the shell: {self._seen[-2000:]!r}"
            self._seen += os.read(self.terminal, 65536).decode(errors="replace")
