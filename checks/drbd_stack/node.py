"""What belongs to an active/passive stack on DRBD, on one node: role, mount, virtual address, service. Part of check_drbd_stack."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hamon.check import Check, Example, OnMembers, Option, Options
from hamon.checks.drbd.facts import lines_of
from hamon.checks.drbd_stack.runbook import RUNBOOK
from hamon.checks.vip.addresses import ask_addresses
from hamon.errors import ProbeError
from hamon.names import canonical
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.command import Command
from hamon.probe.file import Process, Processes, ReadFile
from hamon.verdict import CRITICAL, UNKNOWN, Finding
from hamon.words import listed

EVENTS = ("drbdsetup", "events2", "--now", "all")
SERVICES = ("mariadbd", "mysqld", "beam.smp", "postgres")  # process names looked for without an option


class Stack(NamedTuple):
    """One stack: the resource, and what has to be where it is Primary. Empty: not part of it."""

    resource: str
    mount: str = ""
    vip: str = ""
    service: str = ""


class Role(NamedTuple):
    """A resource's role on this node, its devices' minor numbers, and the best role among its peers as this node sees it.

    ``peer`` is Unknown without a connection, and empty from nodes that do not report it.
    """

    resource: str
    role: str
    minors: tuple[str, ...]
    peer: str = ""


class Facts(NamedTuple):
    """One node. ``mounts``: (device, mount point).

    ``services``: (process name, number of the host's own processes) of all that were looked for. Those of containers and
    other network namespaces do not count; a name is left out where nothing shows whose its processes are.
    """

    loaded: bool
    roles: tuple[Role, ...]
    mounts: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    services: tuple[tuple[str, int], ...]

    def role(self, resource: str) -> str:
        """The resource's role here; empty when it is not up."""
        return next((role.role for role in self.roles if role.resource == resource), "")

    def peer(self, resource: str) -> str:
        """The resource's role on the peer as this node sees it; empty when it is not reported."""
        return next((role.peer for role in self.roles if role.resource == resource), "")

    def mounted(self, stack: Stack) -> bool:
        """Whether the stack's file system is mounted here: at its mount point, or its DRBD device anywhere."""
        if stack.mount:
            return any(point == stack.mount for _, point in self.mounts)
        minors = [minor for role in self.roles if role.resource == stack.resource for minor in role.minors]
        names = {f"/dev/drbd{minor}" for minor in minors} | {f"/dev/drbd/by-res/{stack.resource}"}
        return any(
            device in names or device.startswith(f"/dev/drbd/by-res/{stack.resource}/") for device, _ in self.mounts
        )

    def running(self, service: str) -> int | None:
        """How many processes of that name run here; None when this node was not asked for them, or does not know."""
        return dict(self.services).get(service)


def stack_of(text: str) -> Stack:
    """``resource=r0,mount=/var/lib/mysql,vip=10.0.0.5,service=mariadbd`` (option type). Raises ValueError."""
    fields = dict(part.strip().split("=", 1) for part in text.split(","))
    if not fields.get("resource") or set(fields) - set(Stack._fields) or not all(fields.values()):
        raise ValueError(text)
    if "vip" in fields:
        fields["vip"] = canonical(fields["vip"])
    if "mount" in fields:
        fields["mount"] = fields["mount"].rstrip("/") or "/"
    if "service" in fields:
        fields["service"] = fields["service"][:15]  # the kernel keeps no more of a name
    return Stack(**fields)


STACK = Option(
    ("--stack",),
    "what belongs together: resource=RES[,mount=DIR][,vip=ADDRESS][,service=PROCESS]; without it every resource and its mount",
    stack_of, metavar="STACK", many=True,
)  # fmt: skip


def probe(ask: Ask, options: Options) -> Facts:
    """The facts: roles, mounts, addresses and processes of this node. Without the module nothing of DRBD is run: it would be loaded."""
    proc = ask(ReadFile("/proc/drbd"))
    roles: tuple[Role, ...] = ()
    if proc is not None:
        ran = ask(Command(EVENTS))
        if ran.rc:
            raise ProbeError(UNKNOWN, f"drbdsetup events2 failed with exit code {ran.rc}", "tool")
        roles = parse_roles(ran.out)
    mounts = ask(ReadFile("/proc/mounts"))
    if mounts is None or not mounts.text.strip():
        raise ProbeError(UNKNOWN, "/proc/mounts reports nothing", "tool")
    points = {stack.mount for stack in options.stack}
    addresses = tuple(address.address for address in ask_addresses(ask).addresses if address.held)
    wanted = dict.fromkeys([*(stack.service for stack in options.stack if stack.service), *SERVICES])
    return Facts(
        proc is not None,
        roles,
        parse_mounts(mounts.text, points),
        addresses,
        tuple((name, count) for name in wanted if (count := own(ask(Processes(name)))) is not None),
    )


def own(running: Sequence[Process]) -> int | None:
    """How many processes are this host's own; None when there may be some, and nothing shows it."""
    whose = [process.own for process in running]
    return whose.count(True) or (None if None in whose else 0)


def parse_roles(events: str) -> tuple[Role, ...]:
    """Roles from ``drbdsetup events2 --now all``."""
    lines = list(lines_of(events))
    return tuple(
        Role(
            f["name"],
            f.get("role", ""),
            tuple(d.get("minor", "") for kind2, d in lines if kind2 == "device" and d["name"] == f["name"]),
            best(d.get("role", "") for kind2, d in lines if kind2 == "connection" and d["name"] == f["name"]),
        )
        for kind, f in lines
        if kind == "resource"
    )


def best(roles: Iterable[str]) -> str:
    """The role that counts among several peers'."""
    known = set(roles)
    return next((role for role in ("Primary", "Secondary") if role in known), "Unknown")


def parse_mounts(text: str, points: set[str]) -> tuple[tuple[str, str], ...]:
    """The mounts of DRBD devices and of the mount points asked for, from /proc/mounts (octal escapes undone)."""
    mounts = []
    for line in text.splitlines():
        device, _, rest = line.partition(" ")
        point = rest.partition(" ")[0]
        for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
            point = point.replace(code, char)
        if device.startswith("/dev/drbd") or point in points:
            mounts.append((device, point))
    return tuple(mounts)


def stacks_of(options: Options, facts: Facts) -> tuple[Stack, ...]:
    """The stacks to judge: those named, else every resource that is up."""
    return tuple(options.stack) or tuple(Stack(role.resource) for role in facts.roles)


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of stacks that are not whole where this node is Primary, or not absent where it is not."""
    stacks = stacks_of(options, facts)
    if not facts.loaded or not stacks:
        state = CRITICAL if options.stack else UNKNOWN
        yield Finding(state, "the drbd module is not loaded" if not facts.loaded else "no resource is up", "module")
        return
    for stack in stacks:
        role, names = facts.role(stack.resource), {"resource": stack.resource}
        here, away = pieces(facts, stack)
        if stack.service and facts.running(stack.service) is None:
            text = f"whether {stack.service} runs on this host itself is not known"
            yield Finding(UNKNOWN, text, "unknown_service", names)
            away.remove(stack.service)
        if role not in ("Primary", "Secondary"):
            yield Finding(CRITICAL, f"{stack.resource} is not up here", "not_up", names)
        if role == "Primary" and away:
            yield Finding(CRITICAL, f"{stack.resource} is Primary here without {listed(away)}", "incomplete", names)
        elif role != "Primary" and here:
            text = f"{listed(here)} here, where {stack.resource} is {role or 'not up'}"
            yield Finding(CRITICAL, text, "elsewhere", names)


def pieces(facts: Facts, stack: Stack) -> tuple[list[str], list[str]]:
    """The parts of the stack that are on this node, and those that are not."""
    parts = [(stack.mount or f"the mount of {stack.resource}", facts.mounted(stack))]
    if stack.vip:
        parts.append((stack.vip, stack.vip in facts.addresses))
    if stack.service:
        parts.append((stack.service, bool(facts.running(stack.service))))
    return [name for name, is_here in parts if is_here], [name for name, is_here in parts if not is_here]


def summary(facts: Facts, options: Options) -> str:
    """The evidence for OK: each stack is here as a whole or not at all."""
    parts = []
    for stack in stacks_of(options, facts):
        here = pieces(facts, stack)[0]
        parts.append(f"{stack.resource} {facts.role(stack.resource)} with {listed(here) if here else 'nothing on top'}")
    return ", ".join(parts)


NODE = Check(
    name="drbd_node",
    title="Are role, mount, address and service of each DRBD stack all here, or none of them?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(STACK,),
    runbook=RUNBOOK,
    runs=OnMembers(sudo=True),
    uses=("command", "file"),
    tools=("drbdsetup", "ip"),
    asks="`/proc/drbd`, `drbdsetup events2 --now all`, `/proc/mounts`, `ip -j addr`, `/proc/*/stat`",
    rights="to run drbdsetup (root where the distribution closes it to others)",
    example=Example(
        "--stack resource=r0,mount=/run/m,vip=10.78.1.100,service=mariadbd",
        "DRBD_NODE OK - r0 Primary with /run/m, 10.78.1.100 and mariadbd",
    ),
)

main = plugin(NODE)
