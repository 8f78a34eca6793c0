"""What can go wrong in a lab, as one hierarchy.

LabError
├── MissingError          a prerequisite (program, user namespaces) is not there
├── NotYetError           a truth that was waited for did not come true before its deadline
├── CommandError    a program said no, or did not answer in time
├── UnknownNameError      no failure, host or profile of that name
└── UsageError            the request makes no sense now (lab already up, nothing running there, ...)
"""

from collections.abc import Iterable

from hamon.words import nearest


class LabError(Exception):
    """Base of everything this package raises on purpose; its text is one line for a person."""


class MissingError(LabError):
    """Something the lab cannot do without is not on this machine."""


class NotYetError(LabError):
    """A deadline passed before the awaited truth held."""


class CommandError(LabError):
    """A command ended with an error or ran out of time."""


class UsageError(LabError):
    """A request that cannot be carried out in the present state."""


class UnknownNameError(LabError):
    """A name nobody knows, with the nearest one that exists."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}; {nearest(name, tuple(known))}")
