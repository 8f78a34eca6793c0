"""A TLS handshake with an agent, to say what exactly check_nrpe could not do: it prints one sentence for five causes."""

import socket
import ssl
from enum import StrEnum
from typing import NamedTuple


class Tls(NamedTuple):
    """The files that check_nrpe is given; empty where it is given none."""

    ca: str = ""
    cert: str = ""
    key: str = ""


class Ended(StrEnum):
    """How far a handshake got."""

    ACCEPTED = "accepted"
    CLOSED = "closed"
    """the other side closed the connection before it said anything"""
    THEIRS = "their certificate"
    """ours did not accept theirs"""
    OURS = "our certificate"
    """theirs did not accept ours, or wants one"""
    NO_TLS = "no common TLS"
    REFUSED = "refused"
    SILENT = "silent"
    OTHER = "other"


class Handshake(NamedTuple):
    """How a handshake ended, in words of TLS, and the address that it came from."""

    ended: Ended
    text: str = ""
    source: str = ""


def shake(address: str, port: int, tls: Tls, seconds: float) -> Handshake:
    """Shake hands as check_nrpe does. Raises nothing."""
    source = ""
    try:
        context = _context(tls)
    except (OSError, ValueError) as error:
        return Handshake(Ended.OTHER, f"this server's own certificate files cannot be used: {error}")
    try:
        with socket.create_connection((address, port), seconds) as plain:
            source = plain.getsockname()[0]
            with context.wrap_socket(plain) as shaken:
                # With TLS 1.3 the refusal of our certificate comes after the handshake, as the first thing to read.
                try:
                    read = shaken.recv(1)
                except TimeoutError:
                    return Handshake(Ended.ACCEPTED, "", source)
                return Handshake(Ended.ACCEPTED if read else Ended.CLOSED, "", source)
    except (OSError, ValueError) as error:
        return judged(error)._replace(source=source)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # check_nrpe does not look at names
    context.set_ciphers("ALL:@SECLEVEL=0")  # check_nrpe's own, anonymous ones included
    if tls.ca:
        context.load_verify_locations(tls.ca)
    else:
        context.verify_mode = ssl.CERT_NONE
    if tls.cert and tls.key:
        context.load_cert_chain(tls.cert, tls.key, password="")  # never ask a terminal for one
    return context


def judged(error: Exception) -> Handshake:
    """What an error of a handshake means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Handshake(Ended.THEIRS, error.verify_message)
    if isinstance(error, ConnectionRefusedError):
        return Handshake(Ended.REFUSED, "connection refused")
    if isinstance(error, TimeoutError):
        return Handshake(Ended.SILENT, "no answer in time")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError | BrokenPipeError):
        return Handshake(Ended.CLOSED)
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).lower().replace("_", " ")
        if "alert" in reason and ("certificate" in reason or "unknown ca" in reason):
            return Handshake(Ended.OURS, reason.partition("alert ")[2])
        return Handshake(Ended.NO_TLS, reason)
    return Handshake(Ended.OTHER, (getattr(error, "strerror", None) or str(error)).lower())
