"""A node: NRPE, what it reads and runs for hamon, and what that needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hamon.check import Check
from hamon.doctor import certificates, daemon, nrpe_cfg, programs
from hamon.doctor.calls import Call, calls_of
from hamon.doctor.files import usable
from hamon.doctor.finding import Finding, note, ok, problem, unknown
from hamon.doctor.handshake import Tls
from hamon.doctor.machine import Machine
from hamon.doctor.nrpe_cfg import RESTART, Config
from hamon.memory import SYSTEM, of_user
from hamon.nrpe import PLUGIN_HEADROOM
from hamon.rights import READ, WRITE, Account, obstacle
from hamon.words import counted, some

AREA = "nrpe"
COMMAND_TIMEOUT = 60  # seconds, NRPE's own default
CLOCKS = ("chronyd", "ntpd", "systemd-timesyncd", "systemd-timesyn", "openntpd", "ntpd-rs", "ntp-daemon", "ptp4l")
INSTALL = f"install -m 644 nrpe/HOST.cfg /etc/nagios/nrpe.d/hamon.cfg && {RESTART}"


def examine(machine: Machine, path: str, checks: Mapping[str, Check[Any]]) -> Iterator[Finding]:
    """Everything about the node whose NRPE has the main configuration ``path``."""
    config = nrpe_cfg.read(path, machine)
    if path not in config.files:
        yield from _unread(config, path)
        return
    name = config.value("nrpe_user", "nagios")
    user = machine.account(name)
    if user is None:
        yield problem(AREA, "nrpe_user", f"there is no user {name}: NRPE does not start", f"useradd --system {name}")
        return
    yield from configuration(machine, config, user)
    yield from daemon.about(machine, config)
    calls = list(calls_of(config, checks))
    yield from planned(config, calls)
    yield from programs.about(machine, user, calls)
    yield from tls(machine, config, user)
    yield memory(machine, config, user)
    yield clock(machine)


def _unread(config: Config, path: str) -> Iterator[Finding]:
    for trouble in config.troubles:
        if trouble.forbidden:
            yield unknown(AREA, trouble.place, f"{trouble.text} for this user", "sudo hamon doctor")
        else:
            text = f"{trouble.text}: is NRPE installed here? Another place is named with --nrpe-cfg"
            yield problem(AREA, path, text, "apt-get install nagios-nrpe-server")


def configuration(machine: Machine, config: Config, user: Account) -> Iterator[Finding]:
    """What is wrong with the configuration itself."""
    for trouble in config.troubles:
        if trouble.forbidden:
            yield unknown(AREA, trouble.place, f"{trouble.text} for this user", "sudo hamon doctor")
        else:
            yield problem(AREA, trouble.place, trouble.text, f"editor {trouble.place.partition(' ')[0]}")
    for file in config.files:
        stopped = usable(machine, user, file, READ, AREA)
        if stopped:
            yield stopped
    for before, line in config.replaced:
        text = f"the command of {before.place} is replaced by that of {line.place}"
        yield problem(AREA, before.key, text, f"sed -i '{line.number}s/^/#/' {line.file} && {RESTART}")  # fmt: skip
    main = config.files[0]
    if config.number("dont_blame_nrpe", 0) == 1:
        text = "NRPE takes arguments from the wire, which hamon does not need"
        yield note(AREA, "dont_blame_nrpe", text, f"sed -i 's/^dont_blame_nrpe=1/dont_blame_nrpe=0/' {main}")
    if not config.value("allowed_hosts"):
        text = "is not set: every host that reaches the port may ask"
        yield note(AREA, "allowed_hosts", text, f"echo allowed_hosts=127.0.0.1,NAGIOS_ADDRESS >>{main}")
    yield ok(AREA, main, f"{counted(len(config.files), 'file')} read")


def planned(config: Config, calls: Sequence[Call]) -> Iterator[Finding]:
    """Whether hamon's commands are there at all, and whether NRPE waits for them."""
    if not calls:
        yield problem(AREA, "commands", "NRPE reads no command that hamon generated", INSTALL)
        return
    files = some(sorted({call.place.partition(" line ")[0] for call in calls}))
    yield ok(AREA, "commands", f"{counted(len(calls), 'command')} in {files}")
    waits = config.number("command_timeout", COMMAND_TIMEOUT)
    deadlines = [(call.options.timeout, call.name) for call in calls if call.options]
    if not deadlines:
        return
    seconds, longest = max(deadlines)
    if waits <= seconds:
        text = f"NRPE ends a plugin after {waits} s, and {longest} has {seconds:g} s: its last words are lost"
        cure = f"sed -i 's/^command_timeout=.*/command_timeout={seconds + PLUGIN_HEADROOM:g}/' {config.files[0]}"
        yield problem(AREA, "command_timeout", text, f"{cure} && {RESTART}")
    else:
        yield ok(AREA, "command_timeout", f"{waits} s, longer than any plugin's {seconds:g} s")


def tls(machine: Machine, config: Config, user: Account) -> Iterator[Finding]:
    """NRPE's certificates, and whether it wants one of the Nagios server."""
    files = Tls(*(config.value(f"ssl_{name}_file") for name in ("cacert", "cert", "privatekey")))
    area, main = certificates.AREA, config.files[0]
    if config.number("ssl_enabled", 1) == 0:
        yield note(area, "ssl_enabled", "TLS is off: answers can be read on the way", f"echo ssl_enabled=1 >>{main}")
        return
    if not files.cert and not files.key:
        text = "NRPE has no certificate (anonymous TLS): only allowed_hosts decides who may ask"
        yield note(area, "ssl_cert_file", text, "see docs/doctor.md, certificates")
        return
    for key, value in (("ssl_cert_file", files.cert), ("ssl_privatekey_file", files.key)):
        if not value:
            yield problem(area, key, "is not set, while its other half is: NRPE does not start", f"editor {main}")
    if config.number("ssl_client_certs", 0) < 2:
        text = "NRPE answers hosts that show no certificate"
        yield note(area, "ssl_client_certs", text, f"echo ssl_client_certs=2 >>{main}")
    elif not files.ca:
        text = "NRPE wants a certificate and has no authority to check it by (ssl_cacert_file): it accepts none"
        yield problem(area, "ssl_client_certs", text, f"echo ssl_cacert_file=/etc/nagios/ca.pem >>{main}")
    running = daemon.running(machine, config)
    yield from certificates.about(machine, user, files, running.started if running else None)


def memory(machine: Machine, config: Config, user: Account) -> Finding:
    """Whether NRPE's plugins can remember between two runs: without that they know no rates and no ages."""
    area, running = "memory", daemon.running(machine, config)
    environment = machine.environment(running.pid) if running else None
    kept = "HAMON_STATE_DIR" in config.value("keep_env_vars").replace(" ", "").split(",")
    if kept and environment is None:
        return unknown(area, "HAMON_STATE_DIR", "NRPE keeps it, and its value cannot be seen", "sudo hamon doctor")
    chosen = (environment or {}).get("HAMON_STATE_DIR", "") if kept else ""
    made = f"install -d -o {user.name} -m 700 {{}}"

    def writable(folder: str) -> bool | None:
        try:
            return obstacle(user, machine.real(folder), WRITE, machine.look) is None
        except OSError:
            return None

    if chosen:
        if writable(chosen):
            return ok(area, chosen, f"{user.name} can write there (HAMON_STATE_DIR)")
        text = f"{user.name} cannot write there, and HAMON_STATE_DIR names it"
        return problem(area, chosen, text, made.format(chosen))
    if writable(SYSTEM):
        return ok(area, SYSTEM, f"{user.name} can write there")
    own = of_user(user.uid)
    try:
        status = machine.look(own)
    except OSError:
        status = None
    if status and (status.uid != user.uid or status.mode & 0o022):
        return problem(area, own, "belongs to another user, or others can write there: checks refuse it", made.format(SYSTEM))  # fmt: skip
    text = (
        f"{user.name} cannot write there; checks remember in {own}, which a restart of NRPE may take away (PrivateTmp)"
    )
    return note(area, SYSTEM, text, made.format(SYSTEM))


def clock(machine: Machine) -> Finding:
    """Whether a time service runs."""
    running = [name for name in CLOCKS if machine.processes(name)]
    if running:
        return ok("clock", running[0], "runs")
    return note("clock", "time service", "none is seen running (chronyd, ntpd, systemd-timesyncd)", "apt-get install chrony")  # fmt: skip
