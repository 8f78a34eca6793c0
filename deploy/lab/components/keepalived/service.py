"""keepalived, and the helper beside it that stands for its notify and track scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

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


def state(cloud: "Cloud", host: Host) -> str:
    """MASTER, BACKUP, FAULT, STOP: the last state that the notify script wrote."""
    try:
        return cloud.inside(host, STATE_FILE).read_text().split()[2]
    except (OSError, IndexError) as error:
        raise CommandError(f"keepalived on {host.name} has not told its state: {error}") from None


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


KEEPALIVED = Service(
    name="keepalived",
    text="VRRP for the virtual address",
    role="keepalived",
    argv=lambda site, host: [
        *("keepalived", "--dont-fork", "--vrrp", "--log-detail"),
        *("--use-file", str(site.host_etc(host) / "keepalived.conf")),
        *("--pid", "/run/keepalived/keepalived.pid", "--vrrp_pid", "/run/keepalived/vrrp.pid"),
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
    argv=lambda _site, _host: program("vrrphelper.py"),
    ready=lambda cloud, host: cloud.inside(host, "/run/keepalived/notify").exists(),
)
SERVICES = (VRRP_HELPER, KEEPALIVED)
