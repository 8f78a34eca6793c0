"""The lab's switch: a bridge in the outer network namespace, one port per host, and the cuts one can make in it."""

from collections.abc import Iterable

from hamon.lab.commands import run
from hamon.lab.hosts import Profile

BRIDGE = "br0"
TABLE = "hamon_lab"
SYSCTL = {
    # both load balancers bind the virtual address, whoever holds it
    "ip_nonlocal_bind": "1",
    # ping without privileges, for the one group there is
    "ping_group_range": "0 0",
}
VRRP = 112
"""IP protocol number of VRRP (RFC 5798)."""


def build_switch() -> None:
    """An empty switch. No multicast snooping: VRRP adverts must reach every port at once."""
    run(["ip", "link", "set", "lo", "up"])
    run(["ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"])
    run(["ip", "link", "set", BRIDGE, "up"])


def plug_in(name: str, pid: int, address: str, prefix: int) -> None:
    """A cable from port `name` to eth0 of the host whose first process is `pid`, and the host's address on it."""
    inside = ["nsenter", f"--target={pid}", "--net"]
    run(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid)])
    run(["ip", "link", "set", name, "master", BRIDGE, "up"])
    run([*inside, "ip", "link", "set", "lo", "up"])
    run([*inside, "ip", "address", "add", f"{address}/{prefix}", "dev", "eth0"])
    run([*inside, "ip", "link", "set", "eth0", "up"])
    for name, value in SYSCTL.items():
        run([*inside, "sh", "-c", 'echo "$2" >"/proc/sys/net/ipv4/$1"', "sysctl", name, value])


def _ports(names: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{name}"' for name in names) + " }"


def isolate(profile: Profile, group: Iterable[str]) -> list[str]:
    """The rules that cut a group of hosts off from the other cluster members.

    The monitoring host is no member: it goes on reaching both sides, as a management network would let it.
    """
    inside = set(group)
    others = [host.name for host in profile.hosts if host.name not in inside and "nagios" not in host.roles]
    return [
        f"iifname {_ports(sorted(inside))} oifname {_ports(others)} drop",
        f"iifname {_ports(others)} oifname {_ports(sorted(inside))} drop",
    ]


def isolate_everyone(profile: Profile) -> list[str]:
    """The rules that leave every member alone."""
    members = _ports(host.name for host in profile.hosts if "nagios" not in host.roles)
    return [f"iifname {members} oifname {members} drop"]


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
