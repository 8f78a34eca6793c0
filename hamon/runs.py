"""Where a check runs that is not of one member: once for a cluster, once for a virtual address.

Apart from ``hamon.check``: the start of a node's check does not pay for what it does not state.
"""

from enum import IntEnum
from typing import Any, NamedTuple

from hamon.check import Check


class Majority(IntEnum):
    """What a cluster counts its majority of. The lower the value, the sooner it is at risk when a host is lost."""

    OF_MEMBERS = 1  # all members there should be, present or not
    OF_VOTES = 2  # the votes expected, which can be lowered, weighted or lent by a quorum device
    OF_REMAINING = 3  # those that were in it last: after each loss a smaller majority is enough


class OnCluster(NamedTuple):
    """Runs on the Nagios server, once for each cluster of the component. ``argv``, ``argv_if``: see ``OnMembers``.

    ``of`` is the check whose facts are gathered from every member, None for a check that asks the service itself.
    ``beside`` names node checks of other components whose facts are gathered, too. ``majority`` is stated by a check that
    can page for a lost host: of several clusters on the same hosts one does, see hamon/plan/clusters.py.
    """

    of: Check[Any] | None = None
    argv: tuple[str, ...] = ()
    argv_if: tuple[tuple[str, ...], ...] = ()
    beside: tuple[str, ...] = ()
    majority: Majority | None = None


class ThroughVip(NamedTuple):
    """Runs on the Nagios server, once for each virtual address. ``argv``, ``argv_if``: see ``OnMembers``.

    ``of`` is the check whose facts are gathered from every host behind the address, None for a check that uses the
    address as a client does.
    """

    of: Check[Any] | None = None
    argv: tuple[str, ...] = ()
    argv_if: tuple[tuple[str, ...], ...] = ()
