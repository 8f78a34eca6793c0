"""Certificates for tests of TLS over loopback, made by hamon's own authority."""

import ssl
import time
from pathlib import Path

from hamon.pki import authority
from hamon.pki.openssl import Use


class Authority:
    """An authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = authority.init(str(folder), "authority of a test", "ec", 3)

    def serving(self, name: str, *names: str) -> ssl.SSLContext:
        """The context of a server whose certificate proves these names and addresses."""
        return _context(authority.issue(str(self.folder), name, Use.SERVER, names, "ec", 2, time.time()))

    def for_clients(self, name: str) -> ssl.SSLContext:
        """The context of a server that shows a client's certificate."""
        return _context(authority.issue(str(self.folder), name, Use.CLIENT, (name,), "ec", 2, time.time()))


def _context(cert: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.removesuffix(".pem") + ".key")
    return context
