"""What the doctor has to say: one finding for each thing that was looked at."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    NOTE = "note"
    """it works, and you may want it otherwise"""
    PROBLEM = "problem"
    """it cannot work, or will not for long"""
    UNKNOWN = "unknown"
    """it could not be looked at"""


WORST_FIRST = (State.PROBLEM, State.UNKNOWN, State.NOTE, State.OK)


class Finding(NamedTuple):
    """``area`` (nrpe, checks, sudo ...) and ``what`` was looked at, its state, one line about it, and one line to paste that
    cures it (or the setting to change, where no command can).
    """

    area: str
    what: str
    state: State
    text: str
    cure: str = ""


def ok(area: str, what: str, text: str) -> Finding:
    """A thing that is as it should be."""
    return Finding(area, what, State.OK, text)


def note(area: str, what: str, text: str, cure: str = "") -> Finding:
    """A thing that works and that one may want otherwise."""
    return Finding(area, what, State.NOTE, text, cure)


def problem(area: str, what: str, text: str, cure: str) -> Finding:
    """A thing that cannot work."""
    return Finding(area, what, State.PROBLEM, text, cure)


def unknown(area: str, what: str, text: str, cure: str = "") -> Finding:
    """A thing that could not be looked at."""
    return Finding(area, what, State.UNKNOWN, text, cure)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the worst first; within a state in the order given."""
    return sorted(dict.fromkeys(findings), key=lambda finding: WORST_FIRST.index(finding.state))
