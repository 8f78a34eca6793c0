"""Judge which nodes count each other in: their lists of each other as a graph. No component of its own."""

from collections.abc import Mapping

from hamon.checks.rabbitmq.facts import Facts
from hamon.members import Members
from hamon.names import matched, node_host, same_host
from hamon.verdict import Unreachable

TWICE = "twice"  # the runbook entry of a node that answered for two members


def impostors(members: Members[Facts], addresses: Mapping[str, str]) -> dict[str, str]:
    """Members that another member's node answered for, and which: of two that report one node, it is the one it is named after.

    A wrong address in the inventory, or a lie. Empty where the names do not decide.
    """
    spelled = {name: (name, addresses.get(name, name)) for name in members.names}
    by_node: dict[str, list[str]] = {}
    for name, facts in members.reported.items():
        by_node.setdefault(facts.node, []).append(name)
    found: dict[str, str] = {}
    for node, names in by_node.items():
        owners = [name for name in names if any(same_host(node, way) for way in spelled[name])]
        if len(names) > 1 and len(owners) == 1:
            found |= {name: f"{node}, which is {owners[0]}" for name in names if name != owners[0]}
    return found


def themselves(members: Members[Facts], addresses: Mapping[str, str]) -> Members[Facts]:
    """The members, silent those that another's node answered for: of their own node nothing is known."""
    others = {
        name: Unreachable(f"answered by {node}", about=TWICE) for name, node in impostors(members, addresses).items()
    }
    return Members([member._replace(facts=others.get(member.name, member.facts)) for member in members])


class Views:
    """The members' views. Members are named as in the inventory, nodes as Erlang does (``rabbit@host``).

    ``addresses``: the members' addresses, which Erlang may know them by.
    """

    def __init__(self, members: Members[Facts], addresses: Mapping[str, str] | None = None) -> None:
        self.members = members
        self.reported: dict[str, Facts] = members.reported
        self.known = {view.name for facts in self.reported.values() for view in facts.nodes}
        self.node_of = {name: facts.node for name, facts in self.reported.items() if facts.node}
        silent = {name: (name, (addresses or {}).get(name, name)) for name in members.silent}
        pairs = matched(silent, sorted(self.known - set(self.node_of.values())))
        # A broker that its own agent calls dead is not whatever node is left over: that one may have replaced it.
        self.node_of |= {
            name: node
            for name, node in pairs.items()
            if name in members.unasked or any(same_host(node, spelled) for spelled in silent[name])
        }
        self._says = {(name, view.name): view.running for name, facts in self.reported.items() for view in facts.nodes}

    def says(self, name: str, other: str) -> bool | None:
        """Whether member ``name`` counts member ``other`` as running; None when it does not say."""
        return self._says.get((name, self.node_of.get(other, "")))

    def knows(self, name: str, other: str) -> bool:
        """Whether member ``other`` is in the list of member ``name`` at all."""
        return (name, self.node_of.get(other, "")) in self._says

    def _pairs(self) -> list[tuple[str, str]]:
        names = [name for name, facts in self.reported.items() if facts.nodes]
        return [
            (a, b) for i, a in enumerate(names) for b in names[i + 1 :] if self.node_of.get(a) != self.node_of.get(b)
        ]

    @property
    def separate(self) -> bool:
        """Whether there are nodes that answer and are in no list but their own."""
        return any(not self.knows(a, b) and not self.knows(b, a) for a, b in self._pairs())

    def forgotten(self) -> dict[str, list[str]]:
        """Members that answer and do not know others which still list them: they were reset. By name, who lists them."""
        both = [*self._pairs(), *((b, a) for a, b in self._pairs())]
        lists: dict[str, list[str]] = {}
        for a, b in both:
            if self.knows(a, b) and not self.knows(b, a):
                lists.setdefault(b, []).append(a)
        return lists

    def cut(self) -> list[tuple[str, str]]:
        """Pairs of members that answer and each say that the other does not run."""
        return [(a, b) for a, b in self._pairs() if self.says(a, b) is False and self.says(b, a) is False]

    def one_sided(self) -> list[tuple[str, str]]:
        """(first, second): members that do not count in another that answers, while that one counts them in."""
        both = [*self._pairs(), *((b, a) for a, b in self._pairs())]
        return [
            (a, b) for a, b in both if self.says(a, b) is False and self.says(b, a) is not False and self.knows(b, a)
        ]

    def sides(self) -> list[tuple[str, ...]]:
        """The parts of the cluster: members that count each other in, with the silent ones that they count in."""
        sides: list[set[str]] = []
        for name in self.reported:
            joined = [side for side in sides if any(self._together(name, other) for other in side)]
            sides = [side for side in sides if side not in joined] + [set[str]({name}).union(*joined)]
        for name in self.members.silent:
            own_side = next(
                (side for side in sides if any(self.says(other, name) for other in side & self.reported.keys())), None
            )
            if own_side is not None:
                own_side.add(name)
        return sorted((tuple(sorted(side)) for side in sides), key=lambda side: (-len(side), side))

    def _together(self, a: str, b: str) -> bool:
        if self.node_of.get(a) == self.node_of.get(b):
            return True
        return self.says(a, b) is not False and self.says(b, a) is not False and (self.knows(a, b) or self.knows(b, a))

    def running(self) -> list[str]:
        """Members that run: those that say so themselves, and the silent ones that another member counts in."""
        return [
            member.name
            for member in self.members
            if (
                self.says(member.name, member.name) is not False
                if member.name in self.reported
                else any(self.says(other, member.name) for other in self.reported)
            )
        ]

    def nameless(self) -> tuple[list[str], list[str]]:
        """The silent members that no node can be matched with, and the hosts of the running nodes that may be them."""
        names = [name for name in self.members.unasked if name not in self.node_of]
        spare = self.known - set(self.node_of.values())
        return names, sorted(
            node_host(node) for node in spare if any(self._says.get((other, node)) for other in self.reported)
        )

    def count(self) -> int:
        """How many members run, those included that are counted in by a name that cannot be matched with one of them."""
        return len(self.running()) + min(map(len, self.nameless()))

    def left(self, name: str) -> bool:
        """Whether silent member ``name`` is none of the cluster's nodes any more, as far as names can tell."""
        return bool(self.known) and name not in self.node_of and self.known <= set(self.node_of.values())

    def doubted(self) -> list[tuple[str, list[str], list[str]]]:
        """Silent members that some members count in and others do not: (name, those that do, those that do not)."""
        names = list(self.reported)
        seen = [
            (
                name,
                [witness for witness in names if self.says(witness, name)],
                [witness for witness in names if self.says(witness, name) is False],
            )
            for name in self.members.silent
        ]
        return [(name, yes, no) for name, yes, no in seen if yes and no and not self.cut()]

    def unrecorded(self) -> list[str]:
        """Members that run and whose record of partitions is not reported. Both sides record a partition: a single silent member's
        record adds nothing to those of the others.
        """
        shown = {view.name for facts in self.reported.values() for view in facts.nodes if view.partitions is not None}
        names = [name for name in self.running() if self.node_of.get(name) not in shown]
        silent = [name for name in names if name not in self.reported]
        return names if len(silent) > 1 else [name for name in names if name not in silent]

    def recorded(self) -> dict[str, tuple[str, ...]]:
        """For each member, the members from which it recorded a partition, as any node reports."""
        partners: dict[str, set[str]] = {}
        for facts in self.reported.values():
            for view in facts.nodes:
                if view.partitions:
                    partners.setdefault(self.name_of(view.name), set()).update(map(self.name_of, view.partitions))
        return {name: tuple(sorted(others)) for name, others in sorted(partners.items())}

    def name_of(self, node: str) -> str:
        """The member that a node is; the node's host when it is none."""
        return next((name for name, own in self.node_of.items() if own == node), node_host(node))

    def strangers(self) -> list[str]:
        """The hosts of nodes that are not members."""
        return sorted(node_host(node) for node in self.known - set(self.node_of.values()))
