"""MariaDB with Galera: its statement, and how to bring a cluster into the world and a member back into it."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab import passwords
from hamon.lab.commands import run
from hamon.lab.components.galera import sql
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service, as_ordinary_user
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PROVIDER = "/usr/lib/galera/libgalera_smm.so"

INSTALL = 60.0
JOIN = 60.0
"""Seconds for the first data directory, and for one full state transfer, on a busy small machine."""
CLUSTER = "pocket"
TIMEOUTS = "evs.suspect_timeout=PT3S;evs.inactive_timeout=PT5S;evs.install_timeout=PT5S"
"""Of the whole group: a member is lost after three seconds without a word from it."""
USER = "hamon"
"""Database user of the checks: no privilege at all (USAGE) is enough to read the status."""


def data(site: Site, host: Host) -> Path:
    """The host's data directory."""
    return site.host_dir(host) / "mysql"


def bring_up(cloud: "Cloud") -> None:
    """Bootstrap the first member, make the users, let the others fill their empty directories from it."""
    first, *others = cloud.site.profile.having("galera")
    _install(cloud, first)
    for host in others:
        data(cloud.site, host).mkdir(parents=True, exist_ok=True)
    cloud.start(first, "galera", "--wsrep-new-cluster")
    cloud.await_ready(first, "galera", JOIN)
    _make_users(cloud, first)
    for host in others:
        cloud.start(host, "galera")
    for host in others:
        cloud.await_ready(host, "galera", JOIN)


def _install(cloud: "Cloud", host: Host) -> None:
    data(cloud.site, host).mkdir(parents=True, exist_ok=True)
    argv = [
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={data(cloud.site, host)}",
        "--skip-test-db",
        "--skip-name-resolve",
    ]
    small = ["--auth-root-authentication-method=normal", "--innodb-log-file-size=8M", "--innodb-use-native-aio=OFF"]
    run([*cloud.enter(host), *as_ordinary_user([*argv, *small])], INSTALL)


def _make_users(cloud: "Cloud", host: Host) -> None:
    password = passwords.make(cloud.site, "galera", USER)
    sql.query(
        cloud,
        host,
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{password}'; CREATE USER haproxy@'%'; "
        "CREATE DATABASE pocket; CREATE TABLE pocket.t (id INT AUTO_INCREMENT PRIMARY KEY, told_by VARCHAR(20))",
    )


def rejoin_empty(cloud: "Cloud", host: Host) -> None:
    """Throw the member's data away and let it copy everything from the others; returns when it is synced."""
    shutil.rmtree(data(cloud.site, host))
    data(cloud.site, host).mkdir()
    cloud.start(host, "galera")
    cloud.await_ready(host, "galera", JOIN)


def whole(cloud: "Cloud") -> bool:
    """Whether every member is synced, primary, and sees all the others, arbitrators included."""
    members = cloud.site.profile.having("galera")
    votes = len(members) + len(cloud.site.profile.having("garbd"))
    return serves(cloud) and all(sql.wsrep(cloud, host, "cluster_size") == str(votes) for host in members)


def serves(cloud: "Cloud") -> bool:
    """Whether every member runs, is synced and primary."""
    return all(
        cloud.alive(host, "galera")
        and sql.wsrep(cloud, host, "cluster_status") == "Primary"
        and sql.wsrep(cloud, host, "local_state_comment") == "Synced"
        for host in cloud.site.profile.having("galera")
    )


def _files(site: Site, host: Host) -> dict[Path, str]:
    values = {
        "host": host,
        "data": data(site, host),
        "host_dir": site.host_dir(host),
        "provider": PROVIDER,
        "cluster": CLUSTER,
        "timeouts": TIMEOUTS,
        "members": site.profile.having("galera"),
    }
    return {site.host_etc(host) / "my.cnf": render("galera/my.cnf.j2", **values)}


GALERA = Service(
    name="galera",
    text="MariaDB with Galera",
    role="galera",
    argv=lambda site, host: ["mariadbd", f"--defaults-file={site.host_etc(host) / 'my.cnf'}"],
    files=_files,
    ready=lambda cloud, host: sql.wsrep(cloud, host, "local_state_comment") == "Synced",
    run=("mysqld",),
    ordinary=True,
    bring_up=bring_up,
    whole=whole,
    versions={"MariaDB": ("mariadbd", "--version")},
    programs={
        "mariadbd": "mariadb-server",
        "mariadb-install-db": "mariadb-server",
        "mariadb": "mariadb-client",
        "rsync": "rsync",
        PROVIDER: "galera-4",
    },
)
SERVICES = (GALERA,)
