"""Find what does not simply run: of a resource, of a clone, and of the parts of a bundle. Pure.

A clone of a group has several members, and a replica of a bundle several parts (container, connection, address, service):
each is judged by itself, and one that runs nowhere is an outage even while the others run.
"""

from collections.abc import Iterator, Sequence

from hamon.checks.pacemaker.status import PROMOTED, RUNNING, Instance, Status

ON_THE_WAY = ("starting", "stopping", "promoting", "demoting", "migrating")
PARTS = ("container", "connection", "address", "service")  # each needs those before it

Trouble = tuple[str, str, tuple[str, ...]]  # name, state, nodes


def troubles(status: Status) -> Iterator[Trouble]:
    """(name, state, nodes) of everything that is not simply running. Fencing devices are check_fencing's matter."""
    clones: dict[str, list[Instance]] = {}
    quiet = {node.name for node in status.nodes if node.state == "maintenance"}
    for instance in status.instances:
        if instance.fencing:
            continue
        state = trouble(instance)
        if instance.clone and not instance.removed:
            clones.setdefault(instance.clone, []).append(instance)
        if not instance.single or instance.replica:
            state = "" if state in ("stopped", "disabled") else state
        if state == "unmanaged" and (status.maintenance or quiet.intersection(instance.nodes)):
            state = ""  # reported once for the cluster or the node
        if state:
            yield instance.name, state, instance.nodes
    places = all(node.state == "online" for node in status.nodes if node.kind == "member")
    for name, members in clones.items():
        yield from bundle(name, members, places) if members[0].replica else clone(name, members)


def clone(name: str, members: Sequence[Instance]) -> Iterator[Trouble]:
    """The troubles of a clone of a resource or of a group: what of it runs nowhere, or is promoted nowhere."""
    if all(instance.single for instance in members):
        nowhere = []  # instances of a unique clone speak for themselves
    else:
        resources = dict.fromkeys(instance.name for instance in members)
        nowhere = [
            part for part in resources if not any(alive(instance) for instance in members if instance.name == part)
        ]
        if len(nowhere) == len(resources):
            yield name, "disabled" if off(members) else "none", ()
            return
    for part in nowhere:
        mine = [instance for instance in members if instance.name == part]
        yield f"{part} of {name}", "disabled" if off(mine) else "none", ()
    if not nowhere:
        yield from unpromoted(name, members)


def bundle(name: str, members: Sequence[Instance], places: bool) -> Iterator[Trouble]:
    """The troubles of a bundle: no replica at all, its service in none of them, none promoted, or replicas that lack a part.

    With a node away, or not to be used, there are fewer places than replicas (``places`` is False).
    """
    replicas: dict[str, list[Instance]] = {}
    for instance in members:
        replicas.setdefault(instance.replica, []).append(instance)
    broken = {number: lacking(parts) for number, parts in replicas.items()}
    services = [instance for instance in members if instance.part == "service"]
    if all(broken.values()):
        part = max(broken.values(), key=PARTS.index)  # how far the best replica comes
        if part == "container" or off(members):
            yield name, "disabled" if off(members) else "none", ()
        else:
            label = services[0].name.partition(":")[0] if part == "service" else f"the {part}"
            yield f"{label} of {name}", "disabled" if part == "service" and off(services) else "service", ()
        return
    whole = [service for service in services if not broken[service.replica]]
    stuck = list(unpromoted(name, whole))
    yield from stuck
    if any(state == "unpromoted" for _, state, _ in stuck):
        return
    for number, part in broken.items():
        if part == "container" and places:
            yield f"replica {number} of {name}", "replica", ()
        elif part and part != "container":
            yield f"the {part} in replica {number} of {name}", "replica", ()


def lacking(parts: Sequence[Instance]) -> str:
    """The first part of a replica that should run and does not; empty when all do, or none should."""
    stopped = {instance.part for instance in parts if not alive(instance)}
    return next((part for part in PARTS if part in stopped), "")


def unpromoted(name: str, members: Sequence[Instance]) -> Iterator[Trouble]:
    """The trouble of a promotable clone or bundle that has no promoted instance: ``demoted`` where that is on purpose."""
    if any(instance.promotable for instance in members) and not any(
        instance.role in (*PROMOTED, "promoting") for instance in members
    ):
        meant = any(instance.target in ("slave", "unpromoted") for instance in members)
        yield name, "demoted" if meant else "unpromoted", ()


def alive(instance: Instance) -> bool:
    """Whether it runs, or is about to."""
    return instance.running or instance.role in ("starting", "promoting")


def off(members: Sequence[Instance]) -> bool:
    """Whether all of them are stopped on purpose."""
    return all(instance.target == "stopped" for instance in members)


def trouble(instance: Instance) -> str:
    """The state of one instance; empty when it runs as it should, or is on its way."""
    if instance.blocked:
        return "blocked"
    if instance.failed:
        return "failed"
    if instance.single and instance.running and len(instance.nodes) > 1:
        return "several"
    if instance.removed:
        return "removed" if instance.running else ""
    if instance.role not in (*RUNNING, *ON_THE_WAY):
        return "disabled" if instance.target == "stopped" else "stopped"
    return "" if instance.managed else "unmanaged"
