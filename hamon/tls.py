"""TLS of every transport: the options, and the context that a server is verified with, its name included.

A certificate proves a name. Where a service is asked by its address, ``--server-name`` says which name that is; without it the
address itself must be in the certificate.
"""

from typing import TYPE_CHECKING

from hamon.check import Option
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    import ssl

CA = Option(("--ca",), "speak TLS and verify the server with this CA file", metavar="FILE")
SERVER_NAME = Option(
    ("--server-name",), "with TLS: the name that its certificate must have (default: the host asked)", metavar="NAME"
)
OPTIONS = (CA, SERVER_NAME)


def context(ca: str | None) -> "ssl.SSLContext":
    """What servers and their names are verified with: ``ca``, or the system's authorities. Raises ProbeError."""
    import ssl

    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise ProbeError(UNKNOWN, f"CA file {ca} cannot be used: {error}", "tool") from error
