"""A lab as other programs use it: tests, the demo, the detection matrix, the command line."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import hamon
from hamon.errors import UsageError
from hamon.lab import poll, prerequisites
from hamon.lab.components.nagios import generator
from hamon.lab.components.nagios import service as monitoring
from hamon.lab.components.nagios.status import Alert, Status, parse_alerts
from hamon.lab.errors import GoneError, LabError, unknown
from hamon.lab.inside import program
from hamon.lab.profiles import PROFILES
from hamon.lab.protocol import Message, Tell, request, silent
from hamon.lab.site import Site

APPEAR = 15.0
"""Seconds until the supervisor must have opened its socket, and until everything must be gone after `down`."""
ROOT = Path(hamon.__file__).parents[1]
MARK = ".hamon-lab"
"""A file that says a directory is a lab's, so that nothing else is ever removed."""
SCRATCH = ("TMPDIR", "TEMP", "TMP")
"""Variables that name a directory of the caller's: in the lab it is read-only, and /tmp is the lab's."""
COVERED = ("/run", "/var/log", "/dev", "/proc", "/sys")
"""Directories every host has for itself, in which the lab's own files would vanish."""
# reads until every holder of the other end is dead, then removes what they left; again while they are still dying
JANITOR = 'cat >/dev/null; for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$0" && exit; sleep 0.2; done'


class Lab:
    """One cloud in a pocket. As a context manager it comes up on entry, and goes with this process at the latest.

    `dir` is its directory (default: a new temporary directory); it is removed with the lab unless `keep`.
    """

    def __init__(
        self,
        profile: str = "controller",
        dir: Path | str | None = None,
        keep: bool = False,
        monitored: bool = True,
        tell: Tell = silent,
    ) -> None:
        if profile not in PROFILES:
            raise unknown("profile", profile, PROFILES)
        # not made before there is something to put in
        path = Path(tempfile.gettempdir(), f"hamon-lab-{secrets.token_hex(4)}") if dir is None else Path(dir)
        self.site = Site(path.absolute(), PROFILES[profile])
        self.keep = keep
        self.monitored = monitored
        self.tell = tell
        self._tie: int | None = None
        self._room: subprocess.Popen[bytes] | None = None
        self._janitor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.up(tied=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def running(self) -> bool:
        """Whether a supervisor answers in this directory."""
        try:
            request(self.site.control, {"do": "status"})
        except (UsageError, GoneError):
            return False
        return True

    def up(self, tied: bool = False) -> None:
        """Start the lab and wait until everything in it serves.

        Tied, it ends with this process; otherwise it stays in the background until `down`. On any error nothing is left.
        """
        prerequisites.require(self.site.profile, self.monitored)
        self._claim()
        theirs, ours = os.pipe() if tied else (None, None)
        self._tie = ours
        try:
            self._start(theirs)
            self._ask({"do": "wait"})
        except BaseException:
            self.down()
            raise
        finally:
            if theirs is not None:
                os.close(theirs)

    def break_(self, name: str) -> float:
        """Inject a failure; seconds until it could be seen at the service itself."""
        return float(self._ask({"do": "break", "name": name}))

    def heal(self, name: str | None = None) -> float:
        """Heal one failure, or all; seconds until the cloud was healthy."""
        return float(self._ask({"do": "heal", "name": name}))

    def status(self) -> Message:
        """What runs, what serves, what is broken."""
        status: Message = self._ask({"do": "status"})
        return status

    def nagios(self) -> Status:
        """What Nagios says now. Raises CommandError before its first status."""
        return monitoring.status(self.site)

    def sample(self, name: str) -> list[bool | None]:
        """Whether each passing state of a failure is so now; None where the question got no answer."""
        return list(self._ask({"do": "sample", "name": name}))

    def pulse(self, host: str) -> float:
        """Seconds that a small piece of work, a start of Python with hamon's core, takes in a host now, at most `PULSE`.

        Raises CommandError where the host has no power.
        """
        return float(self._ask({"do": "pulse", "host": host}))

    def recheck(self, places: Collection[tuple[str, str]]) -> None:
        """Make Nagios look at these hosts' services now instead of at its own time; "" is the host itself."""
        monitoring.recheck(self.site, places)

    def alerts(self, since: int = 0) -> list[Alert]:
        """The changes of state that Nagios logged since that byte of its log; `log_position` returns the byte."""
        with (self.site.nagios / "nagios.log").open("rb") as log:
            log.seek(since)
            return parse_alerts(log.read().decode(errors="replace"))

    def pages(self) -> list[str]:
        """Every page of this lab so far, as host/service: what would have been sent to the page contacts."""
        notified = self.site.nagios / generator.NOTIFIED
        lines = notified.read_text(errors="replace").splitlines() if notified.exists() else []
        fields = (line.split(";") for line in lines)
        return [
            f"{host}/{service}" for kind, contact, host, service, _ in fields if kind == "PROBLEM" and "page" in contact
        ]

    def log_position(self) -> int:
        """Where Nagios' log ends now, in bytes."""
        return (self.site.nagios / "nagios.log").stat().st_size

    def exec(self, host: str, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in a host; a non-zero exit is the caller's to judge."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, open(os.devnull) as null:
            code = self.attach(host, argv, (null.fileno(), out.fileno(), err.fileno()))
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(argv), code, out.read(), err.read())

    def attach(self, host: str, argv: Sequence[str], files: tuple[int, int, int] = (0, 1, 2)) -> int:
        """Run a command in a host on these open files; its exit code."""
        return int(self._ask({"do": "exec", "host": host, "argv": list(argv)}, files))

    def down(self) -> None:
        """End the lab and wait until nothing is left of it. A lab that is not there is not an error."""
        with contextlib.suppress(UsageError, GoneError):
            request(self.site.control, {"do": "down"})
        if self._room is not None:
            self._room.kill()  # its process 1 goes with it
            self._room.wait()
            self._room = None
        if self._tie is not None:
            os.close(self._tie)
            self._tie = None
        if self._janitor is not None:
            self._janitor.wait(APPEAR)
            self._janitor = None
        if self.keep:
            self.site.control.unlink(missing_ok=True)
        elif (self.site.dir / MARK).exists():
            poll.until(self._removed, f"{self.site.dir} to be removed", APPEAR)

    def _removed(self) -> bool:
        # beside the janitor, for a lab whose janitor was killed too
        shutil.rmtree(self.site.dir, ignore_errors=True)
        return not self.site.dir.exists()

    def _ask(self, message: Message, files: tuple[int, ...] = ()) -> Any:
        return request(self.site.control, message, self.tell, files)

    def _claim(self) -> None:
        """Make the directory this lab's. Raises UsageError when it cannot be."""
        directory = self.site.dir
        if any(directory.is_relative_to(covered) for covered in COVERED):
            raise UsageError(f"{directory}: every host has its own {' '.join(COVERED)}; put the lab elsewhere")
        if self.running:
            raise UsageError(f"a lab is already running in {directory}")
        if (directory / MARK).exists():
            shutil.rmtree(directory)  # what a lab left whose janitor was killed too, or which was kept
        elif directory.exists() and any(directory.iterdir()):
            raise UsageError(f"{directory} is not empty and no lab's")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / MARK).touch()

    def _start(self, tie: int | None) -> None:
        """Start the supervisor in its namespaces and, outside them, a process that cleans up after it."""
        spec = json.dumps(
            {
                "dir": str(self.site.dir),
                "profile": self.site.profile.name,
                "monitored": self.monitored,
                "tie": tie,
            }
        )
        closed = program("view.py", str(self.site.dir))
        supervisor = [sys.executable, "-m", "hamon.lab.supervisor", spec]
        space = ["unshare", *prerequisites.NAMESPACES]
        argv = (
            ["unshare", "--mount", *closed, *space, *supervisor]
            if os.geteuid() == 0
            else [*space, *closed, *supervisor]
        )
        # the checkout this module is from, whatever the directory we were called in
        search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        kept = {name: value for name, value in os.environ.items() if name not in SCRATCH}
        environment = {**kept, "PATH": prerequisites.PATH, "PYTHONPATH": search, "LC_ALL": "C.UTF-8"}
        gone, alive = os.pipe()
        try:
            with self.site.log.open("ab") as log:
                self._room = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                    pass_fds=(alive, tie) if tie is not None else (alive,),
                )
            if not self.keep:
                self._janitor = subprocess.Popen(
                    ["sh", "-c", JANITOR, str(self.site.dir)],
                    stdin=gone,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    start_new_session=True,
                )
        finally:
            os.close(gone)
            os.close(alive)
        poll.until(self._appeared, "the lab's supervisor", APPEAR, interval=0.05)

    def _appeared(self) -> bool:
        assert self._room is not None
        if self._room.poll() is not None:
            words = self.site.log.read_text().strip().splitlines() or ["no words"]
            raise LabError(f"the supervisor ended at once: {words[-1]}")
        return self.running
