"""What this machine must have before a lab can start, reported in one line when it has not."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hamon.budget import SEARCH
from hamon.lab.catalogue import services
from hamon.lab.commands import run
from hamon.lab.errors import CommandError, MissingError
from hamon.lab.host import guests
from hamon.lab.host.hosts import Profile

PATH = os.pathsep.join([os.environ.get("PATH", ""), SEARCH])
"""Daemons are in sbin, which an ordinary user's PATH leaves out."""

NAMESPACES = (
    "--user",
    "--map-root-user",
    "--net",
    "--mount",
    "--ipc",
    "--uts",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)
"""The lab's own namespaces. Also for root: one way of running is one way to test, and inside it uid 0 can harm nobody else."""

PROGRAMS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "nft": "nftables",
}
"""Program of the lab itself to the Debian package that brings it. Services name their own."""
OF_TESTS = {
    "bash": "bash",
    "dpkg-deb": "dpkg",
    "fish": "fish",
    "groff": "groff-base",
    "lexgrog": "man-db",
    "man": "man-db",
    "mandoc": "mandoc",
    "pgrep": "procps",
    "sshd": "openssh-server",
    "visudo": "sudo",
    "zsh": "zsh",
}
"""What the tests call besides."""

TRIAL = "ip link add trial type bridge && nft add table bridge trial && mount -t tmpfs none /run"


def why_not(profile: Profile) -> str:
    """Why no such lab can start here, in one line; empty if one can."""
    try:
        require(profile)
    except MissingError as error:
        return str(error)
    return ""


def programs(profile: Profile, monitored: bool = True) -> dict[str, str]:
    """Program to Debian package, for everything that a lab of that profile starts or asks."""
    of_services = [service.programs for service in services(monitored) if service.role in profile.roles]
    of_guests = guests.PROGRAMS if any(host.guest for host in profile.hosts) else {}
    return {program: package for named in (PROGRAMS, of_guests, *of_services) for program, package in named.items()}


def missing(wanted: Mapping[str, str]) -> list[str]:
    """The packages of those programs that are not on this machine, sorted. A path need not be executable."""
    absent = (program for program in wanted if not shutil.which(program, path=PATH) and not Path(program).is_absolute())
    lost = (program for program in wanted if Path(program).is_absolute() and not Path(program).exists())
    return sorted({wanted[program] for program in (*absent, *lost)})


def require(profile: Profile, monitored: bool = True) -> None:
    """Raise MissingError unless a lab of that profile can start here."""
    packages = missing(programs(profile, monitored))
    if packages:
        raise MissingError(f"packages missing: {' '.join(packages)} (apt-get install {' '.join(packages)})")
    try:
        run(["unshare", *NAMESPACES, "env", f"PATH={PATH}", "sh", "-c", TRIAL])
    except CommandError as error:
        raise MissingError(
            f"no room for a lab: user namespaces with a bridge and nftables are refused here ({error})"
        ) from None
