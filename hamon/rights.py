"""What a user may do with a file, worked out from owners, groups and modes: of the file and of every directory above it.

Asking the kernel (``os.access``) says what this process may do; hamon has to know it of NRPE's and Nagios' users.
"""

import os
import pwd
from collections.abc import Callable
from typing import NamedTuple

READ, WRITE, EXECUTE = 4, 2, 1


class Account(NamedTuple):
    """A user: its name (its number where it has none), uid, and the gids of all its groups, its own first."""

    name: str
    uid: int
    groups: tuple[int, ...]


class Status(NamedTuple):
    """What the file system says of a path: type and mode bits, owner, group, last change (epoch seconds), and whether it
    has an access control list, which the mode does not show.
    """

    mode: int
    uid: int = 0
    gid: int = 0
    changed: float = 0.0
    listed: bool = False


class Obstacle(NamedTuple):
    """The place at which a user is stopped. Not ``sure`` where an access control list may allow it all the same."""

    path: str
    sure: bool


def account(name: str) -> Account | None:
    """The user called ``name`` (or numbered so, as NRPE and Nagios take it, too); None when there is none."""
    try:
        known = pwd.getpwnam(name)
    except KeyError:
        return Account(name, int(name), (int(name),)) if name.isascii() and name.isdigit() else None
    groups = os.getgrouplist(name, known.pw_gid)
    return Account(name, known.pw_uid, (known.pw_gid, *(gid for gid in groups if gid != known.pw_gid)))


def look(path: str) -> Status:
    """The status of a path; links are followed. Raises OSError."""
    status = os.stat(path)
    try:
        listed = "system.posix_acl_access" in os.listxattr(path)
    except OSError:  # not every file system has attributes
        listed = False
    return Status(status.st_mode, status.st_uid, status.st_gid, status.st_mtime, listed)


def obstacle(user: Account, path: str, wanted: int, look: Callable[[str], Status] = look) -> Obstacle | None:
    """Where ``user`` is stopped on the way to do ``wanted`` (a sum of READ, WRITE, EXECUTE) with ``path``; None where it is not.

    ``path`` is absolute, its links resolved. Raises OSError when a place on the way cannot be looked at.
    """
    parts = path.rstrip("/").split("/")
    above = ["/".join(parts[:count]) or "/" for count in range(1, len(parts))]
    for place, bits in (*((directory, EXECUTE) for directory in above), (path, wanted)):
        status = look(place)
        if not _allowed(user, status, bits):
            return Obstacle(place, not status.listed)
    return None


def _allowed(user: Account, status: Status, bits: int) -> bool:
    if user.uid == 0:
        return bits != EXECUTE or bool(status.mode & 0o111) or (status.mode & 0o170000) == 0o040000
    shift = 6 if status.uid == user.uid else 3 if status.gid in user.groups else 0
    return status.mode >> shift & bits == bits
