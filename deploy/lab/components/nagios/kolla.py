"""What a user of kolla-ansible has: the multinode inventory and globals.yml. Of hamon's settings there are only the lab's own."""

import json
from pathlib import Path
from typing import Any

from hamon.lab.host.hosts import Profile
from hamon.lab.site import Site

GROUPS = {
    "control": "galera",
    "network": "haproxy",
    "compute": "compute",
    "monitoring": "nagios",
}
"""Kolla's groups of hosts, and the role in the lab that their hosts have."""
CHILDREN = {
    "baremetal": ("control", "network", "compute", "monitoring"),
    "common": ("control", "network", "compute", "monitoring"),
    "hacluster": ("control",),
    "hacluster-remote": ("compute",),
    "loadbalancer": ("network",),
    "mariadb": ("control",),
    "masakari": ("control",),
    "memcached": ("control",),
    "neutron": ("network",),
    "neutron-l3-agent": ("neutron",),
    "nova": ("control",),
    "nova-api": ("nova",),
    "rabbitmq": ("control",),
}
"""Kolla's groups of services, and the groups they are made of, as its own multinode file has them."""


def multinode(profile: Profile) -> str:
    """The inventory: hosts by what they are for, services by the hosts' groups."""
    lines = []
    for name, role in GROUPS.items():
        hosts = profile.having(role)
        lines += [f"[{name}]", *(f"{host.name} ansible_host={host.address}" for host in hosts), ""]
    # the machine that runs Ansible is in kolla's file, too
    lines += ["[deployment]", "localhost ansible_connection=local", ""]
    for name, parts in CHILDREN.items():
        lines += [f"[{name}:children]", *parts, ""]
    return "\n".join(lines)


def globals_yml(profile: Profile) -> str:
    """What kolla's users have to set, and Masakari, which brings Corosync and Pacemaker."""
    values = {
        "kolla_base_distro": "debian",
        "kolla_internal_vip_address": profile.vip("internal").address,
        "network_interface": "eth0",
        "enable_masakari": "yes",
    }
    return "---\n" + "".join(f'{name}: "{value}"\n' for name, value in values.items())


def _files(site: Site) -> tuple[Path, Path, Path]:
    return site.dir / "multinode", site.dir / "globals.yml", site.dir / "settings.yml"


def write(site: Site, settings: dict[str, Any]) -> None:
    """Write inventory, globals.yml and hamon's settings."""
    # JSON is YAML
    texts = (multinode(site.profile), globals_yml(site.profile), json.dumps(settings, indent=2) + "\n")
    for path, text in zip(_files(site), texts, strict=True):
        path.write_text(text)


def planning(site: Site) -> list[str]:
    """The options by which `hamon` reads it."""
    inventory, variables, settings = map(str, _files(site))
    return ["-i", inventory, "--globals", variables, "--settings", settings]
