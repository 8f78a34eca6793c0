"""Keep the tree of groups that all file readers fill: hosts by group, their variables, and where each was found.

Places (``inventory.ini:12``) are kept for error messages only.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hamon.errors import UsageError

ADDRESS_VARIABLES = ("ansible_host", "ansible_ssh_host")  # the second is the name of Ansible 1.x


class Group(NamedTuple):
    """One group: hosts and child groups with the place that put them there, and its variables."""

    hosts: dict[str, str]
    children: dict[str, str]
    variables: dict[str, Any]


class Tree:
    """Groups and hosts as files are read into it. Everything raises UsageError in one line that names the place."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.places: dict[str, str] = {}
        self.findings: list[str] = []
        self.source = 0  # the number of the inventory being read: a later one overrides an earlier one
        self._addressed: dict[str, int] = {}

    def group(self, name: str) -> Group:
        """The group called ``name``, made when it is new."""
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group({}, {}, {})
        return group

    def add_host(self, name: str, place: str, variables: dict[str, Any], group: str = "") -> None:
        """Put a host into ``group`` with further variables.

        A second, different address for a host is an error within one inventory; of several the later one's holds, as in Ansible.
        """
        known = self.hosts.setdefault(name, {})
        for key in ADDRESS_VARIABLES:
            if key in variables and key in known and variables[key] != known[key]:
                both = f"host {name} has {key} {variables[key]} here and {known[key]} in {self.places[name]}"
                if self._addressed.get(name) == self.source:
                    raise UsageError(f"{place}: {both}; keep one")
                self.findings.append(f"{place}: {both}; the later inventory's holds")
        addressed = any(key in variables for key in ADDRESS_VARIABLES)
        if name not in self.places or addressed:
            self.places[name] = place
        if addressed:
            self._addressed[name] = self.source
        known.update(variables)
        if group:
            self.group(group).hosts.setdefault(name, place)

    def add_child(self, parent: str, child: str, place: str) -> None:
        """Say that ``child`` is a group below ``parent``. Whether ``child`` exists is asked once all files are read."""
        self.group(parent).children.setdefault(child, place)

    def variable(self, name: str, host: str, groups: Sequence[str]) -> Any:
        """A host's variable: its own, or that of the last of its ``groups`` (as ``memberships`` has them); None when not set."""
        if name in self.hosts[host]:
            return self.hosts[host][name]
        setting = (g for g in reversed(groups) if g in self.groups and name in self.groups[g].variables)
        group = next(setting, None)
        return None if group is None else self.groups[group].variables[name]

    def agreed(self) -> dict[str, Any]:
        """Variables that groups below ``all`` set, where all groups that set one agree."""
        values: dict[str, Any] = {}
        differing = set()
        for name, group in self.groups.items():
            for variable, value in group.variables.items() if name != "all" else ():
                if values.setdefault(variable, value) != value:
                    differing.add(variable)
        return {variable: value for variable, value in values.items() if variable not in differing}

    def check(self) -> None:
        """Raise UsageError for child groups that are not defined and for circles of groups."""
        for name, group in self.groups.items():
            for child, place in group.children.items():
                if child not in self.groups:
                    raise UsageError(
                        f"{place}: group {name} has the child group {child!r}, which is defined nowhere; "
                        f"add [{child}], or give the directory when another file has it"
                    )
        done: set[str] = set()
        for name in self.groups:
            self._walk(name, done)

    def _walk(self, start: str, done: set[str]) -> None:
        """Depth first without recursion (groups nest as deep as their authors like); raises on a circle."""
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []

        def enter(name: str) -> None:
            trail.append(name)
            stack.append((name, iter(self.groups[name].children)))

        if start not in done:
            enter(start)
        while stack:
            name, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                trail.pop()
                done.add(name)
            elif child in trail:
                circle = [*trail[trail.index(child) :], child]
                raise UsageError(f"{self.groups[name].children[child]}: groups form a circle: {' -> '.join(circle)}")
            elif child not in done:
                enter(child)

    def depths(self) -> dict[str, int]:
        """How deep each group lies below ``all`` (longest way): variables of deeper groups win, as in Ansible."""
        depth = dict.fromkeys(self.groups, 1)
        depth["all"] = 0
        pending = [name for name in self.groups if name != "all"]
        while pending:
            deeper = []
            for name in pending:
                for child in self.groups[name].children:
                    if depth[child] <= depth[name]:
                        depth[child] = depth[name] + 1
                        deeper.append(child)
            pending = deeper
        return depth

    def memberships(self) -> dict[str, tuple[str, ...]]:
        """Every host's groups, inherited ones included and ``all`` first, in the order in which variables apply."""
        depth = self.depths()
        above: dict[str, set[str]] = {name: set() for name in self.groups}
        for name, group in self.groups.items():
            for child in group.children:
                above[child].add(name)
        for name in sorted(self.groups, key=lambda g: depth[g]):
            for parent in list(above[name]):
                above[name] |= above[parent]
        direct: dict[str, list[str]] = {name: [] for name in self.hosts}
        for name, group in self.groups.items():
            for host in group.hosts:
                direct[host].append(name)
        known: dict[tuple[str, ...], tuple[str, ...]] = {}  # thousands of hosts share a handful of combinations
        of_host = {}
        for host, groups in direct.items():
            key = tuple(groups)
            if key not in known:
                every = {"all", *groups}.union(*(above[group] for group in groups))
                known[key] = tuple(sorted(every, key=lambda g: (depth.get(g, 0), g)))
            of_host[host] = known[key]
        return of_host
