"""DRBD: is every configured resource up, connected and up to date on this node?

Seen on the 8.4 module with drbd-utils 9.22; the words of the 9 module are from its documentation.
"""

from collections.abc import Iterator

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.drbd.facts import Facts, Peer, Resource, allows_two_primaries, generation, parse
from hamon.checks.drbd.findings import client_lost, device_findings, named, peer_findings, title_of
from hamon.checks.drbd.runbook import NODE
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.command import Command
from hamon.probe.file import ReadFile
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, State
from hamon.words import duration, lasting, listed

MOST = 4  # resources named in the summary
MOVING = ("SyncSource", "SyncTarget")
EVENTS = ("drbdsetup", "events2", "--now", "--statistics", "all")
RESOURCES = ("drbdadm", "sh-resources")


def probe(ask: Ask, options: Options) -> Facts:  # noqa: ARG001
    """The facts from the kernel and the configuration. Without the module nothing is run: drbdsetup would load it."""
    configured, trouble = ask_configured(ask)
    proc = ask(ReadFile("/proc/drbd"))
    if proc is None:
        return Facts(False, "", configured, trouble, (), (), ())
    ran = ask(Command(EVENTS))
    if ran.rc:
        raise ProbeError(
            UNKNOWN, f"drbdsetup events2 failed with exit code {ran.rc}: {first(ran.err or ran.out)}", "tool"
        )
    facts = parse(proc.text, ran.out, configured, trouble)
    primary = {source.name for source in facts.resources if source.role == "Primary"}
    both = {peer.resource for peer in facts.peers if peer.role == "Primary"} & primary
    return facts._replace(
        resources=tuple(
            source._replace(two_primaries=ask_two_primaries(ask, source.name)) if source.name in both else source
            for source in facts.resources
        ),
        peers=tuple(ask_more(ask, facts, peer) for peer in facts.peers),
    )


def ask_configured(ask: Ask) -> tuple[tuple[str, ...] | None, str]:
    """The resources of the configuration, or None and why they are not known."""
    try:
        ran = ask(Command(RESOURCES))
    except ProbeError as error:
        return None, error.text
    if ran.rc:
        return None, f"drbdadm sh-resources failed with exit code {ran.rc}: {first(ran.err)}"
    return tuple(ran.out.split()), ""


def ask_two_primaries(ask: Ask, resource: str) -> bool:
    """Whether two Primaries are meant."""
    ran = ask(Command(("drbdsetup", "show", resource)))
    return not ran.rc and allows_two_primaries(ran.out)


def ask_more(ask: Ask, facts: Facts, peer: Peer) -> Peer:
    """The age of the peer's condition, the speed of a resync, and without a connection the generation identifiers."""
    known = (
        peer.replication if peer.connection == "Connected" else "StandAlone" if alone(peer) else "disconnected",
        peer.disk if peer.connection == "Connected" else "",
    )
    seconds = ask.memory.seconds_in(peer.name, list(known))
    rate = None
    if peer.replication in MOVING and peer.paused == "no" and peer.out_of_sync is not None:
        rate = ask.memory.per_second(f"synced {peer.name}", -float(peer.out_of_sync))
    eta = peer.eta
    if eta is None and rate and peer.out_of_sync is not None:
        eta = round(peer.out_of_sync / rate)
    identifiers = ask_generation(ask, facts, peer) if peer.connection != "Connected" else ()
    return peer._replace(seconds=seconds, rate=rate, eta=eta, generation=identifiers)


def ask_generation(ask: Ask, facts: Facts, peer: Peer) -> tuple[str, ...]:
    """The generation identifiers of a volume, or nothing: a diskless node has none."""
    if facts.version.startswith("8."):
        minors = [
            device.minor for device in facts.devices if (device.resource, device.volume) == (peer.resource, peer.volume)
        ]
        words = minors[:1]
    else:
        words = [peer.resource, peer.node_id, peer.volume]
    if not words:
        return ()
    try:
        ran = ask(Command(("drbdsetup", "get-gi", *words)))
    except ProbeError:
        return ()
    return () if ran.rc else generation(ran.out)


def alone(peer: Peer) -> bool:
    """Whether the connection is down and nothing tries to bring it up."""
    return peer.connection in ("StandAlone", "Disconnecting")


def first(text: str) -> str:
    """The first line of what a tool complained about."""
    return (text.strip().splitlines() or ["no reason given"])[0][:100]


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one node."""
    wanted = list(dict.fromkeys([*(facts.configured or ()), *options.expect]))
    up = {source.name for source in facts.resources}
    if facts.configured is None and not options.expect:
        yield Finding(UNKNOWN, f"which resources should be up is not known ({facts.trouble}), give --expect", "tool")
    elif not wanted and not up:
        yield Finding(
            UNKNOWN, f"no resource is configured{'' if facts.loaded else ' and the module is not loaded'}", "empty"
        )
    if not facts.loaded:
        if wanted:
            yield Finding(CRITICAL, f"the drbd module is not loaded, down: {listed(wanted)}", "module")
        return
    state, why = planned(options)
    for name in wanted:
        if name not in up:
            yield Finding(state, f"{name} is configured and not up{why}", "not_up", {"resource": name})
    for resource in facts.resources:
        yield from resource_findings(resource, facts)
    for device in facts.devices:
        yield from named(device.resource, device_findings(device, facts))
    for peer in facts.peers:
        if peer.client and peer.connection not in ("", "Connected"):
            yield client_lost(peer, facts)
        elif alone(peer):
            yield stand_alone(peer, facts, options)
        else:
            yield from named(peer.resource, peer_findings(peer, facts, options))


def planned(options: Options) -> tuple[State, str]:
    """The state and the words of a condition that may be planned: WARNING with ``--maintenance``, else CRITICAL."""
    return (WARNING, f" (maintenance: {options.maintenance})") if options.maintenance else (CRITICAL, "")


def stand_alone(peer: Peer, facts: Facts, options: Options) -> Finding:
    """The finding of a peer without a connection and without an attempt to make one: after a split-brain, or by hand. Maintenance
    that the options name may last its time.
    """
    state, why = planned(options)
    role = next((source.role for source in facts.resources if source.name == peer.resource), "Unknown")
    text = f"{title_of(peer, facts)} is StandAlone as {role}{lasting(peer.seconds)}"
    planned_one = Finding(WARNING, text + why, "stand_alone", {"resource": peer.resource})
    if state is CRITICAL:
        text = f"{text}: split-brain suspected, it will not reconnect by itself"
        return planned_one._replace(state=CRITICAL, text=text)
    if peer.seconds > options.maintenance_max:
        text = f"{text}{why}, longer than {duration(options.maintenance_max)}"
        return planned_one._replace(state=CRITICAL, text=text)
    return planned_one


def resource_findings(resource: Resource, facts: Facts) -> Iterator[Finding]:
    """The findings that concern a resource as a whole."""
    name, names = resource.name, {"resource": resource.name}
    if resource.role not in ("Primary", "Secondary"):
        yield Finding(UNKNOWN, f"{name}: its role is {resource.role or 'missing'}", "tool")
    if resource.suspended != "no":
        yield Finding(CRITICAL, f"I/O of {name} is suspended ({resource.suspended})", "suspended", names)
    if not any(device.resource == name for device in facts.devices):
        yield Finding(CRITICAL, f"{name} is up without a device", "not_up", names)
    elif not any(peer.resource == name for peer in facts.peers):
        # 8.4 may forget a connection that it gave up. DRBD 9 keeps it as StandAlone: without one there is no peer.
        if facts.version.startswith("8."):
            yield Finding(CRITICAL, f"{name} has no connection to any peer", "stand_alone", names)
        else:
            yield Finding(WARNING, f"{name} has no peer: this node has the only copy", "only_copy", names)
    if resource.role == "Primary" and any(peer.resource == name and peer.role == "Primary" for peer in facts.peers):
        if resource.two_primaries:
            yield Finding(OK, f"{name} is Primary on both nodes, as configured")
        else:
            text = f"{name} is Primary on both nodes without allow-two-primaries"
            yield Finding(CRITICAL, text, "two_primaries", names)


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK: each resource, or how many there are when they are too many to name."""
    roles = ", ".join(f"{source.name} {source.role}" for source in facts.resources)
    if len(facts.resources) > MOST:
        used = sum(source.role == "Primary" for source in facts.resources)
        roles = f"{len(facts.resources)} resources, {used} of them Primary"
    disks = sorted({device.disk for device in facts.devices})
    return f"{roles}, connected, {' and '.join(disks)} here and on the peer (DRBD {facts.version})"


CHECK = Check(
    name="drbd",
    title="Is every configured DRBD resource up, connected and up to date on this node?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        Option(("--expect",), "CRITICAL when RES is not up, configured or not", metavar="RES", many=True),
        Option(("--disconnected-max",), "CRITICAL when a peer has been out of reach for longer", float, 300.0, "SECONDS"),
        Option(("--paused-max",), "CRITICAL when a resync has been paused for longer", float, 3600.0, "SECONDS"),
        Option(("--maintenance",), "the reason why a resource is disconnected or down on purpose: WARNING instead of CRITICAL", metavar="REASON"),
        Option(("--maintenance-max",), "CRITICAL all the same when it has been disconnected for longer", float, 14400.0, "SECONDS"),
    ),
    limits=(
        Limit("out_of_sync", "data that differ from the peer's, as far as DRBD knows", uom="KB", each="peers", optional=True, minimum=0,
              say="{value} of {one.resource}/{one.volume} are out of sync, outside {range}"),
        Limit("done", "progress of a resync or verify", uom="%", each="peers", optional=True, minimum=0, maximum=100),
        Limit("eta", "seconds a resync will still take", uom="s", each="peers", optional=True, minimum=0, show=duration,
              say="the resync of {one.resource}/{one.volume} will take {value}, outside {range}"),
    ),
    runbook=NODE,
    runs=OnMembers(sudo=True),
    uses=("command", "file"),
    tools=("drbdsetup", "drbdadm"),
    asks="`/proc/drbd`, `drbdsetup events2 --now --statistics all`, `drbdadm sh-resources`; without a connection `drbdsetup get-gi`, "
    "with two Primaries `drbdsetup show`",
    rights="to run drbdsetup and read /etc/drbd.d (root where the distribution closes them to others)",
    example=Example(
        "",
        "DRBD OK - r0 Primary, connected, UpToDate here and on the peer (DRBD 8.4.11)",
    ),
)  # fmt: skip

main = plugin(CHECK)
