"""openstack-ansible's own variables: the files in which operators override them, and what they state of the services.

Names for argument templates (``Inventory.site``). Defaults are those of openstack-ansible's master and its roles in July 2026; RabbitMQ's
clients speak TLS by default since 2015, its management API since 2022. The authority that signs is trusted on all hosts and in all
containers (openstack_pki_install_ca, since 2021).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hamon.inventory.sources import mapping_file, variables_file
from hamon.inventory.stated import Known, on, port
from hamon.names import SYSTEM_CAS

SYSTEM_FOLDER = Path("/etc/openstack_deploy")
HAPROXY_SOCKET = "/run/haproxy.stat"
STATS_PORT = "1936"
_TOOL = "openstack-ansible"

_DEFAULTS: Mapping[str, Any] = {
    "haproxy_ssl": True,
    "haproxy_stats_enabled": False,
    "haproxy_stats_ssl": "{{ haproxy_ssl }}",
    "rabbitmq_management_ssl": "{{ haproxy_ssl }}",
    "rabbitmq_use_ssl": True,
}

# What hamon would need and does not evaluate, each with what to do about it.
_UNREAD: Mapping[str, str] = {
    "galera_require_secure_transport": 'give the checks of Galera and MySQL args: ["--ca", FILE] where it is on',
    "keepalived_instances": "name the addresses of your own instances in hamon.vips",
    "keepalived_instances_overrides": "name the addresses that it changes in hamon.vips",
    "rabbitmq_port_bindings": "name AMQP's port in hamon.site.rabbitmq_port where it is another one",
    "rabbitmq_user_ssl_ca_cert": "name the file in hamon.site.rabbitmq_ca and rabbitmq_management_ca where the system does not trust that CA",
}
_NO_FILES = "openstack-ansible inventory without user_variables.yml: ports and TLS of its services unknown; give it with --globals FILE"


def overrides(beside: Sequence[Path], given: str | None) -> tuple[dict[str, Any] | None, list[str]]:
    """The variables in the file ``given``, else in user_*.yml beside an inventory (the last one's first), else in the system's
    folder; None where there are none. Files of secrets are not opened. Findings say what was not read.
    """
    if given:
        return mapping_file(Path(given), "globals file"), []
    folders = [*reversed(beside), SYSTEM_FOLDER]
    found = (sorted(folder.glob("user_*.yml")) for folder in folders)
    files = next(
        (files for files in ([file for file in files if "secret" not in file.name] for files in found) if files), []
    )
    findings: list[str] = [] if files else [_NO_FILES]
    values: dict[str, Any] = {}
    for file in files:  # in the order of openstack-ansible's command line, the last one wins
        values.update(variables_file(file, findings))
    return values if files else None, findings


def site(known: Known, findings: list[str]) -> dict[str, str]:
    """Names and values for argument templates, where the operator's variables are known. What cannot be read goes to ``findings``."""
    known = {**_DEFAULTS, **known}
    findings += [f"{variable} is not read: {cure}" for variable, cure in _UNREAD.items() if known.get(variable)]
    tls = on(known, "rabbitmq_use_ssl", True, findings)
    management_tls = on(known, "rabbitmq_management_ssl", True, findings)
    bound = f"rabbitmq_management_bind_{'tls' if management_tls else 'tcp'}_port"
    ports = {
        "memcached_port": port(known, ("memcached_port",), "memcached_port", _TOOL, findings),
        "rabbitmq_port": port(known, ("rabbitmq_port",), "rabbitmq_port", _TOOL, findings),
        "rabbitmq_management_port": port(known, (bound,), "rabbitmq_management_port", _TOOL, findings),
        "database_port": _database_port(known, findings),
    }
    return {
        **{name: number for name, number in ports.items() if number},
        **({"rabbitmq_ca": SYSTEM_CAS} if tls else {}),
        **({"rabbitmq_management_ca": SYSTEM_CAS} if management_tls else {}),
        **balancer(known, findings),
    }


def balancer(known: Known, findings: list[str]) -> dict[str, str]:
    """How HAProxy is asked: by its statistics page where that is switched on, without TLS, and not at localhost; else by its socket."""
    known = {**_DEFAULTS, **known}
    address = str(known.get("haproxy_stats_bind_address") or "127.0.0.1")
    page = on(known, "haproxy_stats_enabled", False, findings) and not on(known, "haproxy_stats_ssl", True, findings)
    if not page or address.startswith("127.") or address in ("localhost", "::1"):
        return {"haproxy_socket": HAPROXY_SOCKET}
    return {
        "haproxy_stats_port": port(known, ("haproxy_stats_port",), "haproxy_stats_port", _TOOL, findings) or STATS_PORT
    }


def _database_port(known: Known, findings: list[str]) -> str:
    """The role has no variable for it: the server's section of its overrides has."""
    files = known.get("galera_my_cnf_overrides")
    section = files.get("mysqld") if isinstance(files, dict) else None
    own = section.get("port") if isinstance(section, dict) else None
    variable = "galera_my_cnf_overrides.mysqld.port"
    return port({**known, variable: own}, (variable,), "database_port", _TOOL, findings)
