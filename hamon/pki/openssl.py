"""What is asked of the program ``openssl``: keys, requests, signatures, and what a certificate says."""

import os
import re
import ssl
import subprocess
from collections.abc import Sequence
from enum import Enum
from ipaddress import ip_address
from typing import NamedTuple

from hamon.errors import UsageError
from hamon.names import is_address

SECONDS = 60.0  # an RSA key takes one, on a busy machine without entropy more
KEYS = {
    "ec": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"),
}
"""Sort of key to genpkey's words."""
REQUEST = "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = {name}\n"


class Use(Enum):
    """What a certificate is for."""

    AUTHORITY = "authority"
    SERVER = "server"
    CLIENT = "client"
    OTHER = "other"


PURPOSES = {
    Use.AUTHORITY: "basicConstraints = critical, CA:true, pathlen:0\nkeyUsage = critical, keyCertSign, cRLSign\n",
    Use.SERVER: "basicConstraints = critical, CA:false\nkeyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = serverAuth\n",
    Use.CLIENT: "basicConstraints = critical, CA:false\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth\n",
}


class Certificate(NamedTuple):
    """What a certificate says. ``begins`` and ``ends`` in epoch seconds; ``names`` are the names and addresses it proves."""

    subject: str
    use: Use
    names: tuple[str, ...]
    begins: float
    ends: float


def openssl(*words: str, stdin: str = "") -> str:
    """The standard output of openssl. Raises UsageError with its last words."""
    try:
        ran = subprocess.run(
            ["openssl", *words],
            input=stdin,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C", "OPENSSL_CONF": os.devnull},
        )
    except FileNotFoundError:
        raise UsageError("openssl is not on this machine: apt-get install openssl") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"openssl {words[0]} did not end within {SECONDS:.0f} s") from None
    if ran.returncode:
        said = [line.strip() for line in ran.stderr.splitlines() if line.strip()] or ["no words"]
        raise UsageError(f"openssl {words[0]}: {said[0][:200]}")
    return ran.stdout


def extensions(use: Use, names: Sequence[str]) -> str:
    """The extensions of a certificate for ``use`` that proves ``names``, as openssl reads them."""
    alternatives = ",".join(f"IP:{name}" if is_address(name) else f"DNS:{name}" for name in names)
    text = PURPOSES[use] + "subjectKeyIdentifier = hash\n"
    text += "authorityKeyIdentifier = keyid\n" if use is not Use.AUTHORITY else ""
    return text + (f"subjectAltName = {alternatives}\n" if alternatives else "")


_SUBJECT = re.compile(r"^subject=.*?CN\s*=\s*(.*)$", re.M)
_DATE = re.compile(r"^not(Before|After)=(.*)$", re.M)
_NAME = re.compile(r"(DNS|IP Address):([^,\s]+)")


def described(text: str) -> Certificate:
    """What openssl printed about a certificate (``SHOWN``). Raises ValueError when that is not it."""
    dates = dict(_DATE.findall(text))
    if len(dates) < 2:
        raise ValueError("no dates")
    subject = _SUBJECT.search(text)
    if "CA:TRUE" in text:
        use = Use.AUTHORITY
    elif "TLS Web Server Authentication" in text:
        use = Use.SERVER
    else:
        use = Use.CLIENT if "TLS Web Client Authentication" in text else Use.OTHER
    names = tuple(str(ip_address(name)) if sort != "DNS" else name for sort, name in _NAME.findall(text))
    begins, ends = (float(ssl.cert_time_to_seconds(dates[key])) for key in ("Before", "After"))
    return Certificate(subject[1] if subject else "", use, names, begins, ends)


SHOWN = ("-noout", "-subject", "-dates", "-ext", "basicConstraints,extendedKeyUsage,subjectAltName")


def certificate(path: str) -> Certificate:
    """What the certificate in a file says. Raises UsageError."""
    try:
        return described(openssl("x509", "-in", path, *SHOWN))
    except (ValueError, UsageError):
        if not os.access(path, os.R_OK):
            raise UsageError(f"{path} does not exist or cannot be read by this user") from None
        raise UsageError(f"{path} is not a certificate that openssl reads") from None
