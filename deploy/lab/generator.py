"""The lab's own inventory, and what hamon makes of it: the same path a real cloud goes."""

import json
import sys
from pathlib import Path
from typing import Any

from hamon.lab import pki
from hamon.lab.commands import run
from hamon.lab.errors import MissingError
from hamon.lab.site import Site

GROUPS = ("galera", "haproxy", "keepalived", "nagios")
INVENTORY_NAMES = {"nagios": "monitoring"}
"""Where the lab's role and the usual group differ in name."""
CHECK_NRPE = ("/usr/lib/nagios/plugins/check_nrpe", "/usr/lib64/nagios/plugins/check_nrpe")
GENERATE = 60.0
NOTE = "/bin/echo '$NOTIFICATIONTYPE$;$CONTACTNAME$;$HOSTNAME$;$SERVICEDESC$;$SERVICESTATE$'"
"""Who would have been told what; no mail leaves a lab."""
PLUGIN = """#!{python}
from hamon.catalogue import check_named

check_named({name!r}).main()
"""


def check_nrpe() -> str:
    """Where the distribution keeps check_nrpe."""
    for path in CHECK_NRPE:
        if Path(path).exists():
            return path
    raise MissingError("check_nrpe is missing (package nagios-nrpe-plugin)")


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
        for name, check in checks().items():
            path = directory / check.program
            path.write_text(PLUGIN.format(python=sys.executable, name=name))
            path.chmod(0o755)


def inventory(site: Site) -> dict[str, Any]:
    """The cloud as an Ansible inventory, in times of seconds so that failures show at once."""
    asking = pki.identity(site, pki.ASKING)
    hamon = {
        "plugin_dir": str(plugin_dir(site)),
        "credentials_dir": str(site.credentials),
        "interval_length": 1,
        "interval": 2,
        "retry_interval": 1,
        "max_attempts": 2,
        "vips": {"internal": site.profile.vip},
        "nrpe": {
            "program": check_nrpe(),
            "timeout": 8,
            "ca": str(pki.authority(site).cert),
            "cert": str(asking.cert),
            "key": str(asking.key),
        },
        "notify": dict.fromkeys(("host", "service"), f"{NOTE} >>{site.nagios}/notified"),
        "checks": {"haproxy": {"args": ["--socket", "/run/haproxy/stats.sock"]}},
    }
    hosts = {host.name: {"ansible_host": host.address} for host in site.profile.hosts}
    children: dict[str, dict[str, dict[str, dict[str, str]]]] = {
        INVENTORY_NAMES.get(role, role): {"hosts": {host.name: {} for host in site.profile.having(role)}}
        for role in GROUPS
    }
    return {"all": {"vars": {"hamon": hamon}, "hosts": hosts, "children": children}}


def generate(site: Site) -> None:
    """Write the inventory and let `hamon gen-objects` make Nagios objects and NRPE commands of it."""
    write_plugins(site)
    # JSON is YAML
    site.inventory.write_text(json.dumps(inventory(site), indent=2) + "\n")
    argv = [sys.executable, "-m", "hamon", "gen-objects", "-i", str(site.inventory), "-o", str(site.objects)]
    run(argv, GENERATE)
