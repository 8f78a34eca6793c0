"""The hosts' agents, asked from the Nagios server as Nagios asks them: at once, with one deadline for all."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hamon.check import Check
from hamon.doctor.answers import Asked, behind, clock, of_command, on, program_of, version, version_of
from hamon.doctor.finding import Finding, ok, problem, unknown
from hamon.doctor.handshake import Ended, Handshake, Tls
from hamon.doctor.machine import Machine, Ran
from hamon.doctor.nrpe_cfg import MAIN, RESTART
from hamon.names import is_address
from hamon.nrpe import Nrpe, asking
from hamon.plan import Place, Plan, PlannedHost
from hamon.words import counted

AREA = "agents"
SHAKE = 3.0  # seconds for a handshake with an agent that check_nrpe could not talk to
AT_ONCE = 32


def commands(plan: Plan, checks: Mapping[str, Check[Any]]) -> list[Asked]:
    """Every command that Nagios or a cluster check asks an agent for."""
    addresses = {host.name: host.address for host in plan.hosts}
    nodes = [
        Asked(check.host, addresses[check.host], f"check_{check.check}", check.argv, None, check.sudo)
        for check in plan.checks
        if check.where is Place.NODE
    ]
    return nodes + [
        Asked(f.host, addresses[f.host], f.command, f.argv, checks[f.command.removeprefix("facts_check_")], f.sudo)
        for f in plan.facts
    ]


def about(machine: Machine, plan: Plan, checks: Mapping[str, Check[Any]], seconds: float) -> Iterator[Finding]:
    """Findings about all agents and all they are asked for, within ``seconds``."""
    begin = machine.now()
    nrpe, wanted = plan.settings.nrpe, commands(plan, checks)
    asked = {item.host for item in wanted} | {check.host for check in plan.checks if check.where is Place.NRPE}
    hosts = [host for host in plan.hosts if host.name in asked]
    named = [host for host in hosts if not is_address(host.address)]
    lost = {host.name: why for host in named if (why := machine.resolve(host.address))}
    for name, why in lost.items():
        address = next(host.address for host in named if host.name == name)
        yield problem("names", name, f"{address} has no address: {why}", f"getent hosts {shlex.quote(address)}")
    hosts = [host for host in hosts if host.name not in lost]
    hello = machine.run({host.name: asking(nrpe, host.address) for host in hosts}, seconds / 2)
    deaf = [host for host in hosts if hello[host.name].rc != 0]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda host: _deaf(machine, nrpe, host, hello[host.name]), deaf)
    mute = {host.name for host in deaf} | lost.keys()
    able = len(hosts) - len(deaf)
    if able:
        yield ok(AREA, counted(able, "host"), "NRPE answers")
    items = [item for item in wanted if item.host not in mute]
    left = max(1.0, seconds - (machine.now() - begin))
    answers = machine.run({f"{i.host}/{i.name}": asking(nrpe, i.address, i.name) for i in items}, left)
    ran = [(item, answers[f"{item.host}/{item.name}"]) for item in items]
    yield from (of_command(item, answer, nrpe.user) for item, answer in ran)
    yield from _compared(ran)


def _compared(ran: Sequence[tuple[Asked, Ran]]) -> Iterator[Finding]:
    """Versions and clocks of the hosts that gave facts; those of the others are not known, and are said not to be."""
    versions: defaultdict[str, set[str]] = defaultdict(set)
    programs: dict[str, str] = {}
    clocks: dict[str, tuple[float, float]] = {}
    for item, answer in ran:
        if (reported := version_of(answer)) is not None:
            versions[item.host].add(reported)
            programs[item.host] = program_of(item)
        if (seen := behind(answer)) is not None:
            known = clocks.get(item.host)
            clocks[item.host] = seen if known is None or seen[1] < known[1] else known
    yield from (version(host, names, programs[host]) for host, names in sorted(versions.items()))
    yield from (clock(host, seen) for host, seen in sorted(clocks.items()))
    silent = sorted({item.host for item, _ in ran} - clocks.keys())
    if silent:
        text = f"{counted(len(silent), 'host')} give no facts, which alone carry the time: check_chrony compares clocks"
        yield ok("clocks", ", ".join(silent)[:60], text)


def _deaf(machine: Machine, nrpe: Nrpe, host: PlannedHost, ran: Ran) -> Finding:
    """The finding about an agent that check_nrpe got no answer of. Its words are the same for several causes: a handshake of our
    own says which.
    """
    port = f"{host.address}:{nrpe.port}"
    if ran.rc is None and "not installed" in ran.err:
        return problem(AREA, host.name, ran.err, "apt-get install nagios-nrpe-plugin")
    shaken = machine.shake(host.address, nrpe.port, Tls(nrpe.ca, nrpe.cert, nrpe.key), SHAKE)
    return judged(host.name, port, shaken, ran.words, nrpe.cert)


def judged(host: str, port: str, shaken: Handshake, words: str, cert: str) -> Finding:
    """What a handshake with an agent that does not answer says, with the cure. ``words`` are check_nrpe's, ``cert`` is its certificate."""
    source = shaken.source or "NAGIOS_ADDRESS"
    match shaken.ended:
        case Ended.REFUSED:
            return problem(AREA, host, f"{port} refuses the connection: NRPE does not run there", on(host, "systemctl start nagios-nrpe-server"))  # fmt: skip
        case Ended.SILENT:
            return problem(AREA, host, f"{port} does not answer: a firewall, or the host is down", f"ping -c 1 {port.rpartition(':')[0]}")  # fmt: skip
        case Ended.CLOSED:
            text = f"NRPE closes the connection before TLS: {source} is not in its allowed_hosts"
            return problem(AREA, host, text, on(host, f"sed -i s/^allowed_hosts=.*/\\&,{source}/ {MAIN} && {RESTART}"))  # fmt: skip
        case Ended.THEIRS:
            text = f"its certificate is not accepted: {shaken.text}"
            return problem(AREA, host, text, on(host, "hamon doctor"))
        case Ended.OURS:
            text = f"NRPE does not accept the certificate of this server: {shaken.text}"
            shown = f"openssl x509 -in {shlex.quote(cert)} -noout -subject -issuer -dates"
            return problem(AREA, host, text, shown if cert else "set hamon.nrpe.ca, cert and key")
        case Ended.NO_TLS:
            text = f"no TLS handshake: {shaken.text}; NRPE there may speak without TLS or another version"
            return problem(AREA, host, text, on(host, "hamon doctor"))
        case Ended.ACCEPTED:
            text = f"TLS works, and NRPE does not answer: {words[:120]}"
            return unknown(AREA, host, text, on(host, "journalctl -u nagios-nrpe-server -n 20"))
        case Ended.OTHER:
            return problem(AREA, host, f"{port}: {shaken.text}", f"ping -c 1 {port.rpartition(':')[0]}")
