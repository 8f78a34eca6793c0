"""The watchers in the lab: NRPE on every host, Nagios on the monitoring host, both the distribution's own."""

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.components.nagios import generator
from hamon.lab.components.nagios.status import Status, parse_status
from hamon.lab.components.nrpe import pki
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.service import ORDINARY_UID, Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

NRPE_PORT = 5666
PACE = 0.05
"""Seconds from one to the next of the looks that one asks for at once: what a small machine can do."""
PLUGINS = "/usr/lib/nagios/plugins"
STATE = ("env", "HAMON_STATE_DIR=/run/hamon")
"""Every host remembers for itself what its checks saw last."""
KEEP = ("HAMON_STATE_DIR", "PYTHONPATH")
"""What a plugin needs of the environment: where it remembers, and where the checkout is."""


def _nrpe_files(site: Site, host: Host) -> dict[Path, str]:
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


def _nagios_files(site: Site, _host: Host) -> dict[Path, str]:
    main = render("nagios/nagios.cfg.j2", objects=site.objects / "objects", dir=site.nagios, uid=ORDINARY_UID)
    return {
        site.nagios / "nagios.cfg": main,
        site.nagios / "resource.cfg": f"$USER1$={PLUGINS}\n",
        site.nagios / "spool" / ".keep": "",
    }


def _everything_checked(_cloud: "Cloud", _host: Host) -> bool:
    found = status(_cloud.site)
    return bool(found.services) and all(service.checked for service in found.services)


NRPE = Service(
    name="nrpe",
    text="answers the Nagios server",
    role="nrpe",
    argv=lambda site, host: [*STATE, "nrpe", "-c", str(site.host_etc(host) / "nrpe.cfg"), "-f"],
    files=_nrpe_files,
    ready=lambda cloud, host: cloud.listens(host, NRPE_PORT),
    run=("nrpe", "hamon"),
    ordinary=True,
    programs={"nrpe": "nagios-nrpe-server", "openssl": "openssl"},
)
NAGIOS = Service(
    name="nagios",
    text="asks everybody and judges",
    role="nagios",
    argv=lambda site, _host: [*STATE, "nagios4", str(site.nagios / "nagios.cfg")],
    files=_nagios_files,
    ready=_everything_checked,
    ordinary=True,
    programs={"nagios4": "nagios4-core"},
)
MONITORING = (NRPE, NAGIOS)


def prepare(site: Site) -> None:
    """Certificates, inventory, and what the generator makes of it."""
    pki.make(site)
    generator.generate(site)


def status(site: Site) -> Status:
    """What Nagios says now; CommandError before it wrote its first status."""
    try:
        return parse_status((site.nagios / "status.dat").read_text(errors="replace"))
    except OSError as error:
        raise CommandError(f"Nagios has not told its status: {error.strerror}") from None


def recheck(site: Site, places: Collection[tuple[str, str]]) -> None:
    """Make Nagios look at these hosts' services ("" is the host itself) at once. CommandError when it takes no commands."""
    now = time.time()
    lines = []
    for rank, (host, service) in enumerate(places):
        at = f"{now + PACE * rank:.0f}"
        asked = f"SCHEDULE_FORCED_SVC_CHECK;{host};{service}" if service else f"SCHEDULE_FORCED_HOST_CHECK;{host}"
        lines.append(f"[{now:.0f}] {asked};{at}\n")
    try:
        # never waits for a reader: a Nagios that is gone is an error, not a hang
        pipe = os.open(site.nagios / "nagios.cmd", os.O_WRONLY | os.O_NONBLOCK)
        try:
            for line in lines:
                os.write(pipe, line.encode())
        finally:
            os.close(pipe)
    except OSError as error:
        raise CommandError(f"Nagios takes no commands: {error.strerror}") from None


def verify(site: Site) -> str:
    """What Nagios itself says of its configuration."""
    return run(["nagios4", "-v", str(site.nagios / "nagios.cfg")], 30)
