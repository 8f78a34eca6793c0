"""keepalived: does the daemon run, and is what it reports true? MASTER has the addresses, BACKUP has not, a dead daemon has none.

The kernel's addresses decide (``ip -j addr``), not the daemon: after a kill -9 of the master the address stays on its host while
a backup takes it too. States come from files that a notify script or FIFO reader writes, or from the JSON dump. Every state
judged here was seen on keepalived 2.2. Whether the cluster as a whole has exactly one holder is check_vip's question.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.keepalived.findings import contradictions, evaluate, summary
from hamon.checks.keepalived.runbook import RUNBOOK
from hamon.checks.keepalived.states import Instance, Source, dump, states
from hamon.checks.vip.addresses import Link, ask_addresses
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.names import canonical
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.file import File, Process, Processes, ReadFile, ReadFolder

AGAIN = 1.5  # seconds until the second look when state and addresses disagree: keepalived may be in the middle of a transition
WINDOW = 3600.0  # seconds over which takeovers are counted
ROUTERS = "/ha_confs/"  # where Neutron keeps the configurations of its routers' keepalived processes


class Vrrp(NamedTuple):
    """One instance, and which of its addresses the kernel has."""

    name: str
    kind: str
    state: str
    priority: int | None
    base_priority: int | None
    vips: tuple[str, ...]  # empty: it is not known which are its
    held: tuple[str, ...]  # of those, the ones on this host
    seconds: float  # in this state, as far as the source or the runs show
    takeovers: int | None  # how often it became MASTER in the present window of an hour
    disconnected: tuple[
        str, ...
    ] = ()  # of the interfaces it uses or tracks, those that are, and why: ``eth0 has no carrier``


class Facts(NamedTuple):
    """keepalived on this host. ``vips`` are all that are known here, ``held`` those this host has.

    ``duplicates`` are of those in ``vips`` that are here and not used: the kernel found another holder. ``disconnected`` are the
    interfaces of this host that are not connected, as in ``Vrrp``. ``strangers`` are processes of keepalived that are not the
    host's own, by pid.
    """

    running: bool
    uptime: float | None
    instances: tuple[Vrrp, ...]
    vips: tuple[str, ...]
    held: tuple[str, ...]
    sources: tuple[Source, ...]
    duplicates: tuple[tuple[str, str], ...] = ()  # (address, interface)
    disconnected: tuple[str, ...] = ()
    strangers: tuple[int, ...] = ()


def probe(ask: Ask, options: Options) -> Facts:
    """The facts of a look, or of a second one when the daemon's report and the addresses disagree."""
    return ask.twice(lambda: look(ask, options), lambda facts: any(contradictions(facts)), AGAIN)[0]


def look(ask: Ask, options: Options) -> Facts:
    """The facts of one look. A dead daemon outranks any trouble with the rest. Raises ProbeError."""
    everywhere = ask(Processes("keepalived"))
    running = own(everywhere, ask(ReadFile(options.pidfile)) if options.pidfile else None, options)
    strangers = tuple(process.pid for process in everywhere if process not in running)
    try:
        return judged(ask, options, running)._replace(strangers=strangers)
    except ProbeError as error:
        if running:
            raise
        vips = tuple(address for _, address in known_vips(options))
        return Facts(False, None, (), vips, (), (Source(error.text, "(not asked)"),), strangers=strangers)


def own(everywhere: Sequence[Process], pidfile: File | None, options: Options) -> list[Process]:
    """The processes that move this host's addresses: those that ``--pidfile`` names, else all in this network namespace.

    Neutron runs one for each router, in the router's namespace, with a configuration of its own. A container with the
    host's network (kolla-ansible) holds the host's own.
    """
    if options.pidfile:
        named = take.count(pidfile.text) if pidfile else None
        return [process for process in everywhere if process.pid == named]
    return [process for process in everywhere if not (process.network or any(ROUTERS in word for word in process.argv))]


def judged(ask: Ask, options: Options, running: Sequence[Process]) -> Facts:
    """The facts from the state files, the dump and the addresses. A source that may not be read does not hide the others."""
    started = running[0].started if running else float("inf")
    from_files: list[Instance] = []
    dumped: list[Instance] = []
    sources: list[Source] = []
    try:
        from_files, sources = states(ask(ReadFolder(options.state_dir)), started)
    except ProbeError as error:
        sources.append(unreadable(options.state_dir, error))
    if options.json:
        try:
            file = ask(ReadFile(options.json))
        except ProbeError as error:
            sources.append(unreadable(options.json, error))
        else:
            if file is None:
                sources.append(Source(options.json, "does not exist"))
            else:
                dumped, source = dump(file, options.json, started, ask.now(), options.json_max_age)
                sources.append(source)
    fresh = [] if any(source.place == options.json and source.trouble for source in sources) else dumped
    known = joined(from_files, fresh)
    vips = tuple(
        dict.fromkeys(
            [
                *(address for _, address in known_vips(options)),
                *(address for instance in dumped for address in instance.vips),
            ]
        )
    )
    kernel = ask_addresses(ask, vips, {name for instance in known for name in instance.interfaces})
    addresses = {entry.address for entry in kernel.addresses if entry.held}
    links = {link.name: link for link in kernel.links}
    return Facts(
        running=bool(running),
        uptime=ask.now() - started if running else None,
        instances=tuple(
            vrrp(instance, len(known), addresses, options, ask.memory)._replace(
                disconnected=troubles_of(instance.interfaces, links)
            )
            for instance in known
        ),
        vips=vips,
        held=tuple(vip for vip in vips if vip in addresses),
        sources=tuple(sources),
        duplicates=tuple(
            (entry.address, entry.interface)
            for entry in kernel.addresses
            if entry.address in vips and "dadfailed" in entry.flags
        ),
        disconnected=troubles_of(links, links),
    )


def unreadable(place: str, error: ProbeError) -> Source:
    """A source that this user may not read."""
    return Source(place, error.text.removeprefix(f"{place}: "), "rights")


def troubles_of(names: Iterable[str], links: Mapping[str, Link]) -> tuple[str, ...]:
    """``eth0 has no carrier``, for each of the interfaces ``names`` that is not connected or is not there."""
    words = ((name, links[name].trouble if name in links else "does not exist") for name in names)
    return tuple(f"{name} {trouble}" for name, trouble in words if trouble)


def joined(files: Sequence[Instance], dumped: Sequence[Instance]) -> list[Instance]:
    """Each instance once: the later report of its state, and what only the dump has of it."""
    by_name = {instance.name: instance for instance in dumped if instance.kind == "INSTANCE"}
    made = []
    for instance in files:
        other = by_name.pop(instance.name, None) if instance.kind == "INSTANCE" else None
        if other is None:
            made.append(instance)
        elif other.reported >= instance.reported:
            made.append(other)
        else:
            of_dump = {key: getattr(other, key) for key in ("base_priority", "vips", "takeovers", "interfaces")}
            made.append(instance._replace(**of_dump))
    return [*made, *by_name.values()]


def vrrp(instance: Instance, count: int, addresses: Iterable[str], options: Options, memory: Memory) -> Vrrp:
    """An instance beside the kernel's addresses. Addresses named without an instance belong to the only one there is."""
    own = [address for name, address in known_vips(options) if name == instance.name or (not name and count == 1)]
    vips = () if instance.kind == "GROUP" else tuple(dict.fromkeys([*own, *instance.vips]))
    seen = memory.seconds_in(f"state {instance.name}", instance.state)
    return Vrrp(
        instance.name, instance.kind, instance.state, instance.priority, instance.base_priority, vips, tuple(a for a in vips if a in set(addresses)),
        max(seen, memory.now - instance.since), takeovers(instance, memory),
    )  # fmt: skip


def takeovers(instance: Instance, memory: Memory) -> int | None:
    """How often it became MASTER within the present hour. A single failover is one, whatever the time between two runs.

    With a dump: growth of its become_master counter. With a state file: how many runs found it MASTER since another time than the
    run before. Both are kept with the window's start; a counter that went backwards (the daemon restarted) or an hour gone by starts a new window.
    """
    counter = instance.takeovers
    if counter is None:
        known, seen = memory.last(f"since {instance.name}"), int(memory.last(f"seen {instance.name}") or 0)
        counter = seen + (1 if known is not None and known != instance.since and instance.state == "MASTER" else 0)
        memory.change(f"since {instance.name}", instance.since)
        memory.change(f"seen {instance.name}", counter)
    name = f"window {instance.name}"
    window = memory.since(name)
    first = take.whole(window.condition) if window else None
    if window and first is not None and first <= counter and 0 <= memory.now - window.since < WINDOW:
        memory.seconds_in(name, first)
        return counter - first
    memory.seconds_in(name, counter)
    return 0 if window else None


def figures(facts: Facts, options: Options) -> "Figures":  # noqa: ARG001
    """The facts in numbers."""
    return Figures(
        len(facts.held),
        sum(1 for instance in facts.instances if instance.state == "MASTER" and instance.kind == "INSTANCE"),
        facts.uptime,
        facts.instances,
    )


class Figures(NamedTuple):
    """The facts in numbers."""

    held: int
    masters: int
    uptime: float | None
    instances: tuple[Vrrp, ...]


def vip_option(text: str) -> tuple[tuple[str, str], ...]:
    """``10.0.0.100,VI_2=10.0.0.101`` as (instance or empty, address) each (option type)."""
    pairs = []
    for part in text.split(","):
        name, equals, address = part.rpartition("=")
        if equals and not name:
            raise ValueError(text)
        pairs.append((name, canonical(address)))
    return tuple(pairs)


def known_vips(options: Options) -> list[tuple[str, str]]:
    """The virtual addresses that the call names: (instance or empty, address)."""
    return [pair for pairs in options.vip for pair in pairs]


LIMITS = (
    Limit("held", "of the known virtual addresses, those on this host", minimum=0),
    Limit("masters", "instances that report MASTER", minimum=0),
    Limit("takeovers", "how often an instance became MASTER within the present hour", "3", "10", each="instances",
          say="{one.name} became MASTER {value} times within the hour", optional=True, minimum=0),
    Limit("priority", "effective priority of an instance", each="instances", optional=True, minimum=0, maximum=255),
    Limit("uptime", "seconds since the daemon started", uom="s", optional=True, minimum=0),
)  # fmt: skip

CHECK = Check(
    name="keepalived",
    title="Does keepalived run here, and do its states and the addresses of this host agree?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        Option(
            ("--vip",),
            "virtual addresses this host may hold, of INSTANCE where there are several",
            vip_option,
            metavar="[INSTANCE=]ADDRESS,...",
            many=True,
        ),
        Option(
            ("--state-dir",),
            "folder of state files: INSTANCE NAME STATE PRIORITY EPOCH",
            default="/run/keepalived/state.d",
            metavar="DIR",
        ),
        Option(
            ("--pidfile",),
            "judge the process that FILE names (default: those in this network namespace that are not Neutron's)",
            metavar="FILE",
        ),
        Option(("--json",), "the daemon's JSON dump (somebody else has to send SIGJSON)", metavar="FILE"),
        Option(("--json-max-age",), "ignore an older dump", float, 300.0, "SECONDS"),
    ),
    limits=LIMITS,
    runs=OnMembers(argv_if=(("--vip", "{vips}"),)),
    runbook=RUNBOOK,
    uses=("command", "file"),
    tools=("ip",),
    asks="the process table, the state files, the JSON dump when named, and `ip -j addr`",
    rights="none; root for `--json`, which holds the VRRP password (never kept, never shown)",
    example=Example(
        "--json /tmp/keepalived.json --vip 10.77.0.100",
        "KEEPALIVED OK - VI_1 MASTER (priority 150), holds 10.77.0.100",
    ),
)

main = plugin(CHECK)
