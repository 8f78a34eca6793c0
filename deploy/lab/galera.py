"""Bringing a Galera cluster into the world, and back into it."""

import secrets
import shutil
from typing import TYPE_CHECKING

from hamon.lab import poll, sql
from hamon.lab.commands import run
from hamon.lab.services import as_ordinary_user

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud
    from hamon.lab.hosts import Host

INSTALL = 60.0
JOIN = 60.0
"""Seconds for the first data directory, and for one full state transfer, on a busy small machine."""
USER = "hamon"
"""Database user of the checks: no privilege at all (USAGE) is enough to read the status."""


def bring_up(cloud: "Cloud") -> None:
    """Bootstrap the first member, make the users, let the others fill their empty directories from it."""
    first, *others = cloud.site.profile.having("galera")
    _install(cloud, first)
    for host in others:
        cloud.site.data(host).mkdir(parents=True, exist_ok=True)
    cloud.start(first, "galera", "--wsrep-new-cluster")
    cloud.await_ready(first, "galera", JOIN)
    _make_users(cloud, first)
    for host in others:
        cloud.start(host, "galera")
    for host in others:
        cloud.await_ready(host, "galera", JOIN)


def _install(cloud: "Cloud", host: "Host") -> None:
    data = cloud.site.data(host)
    data.mkdir(parents=True, exist_ok=True)
    argv = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", "--skip-name-resolve"]
    small = ["--auth-root-authentication-method=normal", "--innodb-log-file-size=8M", "--innodb-use-native-aio=OFF"]
    run([*cloud.enter(host), *as_ordinary_user([*argv, *small])], INSTALL)


def _make_users(cloud: "Cloud", host: "Host") -> None:
    password = secrets.token_urlsafe(18)
    file = cloud.site.credentials / "galera.cnf"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"[client]\nuser={USER}\npassword={password}\n")
    sql.query(
        cloud,
        host,
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{password}'; CREATE USER haproxy@'%'; "
        "CREATE DATABASE pocket; CREATE TABLE pocket.t (id INT AUTO_INCREMENT PRIMARY KEY, told_by VARCHAR(20))",
    )


def rejoin_empty(cloud: "Cloud", host: "Host") -> None:
    """Throw the member's data away and let it copy everything from the others; returns when it is synced."""
    shutil.rmtree(cloud.site.data(host))
    cloud.site.data(host).mkdir()
    cloud.start(host, "galera")
    cloud.await_ready(host, "galera", JOIN)


def whole(cloud: "Cloud") -> bool:
    """Every member is synced, primary, and sees all the others."""
    members = cloud.site.profile.having("galera")
    return all(
        sql.wsrep(cloud, host, "cluster_status") == "Primary"
        and sql.wsrep(cloud, host, "local_state_comment") == "Synced"
        and sql.wsrep(cloud, host, "cluster_size") == str(len(members))
        for host in members
    )


def await_whole(cloud: "Cloud", deadline: float = JOIN) -> float:
    """Wait for `whole`; the seconds it took."""
    return poll.until(lambda: whole(cloud), "a whole Galera cluster", deadline)
