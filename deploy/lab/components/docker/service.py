"""The stand-in for a container engine: the process that enters containers, and its clients on the host's PATH.

Containers themselves are namespaces that the lab starts (inside/container.py); which service runs in which is the profile's.
"""

import shlex
from pathlib import Path

from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.service import Service
from hamon.lab.site import Site

EVERYWHERE = "0.0.0.0"
PORT = 7700
"""Of guestagent.py."""
CLIENTS = "/usr/local/sbin"
"""First on every PATH, and empty on a system of packages."""
NAMES = ("docker", "podman")


def _files(site: Site, host: Host) -> dict[Path, str]:
    clients = site.host_dir(host) / "private" / CLIENTS.strip("/")
    return {clients / name: f'#!/bin/sh\nexec {shlex.join(program("docker.py", name))} "$@"\n' for name in NAMES}


DOCKER = Service(
    name="docker",
    text="STAND-IN for a container engine",
    role="docker",
    argv=lambda _site, _host: program("guestagent.py", EVERYWHERE),
    files=_files,
    ready=lambda cloud, host: cloud.listens(host, PORT),
    run=("containers",),
    private=(CLIENTS,),
)
SERVICES = (DOCKER,)
