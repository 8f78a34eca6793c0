"""What a failure is. `visible` is the raw truth at the service itself, so that a failure that never happened is not
taken for a check that did not see it. `expects` and `allows` are what Nagios must and may say of it.
"""

from typing import NamedTuple

from hamon.lab.steps import HEALTHY, Step, Truth


class Verdict(NamedTuple):
    """What Nagios says of one service. The host may be a pseudo-host: a cluster or a virtual address."""

    host: str
    service: str
    """Empty: the host itself."""
    state: str
    words: str = ""
    """What the output has to contain, when the failure must be caught by name."""


class Passing(NamedTuple):
    """A state that the service is in on the way, however long that takes: while it is so, these verdicts are true."""

    truth: Truth
    verdicts: tuple[Verdict, ...]


class Failure(NamedTuple):
    """One way to break the cloud, and back."""

    name: str
    component: str
    text: str
    inject: tuple[Step, ...]
    visible: Truth
    heal: tuple[Step, ...]
    expects: tuple[Verdict, ...] = ()
    """What must be said of it, as a hard state. Nothing means: benign, it must not alarm."""
    allows: tuple[Verdict, ...] = ()
    """What may be said besides, as a consequence; the state is the worst one allowed."""
    passing: tuple[Passing, ...] = ()
    """What may be said while it is true at the service, which is sampled, and no longer."""
    like: str = ""
    """Another failure that the same verdicts are proven by: the matrix has both, the tests have time for that one."""
    healed: Truth = HEALTHY
    visible_within: float = 30.0
    healed_within: float = 60.0

    @property
    def core(self) -> bool:
        """Whether `make test` injects it; the others are like one of these and wait for `make test-all` and the matrix."""
        return not self.like

    @property
    def benign(self) -> bool:
        """Whether it is a change that must not alarm."""
        return not self.expects
