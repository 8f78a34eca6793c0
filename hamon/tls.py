"""The options of TLS, and what to do about a certificate whose time is over: the same for every transport.

A certificate proves a name. Where a service is asked by its address, ``--server-name`` says which name that is; without it the
address itself must be in the certificate. What verifies is ``hamon.probe.tls``.
"""

from hamon.check import Option
from hamon.verdict import Advice, Step

CA = Option(
    ("--ca",),
    "speak TLS and verify the server with this CA file, or with `system`: the CAs that this system trusts",
    metavar="FILE",
)
SERVER_NAME = Option(
    ("--server-name",), "with TLS: the name that its certificate must have (default: the host asked)", metavar="NAME"
)
OPTIONS = (CA, SERVER_NAME)


def expired(*steps: Step) -> Advice:
    """What to do about a certificate that has expired; ``steps`` are the service's own: how to see it, how to load the new one."""
    means = (
        "Every client that verifies the server is refused from its next connection on. Connections that stand go on."
    )
    return Advice(means, (Step("date", "is the clock of this host right?"), *steps))
