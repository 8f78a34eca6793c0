"""The lab's own certificate authority: made at start, thrown away with the lab. ECDSA, because that takes milliseconds."""

from pathlib import Path
from typing import NamedTuple

from hamon.lab.commands import run
from hamon.lab.host.hosts import Host
from hamon.lab.site import Site

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
DAYS = "60"  # hamon doctor has something to say of less than 30
ASKING = "nagios"
"""Whose certificate the Nagios server shows to NRPE."""


class Identity(NamedTuple):
    """A certificate and its key."""

    cert: Path
    key: Path


def authority(site: Site) -> Identity:
    """The authority's own certificate."""
    return Identity(site.pki / "ca.pem", site.pki / "ca.key")


def identity(site: Site, name: str) -> Identity:
    """The certificate of a host, or of Nagios, which asks."""
    return Identity(site.pki / f"{name}.pem", site.pki / f"{name}.key")


def make(site: Site) -> None:
    """Make the authority, a certificate for every host's NRPE and one for Nagios."""
    site.pki.mkdir(mode=0o700)
    ca = authority(site)
    files = ("-keyout", str(ca.key), "-out", str(ca.cert))
    run(["openssl", "req", "-x509", *CURVE, "-days", DAYS, "-subj", "/CN=pocket lab authority", *files])
    for host in site.profile.hosts:
        _sign(site, host.name, f"subjectAltName=DNS:{host.name},IP:{host.address}")
    _sign(site, ASKING, "extendedKeyUsage=clientAuth")


def _sign(site: Site, name: str, extension: str) -> None:
    ca, own = authority(site), identity(site, name)
    asked = ["openssl", "req", "-new", *CURVE, "-subj", f"/CN={name}", "-addext", extension, "-keyout", str(own.key)]
    signed = ["openssl", "x509", "-req", "-CA", str(ca.cert), "-CAkey", str(ca.key), "-days", DAYS]
    run([*signed, "-copy_extensions", "copy", "-out", str(own.cert)], stdin=run(asked))


def certificates(site: Site, host: Host) -> dict[str, Identity]:
    """The certificates that NRPE on a host needs."""
    return {"ca": authority(site), "own": identity(site, host.name)}
