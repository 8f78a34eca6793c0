"""What a Pacemaker cluster remembers: failed operations and fencing, from crm_mon's XML. Pure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hamon import take

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from hamon.checks.pacemaker.documents import Clock

INFINITY = 1_000_000  # Pacemaker's


class Failed(NamedTuple):
    """Failures of a resource on a node. ``seconds`` since the last one; None when not reported."""

    resource: str
    node: str
    task: str
    reason: str
    seconds: float | None
    failcount: int
    barred: bool  # it may not run there any more until cleaned up


class Fenced(NamedTuple):
    """The latest event of fencing one node. ``failures``: how often it failed since it last succeeded."""

    target: str
    action: str
    status: str  # pending, success, failed
    seconds: float | None
    by: str
    failures: int
    reason: str


def failures(root: "Element", clock: "Clock") -> Iterator[Failed]:
    """Fail-counts and failed actions, one for each resource and node, the latest first."""
    failures: dict[tuple[str, str], Failed] = {}
    for where in root.findall("node_history/node"):
        for history in where.findall("resource_history"):
            count = _number(history.get("fail-count"))
            if count:
                name, node_name = history.get("id", "?"), where.get("name", "?")
                barred = count >= (_number(history.get("migration-threshold")) or INFINITY)
                age = clock.age(history.get("last-failure"))
                failures[name, node_name] = Failed(name, node_name, "", "", age, count, barred)
    for element in root.findall("failures/failure"):
        name = (element.get("op_key") or element.get("id") or "?").rsplit("_", 2)[0]
        node_name = element.get("node", "?")
        before = failures.get((name, node_name), Failed(name, node_name, "", "", None, 0, False))
        age = clock.age(element.get("last-rc-change"))
        if before.task and (before.seconds or 0) <= (age or 0):
            continue
        reason = element.get("exitreason") or element.get("exitstatus") or element.get("status") or ""
        failures[name, node_name] = before._replace(
            task=element.get("task", ""), reason=reason[:120], seconds=age if before.seconds is None else before.seconds
        )
    yield from sorted(failures.values(), key=lambda failure: (failure.seconds or 0.0, failure.resource, failure.node))


def fence_history(root: "Element", clock: "Clock") -> Iterator[Fenced]:
    """The latest event of each node that was ever fenced. The history lists all events and survives recovery."""
    events: dict[str, list[Fenced]] = {}
    for element in root.findall("fence_history/fence_event"):
        status = element.get("status", "").lower()
        if element.get("action") in ("on", "monitor", "list", "status"):
            continue
        age = None if status == "pending" else clock.age(element.get("completed"))
        by = element.get("delegate") or element.get("origin") or ""
        reported = Fenced(
            element.get("target", "?"),
            element.get("action", ""),
            status,
            age,
            by,
            0,
            element.get("exit-reason", "")[:120],
        )
        events.setdefault(reported.target, []).append(reported)
    for target in sorted(events):
        # Pending comes last in time; the others by age.
        latest = sorted(events[target], key=lambda event: (event.status != "pending", event.seconds or 0.0))
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
