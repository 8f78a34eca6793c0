"""A folder of certificates: the authority (``ca.key``, ``ca.pem``) and what it signed (``NAME.key``, ``NAME.pem``).

Every file is made beside its place and moved there whole; the certificate is the last of a pair. A key that stands without its
certificate, left by a run that was interrupted or made elsewhere, is used and never replaced.
"""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from hamon.errors import UsageError
from hamon.pki.openssl import KEYS, REQUEST, Certificate, Use, certificate, extensions, openssl

CA = "ca"
DAY = 86400.0
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
PUBLIC, OURS, SHARED = 0o644, 0o600, 0o640
"""Modes: a certificate; the authority's key; a key that a service of the folder's group reads."""


class Entry(NamedTuple):
    """A certificate of the folder; ``certificate`` is None where openssl does not read it."""

    name: str
    certificate: Certificate | None


def init(folder: str, name: str, sort: str, days: int) -> str:
    """Make the authority; its certificate's path. Raises UsageError when there is one already, or the folder cannot be used."""
    if not os.path.isdir(folder):
        try:
            os.makedirs(folder, mode=0o750)
        except OSError as error:
            raise UsageError(f"{folder}: {(error.strerror or '').lower()}") from None
    with _staged(folder, CA) as stage:
        key = _key(folder, CA, sort, OURS, stage)

        def sign(into: str) -> None:
            made = ("-key", key, "-config", stage.file("req", REQUEST.format(name=name)), "-out", f"{stage.path}/csr")
            openssl("req", "-new", *made)
            own = ("-req", "-in", f"{stage.path}/csr", "-signkey", key, *_serial())
            _sign(own, extensions(Use.AUTHORITY, ()), days, into, stage)

        return _certificate(folder, CA, stage, sign)


def issue(folder: str, name: str, use: Use, names: Sequence[str], sort: str, days: int, now: float) -> str:
    """Make ``name`` a key and a certificate for ``use``; the certificate's path. A server's proves ``name`` and ``names``.

    Raises UsageError when there is one already.
    """
    checked(name)
    for proved in names:
        _proved(proved)
    _in_time(folder, days, now)
    proves = (*dict.fromkeys((name, *names)),) if use is Use.SERVER else tuple(names)
    with _staged(folder, name) as stage:
        key = _key(folder, name, sort, SHARED, stage)

        def sign(into: str) -> None:
            made = ("-key", key, "-config", stage.file("req", REQUEST.format(name=name)), "-out", f"{stage.path}/csr")
            openssl("req", "-new", *made)
            _sign(_by_authority(folder, f"{stage.path}/csr"), extensions(use, proves), days, into, stage)

        return _certificate(folder, name, stage, sign)


def renew(folder: str, name: str, days: int, now: float) -> str:
    """Sign the same key for the same use and names again; the certificate's path. Raises UsageError."""
    checked(name)
    path = f"{folder}/{name}.pem"
    old = certificate(path)
    if old.use not in (Use.SERVER, Use.CLIENT):
        raise UsageError(f"{path} is neither a server's certificate nor a client's: issue a new one")
    _in_time(folder, days, now)
    with _staged(folder, name, anew=True) as stage:
        key, request = f"{folder}/{name}.key", f"{stage.path}/csr"
        made = ("-key", key, "-config", stage.file("req", REQUEST.format(name=old.subject or name)), "-out", request)
        openssl("req", "-new", *made)
        into = f"{stage.path}/pem"
        _sign(_by_authority(folder, request), extensions(old.use, old.names), days, into, stage)
        os.chmod(into, PUBLIC)
        os.replace(into, path)
    return path


def entries(folder: str) -> list[Entry]:
    """Every certificate of the folder, the authority first. Raises UsageError when the folder cannot be read."""
    try:
        names = sorted(name.removesuffix(".pem") for name in os.listdir(folder) if name.endswith(".pem"))
    except OSError as error:
        raise UsageError(f"{folder}: {(error.strerror or '').lower()}") from None
    found = []
    for name in sorted(names, key=lambda name: (name != CA, name)):
        try:
            found.append(Entry(name, certificate(f"{folder}/{name}.pem")))
        except UsageError:
            found.append(Entry(name, None))
    return found


def checked(name: str) -> str:
    """A name that can be a file and a host. Raises UsageError."""
    if not NAME.fullmatch(name) or name == CA:
        raise UsageError(f"{name!r} cannot be a certificate's name: letters, digits and ._- may stand in one")
    return name


def _proved(name: str) -> None:
    """Raise UsageError unless ``name`` is a host's name (``*.`` may stand before it) or an address."""
    if not re.fullmatch(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9.:_-]{0,252}[A-Za-z0-9])?|[0-9a-fA-F:.]+", name):
        raise UsageError(f"{name!r} is neither a host's name nor an address")


def _in_time(folder: str, days: int, now: float) -> None:
    """Raise UsageError when what is signed now would outlive the authority, or there is none."""
    if not os.path.exists(f"{folder}/{CA}.pem"):
        raise UsageError(f"{folder} has no authority: hamon pki init")
    left = int((certificate(f"{folder}/{CA}.pem").ends - now) / DAY)
    if days > left:
        raise UsageError(f"the authority of {folder} ends in {left} days, before this certificate would: --days {left}")


class _Stage(NamedTuple):
    """A folder beside the files that nobody else may look into."""

    path: str
    gid: int

    def file(self, name: str, text: str) -> str:
        """A file with this text; its path."""
        path = f"{self.path}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


@contextmanager
def _staged(folder: str, name: str, anew: bool = False) -> Iterator[_Stage]:
    path = f"{folder}/{name}.pem"
    if not anew and os.path.lexists(path):
        cure = f"hamon pki renew {name}" if name != CA else "choose another folder (-d)"
        raise UsageError(f"{path} is there already: {cure}")
    try:
        stage = tempfile.mkdtemp(prefix=".hamon-pki-", dir=folder)  # 0700
    except OSError as error:
        raise UsageError(f"{folder}: {(error.strerror or '').lower()}") from None
    try:
        yield _Stage(stage, os.stat(folder).st_gid)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _key(folder: str, name: str, sort: str, mode: int, stage: _Stage) -> str:
    """The path of the key called ``name``, which is made when there is none."""
    path = f"{folder}/{name}.key"
    if os.path.lexists(path):
        return path
    made = f"{stage.path}/key"
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # before openssl writes into it
    openssl("genpkey", *KEYS[sort], "-out", made)
    with suppress(PermissionError):  # an ordinary user's own folder: the key stays his group's
        os.chown(made, -1, stage.gid if mode == SHARED else -1)
    os.chmod(made, mode)
    _placed(made, path)
    return path


def _certificate(folder: str, name: str, stage: _Stage, sign: Callable[[str], None]) -> str:
    """The path of the certificate that ``sign`` writes."""
    made, path = f"{stage.path}/pem", f"{folder}/{name}.pem"
    sign(made)
    os.chmod(made, PUBLIC)
    _placed(made, path)
    return path


def _placed(made: str, path: str) -> None:
    """Give a whole file its place, unless somebody else was faster. Raises UsageError."""
    try:
        with open(made, "rb") as file:
            os.fsync(file.fileno())
        os.link(made, path)
    except FileExistsError:
        raise UsageError(f"{path} was made by somebody else just now") from None
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or '').lower()}") from None


def _serial() -> tuple[str, str]:
    return "-set_serial", f"0x{secrets.randbits(159) | 1 << 158:x}"


def _by_authority(folder: str, request: str) -> tuple[str, ...]:
    authority = ("-CA", f"{folder}/{CA}.pem", "-CAkey", f"{folder}/{CA}.key")
    return ("-req", "-in", request, *authority, *_serial())


def _sign(words: Sequence[str], extension: str, days: int, into: str, stage: _Stage) -> None:
    file = stage.file("ext", extension)
    openssl("x509", *words, "-sha256", "-days", str(days), "-extfile", file, "-out", into)
