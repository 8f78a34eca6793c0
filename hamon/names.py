"""Names and addresses of hosts as inventories, daemons and configurations write them, and the name for the system's CAs. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

SYSTEM_CAS = "system"  # in the place of a CA file: the CAs that this system trusts


class HostPort(NamedTuple):
    """A host (name or address) and a port, which is empty where none is given."""

    host: str
    port: str


def canonical(text: str) -> str:
    """An IPv4 or IPv6 address in its one canonical form, without prefix length, zone and brackets. Raises ValueError."""
    import socket  # a check that only reads what a command prints has not loaded it

    bare = text.strip().partition("/")[0].partition("%")[0].strip("[]")
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, bare))
        except (OSError, ValueError):  # ValueError: a NUL, or a lone surrogate
            continue
    raise ValueError(text)


def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address and not a name."""
    try:
        canonical(text)
    except ValueError:
        return False
    return "/" not in text


def host_and_port(text: str) -> HostPort:
    """``10.0.0.1:3306``, ``[fd00::1]:3306``, ``ctl1`` or ``fd00::1`` (an IPv6 address alone) taken apart."""
    text = text.strip()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return HostPort(host, rest.removeprefix(":"))
    host, _, port = text.rpartition(":")
    return HostPort(host, port) if host and ":" not in host else HostPort(text, "")


def joined(host: str, port: object) -> str:
    """``10.0.0.1:3306``, ``[fd00::1]:3306``: what ``host_and_port`` takes apart."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def node_host(node: str) -> str:
    """The host in the name of an Erlang node: ``rabbit@ctl1`` -> ``ctl1``; any other name as it is."""
    return node.partition("@")[2] or node


def short(name: str) -> str:
    """The short host name in lower case: ``rabbit@Ctl1.example.org`` -> ``ctl1``. An address stays whole, in canonical form."""
    host = node_host(name.strip())
    return _address(host) or host.partition(".")[0].lower()


def same_host(first: str, second: str) -> bool:
    """Whether two names can be of one host: letter case, ``_`` and ``-``, a node's prefix and a missing domain do not matter.

    Two full names must agree in their domains, too. An address is the same as itself only: nothing is looked up.
    """
    hosts = [node_host(name.strip()).rstrip(".") for name in (first, second)]
    mine, theirs = (_address(host) or host.lower().replace("_", "-") for host in hosts)
    if mine == theirs:
        return bool(mine)
    if any(map(_address, hosts)) or ("." in mine and "." in theirs):
        return False
    return mine.partition(".")[0] == theirs.partition(".")[0] != ""


def matched(hosts: Mapping[str, Iterable[str]], names: Iterable[str]) -> dict[str, str]:
    """Which of ``names`` is which of ``hosts``: by host, the name it goes by. ``hosts`` has every spelling of each (name, address).

    A pair counts when neither of the two fits anything else as well (``same_host``); the same name fits best. The last host
    and the last name that are left over are one pair, too: by elimination.
    """
    left, free = dict(hosts), list(dict.fromkeys(names))
    pairs = dict[str, str]()
    for alike in (_same_name, same_host, same_host):  # the last once more: a pair that is known frees what fitted both
        fits = {host: [name for name in free if any(alike(name, spelling) for spelling in left[host])] for host in left}
        for host, fit in fits.items():
            if len(fit) == 1 and sum(fit[0] in others for others in fits.values()) == 1:
                pairs[host] = fit[0]
                del left[host]
                free.remove(fit[0])
    return {**pairs, **dict.fromkeys(left, free[0])} if len(left) == len(free) == 1 else pairs


def _same_name(first: str, second: str) -> bool:
    """Whether two names are written alike, a node's prefix and letter case aside."""
    return node_host(first.strip()).lower() == node_host(second.strip()).lower() != ""


def _address(text: str) -> str:
    """``text`` as an address in canonical form; empty when it is not one."""
    if ":" not in text and not text.replace(".", "").isdigit():
        return ""  # a plain name: not worth loading socket for
    try:
        return canonical(text)
    except ValueError:
        return ""
