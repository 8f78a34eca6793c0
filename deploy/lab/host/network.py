"""The lab's switch: a bridge in the outer network namespace, one port per host, and the cuts one can make in it."""

import contextlib
from collections.abc import Collection, Iterable

from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host, Profile

TABLE = "hamon_lab"
SYSCTL = {
    # both load balancers bind the virtual address, whoever holds it
    "ip_nonlocal_bind": "1",
    # ping without privileges, for the one group there is
    "ping_group_range": "0 0",
    # a host without power is known to be one after a second: milliseconds until its hardware address is in doubt, seconds
    # until it is asked again, milliseconds between two tries
    "neigh/eth0/base_reachable_time_ms": "1000",
    "neigh/eth0/delay_first_probe_time": "1",
    "neigh/eth0/retrans_time_ms": "200",
}
SET = ("sh", "-c", 'echo "$2" >"/proc/sys/net/ipv4/$1"', "sysctl")
SINGLE = ("gso_max_segs", "1")
"""A guest's driver loses what is larger than one frame."""
ALL_LINKS = range(8)
VRRP = 112
"""IP protocol number of VRRP (RFC 5798)."""


def switch(link: int) -> str:
    """The name of the bridge that all hosts' eth<link> are plugged into."""
    return f"br{link}"


def port(host: str, link: int) -> str:
    """The name of the switch's port that a host's eth<link> is plugged into; the kernel takes 15 characters."""
    short = host.partition("_")[0]
    return f"{short}.{link}" if link else short


def build_switches(profile: Profile) -> None:
    """Make empty switches, one for each link. No multicast snooping: VRRP adverts must reach every port at once."""
    run(["ip", "link", "set", "lo", "up"])
    for link in range(1 + max(len(host.links) for host in profile.hosts)):
        run(["ip", "link", "add", switch(link), "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"])
        run(["ip", "link", "set", switch(link), "up"])


def plug_in(host: Host, pid: int, prefix: int) -> None:
    """Plug cables from the switches into the host whose first process is `pid`, and the host's addresses on them."""
    inside = ["nsenter", f"--target={pid}", "--net"]
    run([*inside, "ip", "link", "set", "lo", "up"])
    for link, address in enumerate((host.address, *host.links)):
        eth = f"eth{link}"
        run(["ip", "link", "add", port(host.name, link), "type", "veth", "peer", "name", eth, "netns", str(pid)])
        run(["ip", "link", "set", port(host.name, link), "master", switch(link), "up"])
        run([*inside, "ip", "address", "add", f"{address}/{prefix}", "dev", eth])
        run([*inside, "ip", "link", "set", eth, "up"])
    for name, value in SYSCTL.items():
        run([*inside, *SET, name, value])


def links_of(host: Host) -> range:
    """The numbers of a host's links."""
    return range(1 + len(host.links))


def guest_links(host: Host) -> range:
    """The numbers of a guest's links; the last one is its management line."""
    return range(2 + len(host.links))


def guest_end(host: Host, link: int) -> str:
    """The guest's end of a cable, on which its kernel listens from out here."""
    return f"{port(host.name, link)}-in"


def mac(number: int, link: int) -> str:
    """The hardware address of a guest's link: the same after every boot, as a real card's."""
    return f"02:00:00:00:{number:02x}:{link:02x}"


def plug_in_guest(host: Host, number: int) -> str:
    """Plug cables from the switches into a guest, and make its management line; the address its agent is to have there."""
    *links, management = guest_links(host)
    for link in (*links, management):
        name, end = port(host.name, link), guest_end(host, link)
        run(["ip", "link", "add", name, "type", "veth", "peer", "name", end])
        run(["ip", "link", "set", end, "up"])
        run(["ip", "link", "set", name, *SINGLE])
        if link != management:
            run(["ip", "link", "set", name, "master", switch(link)])
        run(["ip", "link", "set", name, "up"])
    run(["ip", "address", "add", f"{_management(number)[0]}/30", "dev", port(host.name, management)])
    return _management(number)[1]


def unplug(host: Host, links: Iterable[int]) -> None:
    """Take the cables away. A guest's do not go with it, and a namespace's only with the last that has a foot in its network:
    an nsenter that has not noticed yet, so that the next boot would find its ports taken.
    """
    for link in links:
        with contextlib.suppress(CommandError):  # the kernel was faster
            run(["ip", "link", "del", port(host.name, link)])


def inside_guest(host: Host, number: int, prefix: int) -> list[list[str]]:
    """What a guest has to do about its links, as commands."""
    addresses = [f"{address}/{prefix}" for address in (host.address, *host.links)] + [f"{_management(number)[1]}/30"]
    commands = [["ip", "link", "set", "lo", "up"]]
    for link, address in enumerate(addresses):
        name = f"eth{link}" if link < len(addresses) - 1 else "manage"
        commands += [
            ["ip", "link", "set", f"vec{link}", "name", name],
            ["ip", "address", "add", address, "dev", name],
            ["ip", "link", "set", name, *SINGLE, "up"],
        ]
    return [*commands, *([*SET, name, value] for name, value in SYSCTL.items())]


def _management(number: int) -> tuple[str, str]:
    """The two addresses of a guest's management line, the lab's and the guest's."""
    return f"10.255.{number}.1", f"10.255.{number}.2"


def _ports(hosts: Iterable[Host], links: Iterable[int]) -> str:
    ports = [port(host.name, link) for host in hosts for link in links_of(host) if link in set(links)]
    return "{ " + ", ".join(f'"{name}"' for name in ports) + " }"


def isolate(profile: Profile, group: Iterable[str], links: Collection[int] = ALL_LINKS) -> list[str]:
    """The rules that cut a group of hosts off from the other cluster members, on these links.

    The monitoring host is not a member: it goes on reaching both sides, as a management network would let it.
    """
    inside = _ports([host for host in profile.members if host.name in set(group)], links)
    others = _ports([host for host in profile.members if host.name not in set(group)], links)
    return [f"iifname {inside} oifname {others} drop", f"iifname {others} oifname {inside} drop"]


def scatter(hosts: Iterable[Host]) -> list[str]:
    """The rule that leaves each of these hosts alone."""
    ports = _ports(hosts, ALL_LINKS)
    return [f"iifname {ports} oifname {ports} drop"]


def isolate_ports(profile: Profile, group: Iterable[str], tcp: Iterable[int]) -> list[str]:
    """The rules that cut a group of hosts off from the other cluster members for these TCP ports alone, both ways."""
    ports = "{ " + ", ".join(map(str, tcp)) + " }"
    return [
        rule.replace(" drop", f" tcp {side} {ports} drop")
        for rule in isolate(profile, group)
        for side in ("dport", "sport")
    ]


def no_vrrp() -> list[str]:
    """The rule that loses only the VRRP adverts."""
    return [f"ether type ip ip protocol {VRRP} drop"]


def cut(rules: list[str]) -> None:
    """Put drop rules into the bridge's forward hook, in place of any earlier ones."""
    mend()
    chain = "type filter hook forward priority 0; policy accept;"
    body = "\n".join(f"    {rule}" for rule in rules)
    run(["nft", "-f", "-"], stdin=f"table bridge {TABLE} {{\n  chain cuts {{\n    {chain}\n{body}\n  }}\n}}\n")


def mend() -> None:
    """Take every cut away. Naming the table first makes the deletion valid when there is none."""
    run(["nft", "-f", "-"], stdin=f"table bridge {TABLE}\ndelete table bridge {TABLE}\n")
