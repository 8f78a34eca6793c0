"""What a service of the lab is: its role, its files, its command line and how one sees that it serves. Types only.

Every daemon stays in the foreground below the supervisor, so that its process is known by descent. In the lab's user
namespace only uid 0 exists. A daemon that insists on giving up uid 0 (MariaDB, rsync's SST daemon, NRPE, Nagios) runs in a
nested user namespace where the same person is called uid 1000: nothing to give up, and every file still its own.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.lab.host.hosts import Host
from hamon.lab.site import Site

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

ORDINARY_UID = 1000
STATE = ("env", "HAMON_STATE_DIR=/run/hamon")
"""In front of what runs checks in a host: every host remembers for itself what its checks saw last."""
Modules = tuple[tuple[str, ...], ...]
"""Kernel modules in the order they are loaded: the name below the kernel's directory, then parameters."""


def nothing(_site: Site, _host: Host) -> dict[Path, str]:
    """The files of a service that has none."""
    return {}


def always(_cloud: "Cloud") -> bool:
    """The whole of a service whose members need not know of each other."""
    return True


class Service(NamedTuple):
    """One daemon of a role."""

    name: str
    text: str
    role: str
    """Hosts with this role run it."""
    argv: Callable[[Site, Host], list[str]]
    ready: Callable[["Cloud", Host], bool]
    """Whether this one serves. Runs in the supervisor; may raise LabError or OSError while it does not."""
    files: Callable[[Site, Host], dict[Path, str]] = nothing
    """Path to content, written anew at every start."""
    run: tuple[str, ...] = ()
    """Directories it wants below the host's private /run."""
    private: tuple[str, ...] = ()
    """Directories of the system that every host has for itself, empty at first and kept over a power loss."""
    modules: Modules = ()
    """What it wants of its host's kernel; only guests have one of their own."""
    ordinary: bool = False
    """Runs as an ordinary user (see above) instead of the namespace's uid 0."""
    covers: Mapping[str, Callable[[], str]] = {}
    """Files of the system that are others in the lab: path to content."""
    bring_up: Callable[["Cloud"], None] | None = None
    """Makes a cluster of its members when the cloud is made, until all serve; without one they are just started."""
    whole: Callable[["Cloud"], bool] = always
    """Whether its members agree that all of them are there. Only asked when each one serves."""
    after: tuple[str, ...] = ()
    """Services that are started before this one where a host has both."""
    floats: bool = False
    """Not started with its host: its `bring_up` and the failures decide which host of the role has it."""
    watcher: bool = False
    """Watches the others: a bare lab goes without it."""
    programs: Mapping[str, str] = {}
    """Program to the Debian package that brings it; a path for what is not in PATH, a library, say."""
    versions: Mapping[str, tuple[str, ...]] = {}
    """Name of a product to the command that prints its version."""
    checks: Mapping[str, Mapping[str, object]] = {}
    """What the lab's inventory says of single checks (`hamon.checks`) because of this service."""


def as_ordinary_user(argv: list[str]) -> list[str]:
    """The same command as uid 1000 of a nested user namespace."""
    return ["unshare", "--user", f"--map-user={ORDINARY_UID}", f"--map-group={ORDINARY_UID}", *argv]
