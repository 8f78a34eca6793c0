"""The cluster's status from crm_mon's XML, as plain data. Pure; Pacemaker 1.1, 2.x and 3.x.

What the versions call differently: roles Master/Slave and Promoted/Unpromoted, ``orphaned`` and ``removed``, the root element.
What they leave out: inactive resources before 2.0.4 (unless asked for), ``cluster_options`` before 1.1.14, maintenance-mode and
stop-all-resources among them until later. What is left out is not "not there" and not "off".
Instances of an anonymous clone share one id; those of a unique clone and the replicas of a bundle have their own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from hamon import take
from hamon.checks.pacemaker.history import Failed, Fenced, failures, fence_history
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from hamon.checks.pacemaker.documents import Clock

RUNNING = ("started", "master", "slave", "promoted", "unpromoted")
PROMOTED = ("master", "promoted")
PROMOTABLE = (*PROMOTED, "slave", "unpromoted", "promoting", "demoting")  # roles that only promotable resources have
LISTS_INACTIVE = (2, 0, 4)  # since then crm_mon's XML has all resources, whether they are active or not


class NodeRow(NamedTuple):
    """A node as the status lists it. ``state`` is the one that matters most."""

    name: str
    kind: str  # member, remote, guest
    state: str  # online, pending, standby, standby_onfail, maintenance, shutdown, left, lost, unclean
    health: str  # empty when green or not reported


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
    part: str = ""  # of a replica: container, connection (to Pacemaker in it), address, service

    @property
    def fencing(self) -> bool:
        """Whether it is a fencing device."""
        return self.agent.startswith("stonith:")

    @property
    def running(self) -> bool:
        """Whether it runs anywhere."""
        return self.role in RUNNING and bool(self.nodes)


class Status(NamedTuple):
    """The whole status. None where it was not reported.

    ``unlisted``: resource instances that are configured and not in the list. ``disabled``: how many are stopped on purpose.
    """

    dc: str
    version: str
    quorum: bool | None
    mixed: bool
    stonith: bool | None
    policy: str
    maintenance: bool | None
    stop_all: bool
    nodes: tuple[NodeRow, ...]
    instances: tuple[Instance, ...]
    unlisted: int
    failures: tuple[Failed, ...]
    fenced: tuple[Fenced, ...]
    history: bool  # whether this version reports whom the cluster fenced
    history_error: str  # why it could not, empty when it could


def settings(root: "Element") -> dict[str, str]:
    """The cluster's options as far as the status has them."""
    options = root.find("summary/cluster_options")
    return {} if options is None else dict(options.attrib)


def configured(root: "Element") -> int | None:
    """How many resource instances the status counts; None when it does not."""
    counted = root.find("summary/resources_configured")
    return None if counted is None else take.count(counted.get("number"))


def hides(root: "Element") -> bool:
    """Whether the list of resources may lack the inactive ones: fewer than are counted, or an old version that does not count."""
    count = configured(root)
    if count is None:
        return version(root) < LISTS_INACTIVE
    return sum(1 for element in root.findall("resources//resource") if not removed(element)) < count


def version(root: "Element") -> tuple[int, ...]:
    """The version of crm_mon, else of the DC: (2, 0, 3); empty when neither is reported."""
    dc = root.find("summary/current_dc")
    text = root.get("version", "") or ("" if dc is None else dc.get("version", ""))
    match = re.match(r"[0-9]+(?:\.[0-9]+){0,2}", text, re.ASCII)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def parse(root: "Element", clock: "Clock", options: Mapping[str, str] | None = None) -> Status:
    """The status; ``options`` are the cluster's where the status alone does not say them all.

    Raises ProbeError (UNKNOWN) when the summary lacks what a verdict needs.
    """
    dc = root.find("summary/current_dc")
    nodes = tuple(node(element) for element in root.findall("nodes/node"))
    if dc is None or not nodes:
        missing = "current_dc" if dc is None else "nodes"
        raise ProbeError(UNKNOWN, f"crm_mon's status has no {missing}", "garbage")
    set_ = settings(root) if options is None else options
    history = root.find("fence_history")
    events = "" if history is None else history.get("status", "")
    present = take.flag(dc.get("present"))
    rows = tuple(instances(root))
    return Status(
        dc=dc.get("name", "") if present is not False else "",
        version=dc.get("version", "").split("-")[0],
        quorum=take.flag(dc.get("with_quorum")),
        mixed=bool(take.flag(dc.get("mixed_version"))),
        stonith=take.flag(set_.get("stonith-enabled")),
        policy=set_.get("no-quorum-policy", ""),
        maintenance=take.flag(set_.get("maintenance-mode")),
        stop_all=bool(take.flag(set_.get("stop-all-resources"))),
        nodes=nodes,
        instances=rows,
        unlisted=unlisted(root, rows),
        failures=tuple(failures(root, clock)),
        fenced=tuple(fence_history(root, clock)),
        history=history is not None or root.tag != "crm_mon" or version(root) >= (2,),
        history_error=events if events not in ("", "0") else "",
    )


def unlisted(root: "Element", rows: "tuple[Instance, ...]") -> int:
    """How many configured instances the list lacks, but for those that the summary counts as disabled."""
    counted = root.find("summary/resources_configured")
    off = 0 if counted is None else take.count(counted.get("disabled")) or 0
    spare = max(0, off - sum(row.target == "stopped" for row in rows))
    return max(0, (configured(root) or 0) - len(rows) - spare)


def node(element: "Element") -> NodeRow:
    """A node and the state that matters most: UNCLEAN before gone, gone before planned."""
    kind = element.get("type", "member")
    # Old versions write "unknown" or "ping" for members.
    kind = "guest" if element.get("id_as_resource") else ("remote" if kind == "remote" else "member")

    def is_(name: str) -> bool:
        return bool(take.flag(element.get(name)))

    if is_("unclean"):
        state = "unclean"
    elif take.flag(element.get("online")) is not True:
        state = "lost" if is_("expected_up") else "left"
    else:
        # ``pending``: in corosync's membership, not yet (or no more) in Pacemaker's.
        # Maintenance before standby: a node in both keeps what runs there, and nothing is recovered.
        order = ("pending", "shutdown", "maintenance", "standby_onfail", "standby")
        state = next((name for name in order if is_(name)), "online")
    health = element.get("health", "")
    return NodeRow(element.get("name", "?"), kind, state, "" if health == "green" else health)


def instances(root: "Element") -> Iterator[Instance]:
    """Every resource and every instance, with what its groups and clones say of it."""
    resources = root.find("resources")
    if resources is None and configured(root) == 0:
        return  # Pacemaker leaves the whole element out
    if resources is None:
        raise ProbeError(UNKNOWN, "crm_mon's status has no list of resources", "garbage")
    for source in resources:
        bundle = source.tag == "bundle"
        inner = [(part, resource) for part in (source if bundle else (source,)) for resource in part.iter("resource")]
        clone = source.get("id", "") if source.tag in ("clone", "bundle") else ""
        often = Counter(_name(resource) for _, resource in inner) if bundle else Counter[str]()
        unique = source.tag == "clone" and bool(take.flag(source.get("unique")))
        for part, resource in inner:
            single = not clone or unique or (bundle and often[_name(resource)] == 1 and len(list(source)) > 1)
            row = instance(resource, source, single, clone)
            yield row._replace(replica=part.get("id", "?"), part=part_of(row, clone)) if bundle else row


def part_of(instance: Instance, bundle: str) -> str:
    """Which part of a replica it is: Pacemaker names all but the service after the bundle."""
    if instance.name.startswith(f"{bundle}-"):
        if instance.agent.endswith(":remote"):
            return "connection"
        if instance.name.startswith(f"{bundle}-ip-"):
            return "address"
        if instance.agent.rpartition(":")[2] in ("docker", "podman", "rkt"):
            return "container"
    return "service"


def removed(element: "Element") -> bool:
    """Whether a resource is no longer configured."""
    return bool(take.flag(element.get("orphaned")) or take.flag(element.get("removed")))


def _name(resource: "Element") -> str:
    return resource.get("id", "?")


def instance(element: "Element", top: "Element", single: bool, clone: str) -> Instance:
    """One resource element."""

    def is_(name: str) -> bool:
        return bool(take.flag(element.get(name)))

    name = _name(element)
    return Instance(
        name=name if single else name.split(":")[0],
        agent=element.get("resource_agent", ""),
        role=element.get("role", "").lower(),
        target=element.get("target_role", top.get("target_role", "")).lower(),
        nodes=tuple(where.get("name", "?") for where in element.findall("node")),
        failed=is_("failed") and not is_("failure_ignored"),
        blocked=is_("blocked"),
        managed=take.flag(element.get("managed")) is not False,
        removed=removed(element),
        single=single,
        clone=clone,
        promotable=bool(take.flag(top.get("multi_state"))) or element.get("role", "").lower() in PROMOTABLE,
    )
