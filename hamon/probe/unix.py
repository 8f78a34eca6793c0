"""Unix stream sockets: one request, read until the server closes (HAProxy's runtime API and its like)."""

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError
from hamon.probe.sockets import bounded, trouble
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

MOST = 8 * 1024 * 1024  # bytes; a proxy with 10^4 servers says about 6 MB


class Unix(NamedTuple):
    """Send ``request`` and a newline to the Unix stream socket ``path``: all that comes back until it closes, as text."""

    path: str
    request: str

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"unix {self.path} {self.request}"

    def put(self, deadline: "Deadline") -> str:
        """The answer's text."""
        return talk(self.path, self.request, deadline)

    def read(self, answer: Any) -> str:
        """The answer's text."""
        return str(answer)


def talk(path: str, request: str, deadline: "Deadline") -> str:
    """Send ``request`` and a newline, return all that comes back (text, undecodable bytes escaped)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(deadline.left())
        try:
            sock.connect(path)
            with bounded(sock, deadline):
                with suppress(BrokenPipeError):  # it closed already; what it said before is still to be read
                    sock.sendall(request.encode() + b"\n")
                got = bytearray()
                while len(got) <= MOST:
                    data = sock.recv(65536)
                    if not data:
                        break
                    got += data
        except OSError as error:
            raise trouble(path, error, deadline) from error
    if deadline.over:
        raise trouble(path, TimeoutError(), deadline)
    if len(got) > MOST:
        raise ProbeError(UNKNOWN, f"{path} sent more than {MOST} bytes", "garbage")
    return got.decode("utf-8", "backslashreplace")
