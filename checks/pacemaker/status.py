"""The cluster's status from crm_mon's XML, as plain data. Pure; Pacemaker 1.1, 2.x and 3.x.

What the versions call differently: roles Master/Slave and Promoted/Unpromoted, ``orphaned`` and ``removed``, the root element.
Instances of an anonymous clone share one id; those of a unique clone and the replicas of a bundle have their own.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hamon import take
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from hamon.checks.pacemaker.documents import Clock

INFINITY = 1_000_000  # Pacemaker's
RUNNING = ("started", "master", "slave", "promoted", "unpromoted")
PROMOTED = ("master", "promoted")


class NodeRow(NamedTuple):
    """A node as the status lists it. ``state`` is the one that matters most."""

    name: str
    kind: str  # member, remote, guest
    state: str  # online, pending, standby, standby_onfail, maintenance, shutdown, left, lost, unclean
    health: str  # empty when green or not told


class Instance(NamedTuple):
    """One resource, or one instance of a clone."""

    name: str
    agent: str
    role: str  # lower case
    target: str  # target-role, lower case; empty when not set
    nodes: tuple[str, ...]
    failed: bool
    blocked: bool
    managed: bool
    removed: bool  # no longer configured
    single: bool  # runs once in the whole cluster
    clone: str  # the clone or bundle it is an instance of
    promotable: bool
    replica: str = ""  # its number in a bundle

    @property
    def fencing(self) -> bool:
        """Whether it is a fencing device."""
        return self.agent.startswith("stonith:")

    @property
    def running(self) -> bool:
        """Whether it runs anywhere."""
        return self.role in RUNNING and bool(self.nodes)


class Failed(NamedTuple):
    """Failures of a resource on a node. ``seconds`` since the last one; None when not told."""

    resource: str
    node: str
    task: str
    reason: str
    seconds: float | None
    failcount: int
    barred: bool  # it may not run there any more until cleaned up


class Fenced(NamedTuple):
    """The last word on fencing one node. ``failures``: how often it failed since it last succeeded."""

    target: str
    action: str
    status: str  # pending, success, failed
    seconds: float | None
    by: str
    failures: int
    reason: str


class Status(NamedTuple):
    """The whole status. None where it was not told."""

    dc: str
    version: str
    quorum: bool | None
    mixed: bool
    stonith: bool | None
    policy: str
    maintenance: bool
    stop_all: bool
    nodes: tuple[NodeRow, ...]
    instances: tuple[Instance, ...]
    failures: tuple[Failed, ...]
    fenced: tuple[Fenced, ...]


def parse(root: "Element", clock: "Clock") -> Status:
    """The status. Raises ProbeError (UNKNOWN) when the summary lacks what a verdict needs."""
    dc = root.find("summary/current_dc")
    options = root.find("summary/cluster_options")
    nodes = tuple(node(one) for one in root.findall("nodes/node"))
    if dc is None or not nodes:
        missing = "current_dc" if dc is None else "nodes"
        raise ProbeError(UNKNOWN, f"crm_mon's status has no {missing}", "garbage")
    set_ = {} if options is None else options.attrib
    present = take.flag(dc.get("present"))
    return Status(
        dc=dc.get("name", "") if present is not False else "",
        version=dc.get("version", "").split("-")[0],
        quorum=take.flag(dc.get("with_quorum")),
        mixed=bool(take.flag(dc.get("mixed_version"))),
        stonith=take.flag(set_.get("stonith-enabled")),
        policy=set_.get("no-quorum-policy", ""),
        maintenance=bool(take.flag(set_.get("maintenance-mode"))),
        stop_all=bool(take.flag(set_.get("stop-all-resources"))),
        nodes=nodes,
        instances=tuple(instances(root)),
        failures=tuple(failures(root, clock)),
        fenced=tuple(fence_history(root, clock)),
    )


def node(one: "Element") -> NodeRow:
    """A node and the state that matters most: UNCLEAN before gone, gone before planned."""
    kind = one.get("type", "member")
    kind = "guest" if one.get("id_as_resource") else ("member" if kind in ("member", "ping") else "remote")

    def is_(name: str) -> bool:
        return bool(take.flag(one.get(name)))

    if is_("unclean"):
        state = "unclean"
    elif take.flag(one.get("online")) is not True:
        state = "lost" if is_("expected_up") else "left"
    else:
        # ``pending``: in corosync's membership, not yet (or no more) in Pacemaker's.
        order = ("pending", "shutdown", "standby_onfail", "standby", "maintenance")
        state = next((name for name in order if is_(name)), "online")
    health = one.get("health", "")
    return NodeRow(one.get("name", "?"), kind, state, "" if health == "green" else health)


def instances(root: "Element") -> Iterator[Instance]:
    """Every resource and every instance, with what its groups and clones say of it."""
    resources = root.find("resources")
    configured = root.find("summary/resources_configured")
    if resources is None and configured is not None and configured.get("number") == "0":
        return  # Pacemaker leaves the whole element out
    if resources is None:
        raise ProbeError(UNKNOWN, "crm_mon's status has no list of resources", "garbage")
    for one in resources:
        bundle = one.tag == "bundle"
        inner = [(part, resource) for part in (one if bundle else (one,)) for resource in part.iter("resource")]
        clone = one.get("id", "") if one.tag in ("clone", "bundle") else ""
        often = Counter(_name(resource) for _, resource in inner) if bundle else Counter[str]()
        unique = one.tag == "clone" and bool(take.flag(one.get("unique")))
        for part, resource in inner:
            single = not clone or unique or (bundle and often[_name(resource)] == 1 and len(list(one)) > 1)
            yield instance(resource, one, single, clone)._replace(replica=part.get("id", "?") if bundle else "")


def _name(resource: "Element") -> str:
    return resource.get("id", "?")


def instance(one: "Element", top: "Element", single: bool, clone: str) -> Instance:
    """One resource element."""

    def is_(name: str) -> bool:
        return bool(take.flag(one.get(name)))

    name = _name(one)
    return Instance(
        name=name if single else name.split(":")[0],
        agent=one.get("resource_agent", ""),
        role=one.get("role", "").lower(),
        target=one.get("target_role", top.get("target_role", "")).lower(),
        nodes=tuple(where.get("name", "?") for where in one.findall("node")),
        failed=is_("failed") and not is_("failure_ignored"),
        blocked=is_("blocked"),
        managed=take.flag(one.get("managed")) is not False,
        removed=is_("orphaned") or is_("removed"),
        single=single,
        clone=clone,
        promotable=bool(take.flag(top.get("multi_state"))),
    )


def failures(root: "Element", clock: "Clock") -> Iterator[Failed]:
    """Fail-counts and failed actions, one for each resource and node, the latest first."""
    found: dict[tuple[str, str], Failed] = {}
    for where in root.findall("node_history/node"):
        for history in where.findall("resource_history"):
            count = _number(history.get("fail-count"))
            if count:
                name, node_name = history.get("id", "?"), where.get("name", "?")
                barred = count >= (_number(history.get("migration-threshold")) or INFINITY)
                age = clock.age(history.get("last-failure"))
                found[name, node_name] = Failed(name, node_name, "", "", age, count, barred)
    for one in root.findall("failures/failure"):
        name = (one.get("op_key") or one.get("id") or "?").rsplit("_", 2)[0]
        node_name = one.get("node", "?")
        before = found.get((name, node_name), Failed(name, node_name, "", "", None, 0, False))
        age = clock.age(one.get("last-rc-change"))
        if before.task and (before.seconds or 0) <= (age or 0):
            continue
        reason = one.get("exitreason") or one.get("exitstatus") or one.get("status") or ""
        found[name, node_name] = before._replace(
            task=one.get("task", ""), reason=reason[:120], seconds=age if before.seconds is None else before.seconds
        )
    yield from sorted(found.values(), key=lambda one: (one.seconds or 0.0, one.resource, one.node))


def fence_history(root: "Element", clock: "Clock") -> Iterator[Fenced]:
    """The last word on each node that was ever fenced. The history lists all events and survives recovery."""
    events: dict[str, list[Fenced]] = {}
    for one in root.findall("fence_history/fence_event"):
        status = one.get("status", "").lower()
        if one.get("action") in ("on", "monitor", "list", "status"):
            continue
        age = None if status == "pending" else clock.age(one.get("completed"))
        by = one.get("delegate") or one.get("origin") or ""
        told = Fenced(
            one.get("target", "?"), one.get("action", ""), status, age, by, 0, one.get("exit-reason", "")[:120]
        )
        events.setdefault(told.target, []).append(told)
    for target in sorted(events):
        # Pending comes last in time; the others by age.
        latest = sorted(events[target], key=lambda one: (one.status != "pending", one.seconds or 0.0))
        failed = 0
        for event in latest:
            if event.status == "success":
                break
            failed += event.status == "failed"
        yield latest[0]._replace(failures=failed)


def _number(text: str | None) -> int:
    if (text or "").upper() in ("INFINITY", "+INFINITY"):
        return INFINITY
    return take.count(text) or 0
