"""What single RabbitMQ nodes say that concerns all: who they are, alarms, virtual hosts, versions, strangers. Pure."""

from collections.abc import Iterator

from hamon.checks.rabbitmq.api import CLOSED
from hamon.checks.rabbitmq.facts import Facts
from hamon.checks.rabbitmq.views import TWICE, Views
from hamon.members import Members
from hamon.names import node_host
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import group, listed


def identities(views: Views, members: Members[Facts]) -> Iterator[Finding]:
    """The findings of members that are not the nodes they should be."""
    reported = members.reported
    for name, silence in members.silent.items():
        if silence.about == TWICE:
            yield Finding(UNKNOWN, f"{name} was {silence.reason}", TWICE)
    for node in sorted({facts.node for facts in reported.values()}):
        same = [name for name, facts in reported.items() if facts.node == node]
        if len(same) > 1:
            yield Finding(UNKNOWN, f"{listed(same)} were both answered by {node or 'a nameless node'}", TWICE)
    if views.separate:
        groups = listed(group(side) for side in views.sides())
        yield Finding(CRITICAL, f"separate clusters: {groups} do not know each other", "separate")
    for name, others in views.forgotten().items():
        text = f"{name} was reset or runs on its own: it does not know {listed(others)}, which still list it"
        yield Finding(CRITICAL, text, "left", {"node": name})


def troubles(reported: dict[str, Facts]) -> Iterator[Finding]:
    """The findings of single nodes that concern all."""
    alarms = sorted(
        {(node_host(alarm.node), alarm.resource) for facts in reported.values() for alarm in facts.alarms or ()}
    )
    if alarms:
        where = listed(f"{resource} alarm on {node or 'a node'}" for node, resource in alarms)
        yield Finding(CRITICAL, f"all publishers are blocked: {where}", "alarm")
    for name, facts in reported.items():
        if facts.vhosts_down:
            yield Finding(CRITICAL, f"{name}: a virtual host is down: {facts.vhosts_down}", "vhost")
        if facts.draining:
            yield Finding(OK, f"{name} is in maintenance mode")
        elif facts.told_by:
            yield Finding(WARNING, f"{name} runs, but its management API is closed: {CLOSED}", "api")
    if all(facts.alarms is None for facts in reported.values()):
        yield Finding(UNKNOWN, "no node reports whether alarms are in effect", "missing")
    versions = sorted({facts.version for facts in reported.values() if facts.version})
    if len(versions) > 1:
        yield Finding(OK, f"mixed versions: {listed(versions)}")


def strangers(views: Views, members: Members[Facts]) -> Iterator[Finding]:
    """The finding of nodes of the cluster that are not members. As many silent members as have no node may be them."""
    unknown = views.strangers()
    homeless = sum(1 for member in members if member.name not in views.node_of)
    if len(unknown) > homeless:
        text = f"{listed(unknown)} in the cluster, but not in the inventory"
        yield Finding(WARNING, text, "strangers", {"node": unknown[0]})
