"""keepalived, and the helper beside it that stands for its notify and track scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.components.haproxy import service as haproxy
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

INSTANCE = "VI_INTERNAL"
STATE_FILE = f"/run/keepalived/state.d/{INSTANCE}"
TRACK_FILE = "/run/keepalived/operator"
READABLE = "/run/haproxy/stats.sock"
"""HAProxy's socket that everybody may ask."""
ROUTER = "3f0c9b1e-5a0d-4c9f-8a52-7d1b1c6f2e10"
"""A highly available router of Neutron, which runs a keepalived of its own for each."""


def state(cloud: "Cloud", host: Host) -> str:
    """MASTER, BACKUP, FAULT, STOP: the last state that the notify script wrote."""
    try:
        return cloud.inside(host, STATE_FILE, "keepalived").read_text().split()[2]
    except (OSError, IndexError) as error:
        raise CommandError(f"keepalived on {host.name} has not reported its state: {error}") from None


def _files(site: Site, host: Host) -> dict[Path, str]:
    rank = site.profile.having("keepalived").index(host)
    text = render(
        "keepalived/keepalived.conf.j2",
        host=host,
        instance=INSTANCE,
        track_file=TRACK_FILE,
        priority=150 - 50 * rank,
        password="pocket",
        vip=site.profile.vip("internal").address,
        prefix=site.profile.prefix,
    )
    return {site.host_etc(host) / "keepalived.conf": text}


IN_ROUTER = 'ip link add ha-3f0c9b1e type veth peer name other && ip link set other up && ip link set ha-3f0c9b1e up && exec "$@"'


def _router_file(site: Site, host: Host) -> Path:
    return site.host_etc(host) / "ha_confs" / ROUTER / "keepalived.conf"


KEEPALIVED = Service(
    name="keepalived",
    text="VRRP for the virtual address",
    role="keepalived",
    argv=lambda site, host: [
        *("keepalived", "--dont-fork", "--vrrp", "--log-detail"),
        *("--use-file", str(site.host_etc(host) / "keepalived.conf")),
        *("--pid", "/run/keepalived.pid", "--vrrp_pid", "/run/keepalived-vrrp.pid"),
    ],
    files=_files,
    ready=lambda cloud, host: state(cloud, host) in {"MASTER", "BACKUP"},
    run=("keepalived/state.d",),
    programs={"keepalived": "keepalived"},
    after=("rsyslog", "vrrp-helper"),
    versions={"keepalived": ("keepalived", "--version")},
    # a lab has a year of failovers in minutes
    checks={"keepalived": {"warn": {"takeovers": "1000"}, "crit": {"takeovers": "1000"}}},
)

VRRP_HELPER = Service(
    name="vrrp-helper",
    text="keepalived's notify and track scripts, as a process beside it",
    role="keepalived",
    argv=lambda site, _host: program("vrrphelper.py", haproxy.KOLLA_SOCKET if site.profile.kolla else READABLE),
    ready=lambda cloud, host: cloud.inside(host, "/run/keepalived/notify", "vrrp-helper").exists(),
    run=("keepalived/state.d",),
)
ROUTER_KEEPALIVED = Service(
    name="router-keepalived",
    text="a Neutron router's keepalived, in the router's network namespace",
    role="router",
    argv=lambda site, host: [
        *("unshare", "--net", "sh", "-c", IN_ROUTER, "sh"),
        *("keepalived", "--dont-fork", "--vrrp", "--use-file", str(_router_file(site, host))),
        *("--pid", f"/run/{ROUTER}.pid", "--vrrp_pid", f"/run/{ROUTER}.pid-vrrp"),
    ],
    files=lambda site, host: {_router_file(site, host): render("keepalived/router.conf.j2")},
    ready=lambda cloud, host: cloud.alive(host, "router-keepalived"),
    programs={"unshare": "util-linux", "keepalived": "keepalived"},
    after=("rsyslog",),
)
SERVICES = (VRRP_HELPER, KEEPALIVED, ROUTER_KEEPALIVED)
