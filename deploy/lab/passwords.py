"""Passwords of the lab's services, made anew for every lab, in the files that the checks read them from."""

import secrets

from hamon.credentials import credentials
from hamon.lab.site import Site


def make(site: Site, component: str, user: str) -> str:
    """A new password for that user, written to the component's credentials file (0600, in a directory 0700)."""
    password = secrets.token_urlsafe(18)
    file = site.credentials / f"{component}.cnf"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"[client]\nuser={user}\npassword={password}\n")
    return password


def made(site: Site, component: str) -> str:
    """The password that was made before; UsageError if none was."""
    return credentials(str(site.credentials / f"{component}.cnf")).password
