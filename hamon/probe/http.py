"""HTTP over the standard library's client: every status is an answer, silence is not.

Redirects are answers, too, unless a question says how many may be followed; credentials never go to another place.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hamon.errors import ProbeError, UsageError
from hamon.probe.sockets import bounded, trouble, without_tls
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from hamon.probe.deadline import Deadline

MOST = 8 * 1024 * 1024  # bytes of a body
REDIRECTS = (301, 302, 303, 307, 308)
SAME_METHOD = (307, 308)


class Auth(Protocol):
    """How a request proves who asks."""

    @property
    def header(self) -> tuple[str, str]: ...  # noqa: D102

    @property
    def secret(self) -> str: ...  # noqa: D102


class Basic(NamedTuple):
    """User and password (RFC 7617)."""

    user: str
    password: str

    @property
    def header(self) -> tuple[str, str]:
        """The header's name and value."""
        import base64

        return "Authorization", "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def secret(self) -> str:
        """The password."""
        return self.password


class Bearer(NamedTuple):
    """A bearer token (RFC 6750)."""

    token: str

    @property
    def header(self) -> tuple[str, str]:
        """The header's name and value."""
        return "Authorization", f"Bearer {self.token}"

    @property
    def secret(self) -> str:
        """The token."""
        return self.token


class Token(NamedTuple):
    """A Keystone token, as OpenStack's APIs take it."""

    token: str

    @property
    def header(self) -> tuple[str, str]:
        """The header's name and value."""
        return "X-Auth-Token", self.token

    @property
    def secret(self) -> str:
        """The token."""
        return self.token


class Page(NamedTuple):
    """An HTTP answer: status, body (text, undecodable bytes escaped), and the headers asked for, names in lower case."""

    status: int
    body: str
    headers: Mapping[str, str] = {}


class Get(NamedTuple):
    """GET ``url`` (http or https): a ``Page``. Any HTTP status is an answer; no answer is CRITICAL.

    ``ca`` is the CA file that https servers are verified with (default, and ``system``: the system's CAs), ``server_name``
    the name that their certificates must be for (default: the URL's host). ``redirects``: how many are followed, on the
    same scheme, host and port only. ``most``: bytes of a body; more is UNKNOWN. ``keep`` names the headers of the answer
    that the check needs.
    """

    url: str
    auth: Auth | None = None
    headers: Mapping[str, str] = {}
    ca: str | None = None
    server_name: str | None = None
    redirects: int = 0
    most: int = MOST
    keep: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"http GET {self.url}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password or token."""
        return (self.auth.secret,) if self.auth else ()

    def put(self, deadline: "Deadline") -> list[Any]:
        """``[status, body]``, with kept headers ``[status, body, headers]``."""
        return fetch(_Request("GET", None, self), deadline)

    def read(self, answer: Any) -> Page:
        """The answer as ``Page``."""
        return Page(*answer)


class Post(NamedTuple):
    """POST ``json`` (any JSON data) to ``url``: a ``Page``. The other fields as in ``Get``.

    ``hidden`` are secrets inside the body.
    """

    url: str
    json: Any = None
    auth: Auth | None = None
    headers: Mapping[str, str] = {}
    ca: str | None = None
    server_name: str | None = None
    redirects: int = 0
    most: int = MOST
    keep: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What recordings call it; the body may hold secrets and is not part of it."""
        return f"http POST {self.url}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password or token, and what is hidden in the body."""
        return (*((self.auth.secret,) if self.auth else ()), *self.hidden)

    def put(self, deadline: "Deadline") -> list[Any]:
        """``[status, body]``, with kept headers ``[status, body, headers]``."""
        import json

        return fetch(_Request("POST", json.dumps(self.json).encode(), self), deadline)

    def read(self, answer: Any) -> Page:
        """The answer as ``Page``."""
        return Page(*answer)


class _Request(NamedTuple):
    method: str
    body: bytes | None
    question: Get | Post


def fetch(request: _Request, deadline: "Deadline") -> list[Any]:
    """Put a request, and follow as many redirects as it allows. Raises UsageError for a URL it cannot speak, ProbeError
    when no answer comes.
    """
    from urllib.parse import urljoin

    method, body, question = request
    url, left = question.url, question.redirects
    while True:
        status, text, headers = _exchange(url, method, body, question, deadline)
        if status not in REDIRECTS or left <= 0 or "location" not in headers:
            kept = {name: headers[name] for name in map(str.lower, question.keep) if name in headers}
            return [status, text, kept] if question.keep else [status, text]
        target = urljoin(url, headers["location"])
        if _origin(target) != _origin(url):
            raise ProbeError(UNKNOWN, f"{_parts(url).netloc} redirects to another place: {target}", "redirect")
        if status not in SAME_METHOD:
            method, body = "GET", None
        url, left = target, left - 1


def _parts(url: str) -> "SplitResult":
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, a bracket that is not closed
        valid = False
    if not valid:
        raise UsageError(f"{url!r} is not an http:// or https:// URL")
    return parts


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = _parts(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _exchange(
    url: str, method: str, body: bytes | None, question: Get | Post, deadline: "Deadline"
) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers (names in lower case) of one request."""
    parts = _parts(url)
    if parts.username or parts.password:
        raise UsageError(f"take user and password out of the URL of {parts.hostname} and into --credentials FILE")
    assert parts.hostname
    with without_tls():
        import http.client
    place = parts.netloc
    context = None
    if parts.scheme == "https":
        from hamon.probe.tls import verifying

        context = verifying(question.ca)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or _origin(url)[2], timeout=deadline.left())
    connection.default_port = 443 if context else 80
    headers = {"User-Agent": "hamon", "Connection": "close", **question.headers}
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    if question.auth is not None:
        headers.update([question.auth.header])
    try:
        connection.connect()
        with bounded(connection.sock, deadline):
            if context:
                # by hand: http.client may be loaded without ssl, and the handshake has to end by the deadline too
                name = question.server_name or parts.hostname
                connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read(question.most + 1)
    except http.client.HTTPException as error:
        if deadline.over:
            raise trouble(place, TimeoutError(), deadline) from error
        words = f"{place} does not speak HTTP: {error or type(error).__name__}"
        raise ProbeError(CRITICAL, words, "garbage") from error
    except OSError as error:
        raise trouble(place, error, deadline) from error
    finally:
        connection.close()
    if deadline.over:
        raise trouble(place, TimeoutError(), deadline)
    if len(content) > question.most:
        raise ProbeError(UNKNOWN, f"{place} sent more than {question.most} bytes", "garbage")
    received = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, content.decode("utf-8", "backslashreplace"), received
