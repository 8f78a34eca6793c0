"""What one can do to keepalived."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.keepalived import service as keepalived
from hamon.lab.host import network
from hamon.lab.steps import Step

LOSE_VRRP = Step("lose the VRRP adverts", lambda _cloud: network.cut(network.no_vrrp()))


def track(value: int, *hosts: str) -> Step:
    """Set the value that keepalived tracks: 0 is fine, -1 is FAULT."""

    def do(cloud: Cloud) -> None:
        for name in hosts:
            cloud.inside(cloud.host(name), keepalived.TRACK_FILE, "keepalived").write_text(f"{value}\n")

    return Step(f"keepalived track file {value} on {', '.join(hosts)}", do)
