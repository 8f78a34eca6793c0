"""What runs on the hosts. Data: a service is its role, its files, its command line and how one sees that it serves.

Every daemon stays in the foreground below the supervisor, so that its process is known by descent. In the lab's user
namespace only uid 0 exists. A daemon that insists on giving up uid 0 (MariaDB, rsync's SST daemon, NRPE, Nagios) runs in a
nested user namespace where the same person is called uid 1000: nothing to give up, and every file still its own.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.lab import haproxy, keepalived, sql
from hamon.lab.errors import MissingError
from hamon.lab.hosts import Host
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

API_PORT = 8774
GALERA_PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
ORDINARY_UID = 1000


class Service(NamedTuple):
    """One daemon of a role."""

    name: str
    text: str
    role: str
    """Hosts with this role run it."""
    argv: Callable[[Site, Host], list[str]]
    files: Callable[[Site, Host], dict[Path, str]]
    """Path to content, written anew at every start."""
    ready: Callable[["Cloud", Host], bool]
    run: tuple[str, ...] = ()
    """Directories it wants below the host's private /run."""
    ordinary: bool = False
    """Runs as an ordinary user (see above) instead of the namespace's uid 0."""


def as_ordinary_user(argv: list[str]) -> list[str]:
    """The same command as uid 1000 of a nested user namespace."""
    return ["unshare", "--user", f"--map-user={ORDINARY_UID}", f"--map-group={ORDINARY_UID}", *argv]


def python_program(file: str, *argv: str) -> list[str]:
    """One of our stand-alone programs, without site packages or environment."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name(file)), *argv]


def galera_provider() -> str:
    """Where the distribution keeps the Galera library."""
    for path in GALERA_PROVIDERS:
        if Path(path).exists():
            return path
    raise MissingError(f"the Galera library is in none of: {', '.join(GALERA_PROVIDERS)} (package galera-4)")


def api_state_file(site: Site, host: Host) -> Path:
    """The word in it decides what the host's API stand-in answers."""
    return site.host_dir(host) / "api-state"


def _galera_files(site: Site, host: Host) -> dict[Path, str]:
    values = {
        "host": host,
        "data": site.data(host),
        "host_dir": site.host_dir(host),
        "provider": galera_provider(),
        "members": site.profile.having("galera"),
    }
    return {site.host_etc(host) / "my.cnf": render("my.cnf.j2", **values)}


def _haproxy_files(site: Site, host: Host) -> dict[Path, str]:
    text = render(
        "haproxy.cfg.j2",
        host=host,
        vip=site.profile.vip,
        apis=site.profile.having("api"),
        members=site.profile.having("galera"),
    )
    return {site.host_etc(host) / "haproxy.cfg": text}


def _keepalived_files(site: Site, host: Host) -> dict[Path, str]:
    rank = site.profile.having("keepalived").index(host)
    text = render(
        "keepalived.conf.j2",
        host=host,
        instance=keepalived.INSTANCE,
        track_file=keepalived.TRACK_FILE,
        priority=150 - 50 * rank,
        password="pocket",
        vip=site.profile.vip,
        prefix=site.profile.prefix,
    )
    return {site.host_etc(host) / "keepalived.conf": text}


def _rsyslog_files(site: Site, host: Host) -> dict[Path, str]:
    return {site.host_etc(host) / "rsyslog.conf": render("rsyslog.conf.j2", host_dir=site.host_dir(host))}


def _nothing(_site: Site, _host: Host) -> dict[Path, str]:
    return {}


RSYSLOG = Service(
    name="rsyslog",
    text="collects the host's syslog",
    role="rsyslog",
    argv=lambda site, host: ["rsyslogd", "-n", "-iNONE", "-f", str(site.host_etc(host) / "rsyslog.conf")],
    files=_rsyslog_files,
    ready=lambda cloud, host: cloud.inside(host, "/dev/log").exists(),
)
GALERA = Service(
    name="galera",
    text="MariaDB with Galera",
    role="galera",
    argv=lambda site, host: ["mariadbd", f"--defaults-file={site.host_etc(host) / 'my.cnf'}"],
    files=_galera_files,
    ready=lambda cloud, host: sql.wsrep(cloud, host, "local_state_comment") == "Synced",
    run=("mysqld",),
    ordinary=True,
)
API = Service(
    name="api",
    text="STAND-IN for an OpenStack API",
    role="api",
    argv=lambda site, host: python_program(
        "standin.py", "STAND-IN", "nova-api", host.address, str(API_PORT), str(api_state_file(site, host))
    ),
    files=_nothing,
    ready=lambda cloud, host: cloud.listens(host, API_PORT),
)
HAPROXY = Service(
    name="haproxy",
    text="load balancer in front of Galera and the APIs",
    role="haproxy",
    argv=lambda site, host: ["haproxy", "-db", "-f", str(site.host_etc(host) / "haproxy.cfg")],
    files=_haproxy_files,
    ready=lambda cloud, host: haproxy.all_up(cloud, host),
    run=("haproxy",),
)
KEEPALIVED = Service(
    name="keepalived",
    text="VRRP for the virtual address",
    role="keepalived",
    argv=lambda site, host: [
        *("keepalived", "--dont-fork", "--vrrp", "--log-detail"),
        *("--use-file", str(site.host_etc(host) / "keepalived.conf")),
        *("--pid", "/run/keepalived/keepalived.pid", "--vrrp_pid", "/run/keepalived/vrrp.pid"),
    ],
    files=_keepalived_files,
    ready=lambda cloud, host: keepalived.state(cloud, host) in {"MASTER", "BACKUP"},
    run=("keepalived/state.d",),
)

VRRP_HELPER = Service(
    name="vrrp-helper",
    text="keepalived's notify and track scripts, as a process beside it",
    role="keepalived",
    argv=lambda _site, _host: python_program("vrrphelper.py"),
    files=_nothing,
    ready=lambda cloud, host: cloud.inside(host, "/run/keepalived/notify").exists(),
)

CLOUD = (RSYSLOG, GALERA, API, HAPROXY, VRRP_HELPER, KEEPALIVED)
"""The watched services, in the order they are started."""
