"""Who holds the virtual address, and what keepalived says of itself."""

import json
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.errors import CommandError

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud
    from hamon.lab.hosts import Host

INSTANCE = "VI_INTERNAL"
STATE_FILE = f"/run/keepalived/state.d/{INSTANCE}"
TRACK_FILE = "/run/keepalived/operator"


def state(cloud: "Cloud", host: "Host") -> str:
    """MASTER, BACKUP, FAULT, STOP: the last word of the notify script."""
    try:
        return cloud.inside(host, STATE_FILE).read_text().split()[2]
    except (OSError, IndexError) as error:
        raise CommandError(f"keepalived on {host.name} has not told its state: {error}") from None


def holders(cloud: "Cloud") -> list[str]:
    """Names of the hosts on whose interfaces the virtual address really is: the kernel's word, not the daemon's."""
    vip = cloud.site.profile.vip
    return [host.name for host in cloud.site.profile.having("keepalived") if vip in addresses(cloud, host)]


def addresses(cloud: "Cloud", host: "Host") -> set[str]:
    """All IPv4 addresses of a host; none if its power is off."""
    if not cloud.powered(host):
        return set()
    links = json.loads(run([*cloud.enter(host), "ip", "-json", "-4", "address"]))
    return {str(entry["local"]) for link in links for entry in link.get("addr_info", ())}
