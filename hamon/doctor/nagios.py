"""Nagios' own configuration and the objects it was given: whether they are those of the plan, and whether Nagios has read them."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hamon.doctor.finding import Finding, note, ok, problem, unknown
from hamon.doctor.machine import Machine
from hamon.errors import UsageError
from hamon.nagios_objects import directory
from hamon.nagios_objects.generate import rendered, unset_contacts
from hamon.nagios_objects.machine import lacks, values_of
from hamon.nrpe import CENTRAL_HEADROOM, SERVICE_CHECK_TIMEOUT
from hamon.plan import Plan
from hamon.words import counted, duration, some

AREA = "nagios"
HOSTS = "hamon-hosts.cfg"
RESTART = "systemctl reload nagios4"
DEFAULT = "/etc/nagios4/nagios.cfg"


class Main(NamedTuple):
    """Nagios' main configuration: its path, its values, its cfg_dirs; ``trouble`` says why it could not be read."""

    path: str
    values: Mapping[str, str]
    directories: tuple[str, ...]
    trouble: str = ""


def read(machine: Machine, path: str) -> Main:
    """The main configuration at ``path``; an empty path names none."""
    if not path:
        return Main("", {}, (), "no nagios.cfg is where distributions have it; name it with --nagios-cfg")
    try:
        text = machine.read(path)
    except OSError as error:
        return Main(path, {}, (), f"{path}: {(error.strerror or '').lower()}")
    rows = (line.partition("=") for line in text.splitlines())
    directories = tuple(value.strip().rstrip("/") for key, _, value in rows if key.strip() == "cfg_dir")
    return Main(path, values_of(text), directories)


def about(machine: Machine, plan: Plan, main: Main, output: str, words: str) -> Iterator[Finding]:
    """Findings about the main configuration, the objects and the running Nagios. ``words`` name the inventory in cures."""
    contacts = unset_contacts(plan)
    if contacts:
        yield note("notifications", "contacts", contacts, "set hamon.contacts in the inventory")
    if main.trouble:
        yield unknown(AREA, main.path or "nagios.cfg", main.trouble, f"hamon doctor {words} --nagios-cfg FILE")
        return
    quoted = shlex.quote(main.path)
    for lack in lacks(plan, main.values):
        made = (problem if lack.grave else note)(
            AREA, main.path, lack.text, f"echo {shlex.quote(lack.line)} >>{quoted}"
        )
        yield made
    yield _waits(plan, main)
    places = [output] if output else _outputs(machine, main)
    if not places:
        line = shlex.quote("cfg_dir=/etc/hamon/objects")
        text = "no cfg_dir of it has hamon's objects: nothing of the plan is watched"
        yield problem(AREA, main.path, text, f"echo {line} >>{quoted} && {RESTART}")
        return
    for where in places:
        if f"{where}/objects" not in main.directories:
            line = shlex.quote(f"cfg_dir={where}/objects")
            yield problem(AREA, main.path, f"has no cfg_dir={where}/objects: nothing of the plan is watched", f"echo {line} >>{quoted} && {RESTART}")  # fmt: skip
    yield _same(plan, places, words)
    yield from _read(machine, main, places)


def _outputs(machine: Machine, main: Main) -> list[str]:
    """The output directories of gen-objects that Nagios reads."""
    places = []
    for folder in main.directories:
        try:
            names = machine.names(folder)
        except OSError:
            continue
        if HOSTS in names and folder.endswith("/objects"):
            places.append(folder.removesuffix("/objects"))
    return places


def _waits(plan: Plan, main: Main) -> Finding:
    text = main.values.get("service_check_timeout", "")
    waits = int(text) if text.isdigit() else SERVICE_CHECK_TIMEOUT
    longest = plan.settings.nrpe.timeout + CENTRAL_HEADROOM
    longest = max([longest, *(int(float(seconds)) for check in plan.checks if check.where.of_pseudo_host and (seconds := _deadline(check.argv)))])  # fmt: skip
    if waits <= longest:
        line = f"service_check_timeout={longest + CENTRAL_HEADROOM}"
        text = f"Nagios kills a check after {waits} s, and a check has {longest} s: its last words are lost"
        return problem(AREA, "service_check_timeout", text, f"sed -i 's/^service_check_timeout=.*/{line}/' {shlex.quote(main.path)}")  # fmt: skip
    return ok(AREA, "service_check_timeout", f"{waits} s, longer than any check's {longest} s")


def _deadline(argv: tuple[str, ...]) -> str:
    return next((argv[n + 1] for n in range(len(argv) - 2, -1, -1) if argv[n] in ("-t", "--timeout")), "")


def _same(plan: Plan, places: list[str], words: str) -> Finding:
    """Whether one of the directories has what the plan would be written as."""
    files, wrong = rendered(plan)
    where = places[0]
    made = f"hamon gen-objects {words} -o {shlex.quote(where)}"
    if wrong:
        return problem("objects", where, f"the plan cannot be written: {wrong[0]}", made)
    differing = []
    for place in places:
        try:
            current = directory.read_current(Path(place))
        except UsageError as error:
            return problem("objects", place, str(error), made)
        delta = directory.compare(current, plan, files, directory.services_of(plan))
        if not delta:
            return ok("objects", place, f"those of plan {plan.digest}")
        differing.append((place, delta))
    place, delta = min(differing, key=lambda pair: len(pair[1].files))
    text = f"not those of this plan: {counted(len(delta.files), 'file')} would change ({some(delta.files)})"
    return problem("objects", place, text, f"hamon gen-objects {words} -o {shlex.quote(place)} && {RESTART}")


def _read(machine: Machine, main: Main, places: list[str]) -> Iterator[Finding]:
    """Whether Nagios runs, and read the objects that are on disk: it writes its object cache whenever it reads them."""
    lock = main.values.get("lock_file", "")
    try:
        pid = machine.read(lock).strip() if lock else ""
    except OSError:
        pid = ""
    running = [process for name in ("nagios4", "nagios") for process in machine.processes(name)]
    if not any(str(process.pid) == pid or main.path in process.argv for process in running):
        yield problem(AREA, "nagios", f"does not run with {main.path}", "systemctl start nagios4")
        return
    try:
        cached = machine.look(main.values.get("object_cache_file", "")).changed
        written = {
            f"{where}/objects/{name}": machine.look(f"{where}/objects/{name}").changed
            for where in places
            for name in machine.names(f"{where}/objects")
        }
    except OSError as error:
        yield unknown(AREA, "object_cache_file", f"when Nagios read its objects: {(error.strerror or '').lower()}")
        return
    newer = sorted(path for path, changed in written.items() if changed > cached)
    if newer:
        ago = duration(max(0.0, machine.now() - cached))
        yield problem(AREA, "nagios", f"read its objects {ago} ago, and {some(newer)} changed since", RESTART)
    else:
        yield ok(AREA, "nagios", "runs with the objects that are on disk")
