"""Names and verdicts that the failures of the cluster profile share."""

from hamon.lab.failure import Verdict

THREE = ("pcm1", "pcm2", "pcm3")
TWO = ("two1", "two2")
NODE_CHECKS = ("corosync", "pacemaker", "fencing", "chrony")

CLUSTER_3 = "pacemaker.three", "pacemaker_cluster"
CLUSTER_2 = "pacemaker.two", "pacemaker_cluster"
VIP_3 = "vip.three", "vip"
VIP_2 = "vip.two", "vip"


def off(host: str) -> tuple[Verdict, ...]:
    """What follows from a host's lost power: nothing answers for what is on it, nor says that it has let the address go."""
    vip = VIP_2 if host in TWO else VIP_3
    silent = Verdict(*vip, "WARNING", f"{host} could not be asked")
    return (*(Verdict(host, service, "CRITICAL") for service in (*NODE_CHECKS, "nrpe")), silent)


def of(service: str, state: str, *hosts: str, words: str = "") -> tuple[Verdict, ...]:
    """The same verdict of several hosts."""
    return tuple(Verdict(host, service, state, words) for host in hosts)


SHORT = ("corosync", "WARNING", "pcm1", "pcm2")
"""Who misses pcm3 in the membership."""
GONE_3 = of("pacemaker", "CRITICAL", "pcm1", "pcm2", words="pcm3")
NO_FENCING = of("fencing", "WARNING", *THREE, words="fencing is off")
