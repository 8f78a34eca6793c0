"""Fencing: could the cluster switch a node off if it had to? It takes a working device, a last fencing that succeeded, and a valid CIB.

Without fencing a cluster that loses a node either stops or runs things twice. Sources: crm_mon's XML (options, devices,
``<fence_history>``), ``crm_verify`` and, where no device is a started resource (watchdog and SBD), what pacemaker-fenced has
registered. The history survives recovery, so that it is judged by age and by what came after.

A little long, since questions, facts and verdict of this one plugin are read together and nothing else uses them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.pacemaker.documents import EXEC, element, look, refuses_option, run
from hamon.checks.pacemaker.fencing_runbook import RUNBOOK
from hamon.checks.pacemaker.findings import unlisted
from hamon.checks.pacemaker.history import Fenced
from hamon.checks.pacemaker.status import Instance, Status
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, lasting, listed, times

VERIFY = ("crm_verify", "--live-check", "--verbose")
REGISTERED = ("stonith_admin", "--list-registered", "--output-as=xml")
CONFIG = 78  # crm_verify: warnings or errors found (2.0; 1.1 has other codes and the same words)
FOUND = re.compile(r"(?:Errors|Warnings) found during check")
SAID = re.compile(r"^\s*(?:\(\w+\)\s*)?(error|warning|crm_verify):\s*(.*?)\s*$")
AGAIN = 2.0  # seconds until the second look when no device is started: the cluster may be starting them
RECENT = 3600.0  # seconds for which a successful fencing is worth a note


class Device(NamedTuple):
    """A fencing device that is a resource of the cluster."""

    name: str
    agent: str
    running: bool
    disabled: bool
    failed: bool
    failure: str  # its last recorded failure, empty without one


class Facts(NamedTuple):
    """Fencing as this node sees it. ``config``: what crm_verify found (empty: nothing), None when it reported nothing."""

    enabled: bool | None
    devices: tuple[Device, ...]
    registered: tuple[str, ...] | None  # asked only when no device is a started resource
    config: str | None
    config_valid: bool | None
    fenced: tuple[Fenced, ...]
    unclean: tuple[str, ...]
    gone: tuple[str, ...]  # nodes that are not online
    quorum: bool | None
    away: tuple[str, ...] = ()  # members that run nothing: gone, in standby, on their way
    unlisted: int = 0  # configured resource instances that crm_mon does not list: a device may be among them
    history: bool = True  # whether this version reports past fencings
    history_error: str = ""  # why they could not be read


def no_device(status: Status) -> bool:
    """Whether fencing is on and no device for it runs."""
    return bool(status.stonith) and not any(instance.fencing and instance.running for instance in status.instances)


def probe(ask: Ask, options: Options) -> Facts:
    """The facts: the status, the check of the configuration, and the registered devices when no device is started."""
    status, _ = ask.twice(lambda: look(ask, options), no_device, AGAIN)
    failed = {failure.resource: failure for failure in status.failures}
    devices = tuple(
        Device(
            instance.name, instance.agent.removeprefix("stonith:"), instance.running, instance.target == "stopped", instance.failed or instance.blocked,
            f"{failed[instance.name].task or 'an action'} failed on {failed[instance.name].node}" if instance.name in failed else "",
        )
        for instance in first_of_each(status.instances)
    )  # fmt: skip
    wanted = bool(status.stonith) and not any(device.running for device in devices)
    valid, config = verify(ask, options)
    return Facts(
        enabled=status.stonith,
        devices=devices,
        registered=registered(ask, options) if wanted else None,
        config=config,
        config_valid=valid,
        fenced=tuple(
            event if event.seconds is not None else event._replace(seconds=ask.memory.seconds_in(f"fencing {event.target}", event.status))
            for event in status.fenced
        ),
        unclean=tuple(node.name for node in status.nodes if node.state == "unclean"),
        gone=tuple(node.name for node in status.nodes if node.state in ("lost", "left", "unclean")),
        quorum=status.quorum,
        away=tuple(node.name for node in status.nodes if node.kind == "member" and node.state != "online"),
        unlisted=status.unlisted,
        history=status.history,
        history_error=status.history_error,
    )  # fmt: skip


def first_of_each(instances: tuple[Instance, ...]) -> Iterator[Instance]:
    """The fencing devices, a cloned one once: by the instance that runs."""
    chosen: dict[str, Instance] = {}
    for instance in instances:
        if instance.fencing and not instance.removed and (instance.name not in chosen or instance.running):
            chosen[instance.name] = instance
    yield from chosen.values()


def verify(ask: Ask, options: Options) -> tuple[bool | None, str | None]:
    """Whether the live configuration is valid, and what crm_verify says against it.

    It prints text for people only: just whether errors or mere warnings were found is read from them.
    """
    ran = run(ask, options, *VERIFY)
    if ran.rc == 0:
        return True, ""
    lines = [match.groups() for line in f"{ran.err}\n{ran.out}".splitlines() if (match := SAID.match(line))]
    messages: dict[str, str] = {kind: words for kind, words in reversed(lines)}  # noqa: C416  # the first of each kind  # the first of each kind
    words = (messages.get("error") or messages.get("warning") or messages.get("crm_verify") or "")[:140]
    if ran.rc != CONFIG and not FOUND.search(f"{ran.err}\n{ran.out}"):
        return None, f"crm_verify could not judge the configuration (exit code {ran.rc}{': ' if words else ''}{words})"
    errors = "error" in messages or "Errors found" in f"{ran.err}{ran.out}"
    return not errors, words or "crm_verify finds the configuration wanting"


def registered(ask: Ask, options: Options) -> tuple[str, ...] | None:
    """The devices that this node's pacemaker-fenced has; None when it does not say. Before 2.0.3 it has no XML."""
    ran = run(ask, options, *REGISTERED)
    if refuses_option(ran):
        ran = run(ask, options, *REGISTERED[:2])
        listed_ = tuple(line.strip() for line in ran.out.splitlines() if line.startswith(" ") and line.strip())
        return listed_ if not ran.rc or listed_ else None
    try:
        root = element(ran.out, "stonith_admin")
    except ProbeError:
        return None
    return tuple(element.text or "?" for element in root.iter("item")) if not ran.rc else None


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings: is fencing enabled, able, proven by its history, and configured."""
    if facts.enabled is None:
        yield Finding(UNKNOWN, "the status does not say whether fencing is on", "garbage")
    elif not facts.enabled:
        yield from disabled(facts, options)
    else:
        yield from devices(facts)
        yield from unlisted(facts.unlisted)
    yield from events(facts, options)
    if facts.history_error:
        yield Finding(UNKNOWN, f"past fencings could not be read (status {facts.history_error})", "history")
    elif not facts.history:
        yield Finding(OK, "this version of Pacemaker reports no past fencings", "history")
    if facts.config_valid is None:
        yield Finding(UNKNOWN, facts.config or "crm_verify could not judge the configuration", "verify")
    elif not facts.config_valid:
        yield Finding(CRITICAL, f"the cluster's configuration is invalid: {facts.config}", "verify")
    elif facts.config:
        # With a node that waits for its fencing the warnings are about just that.
        state = OK if facts.unclean else WARNING
        yield Finding(state, f"crm_verify warns: {facts.config}", "verify")


def disabled(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding of stonith-enabled=false: a WARNING unless ``--accept-none`` gives a reason."""
    spare = f", although {listed(device.name for device in facts.devices)} would be there" if facts.devices else ""
    text = f"fencing is off (stonith-enabled=false){spare}"
    if options.accept_none:
        yield Finding(OK, f"{text}: {options.accept_none}", "off")
    else:
        yield Finding(WARNING, f"{text}: a lost node may go on writing, two sides may run the same", "off")


def devices(facts: Facts) -> Iterator[Finding]:
    """The findings of devices: none that works, and each that does not."""
    running = [device for device in facts.devices if device.running]
    names = listed(device.name for device in facts.devices)
    usable = [device for device in facts.devices if not device.disabled and not device.failed]
    if running:
        pass
    elif facts.registered and not facts.devices:
        pass  # a watchdog needs no resource
    elif facts.registered is None and facts.devices and all(device.failure for device in facts.devices):
        failed = listed(f"{device.name} ({device.failure})" for device in facts.devices)
        yield Finding(
            CRITICAL,
            f"fencing is on and no device could be started: {failed}",
            "device",
            {"device": facts.devices[0].name},
        )
    elif facts.registered or (facts.registered is None and usable):
        # Pacemaker may use a device that is registered and not started; it is not watched then.
        which = listed(facts.registered) if facts.registered else "not reported"
        yield Finding(
            WARNING, f"no device is started: {names} (registered: {which})", "device", {"device": facts.devices[0].name}
        )
    elif facts.devices:
        yield Finding(CRITICAL, f"fencing is on and no device is started or registered: {names}", "no_device")
    elif facts.registered is None:
        yield Finding(
            UNKNOWN, "fencing is on, no device is a resource, and the registered ones were not reported", "no_device"
        )
    else:
        yield Finding(CRITICAL, "fencing is on and there is no device: no node can be fenced", "no_device")
    for device in facts.devices:
        why = f": {device.failure}" if device.failure else ""
        if device.failed:
            yield Finding(
                CRITICAL, f"device {device.name} ({device.agent}) has failed{why}", "device", {"device": device.name}
            )
        elif device.disabled:
            yield Finding(
                WARNING, f"device {device.name} ({device.agent}) is disabled", "device", {"device": device.name}
            )
        elif not device.running and running:
            # As a rule a device may not run on its own target: with a member away there may be no place for it.
            excused = facts.away and not device.failure
            why = f" while {listed(facts.away)} {'is' if len(facts.away) == 1 else 'are'} away" if excused else why
            text = f"device {device.name} ({device.agent}) is not started{why}"
            yield Finding(OK if excused else WARNING, text, "device", {"device": device.name})


def events(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of every node that was fenced or should have been, by its latest event."""
    explained = {event.target for event in facts.fenced if event.status != "success"}
    for event in facts.fenced:
        age = event.seconds or 0.0
        why, names = f" ({event.reason})" if event.reason else "", {"node": event.target}
        if event.status == "pending":
            again = (
                f", again after {event.failures} failure{'s' if event.failures > 1 else ''}" if event.failures else ""
            )
            worse = event.failures or age > options.pending_max
            yield Finding(
                CRITICAL if worse else WARNING,
                f"fencing {event.target} ({event.action}) is under way{lasting(age)}{again}",
                "pending",
            )
        elif event.status == "failed":
            text = f"fencing {event.target} ({event.action}) FAILED {times(event.failures)}, last {duration(age)} ago by {event.by}{why}"
            if event.target in facts.gone:
                yield Finding(
                    CRITICAL,
                    f"{text}, and it is {'UNCLEAN' if event.target in facts.unclean else 'OFFLINE'}",
                    "failed_fencing",
                    names,
                )
            elif age <= options.history_max:
                yield Finding(WARNING, f"{text}; never succeeded since", "failed_fencing", names)
            else:
                yield Finding(OK, f"{text}, not tried since", "failed_fencing")
        elif not event.status:
            yield Finding(
                UNKNOWN, f"how fencing {event.target} ({event.action}) went is not reported", "garbage", names
            )
        elif event.status == "success" and age < RECENT:
            yield Finding(OK, f"{event.target} was fenced {duration(age)} ago ({event.action} by {event.by})", "fenced")
    for name in facts.unclean:
        if name not in explained:
            why = "" if facts.quorum else ", this side has no quorum to fence it"
            yield Finding(CRITICAL, f"{name} is UNCLEAN and not fenced{why}", "unclean", {"node": name})


class Figures(NamedTuple):
    """The facts in numbers."""

    enabled: int | None
    devices: int
    devices_running: int
    failed_fencings: int


def figures(facts: Facts, options: Options) -> Figures:
    """The facts in numbers; old failures are not counted."""
    recent = sum(event.failures for event in facts.fenced if (event.seconds or 0.0) <= options.history_max)
    return Figures(
        None if facts.enabled is None else int(facts.enabled), len(facts.devices), sum(1 for device in facts.devices if device.running), recent
    )  # fmt: skip


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    if not facts.enabled:
        return "fencing is off, as accepted"
    ready = [device.name for device in facts.devices if device.running] or list(facts.registered or ())
    return f"fencing is on, {len(ready)} devices ready ({', '.join(ready)}), the configuration is valid"


CHECK = Check(
    name="fencing",
    title="Could the cluster fence a node if it had to?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        EXEC,
        Option(("--accept-none",), "the reason why there is no fencing: OK instead of WARNING", metavar="REASON"),
        Option(
            ("--history-max",),
            "for so long a failed fencing of a node that is back is reported",
            float,
            86400.0,
            "SECONDS",
        ),
        Option(("--pending-max",), "CRITICAL when fencing a node takes longer", float, 90.0, "SECONDS"),
    ),
    limits=(
        Limit("enabled", "1 when fencing is on", minimum=0, maximum=1, optional=True),
        Limit("devices", "fencing devices configured as resources", minimum=0),
        Limit("devices_running", "of those, started", minimum=0),
        Limit("failed_fencings", "failed since the last success, of recent events", minimum=0),
    ),
    runbook=RUNBOOK,
    runs=OnMembers(
        argv_if=(("--exec", "{container_exec} hacluster_pacemaker"), ("--accept-none", "{no_fencing}")), sudo=True
    ),
    uses=("command", "file"),
    tools=("crm_mon", "crm_verify", "stonith_admin"),
    asks="`crm_mon --output-as=xml` (or `--as-xml`), `crm_verify --live-check --verbose`, and `stonith_admin --list-registered` when no device is a started resource",
    rights="root, or a user in the group haclient",
    example=Example(
        "",
        "FENCING OK - fencing is on, 3 devices ready (fence-pcm1, fence-pcm2, fence-pcm3), the configuration is valid",
    ),
)

main = plugin(CHECK)
