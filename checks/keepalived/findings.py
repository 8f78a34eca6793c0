"""What keepalived's facts mean. Pure. Part of the keepalived component."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hamon.check import Options
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, listed, some

if TYPE_CHECKING:
    from hamon.checks.keepalived.node import Facts, Vrrp


def evaluate(facts: "Facts", options: Options) -> Iterator[Finding]:  # noqa: ARG001
    """The findings of one node."""
    if not facts.running:
        pids = some(str(pid) for pid in facts.strangers)
        others = f" (not this host's: pid {pids}, of a router, a left-over or in another network)" if pids else ""
        if facts.held:
            yield Finding(
                CRITICAL,
                f"stale holder: keepalived is dead, and {listed(facts.held)} still on this host{others}",
                "stale_holder",
                {"address": facts.held[0]},
            )
        else:
            gone = f", this host holds none of {listed(facts.vips)}" if facts.vips else ""
            yield Finding(CRITICAL, f"keepalived is not running{gone}{others}", "not_running")
        return
    yield from contradictions(facts)
    for instance in facts.instances:
        yield from troubles(instance, facts)
    yield from evidence(facts)


def contradictions(facts: "Facts") -> Iterator[Finding]:
    """Findings where the daemon's states contradict the kernel's addresses."""
    for instance in facts.instances if facts.running else ():
        absent = [address for address in instance.vips if address not in instance.held]
        unused = next((pair for pair in facts.duplicates if pair[0] in absent), None)
        if instance.state == "MASTER" and unused:
            address, interface = unused
            text = f"{instance.name} is MASTER, but {address} is not used on {interface}: another host holds it (dadfailed)"
            yield Finding(CRITICAL, text, "duplicate", {"address": address, "interface": interface})
        elif instance.state == "MASTER" and absent:
            yield Finding(
                CRITICAL, f"{instance.name} is MASTER, but {listed(absent)} not on this host", "master_without"
            )
        elif instance.state in ("BACKUP", "FAULT", "STOP") and instance.held:
            text = f"{instance.name} is {instance.state}, but {listed(instance.held)} still on this host"
            yield Finding(CRITICAL, text, "backup_with", {"address": instance.held[0]})
    # Addresses given without instance names while there are several instances: only the extremes can be judged.
    judged = {address for instance in facts.instances for address in instance.vips}
    loose = [address for address in facts.vips if address not in judged]
    words = {instance.state for instance in facts.instances if instance.kind == "INSTANCE"}
    if facts.running and loose and words == {"MASTER"} and (absent := [a for a in loose if a not in facts.held]):
        yield Finding(CRITICAL, f"all instances are MASTER, but {listed(absent)} not on this host", "master_without")
    elif (
        facts.running
        and words
        and "MASTER" not in words
        and "INIT" not in words
        and (held := [a for a in loose if a in facts.held])
    ):
        text = f"no instance is MASTER, but {listed(held)} on this host"
        yield Finding(CRITICAL, text, "backup_with", {"address": held[0]})


def troubles(instance: "Vrrp", facts: "Facts") -> Iterator[Finding]:
    """The findings about what an instance reports. The addresses, which were read anyway, show which interface is not connected."""
    if instance.state == "FAULT":
        why = listed(instance.disconnected) or "it takes no part in the election"
        perhaps = (
            f" (perhaps because {listed(facts.disconnected)})"
            if facts.disconnected and not instance.disconnected
            else ""
        )
        yield Finding(
            CRITICAL, f"{instance.name} has been in FAULT for {duration(instance.seconds)}: {why}{perhaps}", "fault"
        )
    elif instance.state == "STOP":
        yield Finding(WARNING, f"{instance.name} was stopped while the daemon runs", "stop")
    elif instance.state == "INIT":
        yield Finding(WARNING, f"{instance.name} is still starting (INIT)", "stop")
    if (
        instance.priority is not None
        and instance.base_priority is not None
        and instance.priority < instance.base_priority
    ):
        yield Finding(
            WARNING,
            f"{instance.name} runs with priority {instance.priority} instead of {instance.base_priority}: something it tracks fails",
            "priority",
        )


def evidence(facts: "Facts") -> Iterator[Finding]:
    """The findings about what the verdict rests on. A process in the table alone proves nothing."""
    unread = [
        f"{source.place}: {source.trouble}" for source in facts.sources if source.trouble and source.about == "rights"
    ]
    stale = [
        f"{source.place} {source.trouble}" for source in facts.sources if source.trouble and source.about != "rights"
    ]
    for text in unread:
        yield Finding(UNKNOWN, text, "rights")
    if unread and not facts.instances:
        return
    if not facts.instances and not facts.vips:
        why = ", ".join(stale) or "give --state-dir, --json or --vip"
        yield Finding(UNKNOWN, f"keepalived runs, but nothing reports its state: {why}", "no_source")
        return
    for text in stale:
        # Beside a source that can be believed it is a note: the instance may be gone from the configuration.
        yield Finding(OK if facts.instances else WARNING, f"not believed: {text}", "stale")
    if not facts.instances:
        yield Finding(OK, "no state reported, judged by process and addresses")
    elif not facts.vips:
        yield Finding(OK, "not compared with addresses (no --vip)")


def summary(facts: "Facts", options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    words = [
        f"{instance.name} {instance.state}{f' (priority {instance.priority})' if instance.priority is not None else ''}"
        for instance in facts.instances
    ]
    has = f"holds {listed(facts.held)}" if facts.held else f"does not hold {listed(facts.vips)}" if facts.vips else ""
    return ", ".join([*(words or ["daemon runs"]), *([has] if has else [])])
