"""SQL over the MySQL protocol: a few SHOW statements in one session.

No password is ever sent so that a listener, or a server that only claims to be ours, could read it (see ``_Logins``).
``pymysql.connect`` builds a TLS context on every connect unless TLS is off or a CA is named (+20 ms CPU), so TLS is used
when a CA is given and only then.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError
from hamon.probe.sockets import bounded, trouble, without_tls
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline


MOST = 8 * 1024 * 1024  # bytes of a session


class Server(NamedTuple):
    """Where and as whom. ``socket`` (a path) outranks all that is about TCP; ``ca`` turns TLS on; ``password`` may be empty.

    ``server_name`` is the name that the server's certificate must have when it is not ``host``.
    """

    host: str
    port: int
    user: str
    password: str
    socket: str | None = None
    ca: str | None = None
    server_name: str | None = None

    @property
    def place(self) -> str:
        """``host:port`` or the socket's path, for texts and recordings."""
        return self.socket or f"{self.host}:{self.port}"


class Rows(NamedTuple):
    """Run ``queries`` in one session: for each its rows, every value as text or None."""

    server: Server
    queries: Sequence[str]

    @property
    def keys(self) -> tuple[str, ...]:
        """A key for each query."""
        return tuple(f"sql {self.server.place} {query}" for query in self.queries)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.server.password,)

    def put(self, deadline: "Deadline") -> dict[str, Any]:
        """Rows by key."""
        return dict(zip(self.keys, rows(self.server, self.queries, deadline), strict=True))

    def read(self, answers: Mapping[str, Any]) -> list[list[list[str | None]]]:
        """Rows in the order of the queries. Raises the ProbeError of the first that has one."""
        for key in self.keys:
            if isinstance(answers[key], ProbeError):
                raise answers[key]
        return [answers[key] for key in self.keys]


# What the server says when it refuses us: (state, words, about). Everything else is CRITICAL in its own words.
UNKNOWN_VARIABLE = 1193
REFUSALS = {
    1040: (CRITICAL, "too many connections", "connections"),
    1044: (UNKNOWN, "access denied for user {user}: grant it USAGE", "rights"),
    1045: (UNKNOWN, "access denied for user {user}: check the credentials file and the grants", "rights"),
    1047: (CRITICAL, "refuses queries: WSREP has not yet prepared this node for application use", "not_ready"),
    1129: (CRITICAL, "this host is blocked after many connection errors (FLUSH HOSTS)", "refused"),
    1130: (UNKNOWN, "this host is not allowed to connect: grant {user} access from here", "rights"),
    1227: (UNKNOWN, "user {user} lacks a privilege for this query", "rights"),
    1698: (UNKNOWN, "access denied for user {user}: check the credentials file and the grants", "rights"),
    2026: (UNKNOWN, "does not offer TLS, which --ca asks for", "tls"),
}


# Logins that show a listener nothing but the answer to a challenge.
ANYWHERE = ("mysql_native_password", "client_ed25519")
# Logins that send the password itself: over TLS or a Unix socket only.
CACHING = "caching_sha2_password"
SHORT_FORM_DONE = b"\x03"
NEEDS_TLS = "whose password goes over TLS (--ca FILE) or a Unix socket only"
PRIVATE = {
    CACHING: f"has our user as {CACHING}, {NEEDS_TLS}",
    "sha256_password": f"has our user as sha256_password, {NEEDS_TLS}",
}

# What pymysql's parser raises when it meets something that is not the protocol, e.g. an HTTP server on that port: it
# indexes, unpacks and even reads unbound variables (found by feeding it random greetings).
GARBAGE = (ValueError, LookupError, AssertionError, struct.error, NameError, TypeError, AttributeError)


def rows(server: Server, queries: Sequence[str], deadline: "Deadline") -> list[list[list[str | None]]]:
    """Run ``queries`` in one session and return each one's rows as text. Raises ProbeError."""
    tls = bool(server.ca) and not server.socket
    if tls:
        from hamon.probe.tls import verifying  # loads ssl, before pymysql looks for it
    with without_tls():
        import pymysql

    logins: Any = _Logins(server.place, tls or bool(server.socket))
    try:
        session = pymysql.connect(
            host=server.server_name or server.host if tls else server.host,  # the name that a certificate must have
            port=server.port,
            user=server.user,
            password=server.password,
            unix_socket=server.socket,
            connect_timeout=max(1, min(deadline.left(), 31536000)),
            read_timeout=deadline.left(),
            write_timeout=deadline.left(),
            charset="utf8mb4",
            conv={},  # no decoders: every value stays the text the server sent
            ssl=verifying(server.ca) if tls else None,
            ssl_disabled=not tls,
            auth_plugin_map=logins,
            autocommit=None,  # nothing is written; leave the session as the server starts it
            defer_connect=True,
        )
        return _talk(server, session, queries, deadline)
    except pymysql.err.MySQLError as error:
        raise refusal(server, error, deadline) from error
    except (OSError, EOFError) as error:
        raise trouble(server.place, error, deadline) from error
    except RuntimeError as error:  # what the server wants of pymysql needs another library
        raise ProbeError(UNKNOWN, f"{server.place} wants what this client does not do: {error}", "rights") from error
    except GARBAGE as error:
        raise ProbeError(CRITICAL, f"{server.place} does not speak the MySQL protocol", "garbage") from error


class _Logins:
    """What pymysql asks for the class that handles a login, by the name that the server gives it; None leaves it to pymysql.

    It would hand a password in clear text to any server that asks for one, and encrypted to one that sends a key of its own.
    """

    def __init__(self, place: str, private: bool) -> None:
        self.place, self.private = place, private

    def get(self, name: "str | bytes") -> "Callable[[Any], _Refused] | None":
        """The class for one login."""
        login = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
        if login in ANYWHERE or (self.private and login in PRIVATE):
            return None
        return lambda session: _Refused(session, self.place, login)


class _Refused:
    """A login that is not made, but for what is safe of it."""

    def __init__(self, session: Any, place: str, login: str) -> None:
        self.session, self.place, self.login = session, place, login

    def authenticate(self, packet: Any) -> Any:
        """Raise ProbeError; but the short form of MySQL 8's login shows nothing, and succeeds once the server has it in its cache."""
        if self.login == CACHING:
            from pymysql._auth import scramble_caching_sha2

            if packet.is_auth_switch_request():
                salt = packet.read_all().removesuffix(b"\0")
                self.session.write_packet(scramble_caching_sha2(self.session.password, salt))
                packet = self.session._read_packet()
            if packet.is_ok_packet():  # an account without a password
                return packet
            if packet.is_extra_auth_data() and packet.get_all_data()[1:2] == SHORT_FORM_DONE:
                return self.session._read_packet()
        words = PRIVATE.get(self.login, f"asks for a login that this client does not make: {self.login[:40]!r}")
        raise ProbeError(UNKNOWN, f"{self.place} {words}", "login")


def _talk(server: Server, session: Any, queries: Sequence[str], deadline: "Deadline") -> list[list[list[str | None]]]:
    import socket

    import pymysql

    if session.unix_socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(deadline.left())
        try:
            sock.connect(session.unix_socket)
        except OSError:
            sock.close()
            raise
        session._secure = True  # as pymysql has it for a socket that it opens itself
    else:
        # As bytes: a str would load the IDNA codec, 1 ms for names that are ASCII anyway.
        address: Any = (server.host.encode() if server.host.isascii() else server.host, server.port)
        sock = socket.create_connection(address, deadline.left())
    # The handshake has to end by the deadline too, so the socket is ours and bounded before pymysql reads from it.
    with sock, bounded(sock, deadline):
        sock.settimeout(deadline.left())
        _budgeted(session, server.place)
        session.connect(sock)
        got: list[list[list[str | None]]] = []
        with session.cursor() as cursor:
            for query in queries:
                try:
                    cursor.execute(query)
                except session.OperationalError as error:
                    if error.args[0] == UNKNOWN_VARIABLE:  # a SET that this server has no use for
                        got.append([])
                        continue
                    raise
                got.append([[None if value is None else str(value) for value in row] for row in cursor.fetchall()])
        with suppress(pymysql.err.Error, OSError):
            session.close()  # COM_QUIT: without it the server counts every run as an aborted client
        return got


def _budgeted(session: Any, place: str) -> None:
    """Let the session read ``MOST`` bytes in all. Asked before each read: one packet may announce 16 MB."""
    read, got = session._read_bytes, 0

    def counted(size: int) -> Any:
        nonlocal got
        got += size
        if got > MOST:
            raise ProbeError(UNKNOWN, f"{place} sent more than {MOST} bytes", "garbage")
        return read(size)

    session._read_bytes = counted


def refusal(server: Server, error: Exception, deadline: "Deadline") -> ProbeError:
    """The ProbeError for what the server (or pymysql about the server) said."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    words = str(error.args[1]) if len(error.args) > 1 else str(error)
    if deadline.over or isinstance(error.__cause__, TimeoutError) or "timed out" in words:
        return ProbeError(CRITICAL, f"{server.place} did not answer within {deadline.seconds:.3g} s", "timeout")
    if number in REFUSALS:
        state, text, about = REFUSALS[number]
        return ProbeError(state, f"{server.place}: {text.format(user=server.user)}", about)
    if number in (2003, 2006, 2013, 0):
        cause = error.__context__ if isinstance(error.__context__, OSError) else None
        if cause:
            return trouble(server.place, cause, deadline)
    return ProbeError(CRITICAL, f"{server.place}: {words}", "refused")
