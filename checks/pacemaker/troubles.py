"""What does not simply run: of a resource, of a clone, and of the parts of a bundle. Pure.

A clone of a group has several members, and a replica of a bundle several parts (container, connection, address, service):
each has its own fate, and one that runs nowhere is an outage even while the others run.
"""

from collections.abc import Iterator, Sequence

from hamon.checks.pacemaker.status import PROMOTED, RUNNING, Instance, Status

ON_THE_WAY = ("starting", "stopping", "promoting", "demoting", "migrating")
PARTS = ("container", "connection", "address", "service")  # each needs those before it

Trouble = tuple[str, str, tuple[str, ...]]  # name, state, nodes


def troubles(status: Status) -> Iterator[Trouble]:
    """(name, state, nodes) of everything that is not simply running. Fencing devices are check_fencing's matter."""
    clones: dict[str, list[Instance]] = {}
    quiet = {one.name for one in status.nodes if one.state == "maintenance"}
    for one in status.instances:
        if one.fencing:
            continue
        state = trouble(one)
        if one.clone and not one.removed:
            clones.setdefault(one.clone, []).append(one)
        if not one.single or one.replica:
            state = "" if state in ("stopped", "disabled") else state
        if state == "unmanaged" and (status.maintenance or quiet.intersection(one.nodes)):
            state = ""  # said once for the cluster or the node
        if state:
            yield one.name, state, one.nodes
    places = all(one.state == "online" for one in status.nodes if one.kind == "member")
    for name, members in clones.items():
        yield from bundle(name, members, places) if members[0].replica else clone(name, members)


def clone(name: str, members: Sequence[Instance]) -> Iterator[Trouble]:
    """A clone of a resource or of a group: what of it runs nowhere, or is promoted nowhere."""
    if all(one.single for one in members):
        nowhere = []  # instances of a unique clone speak for themselves
    else:
        resources = dict.fromkeys(one.name for one in members)
        nowhere = [part for part in resources if not any(alive(one) for one in members if one.name == part)]
        if len(nowhere) == len(resources):
            yield name, "disabled" if off(members) else "none", ()
            return
    for part in nowhere:
        mine = [one for one in members if one.name == part]
        yield f"{part} of {name}", "disabled" if off(mine) else "none", ()
    if not nowhere:
        yield from unpromoted(name, members)


def bundle(name: str, members: Sequence[Instance], places: bool) -> Iterator[Trouble]:
    """A bundle: no replica at all, its service in none of them, none promoted, or replicas that lack a part.

    With a node away, or not to be used, there are fewer places than replicas (``places`` is False).
    """
    replicas: dict[str, list[Instance]] = {}
    for one in members:
        replicas.setdefault(one.replica, []).append(one)
    broken = {number: lacking(parts) for number, parts in replicas.items()}
    services = [one for one in members if one.part == "service"]
    if all(broken.values()):
        part = max(broken.values(), key=PARTS.index)  # how far the best replica comes
        if part == "container" or off(members):
            yield name, "disabled" if off(members) else "none", ()
        else:
            label = services[0].name.partition(":")[0] if part == "service" else f"the {part}"
            yield f"{label} of {name}", "disabled" if part == "service" and off(services) else "service", ()
        return
    whole = [one for one in services if not broken[one.replica]]
    stuck = list(unpromoted(name, whole))
    yield from stuck
    if stuck:
        return
    for number, part in broken.items():
        if part == "container" and places:
            yield f"replica {number} of {name}", "replica", ()
        elif part and part != "container":
            yield f"the {part} in replica {number} of {name}", "replica", ()


def lacking(parts: Sequence[Instance]) -> str:
    """The first part of a replica that should run and does not; empty when all do, or none should."""
    stopped = {one.part for one in parts if not alive(one)}
    return next((part for part in PARTS if part in stopped), "")


def unpromoted(name: str, members: Sequence[Instance]) -> Iterator[Trouble]:
    """That a promotable clone or bundle has no promoted instance, and should."""
    if any(one.promotable for one in members) and not any(
        one.role in (*PROMOTED, "promoting") or one.target in ("slave", "unpromoted") for one in members
    ):
        yield name, "unpromoted", ()


def alive(one: Instance) -> bool:
    """Whether it runs, or is about to."""
    return one.running or one.role in ("starting", "promoting")


def off(members: Sequence[Instance]) -> bool:
    """Whether all of them are stopped on purpose."""
    return all(one.target == "stopped" for one in members)


def trouble(one: Instance) -> str:
    """The state of one instance; empty when it runs as it should, or is on its way."""
    if one.blocked:
        return "blocked"
    if one.failed:
        return "failed"
    if one.single and one.running and len(one.nodes) > 1:
        return "several"
    if one.removed:
        return "removed" if one.running else ""
    if one.role not in (*RUNNING, *ON_THE_WAY):
        return "disabled" if one.target == "stopped" else "stopped"
    return "" if one.managed else "unmanaged"
