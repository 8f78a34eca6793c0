"""The Nagios server: what it asks with, what it runs itself, Nagios' configuration, and the agents."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hamon.check import Check
from hamon.doctor import agents, certificates, nagios, programs
from hamon.doctor.calls import call
from hamon.doctor.files import NOT_THERE, usable
from hamon.doctor.finding import Finding, note, ok, problem
from hamon.doctor.handshake import Tls
from hamon.doctor.machine import Machine, Ran
from hamon.nagios_objects import notification
from hamon.plan import Plan
from hamon.rights import EXECUTE, READ, Account

SENDMAIL = "/usr/sbin/sendmail"
OLDEST = 3  # check_nrpe's version from which -t takes N:STATE
VERSION = re.compile(r"Version:\s*(\d+)(\.[\d.]+)?")
SECONDS = 10.0  # for check_nrpe --version


class Server(NamedTuple):
    """What is examined: the plan, the main configuration of Nagios, the directory of the objects (empty: found by nagios.cfg),
    seconds for all agents, and the words by which the inventory was named, for cures.
    """

    plan: Plan
    nagios_cfg: str
    output: str
    seconds: float
    words: str


def examine(machine: Machine, server: Server, checks: Mapping[str, Check[Any]]) -> Iterator[Finding]:
    """Everything about the server and what it asks."""
    plan = server.plan
    main = nagios.read(machine, server.nagios_cfg)
    name = main.values.get("nagios_user", "nagios")
    user = machine.account(name)
    if user is None:
        yield problem("nagios", "nagios_user", f"there is no user {name} here: Nagios does not run on this machine", "apt-get install nagios4-core")  # fmt: skip
        user = Account(name, -1, (-1,))
    yield from asks_with(machine, plan, user)
    central = [check for check in plan.checks if check.where.of_pseudo_host]
    calls = [call(f"{c.host}/{c.check}", "the plan", c.argv, checks) for c in central]
    yield from programs.about(machine, user, calls)
    yield from nagios.about(machine, plan, main, server.output, server.words)
    yield from notified(machine, plan, user)
    yield from agents.about(machine, plan, checks, server.seconds)


def asks_with(machine: Machine, plan: Plan, user: Account) -> Iterator[Finding]:
    """check_nrpe and its certificates."""
    nrpe = plan.settings.nrpe
    stopped = usable(machine, user, nrpe.program, EXECUTE, "check_nrpe")
    if stopped:
        yield stopped._replace(cure="apt-get install nagios-nrpe-plugin") if NOT_THERE in stopped.text else stopped
    else:
        yield version(nrpe.program, machine.run({"": (nrpe.program, "--version")}, SECONDS)[""])
    files = Tls(nrpe.ca, nrpe.cert, nrpe.key)
    if any(files):
        yield from certificates.about(machine, user, files)
    else:
        text = "no certificates are set: TLS is anonymous, and an agent takes any asker for this server"
        yield note(
            "certificates", "hamon.nrpe", text, "set hamon.nrpe.ca, cert and key; see docs/doctor.md, certificates"
        )


def version(program: str, ran: Ran) -> Finding:
    """The finding about check_nrpe's version."""
    match = VERSION.search(ran.out)
    if not match:
        return problem("check_nrpe", program, "does not print its version: is it check_nrpe?", f"{shlex.quote(program)} --version")  # fmt: skip
    text = f"version {match[1]}{match[2] or ''}"
    if int(match[1]) < OLDEST:
        return problem("check_nrpe", program, f"{text} does not know -t N:UNKNOWN: a silent agent would page", "apt-get install nagios-nrpe-plugin")  # fmt: skip
    return ok("check_nrpe", program, text)


def notified(machine: Machine, plan: Plan, user: Account) -> Iterator[Finding]:
    """The programs and files by which somebody is notified."""
    settings, area = plan.settings, "notifications"
    needed: dict[str, int] = {}
    own = [line for line in (settings.notify_host, settings.notify_service) if line]
    for line in own:
        first = line.split()[0]
        if first.startswith("/"):
            needed[first] = EXECUTE
    hamon = notification.program(settings)
    if hamon:
        needed[hamon] = EXECUTE
    if len(own) < 2 and not settings.notify_smtp:
        needed[settings.notify_sendmail or SENDMAIL] = EXECUTE
    if settings.notify_webhook:
        needed[settings.notify_webhook] = READ
    for path, wanted in needed.items():
        stopped = usable(machine, user, path, wanted, area)
        if stopped and path == SENDMAIL:
            stopped = stopped._replace(cure="apt-get install postfix, or set hamon.notify.smtp")
        yield stopped or ok(area, path, f"{user.name} can use it")
