"""Verify the servers that speak TLS, and put into words what fails.

Loaded only where TLS is spoken: ``ssl`` is a sixth of a cold plugin.
"""

import ssl

from hamon.errors import ProbeError
from hamon.names import SYSTEM_CAS
from hamon.probe.sockets import NO_TLS
from hamon.verdict import CRITICAL, UNKNOWN

# X509_V_ERR_... of OpenSSL.
_EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 10, 62, 64
_OTHER_CA = (2, 18, 19, 20, 21)
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
UNASKED = "CERTIFICATE_REQUIRED"  # the alert of TLS 1.3
_UNAGREED = "HANDSHAKE_FAILURE"  # the alert of TLS 1.2, for that and more


def verifying(ca: str | None) -> ssl.SSLContext:
    """The context that verifies a server's certificate and its name with the CA file ``ca``; None and ``system``: with the CAs that
    this system trusts. Raises ProbeError (UNKNOWN) when the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca == SYSTEM_CAS else ca)
    except OSError as error:
        why = "no certificate in it" if isinstance(error, ssl.SSLError) else (error.strerror or str(error)).lower()
        raise ProbeError(UNKNOWN, f"CA file {ca} cannot be used: {why}", "tool") from error
    # Python 3.13 sets it, and refuses certificates that every other client accepts, those that MySQL makes for itself among them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trouble(place: str, error: ssl.SSLError) -> ProbeError:
    """The ProbeError for a handshake that failed at ``place`` (``host:port``).

    CRITICAL when all clients that verify fail as well; UNKNOWN when it may be what this check was given: the CA, the name, TLS at all.
    """
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == _EXPIRED:
            return ProbeError(CRITICAL, f"the certificate of {place} has expired, or its CA's has", "expired")
        if error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
            name = error.verify_message.rpartition(" for ")[2].strip("'.")
            text = f"the certificate of {place} is for other names than {name} (--server-name NAME)"
            return ProbeError(UNKNOWN, text, "tls")
        why = error.verify_message or "not trusted"
        if error.verify_code in _OTHER_CA:
            text = f"the certificate of {place} is not signed by a CA that this check trusts: {why} (--ca FILE)"
            return ProbeError(UNKNOWN, text, "tls")
        return ProbeError(UNKNOWN, f"the certificate of {place} cannot be verified: {why} (--ca FILE)", "tls")
    if reason in _PLAIN:
        return ProbeError(UNKNOWN, f"{place} {NO_TLS}", "tls")
    if UNASKED in reason:
        return without_certificate(place)
    if _UNAGREED in reason:
        text = f"{place} ends the TLS handshake: it may want a certificate of its clients, or other versions or ciphers"
        return ProbeError(UNKNOWN, text, "tls")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ProbeError(CRITICAL, f"{place}: TLS connection closed by the server without an answer", "refused")
    words = reason.lower().replace("_", " ") or str(error)
    return ProbeError(CRITICAL, f"{place}: the TLS handshake failed: {words}", "tls")


def without_certificate(place: str) -> ProbeError:
    """The ProbeError for a server that wants to verify its clients."""
    return ProbeError(UNKNOWN, f"{place} wants a certificate of its clients, and this check has none", "tls")
