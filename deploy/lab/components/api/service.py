"""A STAND-IN for an OpenStack API: it gives the answers that a file names."""

from pathlib import Path

from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.service import Service
from hamon.lab.site import Site

PORT = 8774


def state_file(site: Site, host: Host) -> Path:
    """The file whose content decides what the host's API stand-in answers."""
    return site.host_dir(host) / "api-state"


API = Service(
    name="api",
    text="STAND-IN for an OpenStack API",
    role="api",
    argv=lambda site, host: program(
        "standin.py", "STAND-IN", "nova-api", host.address, str(PORT), str(state_file(site, host))
    ),
    ready=lambda cloud, host: cloud.listens(host, PORT),
)
SERVICES = (API,)
