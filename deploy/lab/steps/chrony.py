"""What one can see at chronyd."""

from hamon.lab.services import chrony
from hamon.lab.steps.basic import Truth


def unreached(host: str) -> Truth:
    """The member's source answered none of the last eight polls."""
    return Truth(f"chronyd on {host} reaches no source", lambda cloud: not chrony.reached(cloud, cloud.host(host)))
