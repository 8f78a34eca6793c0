"""Line protocols over TCP: one request, read until a marker or until the server closes (memcached, epmd)."""

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.probe.sockets import bounded, trouble

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

MOST = 4 * 1024 * 1024  # bytes of an answer


class Tcp(NamedTuple):
    """Send ``request`` over TCP: what comes back up to the text ``until``, or until the server closes."""

    host: str
    port: int
    request: str
    until: str = ""

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"tcp {self.host}:{self.port} {self.request.strip()}"

    def put(self, deadline: "Deadline") -> str:
        """The answer's text."""
        return talk(self.host, self.port, self.request, self.until, deadline)

    def read(self, answer: Any) -> str:
        """The answer's text."""
        return str(answer)


def talk(host: str, port: int, request: str, until: str, deadline: "Deadline") -> str:
    """Send ``request`` as it is; return what comes back up to and with ``until``, or all of it when that is empty or absent.

    A stopped process still accepts connections (the kernel does) and says nothing: that ends at the deadline.
    """
    place = f"{host}:{port}"
    marker = until.encode()
    got = bytearray()
    address: Any = (host.encode() if host.isascii() else host, port)  # as bytes: a str loads the IDNA codec, 1 ms
    try:
        with socket.create_connection(address, deadline.left()) as sock, bounded(sock, deadline):
            with suppress(BrokenPipeError):  # it closed already; what it said before is still to be read
                sock.sendall(request.encode())
            while len(got) < MOST and not (marker and marker in got[-len(marker) - 65536 :]):
                data = sock.recv(65536)
                if not data:
                    break
                got += data
    except OSError as error:
        raise trouble(place, error, deadline) from error
    if deadline.over:
        raise trouble(place, TimeoutError(), deadline)
    end = got.find(marker) if marker else -1
    return (got[: end + len(marker)] if end >= 0 else got).decode("utf-8", "backslashreplace")
