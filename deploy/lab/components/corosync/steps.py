"""What one can see at Corosync."""

from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.components.corosync import service as corosync
from hamon.lab.steps import Truth


def members(seer: str, count: int) -> Truth:
    """How many nodes one node has in its quorate membership."""
    return Truth(
        f"corosync on {seer} has quorum with {count} nodes",
        lambda cloud: corosync.quorum(cloud, cloud.host(seer))["Nodes"] == str(count),
    )


def link_down(seer: str, node: int, link: int) -> Truth:
    """One node holds a link to another one (by its number) to be down."""
    key = f"stats.knet.node{node}.link{link}.connected"

    def holds(cloud: Cloud) -> bool:
        output = run([*cloud.enter(cloud.host(seer)), "corosync-cmapctl", "-m", "stats", key])
        return output.split("=")[-1].strip() == "0"

    return Truth(f"corosync on {seer}: link {link} to node {node} is down", holds)
