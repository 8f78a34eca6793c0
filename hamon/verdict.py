"""What a check may say: states, findings, members, advice and the outcome. Plain data; no I/O, nothing of Nagios."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar


class State(IntEnum):
    """A Nagios service state; the value is the plugin's exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN

# nagiosplugin ranks UNKNOWN above CRITICAL; a known outage must not be hidden by a question mark beside it.
SEVERITY = {OK: 0, WARNING: 1, UNKNOWN: 2, CRITICAL: 3}


def worst(states: "list[State]") -> State:
    """The state that outranks the others (CRITICAL > UNKNOWN > WARNING > OK); UNKNOWN when there is none.

    No finding at all is not evidence, and OK needs evidence.
    """
    return max(states, key=SEVERITY.__getitem__) if states else UNKNOWN


class Finding(NamedTuple):
    """One thing a check has to say.

    ``text`` names the culprit; ``about`` is the key of the runbook entry that explains it, and ``names`` are what that
    entry's steps may fill in (``resource``, ``node``, ``queue`` ...). A finding with state OK is a note: a planned or
    benign condition worth naming beside the summary.
    """

    state: State
    text: str
    about: str = ""
    names: Mapping[str, str] = {}


class Unreachable(NamedTuple):
    """A member that gave no facts, and why. Never dropped from the count.

    ``service_down`` is True when the member's own agent answered and said that the service is dead or refusing;
    False when nobody answered there at all, so that the service may well be alive. ``about`` is the kind of trouble that
    its agent had with the service (``refused``, ``timeout``, ...); empty when nobody answered.
    """

    reason: str
    service_down: bool = False
    about: str = ""


F = TypeVar("F")


class Member(NamedTuple, Generic[F]):
    """One expected member of a cluster and its facts, or the reason why there are none.

    ``asked`` and ``answered``: when, in seconds since the members were being asked; its facts are of a moment in between.
    """

    name: str
    facts: F | Unreachable
    asked: float = 0.0
    answered: float = 0.0


class Step(NamedTuple):
    """One step of a runbook entry: a command that pastes into a shell as it stands, and what to know about it.

    ``{name}`` in either is filled in from the finding's names, then from the options of the call, and becomes ``NAME``
    where neither knows it. Other words in capitals are for the reader to fill in. A step without a command is a decision,
    or work with another tool.
    """

    command: str = ""
    remark: str = ""


def other_check(item: str, remark: str) -> Step:
    """The step that asks another check of the plan. ``item``: a part of HOST/CHECK, such as ``/galera_cluster``."""
    return Step(f"hamon run -i INVENTORY --only {item}", f"on the Nagios server: {remark}")


class Advice(NamedTuple):
    """One runbook entry: what the finding means, the next steps, and what not to do."""

    means: str
    do: tuple[Step, ...] = ()
    never: str = ""


class Outcome(NamedTuple):
    """What ``execute`` returns and a plugin prints.

    ``raw`` is set for answers that are not a verdict (``--facts``, ``--help``): printed as they are.
    """

    state: State
    label: str
    text: str
    perfdata: tuple[str, ...] = ()
    long: str = ""
    raw: str | None = None

    def render(self) -> str:
        """The plugin's whole output, without a final newline."""
        if self.raw is not None:
            return self.raw
        line = f"{self.label} {self.state.name} - {self.text}"
        if self.perfdata:
            line += " | " + " ".join(self.perfdata)
        return f"{line}\n{self.long}" if self.long else line
