"""ARP: who answers for an IPv4 address on this link? Two MACs are two holders. Source: RFC 826."""

import socket
import struct
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

ETHERTYPE_ARP = 0x0806
REQUEST, REPLY = 1, 2


class WhoHas(NamedTuple):
    """Ask on ``interface`` for ``seconds`` who has the IPv4 ``address``: replies counted by MAC. Needs CAP_NET_RAW."""

    interface: str
    address: str
    seconds: float

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"arp {self.interface} {self.address}"

    def put(self, deadline: "Deadline") -> dict[str, int]:
        """Replies by MAC."""
        return who_has(self.interface, self.address, min(self.seconds, deadline.left()))

    def read(self, answer: Any) -> dict[str, int]:
        """Replies by MAC."""
        return dict(answer)


def question(mac: bytes, address: str) -> bytes:
    """An ARP probe frame. The sender address is 0.0.0.0 (RFC 5227), so that asking changes no ARP cache."""
    header = b"\xff" * 6 + mac + struct.pack("!H", ETHERTYPE_ARP)
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, REQUEST) + mac + b"\0" * 4 + b"\0" * 6 + socket.inet_aton(address)
    return header + body


def holder(frame: bytes, address: str) -> str | None:
    """The MAC that says in ``frame`` it holds ``address``, or None when the frame says no such thing."""
    if len(frame) < 42 or frame[12:14] != struct.pack("!H", ETHERTYPE_ARP):
        return None
    if frame[20:22] != struct.pack("!H", REPLY) or frame[28:32] != socket.inet_aton(address):
        return None
    return frame[22:28].hex(":")


def who_has(interface: str, address: str, seconds: float) -> dict[str, int]:
    """Replies counted by MAC, after asking three times over ``seconds``. Raises ProbeError (UNKNOWN) without CAP_NET_RAW."""
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ARP))
    except PermissionError as error:
        raise ProbeError(
            UNKNOWN, "an ARP probe needs CAP_NET_RAW: run by sudo, or setcap the interpreter", "rights"
        ) from error
    with sock:
        try:
            sock.bind((interface, 0))
        except OSError as error:
            raise ProbeError(UNKNOWN, f"interface {interface}: {error.strerror}", "tool") from error
        ask = question(sock.getsockname()[4], address)
        replies: dict[str, int] = {}
        end = time.monotonic() + seconds
        asks = [end - seconds * part for part in (1, 2 / 3, 1 / 3)]
        while (now := time.monotonic()) < end:
            if asks and now >= asks[0]:
                asks.pop(0)
                try:
                    sock.send(ask)
                except OSError as error:
                    raise ProbeError(UNKNOWN, f"interface {interface}: {error.strerror}", "tool") from error
            sock.settimeout(max(0.001, (asks[0] if asks else end) - now))
            try:
                mac = holder(sock.recv(2048), address)
            except TimeoutError:
                continue
            if mac:
                replies[mac] = replies.get(mac, 0) + 1
    return replies
