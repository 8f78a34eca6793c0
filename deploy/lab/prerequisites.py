"""What this machine must have before a lab can start, told in one line when it has not."""

import os
import shutil

from hamon.lab.catalogue import CLOUD
from hamon.lab.commands import run
from hamon.lab.components.nagios.generator import check_nrpe
from hamon.lab.components.nagios.service import MONITORING
from hamon.lab.errors import CommandError, MissingError
from hamon.lab.host import guests
from hamon.lab.host.hosts import Profile
from hamon.probe.command import SEARCH

PATH = os.pathsep.join([os.environ.get("PATH", ""), SEARCH])
"""Daemons live in sbin, which an ordinary user's PATH leaves out."""

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
"""The lab's own room. Also for root: one way of running is one way to test, and inside it uid 0 can harm nobody else."""

PROGRAMS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "nft": "nftables",
}
"""Program of the lab itself to the Debian package that brings it. Services name their own."""

TRIAL = "ip link add trial type bridge && nft add table bridge trial && mount -t tmpfs none /run"


def why_not(profile: Profile) -> str:
    """Why no such lab can start here, in one line; empty if one can."""
    try:
        require(profile)
    except MissingError as error:
        return str(error)
    return ""


def require(profile: Profile, monitored: bool = True) -> None:
    """Raise MissingError unless a lab of that profile can start here."""
    services = [service for service in CLOUD + (MONITORING if monitored else ()) if service.role in profile.roles]
    programs = {
        **PROGRAMS,
        **(guests.PROGRAMS if any(host.guest for host in profile.hosts) else {}),
        **{program: package for service in services for program, package in service.programs.items()},
    }
    packages = sorted({package for program, package in programs.items() if not shutil.which(program, path=PATH)})
    if packages:
        raise MissingError(f"packages missing: {' '.join(packages)} (apt-get install {' '.join(packages)})")
    if monitored:
        check_nrpe()
    try:
        run(["unshare", *NAMESPACES, "env", f"PATH={PATH}", "sh", "-c", TRIAL])
    except CommandError as error:
        raise MissingError(
            f"no room for a lab: user namespaces with a bridge and nftables are refused here ({error})"
        ) from None
