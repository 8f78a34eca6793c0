"""What one can do to Pacemaker and its fencing, and see at them."""

import signal

from hamon.lab import poll
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.components.pacemaker import service as pacemaker
from hamon.lab.errors import CommandError
from hamon.lab.host import processes
from hamon.lab.steps import Step, Truth

TOOL = 20.0
"""Seconds one of the cluster's tools may take: changing the configuration of a cluster without a DC takes long."""
TOGETHER = 2.0
"""Seconds within which pacemakerd starts all its daemons."""

# verbs


def tell(host: str, *argv: str) -> Step:
    """One command of the cluster's own tools, or of the system, on one host."""

    def do(cloud: Cloud) -> None:
        run([*cloud.enter(cloud.host(host)), *argv], TOOL)

    return Step(f"{host}: {' '.join(argv)}", do)


def option(host: str, name: str, value: str) -> Step:
    """Set a cluster option."""
    return tell(host, "crm_attribute", "--type", "crm_config", "--name", name, "--update", value)


def controllers(behaviour: str, *hosts: str) -> Step:
    """How the management controllers of some hosts behave from now on; empty: as they should."""

    def do(cloud: Cloud) -> None:
        cloud.controllers.update(dict.fromkeys(hosts, behaviour))

    return Step(f"the management controllers of {', '.join(hosts)}: {behaviour or 'working'}", do)


def cleanup(host: str) -> Step:
    """Clear the history of failures, and again until none comes up any more."""

    def do(cloud: Cloud) -> None:
        def clean() -> bool:
            if pacemaker.whole(cloud):
                return True
            if pacemaker.failures(pacemaker.status(cloud, cloud.host(host))):
                run([*cloud.enter(cloud.host(host)), "crm_resource", "--cleanup"], TOOL)
            return False

        poll.until(clean, f"an empty history of failures on {host}", pacemaker.FORM, interval=1.0)

    return Step(f"{host}: crm_resource --cleanup", do)


def kill_daemon(host: str, name: str) -> Step:
    """Kill (-9) one of Pacemaker's daemons, by its name."""
    return Step(f"kill -9 {name} on {host}", lambda cloud: processes.send([daemon(cloud, host, name)], signal.SIGKILL))


def daemon(cloud: Cloud, host: str, name: str) -> int:
    """The process of one of Pacemaker's daemons. Raises CommandError when there is none."""
    for pid in cloud.pids(cloud.host(host), "pacemaker"):
        if processes.name(pid) == name[: processes.NAME]:
            return pid
    raise CommandError(f"no {name} on {host}")


# truths


def respawned(host: str, name: str) -> Truth:
    """One of Pacemaker's daemons was started clearly later than the others."""

    def holds(cloud: Cloud) -> bool:
        this, first = (processes.started(daemon(cloud, host, each)) for each in (name, "pacemaker-based"))
        return this > first + TOGETHER

    return Truth(f"a new {name} on {host}", holds)


def node(seer: str, name: str, **attributes: str) -> Truth:
    """What one node says of another one, in the words of crm_mon (`online="false"`)."""

    def holds(cloud: Cloud) -> bool:
        element = pacemaker.status(cloud, cloud.host(seer)).find(f"nodes/node[@name='{name}']")
        return element is not None and all(element.get(key) == value for key, value in attributes.items())

    words = ", ".join(f"{key} {value}" for key, value in attributes.items())
    return Truth(f"{name} in the eyes of {seer}: {words}", holds)


def cluster(seer: str, **options: str) -> Truth:
    """The cluster's options as crm_mon reports them (`stonith_enabled="false"`)."""

    def holds(cloud: Cloud) -> bool:
        element = pacemaker.status(cloud, cloud.host(seer)).find("summary/cluster_options")
        return element is not None and all(
            element.get(key.replace("_", "-")) == value for key, value in options.items()
        )

    return Truth(f"the cluster of {seer}: {', '.join(f'{key} {value}' for key, value in options.items())}", holds)


def quorate(seer: str, value: bool) -> Truth:
    """Whether one node has a DC that has quorum."""

    def holds(cloud: Cloud) -> bool:
        element = pacemaker.status(cloud, cloud.host(seer)).find("summary/current_dc")
        return element is not None and element.get("with_quorum") == str(value).lower()

    return Truth(f"{seer} has a DC {'with' if value else 'without'} quorum", holds)


def resource(seer: str, name: str, *hosts: str, **attributes: str) -> Truth:
    """Where a resource is and what crm_mon says of it (`managed="false"`)."""

    def holds(cloud: Cloud) -> bool:
        element = next(
            (item for item in pacemaker.status(cloud, cloud.host(seer)).iter("resource") if item.get("id") == name),
            None,
        )
        return (
            element is not None
            and {place.get("name") for place in element.findall("node")} == set(hosts)
            and all(element.get(key) == value for key, value in attributes.items())
        )

    words = "".join(f", {key} {value}" for key, value in attributes.items())
    return Truth(f"{name} in the eyes of {seer}: on {' and '.join(hosts) or 'no node'}{words}", holds)


def failed(seer: str, name: str, host: str) -> Truth:
    """A resource has a fail-count on a node."""

    def holds(cloud: Cloud) -> bool:
        element = pacemaker.status(cloud, cloud.host(seer)).find(
            f"node_history/node[@name='{host}']/resource_history[@id='{name}']"
        )
        return element is not None and element.get("fail-count", "0") != "0"

    return Truth(f"{name} has a fail-count on {host}", holds)


def fencing_failed(seer: str, name: str) -> Truth:
    """The fencing of a node was tried and failed."""

    def holds(cloud: Cloud) -> bool:
        events = pacemaker.status(cloud, cloud.host(seer)).findall("fence_history/fence_event")
        return any(event.get("target") == name and event.get("status") == "failed" for event in events)

    return Truth(f"fencing {name} failed", holds)
