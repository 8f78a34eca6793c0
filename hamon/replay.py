"""Recordings judged again, and compared with the verdict that they should have."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hamon.catalogue import check_named
from hamon.errors import UsageError
from hamon.execute import execute
from hamon.probe.tape import read
from hamon.verdict import Outcome


class Replayed(NamedTuple):
    """One recording judged. ``expected`` is its whole first line as it should be, or None when it expects nothing."""

    path: Path
    check: str
    outcome: Outcome
    expected: str | None

    @property
    def line(self) -> str:
        """The status line with its perfdata."""
        return self.outcome.render().splitlines()[0]

    @property
    def matches(self) -> bool:
        """Whether the verdict is the expected one; True when nothing was expected."""
        return self.expected is None or self.expected == self.line


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """Recordings among files and folders (searched below, ``*.json``), sorted within each folder. Raises UsageError."""
    for path in paths:
        if path.is_dir():
            recordings = sorted(path.rglob("*.json"))
            if not recordings:
                raise UsageError(f"{path} has no recordings (*.json)")
            yield from recordings
        else:
            yield path


def replayed(path: Path, args: Sequence[str] = ()) -> Replayed:
    """Judge one recording with extra arguments. Raises UsageError when it is not one."""
    recording = read(str(path))
    check = check_named(recording["check"])
    outcome = execute(check, ["--replay", str(path), *args])
    expect = recording.get("expect")
    return Replayed(path, check.program, outcome, expect["output"] if expect and not args else None)
