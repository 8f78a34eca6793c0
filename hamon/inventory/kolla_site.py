"""Find where kolla-ansible's services listen and how their tools are reached: ports, TLS, containers, addresses.

Names for argument templates (``Inventory.site``). Only what differs from the checks' own defaults is named. Defaults are those of
kolla-ansible's master in August 2026: HAProxy's socket is in a volume of its container (/var/lib/kolla/haproxy/haproxy.sock in
there), the statistics page of port 1984 is what a host can ask; corosync and Pacemaker run in containers, with
stonith-enabled=false: all that this cluster runs are its connections to the compute hosts.
"""

from collections.abc import Mapping
from typing import Any

from hamon.inventory.stated import on, port
from hamon.inventory.tree import Tree
from hamon.inventory.variables import fill
from hamon.names import SYSTEM_CAS

STATS_PORT = "1984"
NO_FENCING = "kolla-ansible switches it off"
ENGINES = ("docker", "podman")

# Names in templates: the variables that set them, the first that is set counts.
_PORTS: Mapping[str, tuple[str, ...]] = {
    "database_port": ("mariadb_port", "database_port"),
    "haproxy_stats_port": ("haproxy_stats_port",),
    "memcached_port": ("memcached_port",),
    "rabbitmq_port": ("rabbitmq_port",),
    "rabbitmq_management_port": ("rabbitmq_management_port",),
}
MANAGEMENT_PORT = "15672"  # with TLS and without
# rabbitmq_enable_tls (since Victoria) holds for the management API since release 2026.1.
_MANAGEMENT_TLS, _OLD = 2026, ("victoria", "wallaby", "xena", "yoga", "zed")


def site(known: Mapping[str, Any], findings: list[str]) -> dict[str, str]:
    """Names and values for argument templates. What cannot be read goes to ``findings``."""
    settings = {
        "haproxy_stats_port": STATS_PORT,
        "container_exec": f"{_engine(known, findings)} exec",
        "no_fencing": NO_FENCING,
    }
    ports = {name: port(known, variables, name, "kolla-ansible", findings) for name, variables in _PORTS.items()}
    settings |= {name: number for name, number in ports.items() if number}
    if on(known, "rabbitmq_enable_tls", False, findings):
        settings["rabbitmq_ca"] = fill(known.get("openstack_cacert") or SYSTEM_CAS, known.get) or SYSTEM_CAS
        if _management_tls(known, findings):
            settings["rabbitmq_management_ca"] = settings["rabbitmq_ca"]
            settings.setdefault("rabbitmq_management_port", MANAGEMENT_PORT)
    return settings


def _management_tls(known: Mapping[str, Any], findings: list[str]) -> bool:
    """Whether a release whose broker speaks TLS has a management API that does; its master where no release is stated."""
    release = fill(known.get("openstack_release") or "", known.get) or ""
    if release in _OLD:
        return False
    if release[:4].isdigit():
        return int(release[:4]) >= _MANAGEMENT_TLS
    if release != "master":
        findings.append(
            "RabbitMQ's management API speaks TLS since kolla-ansible 2026.1, and openstack_release does not say which this is: taken "
            'for TLS; where it is older set hamon.site.rabbitmq_management_ca to ""'
        )
    return True


def _engine(known: Mapping[str, Any], findings: list[str]) -> str:
    engine = fill(known.get("kolla_container_engine") or ENGINES[0], known.get)
    if engine not in ENGINES:
        findings.append("kolla_container_engine is neither docker nor podman: set hamon.site.container_exec")
        return ENGINES[0]
    return engine


def listening(tree: Tree, known: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The addresses at which hosts' services listen, by host, and what is unknown about them.

    Kolla's services listen on ``api_interface``. Its address is known where ``api_interface_address`` is set or the inventory has
    Ansible's facts of the host.
    """
    addresses: dict[str, str] = {}
    unknown: list[str] = []
    for host, groups in tree.memberships().items():

        def lookup(name: str, host: str = host, groups: tuple[str, ...] = groups) -> Any:
            if name == "inventory_hostname":
                return host
            value = known.get(name) if name not in tree.hosts[host] else None
            return tree.variable(name, host, groups) if value is None else value

        interface = lookup("api_interface")
        address = lookup("api_interface_address")
        filled = None if address is None else fill(address, lookup)
        if filled is None and interface is not None:
            filled = _of_facts(tree.hosts[host], fill(interface, lookup) or "")
        if filled is not None:
            addresses[host] = filled
        elif address is not None or (interface is not None and fill(interface, lookup) != _network(lookup)):
            unknown.append(host)
    if not unknown:
        return addresses, []
    few = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} more" if len(unknown) > 3 else "")
    return addresses, [
        f"services listen on api_interface, whose address is unknown for {few}: their checks ask ansible_host; "
        "set api_interface_address or hamon.service_address of these hosts"
    ]


def _network(lookup: Any) -> str | None:
    """The interface on which kolla's hosts are reached."""
    return fill(lookup("network_interface") or "eth0", lookup)


def _of_facts(variables: Mapping[str, Any], interface: str) -> str | None:
    """The IPv4 address of an interface in the facts that a listing has."""
    name = interface.replace("-", "_").replace(".", "_").replace(":", "_")
    facts = variables.get("ansible_facts")
    device = variables.get(f"ansible_{name}") or (facts.get(name) if isinstance(facts, dict) else None)
    ipv4 = device.get("ipv4") if isinstance(device, dict) else None
    address = ipv4.get("address") if isinstance(ipv4, dict) else None
    return address if isinstance(address, str) else None
