"""From nothing to a healthy cloud, every step told to whoever waits."""

from concurrent.futures import ThreadPoolExecutor

from hamon.lab import galera, keepalived, monitoring, network, poll
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.hosts import Host
from hamon.lab.protocol import Tell

HEALTHY = 60.0


def bring_up(cloud: Cloud, tell: Tell) -> None:
    """Switch, hosts, services; returns when every service serves. Raises LabError."""
    _names(cloud)
    network.build_switch()
    with ThreadPoolExecutor() as pool:
        list(pool.map(cloud.power_on, cloud.site.profile.hosts))
    tell(f"{len(cloud.site.profile.hosts)} hosts have power")
    with ThreadPoolExecutor() as pool:
        prepared = pool.submit(monitoring.prepare, cloud.site) if cloud.monitored else None
        for host in cloud.site.profile.hosts:
            start_all(cloud, host, but=("galera", "nrpe", "nagios"))
        galera.bring_up(cloud)
        tell("Galera: all members synced")
        if prepared:
            prepared.result()
            for host in cloud.site.profile.having("nrpe"):
                cloud.start(host, "nrpe")
    _await_all(cloud, but=("nagios",))
    poll.until(lambda: len(keepalived.holders(cloud)) == 1, "one holder of the virtual address", HEALTHY)
    tell(f"virtual address {cloud.site.profile.vip} on {keepalived.holders(cloud)[0]}")
    if cloud.monitored:
        # last: Nagios' first look is at a healthy cloud
        for host in cloud.site.profile.having("nagios"):
            cloud.start(host, "nagios")
        _await_all(cloud)
        tell(f"Nagios: {len(monitoring.status(cloud.site).services)} services checked")


def _await_all(cloud: Cloud, but: tuple[str, ...] = ()) -> None:
    for host in cloud.site.profile.hosts:
        for service in cloud.services_of(host):
            if service.name not in but:
                cloud.await_ready(host, service.name, HEALTHY)


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
