"""The hosts' management controllers (BMC, PDU): they power a host off when the cluster's fencing asks, or fail to.

They run beside the hosts, in the supervisor: a host that hangs or is cut off can still be powered off.
"""

from hamon.lab.cloud import Cloud
from hamon.lab.errors import CommandError, unknown

REFUSES = "refuses"
"""Answers, and powers nothing off."""
LIES = "lies"
"""Says that it powered the host off, and did not: the wrong plug, the wrong outlet."""


def power(cloud: Cloud, action: str, name: str) -> bool:
    """Whether a host has power after `off` or at `status`, as its controller says; `monitor` asks the controller alone.

    Raises CommandError when the controller refuses.
    """
    if action == "monitor":
        return True
    hosts = {host.name: host for host in cloud.site.profile.hosts}
    if name not in hosts:
        raise unknown("host", name, hosts)
    behaviour = cloud.controllers.get(name, "")
    if action == "off" and behaviour == REFUSES:
        raise CommandError(f"the management controller of {name} does not power it off")
    if action == "off" and behaviour != LIES:
        cloud.power_off(hosts[name])
    return cloud.powered(hosts[name]) and behaviour != LIES
