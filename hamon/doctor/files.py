"""Files that a command line names: whether the user that needs them can use them, and the secrets in them."""

import errno
import os
import shlex
import stat
from collections.abc import Iterator

from hamon import credentials
from hamon.check import Option
from hamon.doctor.calls import Call, value_of
from hamon.doctor.finding import Finding, ok, problem, unknown
from hamon.doctor.machine import Machine, findable
from hamon.errors import UsageError
from hamon.rights import EXECUTE, READ, WRITE, Account, Obstacle, obstacle

NOT_THERE = os.strerror(errno.ENOENT).lower()
ROOT = Account("root", 0, (0,))


def usable(machine: Machine, user: Account, path: str, wanted: int, area: str, what: str = "") -> Finding | None:
    """The finding about a file that ``user`` cannot use; None when it can."""
    what = what or path
    try:
        stop = obstacle(user, machine.real(path), wanted, machine.look)
    except PermissionError:
        return unknown(area, what, f"{path}: this user cannot look there", f"sudo ls -ld {shlex.quote(path)}")
    except OSError as error:
        return problem(area, what, f"{path}: {(error.strerror or '').lower()}", f"ls -ld {shlex.quote(path)}")
    if stop is None:
        return None
    if not stop.sure:
        text = f"{stop.path} has an access control list: whether {user.name} may use {path} is not known"
        return unknown(area, what, text, f"getfacl {shlex.quote(stop.path)}")
    return problem(area, what, f"{user.name} cannot {_verb(wanted)} {path}{_why(stop, path)}", _opened(machine, user, stop, wanted))  # fmt: skip


def _verb(wanted: int) -> str:
    return {READ: "read", EXECUTE: "execute"}.get(wanted, "write to")


def _why(stop: Obstacle, path: str) -> str:
    return "" if stop.path == path else f": {stop.path} stops it"


def _opened(machine: Machine, user: Account, stop: Obstacle, wanted: int) -> str:
    """The commands that let the user's group in, and no one else."""
    status = machine.look(stop.path)
    inner = EXECUTE if stat.S_ISDIR(status.mode) and wanted != WRITE else wanted
    letters = "".join(letter for letter, bit in (("r", READ), ("w", WRITE), ("x", EXECUTE)) if inner & bit)
    path = shlex.quote(stop.path)
    return f"chgrp {machine.group(user.groups[0])} {path} && chmod g+{letters} {path}"


def secret(machine: Machine, user: Account, path: str) -> Finding:
    """The finding about a credentials file that ``user`` has to read."""
    area, quoted = "credentials", shlex.quote(path)
    group = machine.group(user.groups[0])
    closed = f"chgrp {group} {quoted} && chmod 640 {quoted}"
    try:
        mode = machine.look(machine.real(path)).mode
    except FileNotFoundError:
        folder = shlex.quote(path.rpartition("/")[0])
        made = (
            f"install -d -m 750 -g {group} {folder} && install -m 640 -g {group} /dev/null {quoted} && editor {quoted}"
        )
        return problem(area, path, "does not exist", made)
    except OSError as error:
        return unknown(area, path, f"cannot be looked at: {(error.strerror or '').lower()}", "sudo hamon doctor")
    if not stat.S_ISREG(mode):
        return problem(area, path, "is not a regular file", f"ls -ld {quoted}")
    if mode & 0o007:
        return problem(area, path, f"is open to everybody (mode {mode & 0o777:04o}): its checks refuse it", closed)
    stopped = usable(machine, user, path, READ, area)
    if stopped:
        return stopped
    try:
        credentials.parse(machine.read(path), path)
    except UsageError as error:
        return problem(area, path, str(error).removeprefix(f"credentials file {path}").lstrip(", "), f"editor {quoted}")
    except OSError as error:
        return unknown(area, path, f"what is in it: {(error.strerror or '').lower()}", "sudo hamon doctor")
    return ok(area, path, f"{user.name} can read it, others cannot")


def named_by(machine: Machine, user: Account, call: Call) -> Iterator[Finding]:
    """The findings about every file, socket and program that a call names."""
    if call.check is None or call.options is None:
        return
    user = ROOT if call.as_root else user
    for option in call.check.options:
        value = value_of(option, call.options)
        if not value or option.switch:
            continue
        if "--credentials" in option.flags:
            yield secret(machine, user, value)
        elif "--socket" in option.flags:
            if not getattr(call.options, "url", None):
                yield _socket(machine, user, value)
        elif "--exec" in option.flags:
            yield _program(machine, user, value[0], f"{call.name} starts its tools with it")
        elif option.metavar in ("FILE", "DIR") and value != option.default:
            yield from _read(machine, user, option, value)


def _socket(machine: Machine, user: Account, path: str) -> Finding:
    area = "sockets"
    try:
        if not stat.S_ISSOCK(machine.look(machine.real(path)).mode):
            return problem(area, path, "is not a socket", f"ls -l {shlex.quote(path)}")
    except FileNotFoundError:
        return problem(area, path, "does not exist: the service does not run, or has its socket elsewhere", "ss -xlp")
    except PermissionError:
        pass  # what follows says so
    except OSError as error:
        return unknown(area, path, (error.strerror or "").lower())
    return usable(machine, user, path, WRITE, area) or ok(area, path, f"{user.name} may open it")


def _program(machine: Machine, user: Account, name: str, why: str) -> Finding:
    path = findable(machine, user, name)
    if path:
        return ok("tools", name, path)
    return problem("tools", name, f"{user.name} finds no such program; {why}", f"apt-cache search {shlex.quote(name)}")


def _read(machine: Machine, user: Account, option: Option, value: str | list[str]) -> Iterator[Finding]:
    for path in [value] if isinstance(value, str) else value:
        yield usable(machine, user, path, READ, "files") or ok("files", path, f"{user.name} can read it ({option.flags[-1]})")  # fmt: skip


def tools_of(machine: Machine, user: Account, call: Call) -> Iterator[Finding]:
    """The findings about the programs that a call's check runs. Those inside a container are not looked for."""
    if call.check is None or getattr(call.options, "exec", None):
        return
    for tool in call.check.tools:
        yield _program(machine, ROOT if call.as_root else user, tool, f"check_{call.check.name} asks it")
