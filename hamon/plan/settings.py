"""The ``hamon:`` section: what operators may set, validated against the catalogue before anything is planned.

Everything wrong is a UsageError in one line with the path (``hamon.checks.galera.warn.flow_paused``) and, for names, the
nearest valid one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hamon.errors import UsageError
from hamon.inventory.model import Inventory, Section
from hamon.nrpe import Nrpe
from hamon.plan import values
from hamon.plan.values import Known, Parser
from hamon.words import nearest

NRPE = "nrpe"  # the name of the item that asks whether a host's NRPE answers at all


class Override(NamedTuple):
    """What is set for one check. None means not set here."""

    warn: Mapping[str, str] = {}
    crit: Mapping[str, str] = {}
    args: tuple[str, ...] | None = None
    address: str | None = None
    interval: float | None = None
    retry_interval: float | None = None
    max_attempts: int | None = None
    tier: str | None = None
    exclude: bool | None = None

    def under(self, other: "Override") -> "Override":
        """These values with ``other`` on top; thresholds are joined name by name."""
        stated = {key: value for key, value in other._asdict().items() if value is not None}
        return self._replace(**{**stated, "warn": {**self.warn, **other.warn}, "crit": {**self.crit, **other.crit}})


class Vip(NamedTuple):
    """A virtual address. ``holders`` is the group whose hosts may hold it, empty for all that hold such addresses at all;
    ``components`` are those that are to be judged through it.
    """

    address: str
    holders: str = ""
    components: tuple[str, ...] = ()


class Escalation(NamedTuple):
    """Who is called besides when services or hosts of ``tier`` stay wrong: from the ``after``-th notification on, every ``interval`` seconds."""

    after: int
    contact_groups: tuple[str, ...]
    tier: str = "page"
    interval: float = 3600


class Settings(NamedTuple):
    """The settings of the whole cloud. Times in seconds; ``interval`` None leaves each check its own."""

    plugin_dir: str = "/opt/hamon/bin"
    credentials_dir: str = "/etc/hamon/credentials"
    interval: float | None = None
    retry_interval: float = 20
    max_attempts: int = 3
    interval_length: int = 60
    contacts: Mapping[str, tuple[str, ...]] = {}
    notify_host: str = ""
    notify_service: str = ""
    notify_sendmail: str = ""
    notify_smtp: str = ""
    notify_webhook: str = ""
    host_check: str = "/usr/lib/nagios/plugins/check_ping -H {address} -w 3000,100% -c 5000,100% -p 2"
    notes_url: str = ""
    exclude: tuple[str, ...] = ()
    vips: Mapping[str, Vip] = {}
    clusters: Mapping[str, Mapping[str, str]] = {}
    """Component to cluster name to group, for components of which the inventory has several clusters."""
    site: Mapping[str, str] = {}
    """Names for argument templates that are the same everywhere: ports, a CA, how to run a tool in a container."""
    contact_groups: Mapping[str, tuple[str, ...]] = {}
    """Tier to contact groups of the operator's own Nagios, called besides ``contacts``, or in their place where there are none."""
    periods: Mapping[str, str] = {}
    """Tier to a time period of the operator's own Nagios, outside which hamon's contacts of the tier are left alone."""
    renotify: Mapping[str, float] = {}
    """Tier to seconds after which a problem that lasts is notified again; 0, the default, is never."""
    escalations: tuple[Escalation, ...] = ()
    prefix: str = "hamon"
    """What the names of all objects begin with; another one than hamon stands before pseudo-hosts, too."""
    templates: Mapping[str, str] = {}
    """``host`` and ``service``: templates of the operator's own Nagios to inherit from."""
    hostgroups: tuple[str, ...] = ()
    """Regular expressions: groups of the inventory that become hostgroups."""
    action_url: str = ""
    icon_image: str = ""
    parents: Mapping[str, tuple[str, ...]] = {}
    nrpe: Nrpe = Nrpe()
    checks: Mapping[str, Override] = {}


class Local(NamedTuple):
    """The settings of one group or host: only what can differ between hosts."""

    scope: str
    name: str
    plugin_dir: str | None = None
    credentials_dir: str | None = None
    exclude: tuple[str, ...] = ()
    checks: Mapping[str, Override] = {}
    tier: str | None = None
    address: str | None = None
    service_address: str | None = None


HOST_KEYS = ("address", "service_address")  # of one host only: they cannot be those of a whole group
LOCAL_KEYS = tuple(key for key in Local._fields if key not in ("scope", "name", *HOST_KEYS))


def read_settings(inventory: Inventory, known: Known) -> tuple[Settings, tuple[Local, ...]]:
    """The settings of all and, in the order in which they apply, of groups and hosts. Raises UsageError."""
    whole: dict[str, Any] = {}
    checks: dict[str, Override] = {}
    locals_: list[Local] = []
    for section in inventory.sections:
        stated = _section(section, known)
        if section.scope != "all":
            locals_.append(Local(section.scope, section.name, **stated))
            continue
        for name, override in stated.pop("checks", {}).items():
            checks[name] = checks.get(name, Override()).under(override)
        for key, value in stated.items():
            whole[key] = _joined(key, whole.get(key), value)
    notify = whole.pop("notify", {})
    nrpe = Nrpe(**whole.pop("nrpe", {}))
    settings = Settings(checks=checks, nrpe=nrpe, **whole, **{f"notify_{key}": value for key, value in notify.items()})
    site = {name: value for name, value in {**inventory.site, **settings.site}.items() if value}
    return settings._replace(vips=_vips(inventory.vips, whole.get("vips", {})), site=site), tuple(locals_)


def _joined(key: str, old: Any, value: Any) -> Any:
    """A value joined with an earlier one: lists and maps of a settings file add to the inventory's; single values replace."""
    if isinstance(old, dict):
        return {
            **old,
            **({name: {**old.get(name, {}), **inner} for name, inner in value.items()} if key == "vips" else value),
        }
    return (*old, *value) if key == "exclude" and old else value


def _vips(known: Mapping[str, str], stated: Mapping[str, Mapping[str, Any]]) -> dict[str, Vip]:
    """The deployment tool's own addresses and what is set about these and others."""
    vips = {name: Vip(address) for name, address in known.items()}
    for name, values_ in stated.items():
        if name not in vips and "address" not in values_:
            raise UsageError(f"hamon.vips.{name}: the inventory knows no such VIP; add its address")
        vips[name] = vips.get(name, Vip(""))._replace(**values_)
    return dict(sorted(vips.items()))


def _section(section: Section, known: Known) -> dict[str, Any]:
    """One section's values, validated."""
    try:
        if section.scope == "all":
            return values.keys(section.data, "hamon", known, _ALL)
        given = values.mapping(section.data, "hamon")
        misplaced = [key for key in given if key in _ALL and key not in LOCAL_KEYS]
        if misplaced:
            raise UsageError(
                f"hamon.{misplaced[0]}: holds for the whole cloud; move it to group all (here: {', '.join(LOCAL_KEYS)})"
            )
        own = HOST_KEYS if section.scope == "host" else ()
        return values.keys(section.data, "hamon", known, {key: {**_ALL, **_LOCAL}[key] for key in (*LOCAL_KEYS, *own)})
    except UsageError as error:
        raise UsageError(f"{section.place}: {error}") from None


def _checks(value: Any, path: str, known: Known) -> dict[str, Override]:
    overrides = {}
    for key, inner in values.mapping(value, path).items():
        name = key.removeprefix("check_")
        if name not in known:
            raise UsageError(f"{path}.{key}: no check is called that; {nearest(name, known)}")
        parsers: dict[str, Parser] = {
            "warn": lambda v, p, _, name=name: values.thresholds(v, p, known[name]),  # type: ignore[misc]
            "crit": lambda v, p, _, name=name: values.thresholds(v, p, known[name]),  # type: ignore[misc]
            "args": values.args,
            "address": values.address,
            "interval": values.number(1, 86400, False),
            "retry_interval": values.number(1, 86400, False),
            "max_attempts": values.number(1, 100, True),
            "tier": values.tier,
            "exclude": values.truth,
        }
        overrides[name] = Override(**values.keys(inner, f"{path}.{key}", known, parsers))
    return overrides


def _group_of(parsers: Mapping[str, Parser]) -> Parser:
    return lambda value, path, known: values.keys(value, path, known, parsers)


_LOCAL: Mapping[str, Parser] = {
    "tier": values.tier,
    "address": values.address,
    "service_address": values.address,
}

_ALL: Mapping[str, Parser] = {
    "plugin_dir": values.absolute_path,
    "credentials_dir": values.absolute_path,
    "interval": values.number(1, 86400, False),
    "retry_interval": values.number(1, 86400, False),
    "max_attempts": values.number(1, 100, True),
    "interval_length": values.number(1, 3600, True),
    "contacts": _group_of({"page": values.emails, "ticket": values.emails}),
    "notify": _group_of(
        {
            "host": values.text,
            "service": values.text,
            "sendmail": values.absolute_path,
            "smtp": values.server,
            "webhook": values.absolute_path,
        }
    ),
    "contact_groups": _group_of({"page": values.object_names, "ticket": values.object_names}),
    "periods": _group_of({"page": values.object_name, "ticket": values.object_name}),
    "renotify": _group_of({"page": values.number(0, 604800, False), "ticket": values.number(0, 604800, False)}),
    "escalations": lambda value, path, known: tuple(
        Escalation(**escalation) for escalation in values.escalations(value, path, known)
    ),
    "prefix": values.object_name,
    "templates": _group_of({"host": values.object_name, "service": values.object_name}),
    "hostgroups": values.patterns,
    "action_url": values.text,
    "icon_image": values.text,
    "host_check": values.text,
    "notes_url": values.text,
    "exclude": values.patterns,
    "vips": values.vips,
    "clusters": values.clusters,
    "site": _group_of(values.SITE),
    "parents": values.parents,
    # check_nrpe's timeout: room for the plugin's own deadline below it; NRPE's command_timeout and Nagios'
    # service_check_timeout, 60 s both, above it.
    "nrpe": _group_of(
        {
            "program": values.absolute_path,
            "port": values.number(1, 65535, True),
            "timeout": values.number(5, 50, True),
            "ca": values.absolute_path,
            "cert": values.absolute_path,
            "key": values.absolute_path,
            "sudo": values.becoming_root,
            "user": values.user,
        }
    ),
    "checks": _checks,
}
