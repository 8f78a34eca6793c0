"""What can go wrong in a lab beside the core's own errors. A request that is wrong in itself is hamon.errors.UsageError (exit 3).

HamonError
+-- UsageError          an unknown failure, host or profile; a lab where none may be, none where one must be
+-- LabError
    +-- MissingError    a prerequisite (program, user namespaces) is not there
    +-- NotYetError     a truth that was waited for did not come true before its deadline
    +-- CommandError    a program refused, or did not answer in time
    +-- GoneError       the lab ended in the middle of a conversation
"""

from collections.abc import Iterable

from hamon.errors import HamonError, UsageError
from hamon.words import nearest


class LabError(HamonError):
    """Base of everything that fails in a lab; its text is one line for a person."""


class MissingError(LabError):
    """Something the lab cannot do without is not on this machine."""


class NotYetError(LabError):
    """A deadline passed before the awaited truth held."""


class CommandError(LabError):
    """A command ended with an error or ran out of time."""


class GoneError(LabError):
    """The other side of a conversation with the supervisor is not there any more."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error about a name that nothing has, with the nearest one that exists."""
    return UsageError(f"unknown {kind} {name!r}; {nearest(name, tuple(known))}")
