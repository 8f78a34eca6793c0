"""Arguments and thresholds that settings give a check, held against the check's own command line before anything is written.

A wrong word there is UNKNOWN on every host once Nagios runs it, and ``--help`` or ``--facts`` would be an OK that judges nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nagiosplugin

from hamon.check import Check
from hamon.errors import UsageError
from hamon.options import Printed, override, parse
from hamon.plan.settings import Override

_NO_VERDICT = ("facts", "record", "replay")
_NAME = re.compile(r"\{([a-z_]+)\}")


def filled(word: str, values: Mapping[str, str]) -> str:
    """``word`` with the names of ``values`` in it filled in; other braces stay, and so does a command that asks others."""
    if "{command}" in word:
        return word
    return _NAME.sub(lambda match: values.get(match[1], match[0]), word)


def check_args(check: Check[Any], args: Sequence[str], planned: Sequence[str], place: str) -> None:
    """Raise UsageError for arguments that the check does not take, that print instead of judging, or that ask another host.

    ``planned`` are the words of the plan itself: what they say of the host or members cannot be said again.
    """
    if not args:
        return
    try:
        options = parse(check, args)
    except Printed:
        raise UsageError(f"{place}: args {' '.join(args)!r} print a text instead of a verdict; take it out") from None
    except UsageError as error:
        text = str(error).removesuffix(f"; see {check.program} --help")
        raise UsageError(f"{place}: args: {text[:120]}; see {check.program} --help") from None
    for name in _NO_VERDICT:
        if getattr(options, name):
            raise UsageError(f"{place}: args: --{name} is for people at a terminal; take it out")
    ours = {
        flag for option in check.options for flag in option.flags if set(option.flags) & {"-H", "--members", "--via"}
    }
    for flag in (word.partition("=")[0] for word in args):
        pair = next((option.flags for option in check.options if flag in option.flags), ())
        if flag in ours and not set(pair).isdisjoint(planned):
            raise UsageError(
                f"{place}: args: {flag} is planned already; set hamon.checks.{check.name}.address or hamon.service_address"
            )


def check_thresholds(check: Check[Any], given: Override, place: str) -> None:
    """Raise UsageError where a WARNING could never be seen: its range lies beyond that of CRITICAL."""
    limits = check.limits
    for field, flag, ranges in (("warn", "-w", given.warn), ("crit", "-c", given.crit)):
        limits = override(limits, [f"{name}={spec}" for name, spec in ranges.items()], field, flag, check)
    for limit in limits:
        if limit.warn and limit.crit and limit.name in {*given.warn, *given.crit} and _beyond(limit.warn, limit.crit):
            raise UsageError(
                f"{place}: {limit.name}: warn {limit.warn} is beyond crit {limit.crit}, so that WARNING is never seen; set both"
            )


def _beyond(warn: str, crit: str) -> bool:
    """Whether every value that is outside ``warn`` is outside ``crit`` as well, and some value is outside ``crit`` only."""
    inner, outer = nagiosplugin.Range(warn), nagiosplugin.Range(crit)
    if inner.invert or outer.invert or warn == crit:
        return False
    return bool(inner.start <= outer.start and inner.end >= outer.end)
