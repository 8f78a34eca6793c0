"""Certificates for tests of TLS: made by hamon's own authority, and by openssl alone, without usages, as other tools make them."""

import ssl
import subprocess
import time
from pathlib import Path

from hamon.pki import authority as own
from hamon.pki.openssl import Use

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*words: str, stdin: bytes = b"") -> bytes:
    """What openssl prints."""
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


def authority(folder: Path, name: str) -> None:
    """Make ``NAME.pem`` and ``NAME.key``."""
    files = ("-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")
    openssl("req", "-x509", *CURVE, "-days", "2", "-subj", f"/CN={name}", *files)


def certificate(folder: Path, name: str, ca: str, names: str = "", days: int = 2) -> None:
    """Make ``NAME.pem`` and ``NAME.key``, signed by ``ca``, for ``names`` (``DNS:...,IP:...``); expired with negative ``days``."""
    extension = ("-addext", f"subjectAltName={names}") if names else ()
    asked = openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", *extension, "-keyout", f"{folder}/{name}.key")
    signed = ("x509", "-req", "-CA", f"{folder}/{ca}.pem", "-CAkey", f"{folder}/{ca}.key", "-days", str(days))
    openssl(*signed, "-copy_extensions", "copy", "-out", f"{folder}/{name}.pem", stdin=asked)


def server_side(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context that shows that certificate."""
    return _context(f"{folder}/{name}.pem")


class Authority:
    """An authority of ``hamon pki`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = own.init(str(folder), "authority of a test", "ec", 3)

    def serving(self, name: str, *names: str, days: int = 2) -> ssl.SSLContext:
        """The context of a server whose certificate proves these names and addresses; expired with negative ``days``."""
        return _context(own.issue(str(self.folder), name, Use.SERVER, names, "ec", days, time.time()))

    def for_clients(self, name: str) -> ssl.SSLContext:
        """The context of a server that shows a client's certificate."""
        return _context(own.issue(str(self.folder), name, Use.CLIENT, (name,), "ec", 2, time.time()))


def _context(cert: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.removesuffix(".pem") + ".key")
    return context
