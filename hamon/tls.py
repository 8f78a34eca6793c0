"""The options of TLS, the same for every transport.

A certificate proves a name. Where a service is asked by its address, ``--server-name`` says which name that is; without it the
address itself must be in the certificate. What verifies is ``hamon.probe.tls``.
"""

from hamon.check import Option

CA = Option(
    ("--ca",),
    "speak TLS and verify the server with this CA file, or with `system`: the CAs that this system trusts",
    metavar="FILE",
)
SERVER_NAME = Option(
    ("--server-name",), "with TLS: the name that its certificate must have (default: the host asked)", metavar="NAME"
)
OPTIONS = (CA, SERVER_NAME)
