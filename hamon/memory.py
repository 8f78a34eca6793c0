"""What a check remembers between two runs: counters, and since when something has been so.

One small JSON file for each check and its arguments, mode 0600, replaced atomically. A missing, foreign, corrupted or
future file means: start again, as on the first run. Nothing is ever judged from it alone.

Folder and file are opened by descriptor and no link is followed; both must belong to the user of this process and be closed
to the writes of others, the file be a regular one of at most ``LARGEST`` bytes.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from hamon.errors import ProbeError
from hamon.files import write_atomically
from hamon.verdict import UNKNOWN

# A rate over hours says nothing about now, one over a blink is noise.
LONGEST, SHORTEST = 3600.0, 0.2  # seconds
SYSTEM = "/var/lib/hamon/state"
LARGEST = 1024 * 1024  # bytes of a memory


def directory() -> str:
    """Where memories are kept: ``$HAMON_STATE_DIR``, else SYSTEM when it is ours to write, else one of this user.

    The last is ``/var/tmp/hamon-<uid>``, made at the first run: NRPE runs plugins without a home. What root remembers is kept
    in a folder ``root`` below that of NRPE's user, who could change it otherwise.
    """
    chosen = os.environ.get("HAMON_STATE_DIR")
    if chosen or os.access(SYSTEM, os.W_OK):
        folder = chosen or SYSTEM
        with suppress(OSError):
            if os.geteuid() == 0 != os.stat(folder).st_uid:
                return os.path.join(folder, "root")
        return folder
    return of_user(os.geteuid())


def of_user(uid: int) -> str:
    """Where the memories of a user are kept that may not write to SYSTEM."""
    return f"/var/tmp/hamon-{uid}"  # noqa: S108  # ownership is checked before use


class _ForeignError(Exception):
    """A folder or file that this user's memory must not be in; the text says why."""


def _private(handle: int, path: str) -> os.stat_result:
    """The status of an open folder or file. Raises _ForeignError when another user owns it or may write to it."""
    status = os.fstat(handle)
    if status.st_uid != os.geteuid():
        raise _ForeignError(f"{path} belongs to another user")
    if status.st_mode & 0o022:
        raise _ForeignError(f"{path} can be written by others")
    return status


@contextmanager
def _folder(path: str) -> Iterator[int]:
    """The open folder ``path``. Raises OSError, also for a link, or _ForeignError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _private(handle, path)
        yield handle
    finally:
        os.close(handle)


def _read(path: str) -> str:
    """The text of a memory's file. Raises OSError, ValueError or _ForeignError when it is not one that this user wrote."""
    folder, name = os.path.split(path)
    with _folder(folder or ".") as place:
        # not waiting: a FIFO without a writer would hold the check
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
        with open(handle, "rb") as file:
            status = _private(handle, path)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                raise _ForeignError(f"{path} is not a memory")
            return file.read(LARGEST).decode()


class Held(NamedTuple):
    """A condition (any JSON value) that the last run saw, and since when it held, in epoch seconds."""

    condition: Any
    since: float


class Memory:
    """The last run's figures and this run's. Times in epoch seconds."""

    def __init__(self, now: float, before: dict[str, Any] | None = None) -> None:
        self.now = now
        self.before = before = before or {}
        self._at = float(before.get("at", 0.0))
        self._values: dict[str, float] = before.get("values", {})
        self._since: dict[str, list[Any]] = before.get("since", {})
        self._new_values: dict[str, float] = {}
        self._new_since: dict[str, list[Any]] = {}

    @classmethod
    def start(cls, now: float) -> "Memory":
        """A memory with nothing in it."""
        return cls(now)

    @property
    def elapsed(self) -> float | None:
        """Seconds since the last run; None when there was none worth comparing with."""
        gone = self.now - self._at
        return gone if self._at and SHORTEST <= gone <= LONGEST else None

    def last(self, name: str) -> float | None:
        """The counter ``name`` as the last run saw it, however long ago; None when it saw none."""
        return self._values.get(name)

    def since(self, name: str) -> Held | None:
        """The condition ``name`` was in when the last run ended, and since when; None when it was in none."""
        before = self._since.get(name)
        return Held(before[0], before[1]) if before else None

    def change(self, name: str, value: float | None) -> float | None:
        """How much a counter grew since the last run. None on the first run or after a reset (it went backwards)."""
        if value is None:
            return None
        self._new_values[name] = value
        before = self._values.get(name)
        if before is None or self.elapsed is None or value < before:
            return None
        return value - before

    def per_second(self, name: str, value: float | None) -> float | None:
        """A counter's growth for each second since the last run; None as in ``change``."""
        grown = self.change(name, value)
        return None if grown is None or self.elapsed is None else grown / self.elapsed

    def seconds_in(self, name: str, condition: Any) -> float:
        """For how long ``name`` has been in ``condition`` (any JSON value), as far as these runs saw: 0 when just entered."""
        before = self._since.get(name)
        since = before[1] if before and before[0] == condition and before[1] <= self.now else self.now
        self._new_since[name] = [condition, since]
        return float(self.now - since)

    def to_json(self) -> dict[str, Any]:
        """What the next run gets as ``before``. A run too soon after the last keeps the older counters to compare with."""
        if self._at and 0 <= self.now - self._at < SHORTEST:
            return {"at": self._at, "values": {**self._new_values, **self._values}, "since": self._new_since}
        return {"at": self.now, "values": self._new_values, "since": self._new_since}

    @property
    def worth_saving(self) -> bool:
        """Whether the next run needs it: this run put something in, or has to take out what is no longer so."""
        return bool(self._new_values or self._new_since or self.before)


def load(path: str, now: float) -> Memory:
    """The memory in ``path``; an empty one when it is missing, unreadable, not ours in shape, or from the future."""
    try:
        text = _read(path)
    except (OSError, ValueError, _ForeignError):
        return Memory(now)
    import json  # the first run of a check needs none

    try:
        before = json.loads(text)
        values = {str(k): float(v) for k, v in before["values"].items()}
        since = {str(k): [v[0], float(v[1])] for k, v in before["since"].items()}
        at = float(before["at"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        return Memory(now)
    return Memory(now, {"at": at, "values": values, "since": since}) if at <= now else Memory(now)


def save(path: str, memory: Memory) -> None:
    """Write what the next run needs. Raises ProbeError (UNKNOWN) when it cannot: rates would silently never exist."""
    import json

    folder, name = os.path.split(path)
    text = json.dumps(memory.to_json(), separators=(",", ":"))
    if len(text) > LARGEST:
        raise ProbeError(UNKNOWN, f"cannot remember between runs: {len(text)} bytes, {LARGEST} at most", "memory")
    try:
        with suppress(FileExistsError):
            os.makedirs(folder or ".", mode=0o700)
        with _folder(folder or ".") as place:
            write_atomically(name, text, folder_fd=place)
    except _ForeignError as error:
        raise ProbeError(UNKNOWN, f"{error}: set HAMON_STATE_DIR to a private folder", "memory") from error
    except OSError as error:
        fix = "make it writable or set HAMON_STATE_DIR"
        raise ProbeError(
            UNKNOWN, f"cannot remember between runs in {folder}: {error.strerror}; {fix}", "memory"
        ) from error
