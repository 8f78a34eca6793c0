"""Command lines: a check's argument templates filled in, then what the settings add.

Names that templates may use: ``{host}`` ``{address}`` ``{credentials}`` ``{members}`` ``{names}`` ``{size}`` ``{quorum}``
``{vip}`` ``{vip_name}`` ``{vips}`` ``{proxies}`` ``{timeout}`` ``{via}`` ``{lost_host}`` ``{arbiters}`` and those of
``hamon.site``; docs/inventory.md says which kind of check has which.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hamon.check import Check
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory.model import Host
from hamon.names import joined
from hamon.nrpe import CENTRAL_HEADROOM, PLUGIN_HEADROOM, SERVICE_CHECK_TIMEOUT, via
from hamon.plan import given
from hamon.plan.clusters import Cluster, Membership
from hamon.plan.settings import Local, Override, Settings

PROXY = "haproxy"  # the component whose members stand in front of the others

# Stand for the host while a command line is made once for thousands of them; no setting can contain them.
_HOST, _ADDRESS = "\0host\0", "\0address\0"


class _Prepared(NamedTuple):
    """A command line and the positions of the words that differ from host to host."""

    argv: tuple[str, ...]
    own: tuple[int, ...]


class Arguments:
    """Command lines: a check's argument templates filled in, then what the settings add.

    ``membership`` says who is a member of what. Everything raises UsageError that names host, check and what to add.
    """

    def __init__(self, settings: Settings, via_template: str, membership: Membership) -> None:
        self.settings = settings
        self.via = via_template or via(settings.nrpe)
        self.membership = membership
        self._prepared: dict[tuple[str, int, int, str, int, str], _Prepared] = {}
        self._kept: list[Any] = []  # keys above hold ids: what they stand for must not go away

    def node(
        self, check: Check[Any], override: Override, local: Local, component: Component, host: Host
    ) -> tuple[str, ...]:
        """A node check's command line. Shared between hosts when no word differs between them."""
        fellows, vips = self.membership.fellows(component.name, host.name), self._vips_of(host)
        key = (check.name, id(override), id(local), component.name, id(fellows), vips)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self._prepared[key] = self._prepare(check, override, local, component, host)
            self._kept += (override, local, fellows)
        if not prepared.own:
            return prepared.argv
        words = list(prepared.argv)
        for index in prepared.own:
            words[index] = _of_host(words[index], host)
        return tuple(words)

    def _prepare(
        self, check: Check[Any], override: Override, local: Local, component: Component, host: Host
    ) -> _Prepared:
        settings = self.settings
        timeout = settings.nrpe.timeout - PLUGIN_HEADROOM
        values = {
            "host": _HOST,
            "address": _ADDRESS,
            "credentials": f"{local.credentials_dir or settings.credentials_dir}/{component.name}.cnf",
            **_of_members(self.membership.fellows(component.name, host.name), direct=True),
            **({"address": override.address} if override.address else {}),
            **self._of_cloud(self._vips_of(host)),
            "timeout": str(timeout),
        }
        words = _fill(check, override, values, f"{host.name}/{check.name}", timeout, host)
        _check_deadline(words, settings.nrpe.timeout, "hamon.nrpe.timeout", f"{host.name}/{check.name}")
        argv = (f"{local.plugin_dir or settings.plugin_dir}/{check.program}", *words)
        return _Prepared(argv, tuple(index for index, word in enumerate(argv) if _HOST in word or _ADDRESS in word))

    def central(self, check: Check[Any], override: Override, cluster: Cluster, lost_host: str) -> tuple[str, ...]:
        """A cluster or VIP check's command line, for the Nagios server. ``lost_host`` is empty where it pages for such."""
        settings, place, vip = self.settings, f"{cluster.name}/{check.name}", cluster.vip
        timeout = settings.nrpe.timeout + CENTRAL_HEADROOM
        values = {
            "credentials": f"{settings.credentials_dir}/{cluster.component.name}.cnf",
            **_of_members(cluster.members, direct=check.of is None),
            **self._of_cloud(",".join(vip.address for vip in settings.vips.values())),
            "timeout": str(timeout),
            "via": self.via,
            **({"vip_name": vip[0], "vip": vip[1]} if vip else {}),
            **({"lost_host": lost_host} if lost_host else {}),
            **({"arbiters": str(cluster.arbiters)} if cluster.arbiters is not None else {}),
        }
        words = _fill(check, override, values, place, timeout)
        _check_deadline(words, SERVICE_CHECK_TIMEOUT, "Nagios' service_check_timeout", place)
        return (f"{settings.plugin_dir}/{check.program}", *words)

    def _vips_of(self, host: Host) -> str:
        """The virtual addresses that this host may hold: those of its groups, and those that name no holders."""
        vips = self.settings.vips.values()
        return ",".join(vip.address for vip in vips if not vip.holders or vip.holders in host.groups)

    def _of_cloud(self, vips: str) -> dict[str, str]:
        """The values that only some clouds have: virtual addresses, proxies in front."""
        known = {
            "vips": vips,
            "proxies": _of_members(self.membership.members.get(PROXY, ()), direct=False)["members"],
            **self.settings.site,
        }
        return {name: value for name, value in known.items() if value}


def _of_host(word: str, host: Host) -> str:
    """``word`` with what stands for the host filled in."""
    in_url = joined(host.service, "")
    return word.replace(_HOST, host.name).replace(f"//{_ADDRESS}:", f"//{in_url}").replace(_ADDRESS, host.service)


def _of_members(members: Sequence[Host], direct: bool) -> dict[str, str]:
    """The values that templates may take of a list of members. ``direct``: the services themselves are asked, at the address where they listen, and not the hosts' agents."""
    return {
        "members": ",".join(f"{host.name}={host.service if direct else host.address}" for host in members),
        "names": ",".join(host.name for host in members),
        "size": str(len(members)),
        "quorum": str(len(members) // 2 + 1),
    }


def _fill(
    check: Check[Any], override: Override, values: Mapping[str, str], place: str, timeout: int, host: Host | None = None
) -> list[str]:
    known = [group for group in check.runs.argv_if if all(_names(word) <= values.keys() for word in group)]
    words = []
    for template in (*check.runs.argv, *(word for group in known for word in group)):
        try:
            words.append(template.format_map(values))
        except KeyError as missing:
            name = str(missing.args[0])
            hint = _HINTS.get(name, "there is no such name; docs/inventory.md lists them")
            raise UsageError(f"{place}: argument {template!r} needs {{{name}}}: {hint}") from None
        except (ValueError, IndexError, AttributeError):
            text = f"{place}: argument {template!r} is not a valid template; braces that are meant are doubled"
            raise UsageError(text) from None
    if not {"-t", "--timeout"}.intersection(check.runs.argv):
        words += ["-t", str(timeout)]
    args = [given.filled(word, values) for word in override.args or ()]
    given.check_args(check, args if host is None else [_of_host(word, host) for word in args], words, place)
    given.check_thresholds(check, override, place)
    words += args
    words += [word for name, spec in sorted(override.warn.items()) for word in ("-w", f"{name}={spec}")]
    words += [word for name, spec in sorted(override.crit.items()) for word in ("-c", f"{name}={spec}")]
    return words


def _names(template: str) -> set[str]:
    """The names that a template wants filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _check_deadline(words: Sequence[str], limit: int, limit_name: str, place: str) -> None:
    """Raise UsageError unless the plugin gives up before check_nrpe, or that before Nagios: a slow answer would read as a dead agent."""
    last = [words[index + 1] for index in range(len(words) - 1) if words[index] in ("-t", "--timeout")][-1]
    try:
        seconds = float(last)
    except ValueError:
        raise UsageError(f"{place}: -t {last!r} is not a number of seconds; correct its args") from None
    if not seconds < limit:
        raise UsageError(
            f"{place}: its own deadline of {seconds:g} s (-t) is not below {limit_name} of {limit} s; lower it"
        )


_NO_VIP = "only the checks of a VIP have one; state runs=ThroughVip(...) and name the address in hamon.vips"
_HINTS = {
    "vip": _NO_VIP,
    "vip_name": _NO_VIP,
    "host": "a cluster or VIP check has no single host; use {members} or {names}",
    "address": "a cluster or VIP check has no single address; use {members}",
    "via": "only cluster and VIP checks ask other hosts",
}
