"""NRPE on every host, the distribution's own."""

from pathlib import Path

from hamon.lab.components.nrpe import pki
from hamon.lab.host.hosts import Host
from hamon.lab.service import ORDINARY_UID, STATE, Service
from hamon.lab.site import Site, render

PORT = 5666
KEEP = ("HAMON_STATE_DIR", "PYTHONPATH")
"""What a plugin needs of the environment: where it remembers, and where the checkout is."""


def _files(site: Site, host: Host) -> dict[Path, str]:
    text = render(
        "nrpe/nrpe.cfg.j2",
        host=host,
        uid=ORDINARY_UID,
        askers=site.profile.having("nagios"),
        keep=",".join(KEEP),
        commands=site.objects / "nrpe" / f"{host.name}.cfg",
        **pki.certificates(site, host),
    )
    return {site.host_etc(host) / "nrpe.cfg": text}


NRPE = Service(
    name="nrpe",
    text="answers the Nagios server",
    role="nrpe",
    argv=lambda site, host: [*STATE, "nrpe", "-c", str(site.host_etc(host) / "nrpe.cfg"), "-f"],
    files=_files,
    ready=lambda cloud, host: cloud.listens(host, PORT),
    run=("nrpe", "hamon"),
    ordinary=True,
    watcher=True,
    after=("rsyslog",),
    versions={"NRPE": ("nrpe", "--version")},
    programs={"nrpe": "nagios-nrpe-server", "openssl": "openssl"},
)
SERVICES = (NRPE,)
