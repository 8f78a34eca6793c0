"""Line protocols over TCP: one request, read until a marker, a refusal, or until the server closes (memcached)."""

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.probe.sockets import bounded, trouble

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

MOST = 4 * 1024 * 1024  # bytes of an answer


class Tcp(NamedTuple):
    """Send ``request`` over TCP: what comes back up to the text ``until``, or until the server closes.

    A line that begins with one of ``refusals`` ends the conversation, too. ``login`` is sent before the request, ``after``
    behind it; neither is in the key. What came before the time was up is the answer: only silence is an error.
    """

    host: str
    port: int
    request: str
    until: str = ""
    refusals: tuple[str, ...] = ()
    login: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"tcp {self.host}:{self.port} {self.request.strip()}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no recording may hold."""
        return tuple(self.login.split()[-1:])  # the password

    def put(self, deadline: "Deadline") -> str:
        """The answer's text."""
        return talk(self, deadline)

    def read(self, answer: Any) -> str:
        """The answer's text."""
        return str(answer)


class Tls(NamedTuple):
    """Whether the server greets in TLS. Its certificate is not looked at."""

    host: str
    port: int

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"tls {self.host}:{self.port}"

    def put(self, deadline: "Deadline") -> bool:
        """Whether a handshake began: a server that wants a client certificate breaks it off in TLS, too."""
        import ssl  # asked only where plain text got no answer

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((self.host, self.port), deadline.left()) as sock, bounded(sock, deadline):
                context.wrap_socket(sock).close()
        except ssl.SSLError as error:
            return "ALERT" in (error.reason or "")
        except OSError:
            return False
        return True

    def read(self, answer: Any) -> bool:
        """The answer typed."""
        return bool(answer)


def talk(asked: Tcp, deadline: "Deadline") -> str:
    """The conversation of ``Tcp``.

    A stopped process still accepts connections (the kernel does) and says nothing: that ends at the deadline.
    """
    place = f"{asked.host}:{asked.port}"
    marker = asked.until.encode()
    refusals = tuple(words.encode() for words in asked.refusals)
    got = bytearray()
    # as bytes: a str loads the IDNA codec, 1 ms
    address: Any = (asked.host.encode() if asked.host.isascii() else asked.host, asked.port)
    try:
        with socket.create_connection(address, deadline.left()) as sock, bounded(sock, deadline):
            with suppress(BrokenPipeError):  # it closed already; what it said before is still to be read
                sock.sendall((asked.login + asked.request + asked.after).encode("utf-8", "surrogateescape"))
            while len(got) < MOST and not (marker and marker in got[-len(marker) - 65536 :]):
                data = sock.recv(65536)
                if not data:
                    break
                got += data
                if refusals and refused(got, refusals):
                    break
    except OSError as error:
        if not got:
            raise trouble(place, error, deadline) from error
    if deadline.over and not got:
        raise trouble(place, TimeoutError(), deadline)
    end = got.find(marker) if marker else -1
    return (got[: end + len(marker)] if end >= 0 else got).decode("utf-8", "backslashreplace")


def refused(got: bytearray, refusals: tuple[bytes, ...]) -> bool:
    """Whether the last whole line is a refusal."""
    return got.endswith(b"\n") and got.splitlines()[-1].startswith(refusals)
