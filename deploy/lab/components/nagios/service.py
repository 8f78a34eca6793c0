"""The Nagios server: its statement, and how to ask it, the distribution's own."""

import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.components.nagios import generator
from hamon.lab.components.nagios.status import Status, parse_status
from hamon.lab.components.nrpe import pki
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.service import ORDINARY_UID, STATE, Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PACE = 0.05
"""Seconds from one to the next of the looks that one asks for at once: what a small machine can do."""


def _nagios_files(site: Site, _host: Host) -> dict[Path, str]:
    main = render("nagios/nagios.cfg.j2", objects=site.objects / "objects", dir=site.nagios, uid=ORDINARY_UID)
    return {
        site.nagios / "nagios.cfg": main,
        site.nagios / "resource.cfg": f"$USER1$={generator.PLUGINS}\n",
        site.nagios / "spool" / ".keep": "",
    }


def _everything_checked(cloud: "Cloud", _host: Host) -> bool:
    now = status(cloud.site)
    return bool(now.services) and all(service.checked for service in now.services)


NAGIOS = Service(
    name="nagios",
    text="asks everybody and judges",
    role="nagios",
    argv=lambda site, _host: [*STATE, "nagios4", str(site.nagios / "nagios.cfg")],
    files=_nagios_files,
    ready=_everything_checked,
    ordinary=True,
    watcher=True,
    after=("nrpe",),
    programs={
        "nagios4": "nagios4-core",
        generator.CHECK_NRPE: "nagios-nrpe-plugin",
        generator.CHECK_PING: "monitoring-plugins-basic",
    },
    versions={"Nagios": ("nagios4", "--version")},
)
SERVICES = (NAGIOS,)


def prepare(site: Site, services: Iterable[Service]) -> None:
    """Make certificates, the inventory, and what the generator makes of it."""
    pki.make(site)
    generator.generate(site, services)


def status(site: Site) -> Status:
    """The status that Nagios has now; CommandError before it wrote its first."""
    try:
        return parse_status((site.nagios / "status.dat").read_text(errors="replace"))
    except OSError as error:
        raise CommandError(f"Nagios has not written its status: {error.strerror}") from None


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
