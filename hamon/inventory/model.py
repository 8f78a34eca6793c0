"""Define what every inventory becomes, whatever format it was written in. Plain data without I/O."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Host(NamedTuple):
    """One machine to watch, asked at ``address``. ``parents`` are hosts behind which it stands. ``listens`` is set where its services listen at another one.

    ``groups`` are all its groups, inherited ones and aliases included, sorted.
    """

    name: str
    address: str
    groups: tuple[str, ...]
    parents: tuple[str, ...] = ()
    listens: str = ""

    @property
    def service(self) -> str:
        """The address at which its services listen; that of the host where no other is known."""
        return self.listens or self.address


class Section(NamedTuple):
    """One ``hamon:`` variable as it was found, not yet validated.

    ``scope`` is ``all``, ``group`` or ``host`` and ``name`` whose it is; ``place`` names the file for error messages.
    """

    scope: str
    name: str
    place: str
    data: Any


Switches = Mapping[str, tuple[str, bool | str]]
"""Names of services, each with the variable that switches it off, and the variable's default: a value, or another variable."""


class Inventory(NamedTuple):
    """The cloud as its inventory describes it.

    ``hosts`` are sorted by name. ``groups`` maps every group (aliases included) to the sorted names of all its hosts;
    ``own_groups`` are the names that the inventory itself uses, ``aliases`` what some of them are called elsewhere, ``children``
    the groups directly below a group. ``sections`` come in the order in which they apply: those of all, of groups (parents
    before children), of hosts. ``source`` is a base name, never a path.

    ``off`` are the names, of those that were asked for, of services that the deployment tool's own settings switch off: their
    groups have hosts all the same. ``clusters`` divides the hosts of a group into clusters of their own: group to cluster name
    to group. ``site`` are names for argument templates that the deployment tool gives (ports, the container engine).
    """

    source: str
    structure: str
    hosts: tuple[Host, ...]
    groups: Mapping[str, tuple[str, ...]]
    own_groups: tuple[str, ...]
    vips: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]] = {}
    sections: tuple[Section, ...] = ()
    findings: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()
    children: Mapping[str, tuple[str, ...]] = {}
    clusters: Mapping[str, Mapping[str, str]] = {}
    site: Mapping[str, str] = {}


class Shape(NamedTuple):
    """What a structure reader makes of a tree of groups: the part that differs between deployment tools.

    ``aliases`` maps a group to the further names its hosts are known by; ``ignored`` are hosts that are not watched;
    ``disabled`` are groups whose service is switched off, ``off`` services by the names that were asked for. ``groups`` are
    further groups with their hosts; ``clusters`` and ``site`` as in Inventory; ``listens`` and ``parents`` as in Host, by
    host. ``variables`` are those that the tool keeps outside the inventory.
    """

    vips: Mapping[str, str] = {}
    aliases: Mapping[str, tuple[str, ...]] = {}
    ignored: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    findings: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}
    clusters: Mapping[str, Mapping[str, str]] = {}
    site: Mapping[str, str] = {}
    listens: Mapping[str, str] = {}
    parents: Mapping[str, tuple[str, ...]] = {}
    variables: Mapping[str, Any] = {}
