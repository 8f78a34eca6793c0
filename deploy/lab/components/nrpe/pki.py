"""The lab's own certificate authority, by `hamon pki`: made at start, thrown away with the lab. ECDSA, because that takes milliseconds."""

import time
from pathlib import Path
from typing import NamedTuple

from hamon.lab.host.hosts import Host
from hamon.lab.site import Site
from hamon.pki import authority as signer
from hamon.pki.openssl import Use

DAYS = 60  # hamon doctor has something to say of less than 30
ASKING = "nagios"
"""Whose certificate the Nagios server shows to NRPE."""


class Identity(NamedTuple):
    """A certificate and its key."""

    cert: Path
    key: Path


def authority(site: Site) -> Identity:
    """The authority's own certificate."""
    return identity(site, signer.CA)


def identity(site: Site, name: str) -> Identity:
    """The certificate of a host, or of Nagios, which asks."""
    return Identity(site.pki / f"{name}.pem", site.pki / f"{name}.key")


def make(site: Site) -> None:
    """Make the authority, a certificate for every host's NRPE and one for Nagios."""
    folder, now = str(site.pki), time.time()
    site.pki.mkdir(mode=0o700)
    signer.init(folder, "pocket lab authority", "ec", DAYS + 1)
    for host in site.profile.hosts:
        signer.issue(folder, host.name, Use.SERVER, (host.address,), "ec", DAYS, now)
    signer.issue(folder, ASKING, Use.CLIENT, (), "ec", DAYS, now)


def certificates(site: Site, host: Host) -> dict[str, Identity]:
    """The certificates that NRPE on a host needs."""
    return {"ca": authority(site), "own": identity(site, host.name)}
