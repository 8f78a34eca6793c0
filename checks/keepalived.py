"""keepalived: does the daemon run, and is its word true? MASTER has the addresses, BACKUP has not, a dead daemon has none.

The kernel's addresses decide (``ip -j addr``), not the daemon: after a kill -9 of the master the address stays on its host while
a backup takes it too. States come from files that a notify script or FIFO reader writes, or from the JSON dump. Every state
judged here was seen on keepalived 2.2. Whether the cluster as a whole has exactly one holder is check_vip's question.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hamon.check import Check, Component, Limit, Option, Options
from hamon.checks import vip
from hamon.checks.keepalived_states import Instance, Source, dump, state_files, states
from hamon.checks.vip_addresses import ask_addresses, normal
from hamon.checks.vip_runbook import RUNBOOK as VIP_RUNBOOK
from hamon.probe import Ask
from hamon.state import Memory
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding
from hamon.words import duration, listed

AGAIN = 1.5  # seconds until the second look when state and addresses disagree: keepalived may be in the middle of a transition
WINDOW = 3600.0  # seconds over which takeovers are counted


class Vrrp(NamedTuple):
    """One instance and what the kernel says of its addresses."""

    name: str
    kind: str
    state: str
    priority: int | None
    base_priority: int | None
    vips: tuple[str, ...]  # empty: nobody told which are its
    held: tuple[str, ...]  # of those, the ones on this host
    seconds: float  # in this state, as far as the source or the runs tell
    takeovers: int | None  # transitions to MASTER (dump) or of any kind (state file) in the present window of an hour


class Facts(NamedTuple):
    """keepalived on this host. ``vips`` are all that are known here, ``held`` those this host has."""

    running: bool
    uptime: float | None
    instances: tuple[Vrrp, ...]
    vips: tuple[str, ...]
    held: tuple[str, ...]
    sources: tuple[Source, ...]


def probe(ask: Ask, options: Options) -> Facts:
    """Look; and once more when the daemon's word and the addresses disagree."""
    facts = look(ask, options)
    if list(contradictions(facts)):
        ask.wait(AGAIN)
        facts = look(ask, options)
    return facts


def look(ask: Ask, options: Options) -> Facts:
    """One look at the process table, the state files, the dump and the addresses."""
    running = ask.processes("keepalived")
    started = running[0].started if running else float("inf")
    found, sources = states(state_files(ask, options.state_dir), started)
    dumped: list[Instance] = []
    if options.json:
        file = ask.file(options.json)
        if file is None:
            sources.append(Source(options.json, "does not exist"))
        else:
            dumped, source = dump(file, options.json, started, ask.now(), options.json_max_age)
            sources.append(source)
    fresh = [] if any(one.place == options.json and one.trouble for one in sources) else dumped
    told = joined(found, fresh)
    addresses = {one.address for one in ask_addresses(ask).addresses if one.held}
    vips = tuple(dict.fromkeys([*(address for _, address in options.vip), *(one for some in dumped for one in some.vips)]))
    return Facts(
        running=bool(running),
        uptime=ask.now() - started if running else None,
        instances=tuple(vrrp(one, len(told), addresses, options, ask.memory) for one in told),
        vips=vips,
        held=tuple(one for one in vips if one in addresses),
        sources=tuple(sources),
    )


def joined(files: Sequence[Instance], dumped: Sequence[Instance]) -> list[Instance]:
    """Each instance once: the later word on its state, and what only the dump knows of it."""
    by_name = {one.name: one for one in dumped if one.kind == "INSTANCE"}
    made = []
    for one in files:
        other = by_name.pop(one.name, None) if one.kind == "INSTANCE" else None
        if other is None:
            made.append(one)
        elif other.told >= one.told:
            # The state file tells when that state began; the dump only when it was written.
            made.append(other._replace(told=one.told) if other.state == one.state else other)
        else:
            made.append(one._replace(base_priority=other.base_priority, vips=other.vips, takeovers=other.takeovers))
    return [*made, *by_name.values()]


def vrrp(one: Instance, count: int, addresses: Iterable[str], options: Options, memory: Memory) -> Vrrp:
    """An instance beside the kernel's addresses. Addresses named without an instance belong to the only one there is."""
    own = [address for name, address in options.vip if name == one.name or (not name and count == 1)]
    vips = () if one.kind == "GROUP" else tuple(dict.fromkeys([*own, *one.vips]))
    seen = memory.seconds_in(f"state {one.name}", one.state)
    return Vrrp(
        one.name, one.kind, one.state, one.priority, one.base_priority, vips, tuple(a for a in vips if a in set(addresses)),
        max(seen, 0.0 if one.takeovers is not None else memory.now - one.told), takeovers(one, memory),
    )  # fmt: skip


def takeovers(one: Instance, memory: Memory) -> int | None:
    """Transitions within the present hour. A single failover is one, whatever the time between two runs.

    With a dump: growth of its become_master counter. With a state file: how many runs found a new time in it. Both are kept with
    the window's start; a counter that went backwards (the daemon restarted) or an hour gone by starts a new window.
    """
    counter = one.takeovers
    if counter is None:
        values = memory.before.get("values", {})
        known, seen = values.get(f"told {one.name}"), int(values.get(f"seen {one.name}", 0))
        counter = seen + (1 if known is not None and known != one.told else 0)
        memory.change(f"told {one.name}", one.told)
        memory.change(f"seen {one.name}", counter)
    name = f"window {one.name}"
    first, since = memory.before.get("since", {}).get(name, (None, 0.0))
    if isinstance(first, int) and first <= counter and 0 <= memory.now - since < WINDOW:
        memory.seconds_in(name, first)
        return counter - first
    memory.seconds_in(name, counter)
    return 0 if first is not None else None


# --- judgement --------------------------------------------------------------------------------------------------------


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG001
    """Findings of one node."""
    if not facts.running:
        if facts.held:
            yield Finding(CRITICAL, f"stale holder: keepalived is dead, and {listed(facts.held)} still on this host", "stale_holder")
        else:
            gone = f"; this host holds none of {listed(facts.vips)}" if facts.vips else ""
            yield Finding(CRITICAL, f"keepalived is not running{gone}", "not_running")
        return
    yield from contradictions(facts)
    for one in facts.instances:
        yield from troubles(one)
    yield from evidence(facts)


def contradictions(facts: Facts) -> Iterator[Finding]:
    """The daemon's word against the kernel's addresses."""
    for one in facts.instances if facts.running else ():
        absent = [address for address in one.vips if address not in one.held]
        if one.state == "MASTER" and absent:
            yield Finding(CRITICAL, f"{one.name} is MASTER, but {listed(absent)} not on this host", "master_without")
        elif one.state in ("BACKUP", "FAULT", "STOP") and one.held:
            yield Finding(CRITICAL, f"{one.name} is {one.state}, but {listed(one.held)} still on this host", "backup_with")
    # Addresses given without instance names while there are several instances: only the extremes can be judged.
    judged = {address for one in facts.instances for address in one.vips}
    loose = [address for address in facts.vips if address not in judged]
    words = {one.state for one in facts.instances if one.kind == "INSTANCE"}
    if facts.running and loose and words == {"MASTER"} and (absent := [a for a in loose if a not in facts.held]):
        yield Finding(CRITICAL, f"all instances are MASTER, but {listed(absent)} not on this host", "master_without")
    elif facts.running and words and "MASTER" not in words and "INIT" not in words and (held := [a for a in loose if a in facts.held]):
        yield Finding(CRITICAL, f"no instance is MASTER, but {listed(held)} on this host", "backup_with")


def troubles(one: Vrrp) -> Iterator[Finding]:
    """What an instance tells of itself."""
    if one.state == "FAULT":
        yield Finding(CRITICAL, f"{one.name} is in FAULT for {duration(one.seconds)}: it takes no part in the election", "fault")
    elif one.state == "STOP":
        yield Finding(WARNING, f"{one.name} was stopped while the daemon runs", "stop")
    elif one.state == "INIT":
        yield Finding(WARNING, f"{one.name} is still starting (INIT)", "stop")
    if one.priority is not None and one.base_priority is not None and one.priority < one.base_priority:
        yield Finding(WARNING, f"{one.name} runs with priority {one.priority} instead of {one.base_priority}: something it tracks fails", "priority")


def evidence(facts: Facts) -> Iterator[Finding]:
    """What the verdict rests on. A process in the table alone proves nothing."""
    stale = [f"{one.place} {one.trouble}" for one in facts.sources if one.trouble]
    if not facts.instances and not facts.vips:
        why = "; ".join(stale) or "give --state-dir, --json or --vip"
        yield Finding(UNKNOWN, f"keepalived runs, but nobody tells its state: {why}", "no_source")
        return
    for text in stale:
        # Beside a source that can be believed it is a note: the instance may be gone from the configuration.
        yield Finding(OK if facts.instances else WARNING, f"not believed: {text}", "stale")
    if not facts.instances:
        yield Finding(OK, "no state told, judged by process and addresses")
    elif not facts.vips:
        yield Finding(OK, "not compared with addresses (no --vip)")


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    words = [f"{one.name} {one.state}{f' (priority {one.priority})' if one.priority is not None else ''}" for one in facts.instances]
    has = f"holds {listed(facts.held)}" if facts.held else f"does not hold {listed(facts.vips)}" if facts.vips else ""
    return ", ".join([*(words or ["daemon runs"]), *([has] if has else [])])


def figures(facts: Facts, options: Options) -> Any:  # noqa: ARG001
    """The facts in numbers."""
    return Figures(
        len(facts.held),
        sum(1 for one in facts.instances if one.state == "MASTER" and one.kind == "INSTANCE"),
        facts.uptime,
        facts.instances,
    )


class Figures(NamedTuple):
    """The facts in numbers."""

    held: int
    masters: int
    uptime: float | None
    instances: tuple[Vrrp, ...]


def vip_option(text: str) -> tuple[str, str]:
    """``10.0.0.100`` or ``VI_1=10.0.0.100`` as (instance or empty, address) (option type)."""
    name, equals, address = text.rpartition("=")
    if equals and not name:
        raise ValueError(text)
    return name, normal(address)


LIMITS = (
    Limit("held", "of the known virtual addresses, those on this host", minimum=0),
    Limit("masters", "instances that say MASTER", minimum=0),
    Limit("takeovers", "transitions of an instance within the present hour", "3", "10", each="instances",
          say="{one.name} changed its state {value} times within the hour", optional=True, minimum=0),
    Limit("priority", "effective priority of an instance", each="instances", optional=True, minimum=0, maximum=255),
    Limit("uptime", "seconds since the daemon started", uom="s", optional=True, minimum=0),
)  # fmt: skip

LOG = "journalctl -u keepalived -n 50"

RUNBOOK = {
    **{key: VIP_RUNBOOK[key] for key in ("tool", "timeout")},
    "not_running": Advice(
        "This node takes no part in the election any more; the others carry the addresses without it.",
        ("systemctl status keepalived", LOG, "keepalived -t (is the configuration right?)"),
    ),
    "stale_holder": Advice(
        "The daemon died without taking its address down. Another node has taken it too by now: two holders, a split-brain on the wire.",
        ("ip addr del ADDRESS dev IFACE (here, now)", LOG, "systemctl start keepalived"),
        "do not start it before you looked at check_vip: who else holds the address?",
    ),
    "fault": Advice(
        "A tracked interface, process or script fails (weight 0 or -254), and this instance gave up. In FAULT everywhere: nobody holds the VIP.",
        (LOG, "ip -br link", "run the tracked script by hand; for HAProxy: systemctl status haproxy"),
    ),
    "master_without": Advice(
        "It won the election, and the address is not on the interface: somebody deleted it, or the interface was set up anew under it.",
        ("ip -br addr", LOG, "systemctl restart keepalived (it sets its addresses anew)"),
    ),
    "backup_with": Advice(
        "It does not hold the election, and the address is still here: left by a killed daemon, or configured as a plain address.",
        ("grep -rn ADDRESS /etc/network /etc/netplan /etc/systemd/network (must not be there)", "check_vip (who else has it?)", "ip addr del ADDRESS dev IFACE"),
    ),
    "stop": Advice(
        "An instance is not taking part: removed from the configuration (then remove its state file), or it cannot start.",
        (LOG, "ls -l /run/keepalived/state.d"),
    ),
    "priority": Advice(
        "A track script, file or interface with a weight fails here and lowers the priority; the VIP went or goes elsewhere.",
        (LOG, "run the tracked script by hand; for HAProxy: systemctl status haproxy"),
    ),
    "takeovers": Advice(
        "The state flaps: VRRP packets get lost, a track script fails now and then, or both nodes have the same priority.",
        (LOG, "tcpdump -ni IFACE vrrp -c 20", "ip -s link show IFACE"),
        "do not lower advert_int to cure it.",
    ),
    "stale": Advice(
        "Nothing the running daemon wrote is there to read; what is there was written by its predecessor.",
        ("ls -l /run/keepalived/state.d", "grep -n notify /etc/keepalived/keepalived.conf", "kill -s $(keepalived --signum=JSON) $(cat /run/keepalived.pid)"),
    ),
    "no_source": Advice(
        "A process is in the table, and that is all that is known.",
        ("add a notify script that writes INSTANCE NAME STATE PRIORITY EPOCH to /run/keepalived/state.d/NAME", "or give --vip ADDRESS"),
    ),
    "rights": Advice("The dump holds the VRRP password and is root's alone.", ("run the check by sudo", "or use the state files, which hold no secret")),
}  # fmt: skip

CHECK = Check(
    name="keepalived",
    title="Does keepalived run here, and do its states and the addresses of this host agree?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        Option(("--vip",), "a virtual address, of INSTANCE where there are several", vip_option, metavar="[INSTANCE=]ADDRESS", many=True),
        Option(("--state-dir",), "folder of state files: INSTANCE NAME STATE PRIORITY EPOCH", default="/run/keepalived/state.d", metavar="DIR"),
        Option(("--json",), "the daemon's JSON dump (somebody else has to send SIGJSON)", metavar="FILE"),
        Option(("--json-max-age",), "do not believe an older dump", float, 300.0, "SECONDS"),
    ),
    limits=LIMITS,
    runbook=RUNBOOK,
    parts={"instances": Vrrp, "sources": Source},
    asks="the process table, the state files, the JSON dump when named, and `ip -j addr`",
    rights="none; root for `--json`, which holds the VRRP password (never kept, never shown)",
)

COMPONENT = Component(
    "keepalived",
    "keepalived and virtual addresses",
    ("keepalived", "loadbalancer", "loadbalancers", "haproxy_all"),
    (CHECK, vip.ADDRESSES, vip.CLUSTER),
    vip_holders=True,
)
