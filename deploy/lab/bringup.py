"""From nothing to a healthy cloud, every step reported to the caller."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hamon.lab import poll
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.components.nagios import service as monitoring
from hamon.lab.components.nagios.service import NAGIOS
from hamon.lab.components.nrpe.service import NRPE
from hamon.lab.host import network
from hamon.lab.host.hosts import Host
from hamon.lab.protocol import Tell
from hamon.lab.service import Service

HEALTHY = 60.0


def bring_up(cloud: Cloud, tell: Tell) -> None:
    """Bring up switches, hosts and services; returns when every service serves. Raises LabError."""
    profile = cloud.site.profile
    _cover(cloud)
    network.build_switches(profile)
    with ThreadPoolExecutor() as pool:
        list(pool.map(cloud.power_on, profile.hosts))
    tell(f"{len(profile.hosts)} hosts have power")
    clusters = [service for service in cloud.services if service.bring_up and service.role in profile.roles]
    with ThreadPoolExecutor() as pool:
        prepared = pool.submit(monitoring.prepare, cloud.site, cloud.services) if cloud.monitored else None
        for host in profile.hosts:
            start_all(cloud, host, but=lambda service: service in clusters or service.watcher)
        for made in [pool.submit(_make, cloud, service, tell) for service in clusters]:
            made.result()
        if prepared:
            prepared.result()
            for host in profile.having(NRPE.role):
                cloud.start(host, NRPE.name)
    _await_all(cloud, but=lambda service: service is NAGIOS)
    poll.until(cloud.whole, "whole clusters, one holder of each virtual address", HEALTHY)
    for vip in profile.vips:
        tell(f"virtual address {vip.address} on {cloud.holders(vip)[0]}")
    if cloud.monitored:
        # last: Nagios' first look is at a healthy cloud
        for host in profile.having(NAGIOS.role):
            cloud.start(host, NAGIOS.name)
        _await_all(cloud)
        tell(f"Nagios: {len(monitoring.status(cloud.site).services)} services checked")


def _make(cloud: Cloud, service: Service, tell: Tell) -> None:
    assert service.bring_up is not None
    service.bring_up(cloud)
    members = len(cloud.site.profile.having(service.role))
    tell(f"{service.text}: {f'one of {members} hosts has it' if service.floats else f'{members} members serve'}")


def _nothing(_service: Service) -> bool:
    return False


def _await_all(cloud: Cloud, but: Callable[[Service], bool] = _nothing) -> None:
    for host in cloud.site.profile.hosts:
        for service in cloud.services_of(host):
            if not but(service):
                cloud.await_ready(host, service.name, HEALTHY)


def start_all(cloud: Cloud, host: Host, but: Callable[[Service], bool] = _nothing) -> None:
    """Start every service of a host, in order, without waiting."""
    for service in cloud.services_of(host):
        if not but(service):
            cloud.start(host, service.name)


def _cover(cloud: Cloud) -> None:
    """Put one hosts file for all, and what the services need, over the system's own files within this mount namespace."""
    names = ["127.0.0.1 localhost", *(f"{host.address} {host.hostname}" for host in cloud.site.profile.hosts)]
    texts = {"/etc/hosts": "\n".join(names) + "\n"}
    for service in cloud.services:
        if service.role in cloud.site.profile.roles:
            texts |= {path: text() for path, text in service.covers.items()}
    for path, text in texts.items():
        ours = cloud.site.covers / path.strip("/")
        ours.parent.mkdir(parents=True, exist_ok=True)
        ours.write_text(text)
        ours.chmod(0o755 if text.startswith("#!") else 0o644)
        run(["mount", "--bind", str(ours), path])
