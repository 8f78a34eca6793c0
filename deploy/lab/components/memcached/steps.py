"""What one can do to memcached and see at it."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.memcached import service as memcached
from hamon.lab.errors import LabError
from hamon.lab.inside import program
from hamon.lab.steps import Step, Truth


def silent(host: str) -> Truth:
    """Memcached accepts connections (the kernel does) and answers nothing."""

    def holds(cloud: Cloud) -> bool:
        try:
            memcached.stat(cloud, cloud.host(host), "pid")
        except LabError:
            return cloud.listens(cloud.host(host), memcached.PORT)
        return False

    return Truth(f"memcached on {host} accepts connections and says nothing", holds)


def clients(host: str, name: str, server: str, what: str, amount: int) -> Step:
    """Clients on a host, until they are ended by name: so many `idle` connections, or `fill` with so many items a second."""

    def do(cloud: Cloud) -> None:
        place = cloud.host(server).address, str(memcached.PORT)
        cloud.spawn(cloud.host(host), name, program("cacheclients.py", *place, what, str(amount)))

    return Step(f"clients on {host}: {what} {amount} at memcached on {server}", do)


def full(host: str) -> Truth:
    """Memcached has as many connections as it takes, and turns the next one away."""

    def holds(cloud: Cloud) -> bool:
        return "Too many open connections" in memcached.talk(cloud, cloud.host(host), "stats")

    return Truth(f"memcached on {host} turns connections away", holds)


def evicting(host: str) -> Truth:
    """Memcached throws items out that did not expire: the counter grows between two looks."""

    def holds(cloud: Cloud) -> bool:
        before = memcached.stat(cloud, cloud.host(host), "evictions")
        return memcached.stat(cloud, cloud.host(host), "evictions") > before

    return Truth(f"memcached on {host} evicts", holds)
