"""Fencing: could the cluster switch a node off if it had to? Enabled, with a working device, a good last word, and a valid CIB.

Without fencing a cluster that loses sight of a node either stops or runs things twice. Sources: crm_mon's XML (options, devices,
``<fence_history>``), ``crm_verify`` and, where no device is a started resource (watchdog and SBD), what pacemaker-fenced has
registered. The history survives recovery, so that it is judged by age and by what came after.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.pacemaker.documents import EXEC, element, look, refuses_option, run
from hamon.checks.pacemaker.fencing_runbook import RUNBOOK
from hamon.checks.pacemaker.findings import unlisted
from hamon.checks.pacemaker.status import Fenced, Instance, Status
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
    """Fencing as this node sees it. ``config``: what crm_verify found (empty: nothing), None when it could not tell."""

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
    return bool(status.stonith) and not any(one.fencing and one.running for one in status.instances)


def probe(ask: Ask, options: Options) -> Facts:
    """The status, the check of the configuration, and the registered devices where that is the question."""
    status, _ = ask.twice(lambda: look(ask, options), no_device, AGAIN)
    failed = {one.resource: one for one in status.failures}
    devices = tuple(
        Device(
            one.name, one.agent.removeprefix("stonith:"), one.running, one.target == "stopped", one.failed or one.blocked,
            f"{failed[one.name].task or 'an action'} failed on {failed[one.name].node}" if one.name in failed else "",
        )
        for one in first_of_each(status.instances)
    )  # fmt: skip
    wanted = bool(status.stonith) and not any(one.running for one in devices)
    valid, config = verify(ask, options)
    return Facts(
        enabled=status.stonith,
        devices=devices,
        registered=registered(ask, options) if wanted else None,
        config=config,
        config_valid=valid,
        fenced=tuple(
            one if one.seconds is not None else one._replace(seconds=ask.memory.seconds_in(f"fencing {one.target}", one.status))
            for one in status.fenced
        ),
        unclean=tuple(one.name for one in status.nodes if one.state == "unclean"),
        gone=tuple(one.name for one in status.nodes if one.state in ("lost", "left", "unclean")),
        quorum=status.quorum,
        away=tuple(one.name for one in status.nodes if one.kind == "member" and one.state != "online"),
        unlisted=status.unlisted,
        history=status.history,
        history_error=status.history_error,
    )  # fmt: skip


def first_of_each(instances: tuple[Instance, ...]) -> Iterator[Instance]:
    """The fencing devices, a cloned one once: by the instance that runs."""
    found: dict[str, Instance] = {}
    for one in instances:
        if one.fencing and not one.removed and (one.name not in found or one.running):
            found[one.name] = one
    yield from found.values()


def verify(ask: Ask, options: Options) -> tuple[bool | None, str | None]:
    """Whether the live configuration is valid, and what crm_verify says against it.

    Its words are for people, and it has no other: only whether errors or mere warnings were found is read from them.
    """
    ran = run(ask, options, *VERIFY)
    if ran.rc == 0:
        return True, ""
    lines = [found.groups() for line in f"{ran.err}\n{ran.out}".splitlines() if (found := SAID.match(line))]
    told: dict[str, str] = {kind: words for kind, words in reversed(lines)}  # noqa: C416  # the first of each kind  # the first of each kind
    words = (told.get("error") or told.get("warning") or told.get("crm_verify") or "")[:140]
    if ran.rc != CONFIG and not FOUND.search(f"{ran.err}\n{ran.out}"):
        return None, f"crm_verify could not tell (exit code {ran.rc}{': ' if words else ''}{words})"
    errors = "error" in told or "Errors found" in f"{ran.err}{ran.out}"
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
    return tuple(one.text or "?" for one in root.iter("item")) if not ran.rc else None


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """Enabled, able, proven, configured."""
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
        yield Finding(UNKNOWN, facts.config or "crm_verify could not tell", "verify")
    elif not facts.config_valid:
        yield Finding(CRITICAL, f"the cluster's configuration is invalid: {facts.config}", "verify")
    elif facts.config:
        # With a node that waits for its fencing the warnings are about just that.
        state = OK if facts.unclean else WARNING
        yield Finding(state, f"crm_verify warns: {facts.config}", "verify")


def disabled(facts: Facts, options: Options) -> Iterator[Finding]:
    """stonith-enabled=false: a WARNING unless somebody stands for it."""
    spare = f", although {listed(one.name for one in facts.devices)} would be there" if facts.devices else ""
    text = f"fencing is off (stonith-enabled=false){spare}"
    if options.accept_none:
        yield Finding(OK, f"{text}: {options.accept_none}", "off")
    else:
        yield Finding(WARNING, f"{text}: a lost node may go on writing, two sides may run the same", "off")


def devices(facts: Facts) -> Iterator[Finding]:
    """At least one device that works; every one that does not."""
    running = [one for one in facts.devices if one.running]
    names = listed(one.name for one in facts.devices)
    usable = [one for one in facts.devices if not one.disabled and not one.failed]
    if running:
        pass
    elif facts.registered and not facts.devices:
        pass  # a watchdog needs no resource
    elif facts.registered is None and facts.devices and all(one.failure for one in facts.devices):
        failed = listed(f"{one.name} ({one.failure})" for one in facts.devices)
        yield Finding(
            CRITICAL,
            f"fencing is on and no device could be started: {failed}",
            "device",
            {"device": facts.devices[0].name},
        )
    elif facts.registered or (facts.registered is None and usable):
        # Pacemaker may use a device that is registered and not started; nobody watches it then.
        which = listed(facts.registered) if facts.registered else "not told"
        yield Finding(
            WARNING, f"no device is started: {names} (registered: {which})", "device", {"device": facts.devices[0].name}
        )
    elif facts.devices:
        yield Finding(CRITICAL, f"fencing is on and no device is started or registered: {names}", "no_device")
    elif facts.registered is None:
        yield Finding(
            UNKNOWN, "fencing is on, no device is a resource, and the registered ones were not told", "no_device"
        )
    else:
        yield Finding(CRITICAL, "fencing is on and there is no device: no node can be fenced", "no_device")
    for one in facts.devices:
        why = f": {one.failure}" if one.failure else ""
        if one.failed:
            yield Finding(CRITICAL, f"device {one.name} ({one.agent}) has failed{why}", "device", {"device": one.name})
        elif one.disabled:
            yield Finding(WARNING, f"device {one.name} ({one.agent}) is disabled", "device", {"device": one.name})
        elif not one.running and running:
            # As a rule a device may not run on its own target: with a member away there may be no place for it.
            excused = facts.away and not one.failure
            why = f" while {listed(facts.away)} {'is' if len(facts.away) == 1 else 'are'} away" if excused else why
            text = f"device {one.name} ({one.agent}) is not started{why}"
            yield Finding(OK if excused else WARNING, text, "device", {"device": one.name})


def events(facts: Facts, options: Options) -> Iterator[Finding]:
    """The last word on every node that was fenced or should have been."""
    told = {one.target for one in facts.fenced if one.status != "success"}
    for one in facts.fenced:
        age = one.seconds or 0.0
        why, names = f" ({one.reason})" if one.reason else "", {"node": one.target}
        if one.status == "pending":
            again = f", again after {one.failures} failure{'s' if one.failures > 1 else ''}" if one.failures else ""
            worse = one.failures or age > options.pending_max
            yield Finding(
                CRITICAL if worse else WARNING,
                f"fencing {one.target} ({one.action}) is under way{lasting(age)}{again}",
                "pending",
            )
        elif one.status == "failed":
            text = f"fencing {one.target} ({one.action}) FAILED {times(one.failures)}, last {duration(age)} ago by {one.by}{why}"
            if one.target in facts.gone:
                yield Finding(
                    CRITICAL,
                    f"{text}, and it is {'UNCLEAN' if one.target in facts.unclean else 'OFFLINE'}",
                    "failed_fencing",
                    names,
                )
            elif age <= options.history_max:
                yield Finding(WARNING, f"{text}; never succeeded since", "failed_fencing", names)
            else:
                yield Finding(OK, f"{text}, not tried since", "failed_fencing")
        elif one.status == "success" and age < RECENT:
            yield Finding(OK, f"{one.target} was fenced {duration(age)} ago ({one.action} by {one.by})", "fenced")
    for name in facts.unclean:
        if name not in told:
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
    recent = sum(one.failures for one in facts.fenced if (one.seconds or 0.0) <= options.history_max)
    return Figures(
        None if facts.enabled is None else int(facts.enabled), len(facts.devices), sum(1 for one in facts.devices if one.running), recent
    )  # fmt: skip


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    if not facts.enabled:
        return "fencing is off, as accepted"
    ready = [one.name for one in facts.devices if one.running] or list(facts.registered or ())
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
            ("--history-max",), "a failed fencing of a node that is back is news for so long", float, 86400.0, "SECONDS"
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
    parts={"devices": Device, "fenced": Fenced},
    runs=OnMembers(argv_if=(("--exec", "{container_exec} hacluster_pacemaker"),), sudo=True),
    uses=("command", "file"),
    asks="`crm_mon --output-as=xml` (or `--as-xml`), `crm_verify --live-check --verbose`, and `stonith_admin --list-registered` when no device is a started resource",
    rights="root, or a user in the group haclient",
    example=Example(
        "",
        "FENCING OK - fencing is on, 3 devices ready (fence-pcm1, fence-pcm2, fence-pcm3), the configuration is valid",
    ),
)

main = plugin(CHECK)
