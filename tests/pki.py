"""Certificates for tests, made by openssl: authorities, and what they sign."""

import ssl
import subprocess
from pathlib import Path

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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context
