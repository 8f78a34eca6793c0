"""What all socket transports share: connection errors in words, and a deadline for the whole conversation.

A socket's own timeout counts from each read anew: a server that sends one byte every few seconds would hold a check for
ever. ``bounded`` shuts the socket down when the time is up, whatever the library above it is waiting for.
"""

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hamon.errors import ProbeError
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by the server",
    errno.EPIPE: "connection closed by the server",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "network unreachable",
}
NO_WAY = (WORDS[errno.EHOSTUNREACH], WORDS[errno.ENETUNREACH])  # nobody was reached, dead or alive


@contextmanager
def bounded(sock: socket.socket, deadline: "Deadline") -> Iterator[None]:
    """Shut ``sock`` down at the deadline, so that its reader gets an end instead of waiting on."""
    same = sock.dup()  # TLS takes the descriptor out of ``sock``; the connection behind it stays the same

    def stop() -> None:
        with suppress(OSError):  # closed meanwhile: the conversation is over anyway
            same.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.left(), stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        same.close()


@contextmanager
def without_tls() -> Iterator[None]:
    """Let a client library be imported without ``ssl``, unless that is loaded already.

    pymysql and http.client have a branch for interpreters that lack the module; loading it is a sixth of a cold plugin, and
    most services on the management network speak plain.
    """
    if "ssl" in sys.modules:
        yield
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["ssl"]


def _cure(why: str) -> str:
    """The option that answers why a certificate was not accepted."""
    return "--server-name NAME" if "mismatch" in why else "--ca FILE"


def trouble(place: str, error: BaseException, deadline: "Deadline") -> ProbeError:
    """The ProbeError for an OS-level failure at ``place`` (``host:port`` or a path)."""
    if isinstance(error, TimeoutError) or deadline.over:
        return ProbeError(CRITICAL, f"{place} did not answer within {deadline.seconds:.3g} s", "timeout")
    if isinstance(error, socket.gaierror):
        return ProbeError(UNKNOWN, f"{place}: the name cannot be resolved", "tool")
    if isinstance(error, PermissionError):
        return ProbeError(UNKNOWN, f"{place}: permission denied for this user", "rights")
    if isinstance(error, FileNotFoundError):
        return ProbeError(
            CRITICAL, f"{place}: no such socket, the service is not running or uses another path", "refused"
        )
    why = getattr(error, "verify_message", "")  # an ssl.SSLCertVerificationError, for which ssl need not be loaded here
    if why:
        why = str(why).rstrip(".")
        return ProbeError(UNKNOWN, f"the certificate of {place} cannot be verified: {why} ({_cure(why)})", "tls")
    words = WORDS.get(getattr(error, "errno", None) or 0, str(error) or type(error).__name__)
    return ProbeError(CRITICAL, f"{place}: {words}", "refused")
