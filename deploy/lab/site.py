"""Where a lab keeps its things: one directory outside, the private /run of every host inside."""

import importlib.resources
from pathlib import Path
from typing import NamedTuple

from hamon.extras import of_server
from hamon.lab.host.hosts import Host, Profile


class Site(NamedTuple):
    """One lab on disk. Everything below `dir` belongs to the lab and goes away with it."""

    dir: Path
    profile: Profile

    @property
    def control(self) -> Path:
        """The supervisor's unix socket."""
        return self.dir / "control"

    @property
    def log(self) -> Path:
        """The log of the supervisor itself."""
        return self.dir / "supervisor.log"

    @property
    def covers(self) -> Path:
        """Files that lie over the system's own in the lab, by their path."""
        return self.dir / "covers"

    @property
    def credentials(self) -> Path:
        """Directory of the credential files checks read (0700, files 0600)."""
        return self.dir / "credentials"

    @property
    def pki(self) -> Path:
        """The lab's own certificate authority and the certificates it signed."""
        return self.dir / "pki"

    @property
    def nagios(self) -> Path:
        """Nagios' main configuration, status, log and spool."""
        return self.dir / "nagios"

    @property
    def inventory(self) -> Path:
        """The Ansible inventory of this cloud."""
        return self.dir / "inventory.yml"

    @property
    def objects(self) -> Path:
        """What `hamon gen-objects` made of the inventory."""
        return self.dir / "objects-out"

    def host_dir(self, host: Host) -> Path:
        """One host's disk: survives the host's power loss."""
        return self.dir / "hosts" / host.name

    def host_etc(self, host: Host) -> Path:
        """Configuration files of one host."""
        return self.host_dir(host) / "etc"

    def host_log(self, host: Host) -> Path:
        """What the host sees as /var/log."""
        return self.host_dir(host) / "log"


def render(template: str, **values: object) -> str:
    """A component's template, `COMPONENT/FILE`, with its holes filled; an undefined name is an error, never an empty string."""
    with of_server("jinja2", "Jinja2"):
        import jinja2
    source = importlib.resources.files("hamon.lab.components").joinpath(template).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.from_string(source).render(**values)
