"""A machine made of dicts, with a healthy node or server on it; tests change what they are about."""

from collections.abc import Callable, Mapping, Sequence

from hamon import __version__
from hamon.doctor.handshake import Ended, Handshake, Tls
from hamon.doctor.machine import Ran
from hamon.probe.file import Process
from hamon.rights import Account, Status

NOW = 1_790_000_000.0
DAY = 86400.0
STARTED = NOW - 3600
DIRECTORY, FILE, SOCKET = 0o040755, 0o100644, 0o140660
NAGIOS = Account("nagios", 103, (106,))
PUBLIC = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"
VALID = "notBefore=Nov 25 06:48:13 2025 GMT\nnotAfter=Nov 25 06:48:13 2027 GMT\n"
SUDO_LIST = (
    "User nagios may run the following commands on ctl1:\n    (root) NOPASSWD: /opt/hamon/bin/check_corosync -t 12\n"
)


class Fake:
    """A ``Machine``. ``files`` are texts with their status; the directories above them are open to everybody."""

    def __init__(self) -> None:
        self.uid = 0
        self.clock = NOW
        self.files: dict[str, tuple[str, Status]] = {}
        self.broken: dict[str, OSError] = {}
        self.accounts = {"nagios": NAGIOS, "root": Account("root", 0, (0,))}
        self.running: dict[str, list[Process]] = {}
        self.environments: dict[int, dict[str, str]] = {}
        self.answers: dict[tuple[str, ...], Ran] = {}
        self.lost: dict[str, str] = {}
        self.hands: dict[str, Handshake] = {}
        self.asked: list[tuple[str, ...]] = []

    # what a test says of it

    def file(
        self, path: str, text: str = "", mode: int = FILE, uid: int = 0, gid: int = 0, at: float = NOW - DAY
    ) -> None:
        self.files[path] = (text, Status(mode, uid, gid, at))
        above = path.rpartition("/")[0]
        while above and above not in self.files:
            self.files[above] = ("", Status(DIRECTORY))
            above = above.rpartition("/")[0]

    def remove(self, path: str) -> None:
        del self.files[path]

    def edit(self, path: str, old: str, new: str) -> None:
        text, status = self.files[path]
        assert old in text
        self.files[path] = (text.replace(old, new), status)

    def mode(self, path: str, mode: int, uid: int | None = None, gid: int | None = None, listed: bool = False) -> None:
        text, status = self.files[path]
        kind = status.mode & 0o170000
        changed = status._replace(mode=kind | mode, listed=listed)
        self.files[path] = (
            text,
            changed._replace(uid=status.uid if uid is None else uid, gid=status.gid if gid is None else gid),
        )

    def changed(self, path: str, at: float) -> None:
        text, status = self.files[path]
        self.files[path] = (text, status._replace(changed=at))

    def answer(self, words: Sequence[str], out: str = "", rc: int | None = 0, err: str = "") -> None:
        self.answers[tuple(words)] = Ran(rc, out, err, self.clock, self.clock + 0.1)

    # what the doctor asks

    def now(self) -> float:
        return self.clock

    def user(self) -> int:
        return self.uid

    def real(self, path: str) -> str:
        return path

    def look(self, path: str) -> Status:
        if path in self.broken:
            raise self.broken[path]
        if path == "/":
            return Status(DIRECTORY)
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        return self.files[path][1]

    def read(self, path: str) -> str:
        self.look(path)
        return self.files[path][0]

    def names(self, directory: str) -> list[str]:
        self.look(directory)
        inside = (path for path in self.files if path.rpartition("/")[0] == directory)
        return sorted(path.rpartition("/")[2] for path in inside)

    def account(self, name: str) -> Account | None:
        return self.accounts.get(name)

    def group(self, gid: int) -> str:
        return {106: "nagios", 0: "root"}.get(gid, str(gid))

    def run(self, commands: Mapping[str, Sequence[str]], seconds: float) -> dict[str, Ran]:
        assert seconds > 0
        self.asked += [tuple(argv) for argv in commands.values()]
        return {key: self._ran(tuple(argv)) for key, argv in commands.items()}

    def _ran(self, argv: tuple[str, ...]) -> Ran:
        words = max((known for known in self.answers if known == argv[: len(known)]), key=len, default=None)
        assert words is not None, f"nobody said what {argv} answers"
        return self.answers[words]

    def processes(self, name: str) -> tuple[Process, ...]:
        return tuple(self.running.get(name, ()))

    def environment(self, pid: int) -> dict[str, str] | None:
        return self.environments.get(pid)

    def resolve(self, name: str) -> str:
        return self.lost.get(name, "")

    def shake(self, address: str, port: int, tls: Tls, seconds: float) -> Handshake:
        return self.hands[address]


Change = Callable[[Fake], object]


def program(machine: Fake, path: str, version: str = __version__) -> None:
    python = f"{path.rpartition('/')[0]}/python"
    machine.file(path, f"#!{python}\nimport sys\n", mode=0o100755)
    machine.file(python, mode=0o100755)
    machine.answer((path, "--version"), f"{path.rpartition('/')[2]} (hamon {version})\n")


def certificate(machine: Fake, folder: str, name: str) -> None:
    """A certificate and its key, and the authority beside them, readable by NRPE's group."""
    for what in ("ca", name):
        machine.file(f"{folder}/{what}.pem", "certificate")
        machine.answer(("openssl", "x509", "-in", f"{folder}/{what}.pem"), VALID + PUBLIC.format(what))
    machine.file(f"{folder}/{name}.key", "key", 0o100640, 0, 106)
    machine.answer(("openssl", "pkey", "-in", f"{folder}/{name}.key"), PUBLIC.format(name))


def refused() -> Handshake:
    return Handshake(Ended.REFUSED, "connection refused")
