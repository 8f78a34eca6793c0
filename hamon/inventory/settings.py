"""The ``hamon:`` section: what operators may set, validated against the catalogue before anything is planned.

Everything wrong is a UsageError in one line with the path (``hamon.checks.galera.warn.flow_paused``) and, for names, the
nearest valid one.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hamon.inventory.assemble import check_address, check_name
from hamon.inventory.model import Inventory, Section
from hamon.options import checked_range
from hamon.verdict import UsageError

NRPE = "nrpe"  # the name of the item that asks whether a host's NRPE answers at all


class Nrpe(NamedTuple):
    """How the Nagios server asks NRPE. ``timeout`` in seconds is check_nrpe's; plugins get less, Nagios waits longer."""

    program: str = "/usr/lib/nagios/plugins/check_nrpe"
    port: int = 5666
    timeout: int = 15
    ca: str = ""
    cert: str = ""
    key: str = ""


class Override(NamedTuple):
    """What is set for one check. None means not set here."""

    warn: Mapping[str, str] = {}
    crit: Mapping[str, str] = {}
    args: tuple[str, ...] | None = None
    interval: float | None = None
    retry_interval: float | None = None
    max_attempts: int | None = None
    tier: str | None = None
    exclude: bool | None = None

    def under(self, other: "Override") -> "Override":
        """These values with ``other`` on top; thresholds are joined name by name."""
        told = {key: value for key, value in other._asdict().items() if value is not None}
        return self._replace(**{**told, "warn": {**self.warn, **other.warn}, "crit": {**self.crit, **other.crit}})


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
    host_check: str = "/usr/lib/nagios/plugins/check_ping -H {address} -w 3000,100% -c 5000,100% -p 2"
    notes_url: str = ""
    exclude: tuple[str, ...] = ()
    vips: Mapping[str, str] = {}
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


LOCAL_KEYS = tuple(key for key in Local._fields if key not in ("scope", "name"))
_SECRET_OPTION = re.compile(r"^--?[\w-]*(password|passwd|secret|token)", re.IGNORECASE)

Known = Mapping[str, frozenset[str]]  # check name -> names of its thresholds
Parser = Callable[[Any, str, Known], Any]


def read_settings(inventory: Inventory, known: Known) -> tuple[Settings, tuple[Local, ...]]:
    """The settings of all and, in the order in which they apply, of groups and hosts. Raises UsageError."""
    whole: dict[str, Any] = {}
    checks: dict[str, Override] = {}
    locals_: list[Local] = []
    for section in inventory.sections:
        values = _section(section, known)
        if section.scope != "all":
            locals_.append(Local(section.scope, section.name, **values))
            continue
        for name, override in values.pop("checks", {}).items():
            checks[name] = checks.get(name, Override()).under(override)
        for key, value in values.items():
            # Lists and maps of a settings file add to the inventory's; single values replace.
            old = whole.get(key)
            whole[key] = {**old, **value} if isinstance(old, dict) else (*old, *value) if key == "exclude" and old else value
    notify = whole.pop("notify", {})
    settings = Settings(checks=checks, **whole, **{f"notify_{key}": value for key, value in notify.items()})
    return settings._replace(vips=dict(sorted({**inventory.vips, **settings.vips}.items()))), tuple(locals_)


def _section(section: Section, known: Known) -> dict[str, Any]:
    """One section's values, validated."""
    try:
        if section.scope == "all":
            return _keys(section.data, "hamon", known, _ALL)
        misplaced = [key for key in _mapping(section.data, "hamon") if key in _ALL and key not in LOCAL_KEYS]
        if misplaced:
            raise UsageError(f"hamon.{misplaced[0]}: holds for the whole cloud; move it to group all (here: {', '.join(LOCAL_KEYS)})")
        return _keys(section.data, "hamon", known, {key: _ALL[key] for key in LOCAL_KEYS})
    except UsageError as error:
        raise UsageError(f"{section.place}: {error}") from None


def nearest(name: str, names: "Mapping[str, Any] | frozenset[str]") -> str:
    """``did you mean X?`` or the list of what there is."""
    near = difflib.get_close_matches(name, list(names), 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(names)) or 'none'}"


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{path}: must be a mapping of names to values")
    return {str(key): inner for key, inner in value.items()}


def _keys(value: Any, path: str, known: Known, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    """A mapping whose keys are known, each value through its parser."""
    found = {}
    for key, inner in _mapping(value, path).items():
        if key not in parsers:
            raise UsageError(f"{path}.{key}: unknown key; {nearest(key, parsers)}")
        found[key] = parsers[key](inner, f"{path}.{key}", known)
    return found


def _text(value: Any, path: str, known: Known) -> str:  # noqa: ARG001  # every parser has one signature
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{path}: must be a text")
    if "{{" in value or "{%" in value:
        raise UsageError(f"{path}: is a template or encrypted, which hamon does not evaluate; write the value")
    if not value.isprintable():
        raise UsageError(f"{path}: must be one line without control characters")
    return value


def _path(value: Any, path: str, known: Known) -> str:
    text = _text(value, path, known)
    if not text.startswith("/"):
        raise UsageError(f"{path}: must be an absolute path, not {text!r}")
    return text.rstrip("/") or "/"


def _number(low: float, high: float, whole: bool) -> Parser:
    def parse(value: Any, path: str, known: Known) -> float:  # noqa: ARG001
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not low <= number <= high or (whole and number != int(number)):
            raise UsageError(f"{path}: must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return int(number) if whole else number

    return parse


def _truth(value: Any, path: str, known: Known) -> bool:  # noqa: ARG001
    if not isinstance(value, bool):
        raise UsageError(f"{path}: must be true or false")
    return value


def _tier(value: Any, path: str, known: Known) -> str:  # noqa: ARG001
    if value not in ("page", "ticket"):
        raise UsageError(f"{path}: must be page or ticket")
    return str(value)


def _texts(value: Any, path: str, known: Known) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise UsageError(f"{path}: must be a list")
    return tuple(_text(item, f"{path}[{index}]", known) for index, item in enumerate(items))


def _args(value: Any, path: str, known: Known) -> tuple[str, ...]:  # noqa: ARG001
    if not isinstance(value, list):
        raise UsageError(f"{path}: must be a list of arguments, such as [\"--donor-max\", \"1200\"]")
    found = []
    for index, item in enumerate(value):
        if isinstance(item, bool | list | dict) or item is None or not str(item).isprintable():
            raise UsageError(f"{path}[{index}]: must be one argument as a text")
        if _SECRET_OPTION.match(str(item)):
            raise UsageError(f"{path}[{index}]: secrets do not belong on a command line; put them into hamon.credentials_dir")
        found.append(str(item))
    return tuple(found)


def _patterns(value: Any, path: str, known: Known) -> tuple[str, ...]:
    found = _texts(value, path, known)
    for index, pattern in enumerate(found):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"{path}[{index}]: {pattern!r} is no regular expression: {error}") from None
    return found


def _vips(value: Any, path: str, known: Known) -> dict[str, str]:
    found = {}
    for name, address in _mapping(value, path).items():
        check_name(name, path)
        found[name] = check_address(_text(address, f"{path}.{name}", known), f"{path}.{name}")
    return found


def _parents(value: Any, path: str, known: Known) -> dict[str, tuple[str, ...]]:
    return {host: _texts(names, f"{path}.{host}", known) for host, names in _mapping(value, path).items()}


def _thresholds(value: Any, path: str, names: frozenset[str]) -> dict[str, str]:
    found = {}
    for name, spec in _mapping(value, path).items():
        here = f"{path}.{name}"
        if name not in names:
            raise UsageError(f"{here}: unknown threshold; {nearest(name, names)}")
        if isinstance(spec, bool | list | dict):
            raise UsageError(f"{here}: must be a range such as \"0.2\", \"5:\" or \"1:5\"; empty takes the threshold away")
        found[name] = checked_range("" if spec is None else str(spec), here)
    return found


def _checks(value: Any, path: str, known: Known) -> dict[str, Override]:
    found = {}
    for key, inner in _mapping(value, path).items():
        name = key.removeprefix("check_")
        if name not in known:
            raise UsageError(f"{path}.{key}: no check is called that; {nearest(name, known)}")
        parsers: dict[str, Parser] = {
            "warn": lambda v, p, _, name=name: _thresholds(v, p, known[name]),  # type: ignore[misc]
            "crit": lambda v, p, _, name=name: _thresholds(v, p, known[name]),  # type: ignore[misc]
            "args": _args,
            "interval": _number(1, 86400, False),
            "retry_interval": _number(1, 86400, False),
            "max_attempts": _number(1, 100, True),
            "tier": _tier,
            "exclude": _truth,
        }
        found[name] = Override(**_keys(inner, f"{path}.{key}", known, parsers))
    return found


def _group_of(parsers: Mapping[str, Parser], make: Callable[..., Any] = dict) -> Parser:
    return lambda value, path, known: make(**_keys(value, path, known, parsers))


_ALL: Mapping[str, Parser] = {
    "plugin_dir": _path,
    "credentials_dir": _path,
    "interval": _number(1, 86400, False),
    "retry_interval": _number(1, 86400, False),
    "max_attempts": _number(1, 100, True),
    "interval_length": _number(1, 3600, True),
    "contacts": _group_of({"page": _texts, "ticket": _texts}),
    "notify": _group_of({"host": _text, "service": _text}),
    "host_check": _text,
    "notes_url": _text,
    "exclude": _patterns,
    "vips": _vips,
    "parents": _parents,
    # check_nrpe's timeout: room for the plugin's own deadline below it; NRPE's command_timeout and Nagios'
    # service_check_timeout, 60 s both, above it.
    "nrpe": _group_of(
        {
            "program": _path,
            "port": _number(1, 65535, True),
            "timeout": _number(5, 50, True),
            "ca": _path,
            "cert": _path,
            "key": _path,
        },
        Nrpe,
    ),
    "checks": _checks,
}
