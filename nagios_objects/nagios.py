"""Whether the real Nagios takes the objects, tried with a throw-away main configuration."""

import getpass
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from hamon.errors import UsageError
from hamon.plan.settings import Settings

TIMEOUT = 300  # seconds; 100,000 services take less than one
_PROGRAMS = ("nagios4", "nagios", "/usr/sbin/nagios4", "/usr/sbin/nagios")

_MAIN = """\
cfg_dir={objects}
log_file={work}/nagios.log
check_result_path={work}
temp_path={work}
temp_file={work}/temp
lock_file={work}/lock
command_file={work}/command
status_file={work}/status
state_retention_file={work}/retention
object_cache_file={work}/cache
precached_object_file={work}/precache
nagios_user={user}
nagios_group={user}
illegal_macro_output_chars=`~$&|'"<>
"""


class Preflight(NamedTuple):
    """What Nagios reported: ``errors`` is empty when it takes the objects."""

    program: str
    services: int
    hosts: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def find() -> str | None:
    """The Nagios daemon on this machine, if any."""
    return next((path for path in map(shutil.which, _PROGRAMS) if path), None)


def stubs(settings: Settings) -> str:
    """Stand-ins for what the settings name of the operator's own Nagios: hamon's objects are verified without it."""
    groups = {name for names in settings.contact_groups.values() for name in names}
    groups |= {name for escalation in settings.escalations for name in escalation.contact_groups}
    blocks: list[tuple[str, dict[str, str]]] = [
        *(("contactgroup", {"contactgroup_name": n, "alias": n, "members": "stub-contact"}) for n in sorted(groups)),
        *(("timeperiod", {"timeperiod_name": n, "alias": n, **_DAYS}) for n in sorted(set(settings.periods.values()))),
        *((kind, {"name": name, "register": "0"}) for kind, name in sorted(settings.templates.items())),
    ]
    if groups:
        blocks += [
            ("command", {"command_name": "stub-command", "command_line": "/bin/true"}),
            ("timeperiod", {"timeperiod_name": "stub-period", "alias": "stub", **_DAYS}),
            ("contact", _CONTACT),
        ]
    return "".join(
        f"define {kind} {{\n{''.join(f'  {k} {v}{chr(10)}' for k, v in rows.items())}}}\n" for kind, rows in blocks
    )


_DAYS = {"monday": "00:00-24:00"}
_CONTACT = {
    "contact_name": "stub-contact",
    "email": "root@localhost",
    **{f"{what}_notification_period": "stub-period" for what in ("host", "service")},
    **{f"{what}_notification_commands": "stub-command" for what in ("host", "service")},
    "host_notification_options": "d,r",
    "service_notification_options": "w,u,c,r",
}


def preflight(program: str, objects: Path, outside: str = "") -> Preflight:
    """Run ``program -v`` over the directory ``objects`` and the further objects ``outside``. Raises UsageError when it cannot be run."""
    with tempfile.TemporaryDirectory(prefix="hamon-preflight-") as work:
        main = Path(work) / "nagios.cfg"
        further = Path(work) / "outside.cfg"
        further.write_text(outside, encoding="utf-8")
        text = _MAIN.format(objects=objects.absolute(), work=work, user=getpass.getuser())
        main.write_text(f"cfg_file={further}\n{text}", encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "-v", str(main)], capture_output=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise UsageError(f"{program} -v did not end within {TIMEOUT} s") from None
        except OSError as error:
            raise UsageError(
                f"{program} cannot be run: {(error.strerror or '').lower()}; leave it out with --no-nagios"
            ) from None
    return judge(program, done.returncode, done.stdout.decode("utf-8", "replace"))


def judge(program: str, code: int, output: str) -> Preflight:
    """What the text of ``nagios -v`` means. Without the counted services it is not evidence."""
    lines = [line.strip() for line in output.splitlines()]
    errors = [line for line in lines if line.startswith("Error")]
    warnings = [line for line in lines if line.startswith("Warning")]
    services, hosts = (_counted(output, what) for what in ("services", "hosts"))
    if code and not errors:
        errors = [f"{program} -v ended with exit code {code} and named no error"]
    if services is None and not errors:
        errors = [f"{program} -v did not say how many services it checked"]
    return Preflight(program, services or 0, hosts or 0, tuple(errors), tuple(warnings))


def _counted(output: str, what: str) -> int | None:
    match = re.search(rf"Checked (\d+) {what}\.", output)
    return int(match[1]) if match else None
