"""What a check remembers between two runs: counters, and since when something has been so.

One small JSON file for each check and its arguments, mode 0600, replaced atomically. A missing, foreign, corrupted or
future file means: start again, as on the first run. Nothing is ever judged from it alone.
"""

import os
from typing import Any, NamedTuple

from hamon.errors import ProbeError
from hamon.files import write_atomically
from hamon.verdict import UNKNOWN

# A rate over hours says nothing about now, one over a blink is noise.
LONGEST, SHORTEST = 3600.0, 0.2  # seconds
SYSTEM = "/var/lib/hamon/state"


def directory() -> str:
    """Where memories are kept: ``$HAMON_STATE_DIR``, else SYSTEM when it is ours to write, else one of this user.

    The last is ``/var/tmp/hamon-<uid>``, used only when it belongs to this user and is closed to others: NRPE runs
    plugins without a home, and a world-writable folder invites planted files.
    """
    chosen = os.environ.get("HAMON_STATE_DIR")
    if chosen:
        return chosen
    return SYSTEM if os.access(SYSTEM, os.W_OK) else of_user(os.getuid())


def of_user(uid: int) -> str:
    """Where the memories of a user are kept that may not write to SYSTEM."""
    return f"/var/tmp/hamon-{uid}"  # noqa: S108  # ownership is checked before use


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
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return Memory(now)
    import json  # the first run of a check needs none

    try:
        before = json.loads(text)
        values = {str(k): float(v) for k, v in before["values"].items()}
        since = {str(k): [v[0], float(v[1])] for k, v in before["since"].items()}
        at = float(before["at"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Memory(now)
    return Memory(now, {"at": at, "values": values, "since": since}) if at <= now else Memory(now)


def save(path: str, memory: Memory) -> None:
    """Write what the next run needs. Raises ProbeError (UNKNOWN) when it cannot: rates would silently never exist."""
    import json

    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        owner = os.stat(folder)
        if folder.startswith("/var/tmp/") and (owner.st_uid != os.getuid() or owner.st_mode & 0o022):  # noqa: S108
            raise ProbeError(
                UNKNOWN, f"{folder} belongs to another user: set HAMON_STATE_DIR to a private folder", "memory"
            )
        write_atomically(path, json.dumps(memory.to_json(), separators=(",", ":")))
    except OSError as error:
        fix = "make it writable or set HAMON_STATE_DIR"
        raise ProbeError(
            UNKNOWN, f"cannot remember between runs in {folder}: {error.strerror}; {fix}", "memory"
        ) from error
