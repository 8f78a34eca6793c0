"""A notification as plain data, and its words: the same for a mail and for a webhook."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon.words import duration

SUBJECT = 120  # characters: what a list of mails and a phone show

_LABEL = re.compile(r"[A-Z0-9_]+ (?:OK|WARNING|CRITICAL|UNKNOWN) - ")
_STEP = re.compile(r"(?:Type next|\s+then): (.*)")
_GOOD = ("OK", "UP")


class Words(NamedTuple):
    """What the plugin said: its first line, without perfdata, and the lines below. All of it is text from outside."""

    first: str
    below: tuple[str, ...] = ()


class Event(NamedTuple):
    """What Nagios says of one notification. ``service`` is empty for a host.

    Times are seconds since the epoch, 0 where Nagios knows none: ``last_ok`` is when the state was last OK (or UP); Nagios 4
    sets it when that state ends, so that a recovery has in it when the problem began. ``last_change`` is the last change of
    the state, ``last_check`` the check whose words belong to the notification.
    """

    kind: str
    host: str
    service: str
    address: str
    state: str
    last_ok: float = 0
    last_change: float = 0
    last_check: float = 0
    author: str = ""
    comment: str = ""

    @property
    def good(self) -> bool:
        """Whether the state is the good one."""
        return self.state in _GOOD

    @property
    def name(self) -> str:
        """``ctl1``, ``ctl1/galera`` or ``galera.cluster``."""
        return f"{self.host}/{self.service}" if self.service else self.host

    @property
    def since(self) -> float:
        """When the problem began: with the last OK, since a problem may change its state. Of a good state: when it came."""
        return self.last_change if self.good else self.last_ok or self.last_change

    @property
    def lasted(self) -> float:
        """For how many seconds the problem had lasted that is over with this recovery; 0 when that is not known."""
        recovered = self.kind == "RECOVERY" and self.good and 0 < self.last_ok < self.last_change
        return self.last_change - self.last_ok if recovered else 0


class Notice(NamedTuple):
    """An event with its verdict. ``steps`` are the runbook's commands, each a line that pastes into a shell;
    ``lines`` are the other lines below the verdict.
    """

    event: Event
    verdict: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]


def printable(text: str) -> str:
    """``text`` in one line: control characters and line separators, which would begin a line or a mail header, are spaces."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


def unescaped(text: str) -> tuple[str, ...]:
    r"""The lines of a long output as Nagios writes it: ``\n`` for a line break, ``\\`` for a backslash."""
    whole = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text, flags=re.DOTALL)
    return tuple(line for line in whole.splitlines() if line.strip())


def notice(event: Event, words: Words) -> Notice:
    """The notice of an event. What is right again has its OK line only: a runbook would be of the problem that is over."""
    verdict = _LABEL.sub("", printable(words.first), count=1) or "(the plugin said nothing)"
    below = () if event.good else words.below
    steps = tuple(printable(match[1]) for match in map(_STEP.match, below) if match)
    lines = tuple(printable(line) for line in below if not _STEP.match(line))
    return Notice(event, verdict, lines, steps)


def subject(notice: Notice) -> str:
    """``CRITICAL galera.cluster/galera_cluster: SPLIT-BRAIN ...``; what is not a problem begins with what it is."""
    event = notice.event
    kind = "" if event.kind == "PROBLEM" else f"{event.kind}: "
    line = printable(f"{kind}{event.state} {event.name}: {notice.verdict}")
    return line if len(line) <= SUBJECT else line[: SUBJECT - 3].rsplit(" ", 1)[0] + "..."


def fields(notice: Notice, now: float) -> Iterator[tuple[str, str]]:
    """The table of a notice: names and values."""
    event = notice.event
    yield "Notification", event.kind
    if event.service:
        yield "Service", event.service
    yield "Host", f"{event.host} ({event.address})" if event.address not in ("", event.host) else event.host
    yield "State", event.state
    if event.since:
        at = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(event.since))
        yield "OK since" if event.good else "Since", f"{at} ({duration(max(now - event.since, 0))} ago)"
    if event.lasted:
        yield "Lasted", duration(event.lasted)
    if event.comment:
        yield "Comment", f"{event.author or 'somebody'}: {event.comment}"


def indented(lines: Sequence[str], by: int) -> str:
    """``lines`` each behind ``by`` spaces: text from outside never stands where hamon's own lines begin."""
    return "".join(f"{' ' * by}{line}\n" for line in lines)
