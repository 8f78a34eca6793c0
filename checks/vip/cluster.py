"""Virtual addresses: who holds them? Exactly one host should, whatever keepalived or Pacemaker report.

``check_vip`` compares the addresses of all hosts that may hold a VIP, and can ask the wire (ARP, RFC 826) who answers. Two holders
are a split-brain: clients reach one or the other by chance.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from hamon.check import Check, Example, Limit, Option, Options
from hamon.checks.vip.addresses import link_local, of_mac
from hamon.checks.vip.holders import Seen, figures, holders, of_vip
from hamon.checks.vip.node import CHECK as ADDRESSES
from hamon.checks.vip.runbook import RUNBOOK
from hamon.cluster import OPTIONS, gather
from hamon.errors import ProbeError, UsageError
from hamon.members import Members
from hamon.memory import Memory
from hamon.names import canonical
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.arp import WhoHas
from hamon.runs import ThroughVip
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, listed

AGAIN = 1.5  # seconds until the members are asked once more when not exactly one holds it: a failover takes a moment
LISTEN = 1.0  # seconds an ARP probe listens
RECENT = 3600.0  # seconds for which a failover is worth a note


def probe(ask: Ask, options: Options) -> Seen:
    """What all members and, with ``--arp``, the wire report; asked once more when there is not exactly one holder."""
    if not options.vip:
        raise UsageError("--vip ADDRESS is missing: which address?")
    if options.vip.startswith("127.") or options.vip == "::1":
        raise UsageError(f"--vip {options.vip}: loopback addresses are on every host")
    if link_local(options.vip) and of_mac(options.vip):
        raise UsageError(f"--vip {options.vip}: the kernel made it of a MAC, it is no virtual address")
    if not options.members and not options.arp:
        raise UsageError("give --members NAME=ADDRESS,... or --arp INTERFACE: somebody has to be asked")
    if options.arp and ":" in options.vip:
        raise UsageError(f"--arp asks for IPv4 addresses only; {options.vip} is IPv6: give --members")
    seen, _ = ask.twice(lambda: look(ask, options), lambda seen: len(holders(seen, options)) != 1, AGAIN)
    return remember(seen, holders(seen, options), ask.memory)


def look(ask: Ask, options: Options) -> Seen:
    """What one look saw. Without members nothing is gathered; trouble with ARP leaves what the members reported."""
    members = gather(ask, ADDRESSES, options) if options.members else Members(())
    if not options.arp:
        return Seen(members)
    try:
        return Seen(members, ask(WhoHas(options.arp, options.vip, LISTEN)))
    except ProbeError as error:
        if not members:
            raise
        return Seen(members, None, error.text)


def remember(seen: Seen, held_by: Iterable[str], memory: Memory) -> Seen:
    """``seen`` with the seconds that the one holder has held the VIP, and who held it before. No or several holders leave the memory as it is."""
    last, former = (held.condition if (held := memory.since(name)) else "" for name in ("holder", "former"))
    names = list(held_by)
    now = names[0] if len(names) == 1 else last
    if last and now != last:
        former = last
    seconds = memory.seconds_in("holder", now) if now else None
    if former:
        memory.seconds_in("former", former)
    return seen._replace(holder_seconds=seconds if len(names) == 1 else None, former=former)


def evaluate(seen: Seen, options: Options) -> Iterator[Finding]:
    """The findings over all members and the wire."""
    held_by = holders(seen, options)
    quiet = seen.members.silent
    vip = options.vip
    place = next((address.interface for _, address in of_vip(seen.members, vip) if address.held), options.arp or "")
    names = {"address": vip, "interface": place}
    if seen.arp_trouble:
        yield Finding(UNKNOWN, f"the wire could not be asked: {seen.arp_trouble}", "arp")
    strangers = [name for name in held_by if name.startswith("MAC ")] if seen.members else []
    if len(held_by) > 1:
        # Of two holders, one of which is known by its MAC alone, it is not known which one is stale.
        text = f"SPLIT-BRAIN: {vip} held by {named(held_by)}{stranger(strangers, quiet)}"
        yield Finding(CRITICAL, text, "stranger" if strangers else "split_brain", names)
    elif strangers and not quiet:
        yield Finding(
            CRITICAL,
            f"{vip} is answered by {strangers[0]}, which belongs to no member, and held by none of them",
            "stranger",
            names,
        )
    elif strangers:
        yield Finding(OK, f"likely {' or '.join(quiet)}, which could not be asked")
    elif not held_by:
        yield nobody(seen, quiet, options)._replace(names=names)
    elif seen.macs == {}:
        text = f"{vip} is on {named(held_by)}, but nobody answers ARP for it on {options.arp}"
        yield Finding(CRITICAL, text, "mute", names)
    if len(held_by) == 1:
        yield from disconnected(seen, held_by, vip)
    for name, address in of_vip(seen.members, vip):
        if "dadfailed" in address.flags:
            text = f"{name} took {vip} on {address.interface} while another host held it (dadfailed)"
            yield Finding(CRITICAL, text, "duplicate", {"address": vip, "interface": address.interface})
        elif address.interface == "lo":
            yield Finding(OK, f"{name} has it on lo, where it does not count")
    if len(held_by) == 1 and not strangers:
        for name in quiet:
            yield unproven(seen, name, options)
        if seen.former and seen.holder_seconds is not None and seen.holder_seconds < RECENT:
            yield Finding(
                OK, f"failed over from {seen.former} to {next(iter(held_by))} {duration(seen.holder_seconds)} ago"
            )


def unproven(seen: Seen, name: str, options: Options) -> Finding:
    """The finding of a silent host beside the one holder: whether it holds the address, too, only the wire can say."""
    if seen.macs is not None:
        return Finding(OK, seen.members.apologies([name]))
    held_by = holders(seen, options)
    text = f"{options.vip} held by {named(held_by)}, and {seen.members.apologies([name])}: it may hold it as well"
    names = {"address": options.vip, "interface": next(iter(held_by.values())), "member": name}
    return Finding(WARNING, text, "unproven", names)


def disconnected(seen: Seen, held_by: Mapping[str, str], vip: str) -> Iterator[Finding]:
    """A finding when the interface of the one holder is not connected: the address is held and does not answer."""
    for name, interface in held_by.items():
        facts = seen.members.reported.get(name)
        troubles = [link.trouble for link in facts.links if link.name == interface and link.trouble] if facts else []
        if troubles:
            text = f"{vip} is on {name} ({interface}) alone, and {interface} {troubles[0]}"
            yield Finding(CRITICAL, text, "carrier", {"address": vip, "interface": interface})


def nobody(seen: Seen, quiet: Collection[str], options: Options) -> Finding:
    """The finding when none of those asked holds it. That is an outage when all were asked, or when nobody answers on the wire either."""
    if not quiet or seen.macs is not None:
        asked = f"none of {listed(seen.members.reported)}" if seen.members.reported else "none"
        wire = f", nobody answers ARP on {options.arp}" if seen.macs is not None else ""
        unasked = f" ({seen.members.apologies()})" if quiet else ""
        return Finding(CRITICAL, f"{options.vip} is held by {asked}{wire}{unasked}", "none")
    reported = seen.members.reported
    text = f"no holder of {options.vip} found: {f'not on {listed(reported)}, ' if reported else ''}{seen.members.apologies()}"
    return Finding(UNKNOWN, text, "unreachable")


def stranger(strangers: Iterable[str], quiet: Collection[str]) -> str:
    """The words about holders that are seen on the wire only."""
    if not list(strangers):
        return ""
    return f" (perhaps {' or '.join(quiet)}, which could not be asked)" if quiet else " (no member's MAC)"


def named(held_by: Mapping[str, str]) -> str:
    """``ctl1 (eth0) and ctl2 (eth0)``."""
    return listed(name if name.startswith("MAC ") else f"{name} ({place})" for name, place in held_by.items())


def summary(seen: Seen, options: Options) -> str:
    """The evidence for OK."""
    held_by = holders(seen, options)
    if seen.macs is None:
        return f"{options.vip} held by {named(held_by)} alone of {len(seen.members)} hosts"
    return f"{options.vip} held by {named(held_by)}, the only one to answer ARP on {options.arp}"


CLUSTER = Check(
    name="vip",
    title="Does exactly one host hold the virtual address?",
    facts=Seen,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        Option(("--vip",), "the virtual address, IPv4 or IPv6", canonical, metavar="ADDRESS"),
        *OPTIONS,
        Option(
            ("--arp",),
            "ask the wire on INTERFACE as well, or instead of members (IPv4, needs CAP_NET_RAW)",
            metavar="INTERFACE",
        ),
    ),
    limits=(
        Limit("holders", "hosts that hold the address; exactly one is right", minimum=0, optional=True),
        Limit("unreachable", "members that gave no facts", minimum=0),
        Limit("holder_seconds", "seconds since the present holder was first seen", uom="s", minimum=0, optional=True),
    ),
    runbook=RUNBOOK,
    runs=ThroughVip(of=ADDRESSES, argv=("--vip", "{vip}", "--members", "{members}", "--via", "{via}")),
    tier="page",
    interval=30,
    uses=("command", "arp"),
    asks="`facts_check_addresses` of every member, in parallel, through NRPE (or `--via`); `--arp`: an ARP probe, three questions",
    rights="may ask the members' NRPE; CAP_NET_RAW for `--arp`",
    example=Example(
        "--vip 10.77.0.100 --members ctl1=10.77.0.11,ctl2=10.77.0.12",
        "VIP OK - 10.77.0.100 held by ctl1 (eth0) alone of 2 hosts",
    ),
)

main = plugin(CLUSTER)
