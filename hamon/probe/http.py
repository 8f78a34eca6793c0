"""HTTP GET over the standard library's client; every status is an answer, silence is not."""

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hamon.errors import ProbeError, UsageError
from hamon.probe.sockets import bounded, trouble, without_tls
from hamon.verdict import CRITICAL

if TYPE_CHECKING:
    from hamon.probe import Deadline

MOST = 32 * 1024 * 1024  # bytes of a body


def get(url: str, deadline: "Deadline", user: str | None = None, password: str | None = None) -> list[Any]:
    """``[status, body]`` of a GET. Raises UsageError for a URL it cannot speak, ProbeError when no answer comes."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no http:// or https:// URL")
    if parts.username or parts.password:
        raise UsageError(f"take user and password out of the URL of {parts.hostname} and into --credentials FILE")
    if parts.scheme == "https":
        import ssl  # noqa: F401  # before http.client looks for it
    with without_tls():
        import http.client
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    place = parts.netloc
    connection = kind(parts.hostname, parts.port, timeout=deadline.left())
    headers = {"User-Agent": "hamon", "Connection": "close"}
    if user is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()
    try:
        connection.connect()
        with bounded(connection.sock, deadline):
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
            answer = connection.getresponse()
            body = answer.read(MOST)
    except http.client.HTTPException as error:
        if deadline.over:
            raise trouble(place, TimeoutError(), deadline) from error
        raise ProbeError(
            CRITICAL, f"{place} does not speak HTTP: {error or type(error).__name__}", "garbage"
        ) from error
    except OSError as error:
        raise trouble(place, error, deadline) from error
    finally:
        connection.close()
    if deadline.over:
        raise trouble(place, TimeoutError(), deadline)
    return [answer.status, body.decode("utf-8", "backslashreplace")]
