"""What one can see at chronyd."""

from hamon.lab.components.chrony import service as chrony
from hamon.lab.steps import Truth


def unreached(host: str) -> Truth:
    """The member's source answered none of the last eight polls."""
    return Truth(f"chronyd on {host} reaches no source", lambda cloud: not chrony.reached(cloud, cloud.host(host)))
