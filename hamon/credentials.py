"""User and password for a service: from a file whose mode is checked, or from the environment; never from argv.

The file has the form that MySQL clients, operators and vaults already write::

    [client]
    user = hamon
    password = secret

Any section name will do; a ``#`` or ``%`` inside a value is part of it; quotes around a value are taken off.
"""

import os
import stat
from typing import NamedTuple

from hamon.check import Option
from hamon.errors import UsageError

OPTION = Option(
    ("--credentials",),
    "file with user and password (mode 640 or 600); else $HAMON_USER, $HAMON_PASSWORD",
    metavar="FILE",
)


class Credentials(NamedTuple):
    """A user and a password, both possibly empty. ``repr`` hides the password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password='***')"


def credentials(path: str | None, default_user: str = "") -> Credentials:
    """Read ``path``, or ``$HAMON_USER`` and ``$HAMON_PASSWORD`` when there is none. Raises UsageError (exit 3)."""
    if not path:
        return Credentials(os.environ.get("HAMON_USER", default_user), os.environ.get("HAMON_PASSWORD", ""))
    text = secret_text(path, "credentials file")
    return parse(text, path, default_user)


def secret_text(path: str, what: str) -> str:
    """The text of a file that has a secret in it and is not open to everybody. Raises UsageError, which calls it ``what``."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{what} {path} is not a regular file")
        if mode & 0o007:
            raise UsageError(f"{what} {path} is open to everybody (mode {mode & 0o777:04o}): chmod 640 or 600")
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise UsageError(f"{what} {path} does not exist") from None
    except UnicodeDecodeError:
        raise UsageError(f"{what} {path} is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{what} {path}: {(error.strerror or '').lower()} for this user") from None


def parse(text: str, path: str, default_user: str = "") -> Credentials:
    """The user and password in ``text``; a line that is neither comment, section nor ``key = value`` is an error."""
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;[!":
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise UsageError(f"credentials file {path}, line {number}: expected 'user = ...' or 'password = ...'")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        fields[key.strip().lower()] = value
    if "password" not in fields and "user" not in fields:
        raise UsageError(f"credentials file {path} has neither 'user' nor 'password'")
    return Credentials(fields.get("user", default_user), fields.get("password", ""))
