"""The running NRPE: whether there is one, where it listens, and whether it has read what is on disk."""

import json
import re
from collections.abc import Iterator

from hamon.doctor.finding import Finding, note, ok, problem, unknown
from hamon.doctor.machine import Machine
from hamon.doctor.nrpe_cfg import RESTART, Config
from hamon.names import is_address
from hamon.probe.file import Process
from hamon.words import duration, some

AREA = "nrpe"
PORT = 5666
SECONDS = 10.0  # for ip and systemctl
UNIT = re.compile(r"/system\.slice/([^/\n]+\.service)$", re.M)
LISTEN = "0A"  # the state in /proc/net/tcp


def running(machine: Machine, config: Config) -> Process | None:
    """The NRPE that was started with this configuration; None when none runs. Its children, one for each question, are younger."""
    return next((process for process in machine.processes("nrpe") if config.files[0] in process.argv), None)


def about(machine: Machine, config: Config) -> Iterator[Finding]:
    """Findings about the process, its port and what it has read."""
    process, port = running(machine, config), config.number("server_port", PORT)
    listening = _listening(machine, port)
    if process is None:
        yield _elsewhere(machine, config) or _absent(machine, config, port, listening)
        return
    if listening is False:
        yield problem(AREA, f"port {port}", f"NRPE (pid {process.pid}) does not listen on it", RESTART)
    elif listening is None:
        yield unknown(AREA, f"port {port}", "whether NRPE listens: /proc/net/tcp cannot be read")
    else:
        yield ok(AREA, f"port {port}", f"NRPE (pid {process.pid}) runs and listens")
    yield from _stale(machine, config, process)


def _absent(machine: Machine, config: Config, port: int, listening: bool | None) -> Finding:
    others = machine.processes("nrpe")
    if others:
        text = f"NRPE (pid {others[0].pid}) runs with another configuration: {' '.join(others[0].argv)[:100]}"
        return problem(AREA, config.files[0], text, "hamon doctor --nrpe-cfg FILE, or " + RESTART)
    if listening:
        text = "NRPE does not run, and something else listens there: systemd or inetd for it, or another program"
        return note(AREA, f"port {port}", text, f"ss -ltnp 'sport = :{port}'")
    return problem(AREA, "nrpe", "does not run", "systemctl start nagios-nrpe-server")


def _elsewhere(machine: Machine, config: Config) -> Finding | None:
    """The finding about an address to listen at that this host does not have; None where it has it, or that is not known."""
    wanted = config.value("server_address")
    shown = machine.run({"": ("ip", "-j", "addr")}, SECONDS)[""] if is_address(wanted) else None
    if shown is None or shown.rc != 0:
        return None
    try:
        addresses = {entry["local"] for link in json.loads(shown.out) for entry in link["addr_info"]}
    except (ValueError, KeyError, TypeError):
        return None
    if wanted in addresses | {"0.0.0.0", "::"}:  # noqa: S104  # they stand for all addresses
        return None
    text = f"{wanted} is not an address of this host: NRPE cannot listen there and does not run"
    return problem(AREA, "server_address", text, f"sed -i 's/^server_address=/#&/' {config.files[0]} && {RESTART}")


def _listening(machine: Machine, port: int) -> bool | None:
    """Whether anything listens on the port, by the kernel's table."""
    tables = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            tables.append(machine.read(path))
        except OSError:
            continue
    if not tables:
        return None
    rows = (line.split() for table in tables for line in table.splitlines()[1:])
    return any(row[3] == LISTEN and row[1].endswith(f":{port:04X}") for row in rows if len(row) > 3)


def _stale(machine: Machine, config: Config, process: Process) -> Iterator[Finding]:
    """Files that changed after NRPE read them. A reload by SIGHUP alone leaves no trace; one by systemctl does."""
    read = max(process.started, _reloaded(machine, process))
    newer = []
    for path in config.files:
        try:
            if machine.look(machine.real(path)).changed > read + 1:
                newer.append(path)
        except OSError:
            continue
    if newer:
        ago = duration(max(0.0, machine.now() - read))
        text = f"NRPE read its configuration {ago} ago, and {some(newer)} changed since: it knows the old commands only"
        yield problem(AREA, newer[0], text, RESTART)
    else:
        yield ok(AREA, config.files[0], "unchanged since NRPE read it")


def _reloaded(machine: Machine, process: Process) -> float:
    """When systemd last reloaded the unit of a process (epoch seconds); 0 where it does not say."""
    try:
        unit = UNIT.search(machine.read(f"/proc/{process.pid}/cgroup"))
    except OSError:
        return 0.0
    if not unit:
        return 0.0
    shown = machine.run(
        {"": ("systemctl", "show", "--property=StateChangeTimestampMonotonic", "--value", unit[1])}, SECONDS
    )[""]
    try:
        uptime = float(machine.read("/proc/uptime").split()[0])
        return machine.now() - uptime + int(shown.out.strip()) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0
