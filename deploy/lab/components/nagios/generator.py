"""The lab's own inventory, and what hamon makes of it: the same path a real cloud goes."""

import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hamon import plugin
from hamon.lab.commands import run
from hamon.lab.components.nagios import kolla
from hamon.lab.components.nrpe import pki
from hamon.lab.host.hosts import Profile
from hamon.lab.service import Service
from hamon.lab.site import Site

if TYPE_CHECKING:
    from hamon.check import Check

INVENTORY_NAMES = {"nagios": "monitoring"}
"""Where the lab's role and the usual group differ in name."""
PLUGINS = "/usr/lib/nagios/plugins"
CHECK_NRPE, CHECK_PING = (f"{PLUGINS}/{name}" for name in ("check_nrpe", "check_ping"))
GENERATE = 60.0
NOTIFIED = "notified"
NOTE = "/bin/echo '$NOTIFICATIONTYPE$;$CONTACTNAME$;$HOSTNAME$;$SERVICEDESC$;$SERVICESTATE$'"
"""Who would have been notified of what; no mail leaves a lab."""
PLUGIN = """#!{python}
from {module} import {attribute} as main

main()
"""


def group(role: str) -> str:
    """The group that a role's hosts stand in."""
    return INVENTORY_NAMES.get(role, role)


def as_root(profile: Profile) -> str | bool:
    """How NRPE's user becomes root: sudo finds no other uid to become in a lab.

    One more namespace in which that user is called root has the same effect: cluster daemons and their clients take each
    other for root. In a guest NRPE runs as root.
    """
    return not any(host.guest for host in profile.hosts) and "/usr/bin/unshare --user --map-root-user"


def plugin_dir(site: Site) -> Path:
    """The directory of check_* executables: the installed ones beside this interpreter, else ones written for the lab."""
    installed = Path(sys.executable).parent
    return installed if (installed / "check_galera").exists() else site.dir / "plugins"


def write_plugins(site: Site) -> None:
    """One executable per check of the catalogue, for a checkout that is not installed."""
    from hamon.catalogue import checks

    directory = plugin_dir(site)
    if directory.is_relative_to(site.dir):
        directory.mkdir()
        for check in checks().values():
            module, attribute = entry_point(check)
            path = directory / check.program
            path.write_text(PLUGIN.format(python=sys.executable, module=module, attribute=attribute))
            path.chmod(0o755)


def entry_point(check: "Check[Any]") -> tuple[str, str]:
    """The module and the name of the check's `main`, as pyproject.toml has them.

    A plugin imports that module alone: the whole catalogue would cost more than the check.
    """
    return next(
        (name, attribute)
        for name, module in sorted(sys.modules.items())
        if name.startswith("hamon.checks.")
        for attribute, value in vars(module).items()
        if isinstance(value, partial) and value.func is plugin.run and value.args == (check,)
    )


def _checks(profile: Profile, services: Iterable[Service]) -> dict[str, dict[str, object]]:
    """What the services of a profile say of single checks, and what the profile adds."""
    stated = [service.checks for service in services if service.role in profile.roles]
    merged: dict[str, dict[str, object]] = {}
    for checks in (*stated, profile.checks):
        for name, settings in checks.items():
            merged[name] = {**merged.get(name, {}), **settings}
    return merged


def pace(site: Site) -> dict[str, Any]:
    """The settings of any lab: where its own things are, and times of seconds so that failures show at once."""
    asking = pki.identity(site, pki.ASKING)
    return {
        "plugin_dir": str(plugin_dir(site)),
        "credentials_dir": str(site.credentials),
        "interval_length": 1,
        "interval": site.profile.interval,
        "retry_interval": 1,
        "max_attempts": 2,
        # the default waits ten seconds for a host that is off
        "host_check": f"{CHECK_PING} -H {{address}} -w 3000,100% -c 5000,100% -p 1 -t 2",
        "nrpe": {
            "program": CHECK_NRPE,
            "timeout": site.profile.nrpe_timeout,
            "sudo": as_root(site.profile),
            "ca": str(pki.authority(site).cert),
            "cert": str(asking.cert),
            "key": str(asking.key),
        },
        "notify": dict.fromkeys(("host", "service"), f"{NOTE} >>{site.nagios}/{NOTIFIED}"),
    }


def inventory(site: Site, services: Iterable[Service]) -> dict[str, Any]:
    """The cloud as an Ansible inventory."""
    hamon = {
        **pace(site),
        "vips": {
            vip.name: {"address": vip.address, "holders": group(vip.role), "components": list(vip.components)}
            for vip in site.profile.vips
        },
        "clusters": site.profile.clusters,
        "checks": _checks(site.profile, services),
    }
    hosts = {host.name: {"ansible_host": host.address} for host in site.profile.hosts}
    children: dict[str, dict[str, dict[str, dict[str, str]]]] = {
        group(role): {"hosts": {host.name: {} for host in site.profile.having(role)}}
        for role in sorted(site.profile.roles)
    }
    return {"all": {"vars": {"hamon": hamon}, "hosts": hosts, "children": children}}


def generate(site: Site, services: Iterable[Service]) -> None:
    """Write the inventory and let `hamon gen-objects` make Nagios objects and NRPE commands of it."""
    write_plugins(site)
    if site.profile.kolla:
        kolla.write(site, pace(site))
    else:
        # JSON is YAML
        site.inventory.write_text(json.dumps(inventory(site, services), indent=2) + "\n")
    argv = [sys.executable, "-m", "hamon", "gen-objects", *planning(site)]
    run([*argv, "-o", str(site.objects), "--max-delta", "100%"], GENERATE)


def planning(site: Site) -> list[str]:
    """The options by which `hamon` reads what the lab deployed."""
    return kolla.planning(site) if site.profile.kolla else ["-i", str(site.inventory)]
