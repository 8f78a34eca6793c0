"""The host's syslog: what daemons say to /dev/log, in a file."""

from pathlib import Path

from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render


def _files(site: Site, host: Host) -> dict[Path, str]:
    return {site.host_etc(host) / "rsyslog.conf": render("rsyslog/rsyslog.conf.j2", host_dir=site.host_dir(host))}


RSYSLOG = Service(
    name="rsyslog",
    text="collects the host's syslog",
    role="rsyslog",
    argv=lambda site, host: ["rsyslogd", "-n", "-iNONE", "-f", str(site.host_etc(host) / "rsyslog.conf")],
    files=_files,
    ready=lambda cloud, host: cloud.inside(host, "/dev/log").exists(),
    programs={"rsyslogd": "rsyslog"},
)
SERVICES = (RSYSLOG,)
