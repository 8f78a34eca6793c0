"""From nothing to a healthy cloud, every step told to whoever waits."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hamon.lab import galera, keepalived, network, poll
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.hosts import Host

HEALTHY = 60.0
Tell = Callable[[str], None]


def bring_up(cloud: Cloud, tell: Tell) -> None:
    """Switch, hosts, services; returns when every service serves. Raises LabError."""
    _names(cloud)
    network.build_switch()
    with ThreadPoolExecutor() as pool:
        list(pool.map(cloud.power_on, cloud.site.profile.hosts))
    tell(f"{len(cloud.site.profile.hosts)} hosts have power")
    for host in cloud.site.profile.hosts:
        start_all(cloud, host, but=("galera",))
    galera.bring_up(cloud)
    tell("Galera: all members synced")
    for host in cloud.site.profile.hosts:
        for service in cloud.services_of(host):
            cloud.await_ready(host, service.name, HEALTHY)
    poll.until(lambda: len(keepalived.holders(cloud)) == 1, "one holder of the virtual address", HEALTHY)
    tell(f"virtual address {cloud.site.profile.vip} on {keepalived.holders(cloud)[0]}")


def start_all(cloud: Cloud, host: Host, but: tuple[str, ...] = ()) -> None:
    """Start every service of a host, in order, without waiting."""
    for service in cloud.services_of(host):
        if service.name not in but:
            cloud.start(host, service.name)


def _names(cloud: Cloud) -> None:
    """One hosts file for all, over the system's own within this mount namespace."""
    lines = ["127.0.0.1 localhost", *(f"{host.address} {host.name}" for host in cloud.site.profile.hosts)]
    cloud.site.etc_hosts.write_text("\n".join(lines) + "\n")
    run(["mount", "--bind", str(cloud.site.etc_hosts), "/etc/hosts"])


def prepare(cloud: Cloud) -> None:
    """Files that must exist before any service starts."""
    for host in cloud.site.profile.hosts:
        shutil.rmtree(cloud.site.host_dir(host), ignore_errors=True)
