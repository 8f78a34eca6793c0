"""Parsers of the values in a ``hamon:`` section: ``parser(value, path, known) -> value``.

Each raises UsageError in one line that begins with the value's path, such as ``hamon.checks.galera.warn.flow_paused``.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from hamon.errors import UsageError
from hamon.inventory.assemble import check_address, check_name
from hamon.limits import checked_range
from hamon.names import SYSTEM_CAS, is_address
from hamon.nrpe import SUDO
from hamon.words import nearest

Known = Mapping[str, frozenset[str]]  # check name -> names of its thresholds
Parser = Callable[[Any, str, Known], Any]

_SECRET_OPTION = re.compile(r"^--?[\w-]*(password|passwd|secret|token)", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9._%+@-]+")


def mapping(value: Any, path: str) -> dict[str, Any]:
    """A mapping; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{path}: must be a mapping of names to values")
    return {str(key): inner for key, inner in value.items()}


def keys(value: Any, path: str, known: Known, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    """A mapping whose keys are known, each value through its parser."""
    parsed = {}
    for key, inner in mapping(value, path).items():
        if key not in parsers:
            raise UsageError(f"{path}.{key}: unknown key; {nearest(key, parsers)}")
        parsed[key] = parsers[key](inner, f"{path}.{key}", known)
    return parsed


def text(value: Any, path: str, known: Known) -> str:  # noqa: ARG001  # every parser has one signature
    """One line of text that is not a template."""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{path}: must be a text")
    if "{{" in value or "{%" in value:
        raise UsageError(f"{path}: is a template or encrypted, which hamon does not evaluate; write the value")
    if not value.isprintable():
        raise UsageError(f"{path}: must be one line without control characters")
    return value


def absolute_path(value: Any, path: str, known: Known) -> str:
    """An absolute path without a slash at the end."""
    given = text(value, path, known)
    if not given.startswith("/"):
        raise UsageError(f"{path}: must be an absolute path, not {given!r}")
    return given.rstrip("/") or "/"


def number(low: float, high: float, whole: bool) -> Parser:
    """A parser of numbers from ``low`` to ``high``."""

    def parse(value: Any, path: str, known: Known) -> float:  # noqa: ARG001
        given = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if given is None or not low <= given <= high or (whole and given != int(given)):
            raise UsageError(f"{path}: must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return int(given) if whole else given

    return parse


def truth(value: Any, path: str, known: Known) -> bool:  # noqa: ARG001
    """True or false, not a word for it."""
    if not isinstance(value, bool):
        raise UsageError(f"{path}: must be true or false")
    return value


def becoming_root(value: Any, path: str, known: Known) -> tuple[str, ...]:
    """The command that stands before one that needs root: true for sudo, false for none, or another one."""
    if isinstance(value, bool):
        return SUDO if value else ()
    try:
        words = tuple(shlex.split(text(value, path, known)))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    absolute_path(words[0], path, known)
    return words


def tier(value: Any, path: str, known: Known) -> str:  # noqa: ARG001
    """Whom a check calls."""
    if value not in ("page", "ticket"):
        raise UsageError(f"{path}: must be page or ticket")
    return str(value)


def texts(value: Any, path: str, known: Known) -> tuple[str, ...]:
    """A list of texts; one text alone is a list of one."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise UsageError(f"{path}: must be a list")
    return tuple(text(item, f"{path}[{index}]", known) for index, item in enumerate(items))


def args(value: Any, path: str, known: Known) -> tuple[str, ...]:  # noqa: ARG001
    """Arguments for a plugin; options that would carry a secret are refused."""
    if not isinstance(value, list):
        raise UsageError(f'{path}: must be a list of arguments, such as ["--donor-max", "1200"]')
    words = []
    for index, item in enumerate(value):
        if isinstance(item, bool | list | dict) or item is None or not str(item).isprintable():
            raise UsageError(f"{path}[{index}]: must be one argument as a text")
        if _SECRET_OPTION.match(str(item)):
            raise UsageError(
                f"{path}[{index}]: secrets do not belong on a command line; put them into hamon.credentials_dir"
            )
        words.append(str(item))
    return tuple(words)


def emails(value: Any, path: str, known: Known) -> tuple[str, ...]:
    """Mail addresses."""
    addresses = texts(value, path, known)
    for index, address in enumerate(addresses):
        # It stands unquoted in the notification command, which a shell reads.
        if not _EMAIL.fullmatch(address):
            raise UsageError(f"{path}[{index}]: {address!r} is not a mail address")
    return addresses


def patterns(value: Any, path: str, known: Known) -> tuple[str, ...]:
    """Regular expressions."""
    expressions = texts(value, path, known)
    for index, pattern in enumerate(expressions):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"{path}[{index}]: {pattern!r} is not a regular expression: {error}") from None
    return expressions


def address(value: Any, path: str, known: Known) -> str:
    """An address or a host name."""
    return check_address(text(value, path, known), path)


def server(value: Any, path: str, known: Known) -> str:
    """An address or a host name with a port, ``mail.example.org:25``."""
    given = text(value, path, known)
    name, _, port = given.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"{path}: must be HOST:PORT, such as localhost:25")
    check_address(name.removeprefix("[").removesuffix("]"), path)
    return given


def vip_address(value: Any, path: str, known: Known) -> str:
    """An address that hosts can hold: not a name, not loopback, not link-local."""
    given = address(value, path, known)
    if not is_address(given):
        raise UsageError(f"{path}: {given!r} is a name, which is not looked up; write the virtual address itself")
    if given.startswith(("127.", "fe80:")) or given in ("::1", "::"):
        raise UsageError(f"{path}: {given} is on every host; write the virtual address")
    return given


def user(value: Any, path: str, known: Known) -> str:
    """A user's name, as sudoers takes it."""
    given = text(value, path, known)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,31}", given):
        raise UsageError(f"{path}: {given!r} is not a user name")
    return given


def vips(value: Any, path: str, known: Known) -> dict[str, dict[str, Any]]:
    """Virtual addresses by name: an address alone, or a mapping of what is set about it."""
    parsers: dict[str, Parser] = {"address": vip_address, "holders": text, "components": texts}
    parsed = {}
    for name, inner in mapping(value, path).items():
        check_name(name, path)
        here = f"{path}.{name}"
        parsed[name] = (
            keys(inner, here, known, parsers)
            if isinstance(inner, dict)
            else {"address": vip_address(inner, here, known)}
        )
    return parsed


def clusters(value: Any, path: str, known: Known) -> dict[str, dict[str, str]]:
    """Groups by component and name of a cluster."""
    parsed: dict[str, dict[str, str]] = {}
    for component, named in mapping(value, path).items():
        here = f"{path}.{component}"
        parsed[component] = {
            check_name(name, here): text(group, f"{here}.{name}", known) for name, group in mapping(named, here).items()
        }
    return parsed


def parents(value: Any, path: str, known: Known) -> dict[str, tuple[str, ...]]:
    """Hosts behind which other hosts stand, by host."""
    return {host: texts(names, f"{path}.{host}", known) for host, names in mapping(value, path).items()}


def thresholds(value: Any, path: str, names: frozenset[str]) -> dict[str, str]:
    """Nagios ranges by threshold name; ``names`` are those that the check has."""
    ranges = {}
    for name, spec in mapping(value, path).items():
        here = f"{path}.{name}"
        if name not in names:
            raise UsageError(f"{here}: unknown threshold; {nearest(name, names)}")
        if isinstance(spec, bool | list | dict):
            raise UsageError(f'{here}: must be a range such as "0.2", "5:" or "1:5"; empty takes the threshold away')
        ranges[name] = checked_range("" if spec is None else str(spec), here)
    return ranges


def object_name(value: Any, path: str, known: Known) -> str:
    """The name of an object in a Nagios."""
    given = text(value, path, known)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}", given):
        raise UsageError(
            f"{path}: {given!r} is not a name for a Nagios object; letters, digits and _.@+- may stand in one"
        )
    return given


def object_names(value: Any, path: str, known: Known) -> tuple[str, ...]:
    """A list of such names; one alone is a list of one."""
    return tuple(object_name(name, f"{path}[{index}]", known) for index, name in enumerate(texts(value, path, known)))


def escalations(value: Any, path: str, known: Known) -> list[dict[str, Any]]:
    """A list of escalations, each with at least ``after`` and ``contact_groups``."""
    if not isinstance(value, list):
        raise UsageError(f"{path}: must be a list of mappings, such as [{{after: 3, contact_groups: [managers]}}]")
    parsers: dict[str, Parser] = {
        "after": number(1, 1000, True),
        "contact_groups": object_names,
        "tier": tier,
        "interval": number(0, 604800, False),
    }
    made = [keys(item, f"{path}[{index}]", known, parsers) for index, item in enumerate(value)]
    for index, escalation in enumerate(made):
        missing = [key for key in ("after", "contact_groups") if key not in escalation]
        if missing:
            raise UsageError(f"{path}[{index}]: {missing[0]} is missing")
    return made


def _or_nothing(parser: Parser) -> Parser:
    """Like ``parser``; an empty text takes away what the deployment tool says."""
    return lambda value, path, known: "" if value == "" else str(parser(value, path, known))


def _port(value: Any, path: str, known: Known) -> int:
    """A port, as a number or its digits."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    return int(number(1, 65535, True)(int(value) if digits else value, path, known))


def _words(value: Any, path: str, known: Known) -> str:
    """A command's first words, such as ``podman exec``."""
    given = text(value, path, known)
    if not re.fullmatch(r"[A-Za-z0-9_./@=-]+( [A-Za-z0-9_./@=-]+)*", given):
        raise UsageError(f"{path}: must be the first words of a command, such as 'podman exec'")
    return given


def _ca(value: Any, path: str, known: Known) -> str:
    """A CA file, or the word for those of the system."""
    return SYSTEM_CAS if value == SYSTEM_CAS else absolute_path(value, path, known)


SITE: Mapping[str, Parser] = {
    "container_exec": _or_nothing(_words),
    "database_port": _or_nothing(_port),
    "haproxy_socket": _or_nothing(absolute_path),
    "haproxy_stats_port": _or_nothing(_port),
    "memcached_port": _or_nothing(_port),
    "no_fencing": _or_nothing(text),
    "rabbitmq_ca": _or_nothing(_ca),
    "rabbitmq_management_ca": _or_nothing(_ca),
    "rabbitmq_management_port": _or_nothing(_port),
    "rabbitmq_port": _or_nothing(_port),
    "rabbitmq_server_name": _or_nothing(address),
}
