"""All expected members of a cluster side by side, with their facts or their silence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from hamon.verdict import CRITICAL, UNKNOWN, Finding, Member, Unreachable
from hamon.words import listed

F = TypeVar("F")

UNUSABLE = "reported facts that no verdict can be made with"


class Members(Generic[F]):
    """All expected members with their facts or their silence, in the order given; iterable, ``len`` is the expected size.

    ``ages``: for how long (seconds) conditions that no single run can date have held, by name. ``others``: members of
    another component that were asked beside, such as the proxies in front.

    Silence is not evidence: a verdict may claim only what the members in ``reported`` and ``dead`` prove. Members in
    ``unasked`` may be alive, and may be the majority.
    """

    def __init__(
        self,
        members: Sequence[Member[F]],
        ages: Sequence[tuple[str, float]] = (),
        others: "Members[Any] | None" = None,
    ) -> None:
        self.members, self.ages, self.others = tuple(members), tuple(ages), others

    def __iter__(self) -> Iterator[Member[F]]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def beside(self, ages: Sequence[tuple[str, float]] = (), others: "Members[Any] | None" = None) -> "Members[F]":
        """The same members with ages and members of another component beside them."""
        return Members(self.members, ages, others)

    def without_each(self) -> "Iterator[Members[F]]":
        """The same members, each that reported silent in turn: who to leave out when no verdict can be made of all."""
        for name in self.reported:
            rest = [m._replace(facts=Unreachable(UNUSABLE)) if m.name == name else m for m in self.members]
            yield Members(rest, self.ages, self.others)

    def _asdict(self) -> dict[str, Any]:
        """What ``--facts`` prints, as a NamedTuple would."""
        return {"members": self.members, "ages": self.ages, "others": self.others}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all expected members."""
        return tuple(member.name for member in self.members)

    @property
    def reported(self) -> dict[str, F]:
        """The facts of the members that gave any, by name."""
        return {member.name: member.facts for member in self.members if not isinstance(member.facts, Unreachable)}

    @property
    def silent(self) -> dict[str, Unreachable]:
        """The members that gave no facts, by name: the dead and the unasked."""
        return {member.name: member.facts for member in self.members if isinstance(member.facts, Unreachable)}

    @property
    def dead(self) -> dict[str, str]:
        """Reasons by name of the members whose own agent says that the service is dead or refuses."""
        return {name: silence.reason for name, silence in self.silent.items() if silence.service_down}

    @property
    def unasked(self) -> dict[str, str]:
        """Reasons by name of the members that could not be asked: they may well be alive."""
        return {name: silence.reason for name, silence in self.silent.items() if not silence.service_down}

    def why(self, name: str) -> str:
        """Why that member gave no facts; empty when it gave some or is not a member."""
        silence = self.silent.get(name)
        return silence.reason if silence else ""

    def reasons(self) -> str:
        """Every silent member and its reason: ``ctl1: connection refused, ctl2: ...``."""
        return ", ".join(f"{name}: {self.why(name)}" for name in self.silent)

    def apologies(self, names: Iterable[str] | None = None) -> str:
        """``ctl1 could not be asked (no route to the host)`` for each of ``names`` (default: all silent members), listed."""
        silent = self.silent
        return listed(
            f"{name} could not be asked ({silent[name].reason})" for name in (silent if names is None else names)
        )

    def nobody(self, about: str, why: Callable[[str], str] | None = None, serves: str = "serves") -> Finding | None:
        """The finding when no member gave facts, else None: ``about`` names the runbook entry of dead members.

        ``why`` puts a member's silence into the component's own words, ``serves`` what no member does.
        """
        if self.reported:
            return None
        reasons = ", ".join(f"{name}: {(why or self.why)(name)}" for name in self.silent)
        if not self.dead:
            names = {"member": next(iter(self.silent), "")}
            return Finding(UNKNOWN, f"no member could be asked: {reasons}", "unreachable", names)
        words = f"no member {serves}" + (" as far as they could be asked" if self.unasked else "")
        return Finding(CRITICAL, f"{words}: {reasons}", about, {"member": next(iter(self.dead))})

    def age(self, name: str) -> float:
        """Seconds that the condition ``name`` has held; 0 when it does not."""
        return dict(self.ages).get(name, 0.0)
