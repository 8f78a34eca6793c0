"""An AMQP 0-9-1 round trip: a message through a queue of its own and back, every step timed.

pika's event loop with one timer over everything: its blocking API has time limits for single steps only, and a broker that
stops answering half-way would hold the check.
"""

import socket
import struct
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError
from hamon.probe.sockets import trouble
from hamon.tls import context as tls_context
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

BODY = b"hamon"
LEAVE = 0.3  # seconds for saying goodbye, when that many are left

# AMQP reply codes that speak of our own user, vhost or permissions, not of a broken broker.
OURS = {
    403: "refuses our user or its permissions",
    404: "does not know what we ask for",
    530: "does not let us into this vhost",
}


class Broker(NamedTuple):
    """Where to go and as whom. ``ca`` is the CA file when TLS is wanted, ``server_name`` the name that the broker's
    certificate must have when it is not ``host``.
    """

    host: str
    port: int
    vhost: str
    user: str
    password: str
    ca: str | None = None
    server_name: str | None = None

    @property
    def place(self) -> str:
        """``host:port``."""
        return f"{self.host}:{self.port}"


class RoundTrip(NamedTuple):
    """A message through ``queue`` (ours alone, gone afterwards) and back, as ``round_trip`` returns it."""

    broker: Broker
    queue: str

    @property
    def key(self) -> str:
        """What recordings call it: the queue's name is another one every time."""
        return f"amqp {self.broker.place} {self.broker.vhost}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.broker.password,)

    def put(self, deadline: "Deadline") -> dict[str, Any]:
        """The trip's steps."""
        return round_trip(self.broker, self.queue, deadline)

    def read(self, answer: Any) -> dict[str, Any]:
        """The trip's steps."""
        return dict(answer)


def round_trip(broker: Broker, queue: str, deadline: "Deadline") -> dict[str, Any]:
    """Connect, declare ``queue`` (exclusive, auto-delete), publish with confirm, get the message back.

    Returns ``steps`` (milliseconds at which each was done), ``server`` (what the broker says of itself) and ``blocked`` (its
    reason for not taking messages, else empty). Raises ProbeError.
    """
    import logging

    import pika

    logging.getLogger("pika").setLevel(logging.CRITICAL)  # it logs what we put into words
    options: dict[str, Any] = {}
    if broker.ca:
        options["ssl_options"] = pika.SSLOptions(tls_context(broker.ca), broker.server_name or broker.host)
    try:
        socket.getaddrinfo(broker.host, broker.port)
    except OSError as error:
        raise trouble(broker.place, error, deadline) from error
    parameters = pika.ConnectionParameters(
        broker.host, broker.port, broker.vhost, pika.PlainCredentials(broker.user, broker.password), connection_attempts=1,
        socket_timeout=deadline.left(), stack_timeout=deadline.left() + 1, heartbeat=0, blocked_connection_timeout=None,
        client_properties={"connection_name": "hamon check_amqp"}, **options,
    )  # fmt: skip
    return _Trip(broker, queue, deadline).run(parameters)


class _Trip:
    """One conversation: each step's callback starts the next."""

    def __init__(self, broker: Broker, queue: str, deadline: "Deadline") -> None:
        self.broker, self.queue, self.deadline = broker, queue, deadline
        self.began = time.monotonic()
        self.steps: dict[str, float] = {}
        self.waiting_for = "the connection"
        self.blocked = ""
        self.server: dict[str, str] = {}
        self.error: BaseException | None = None
        self.expired = self.confirmed = self.done = self.closing = False
        self.connection: Any = None
        self.channel: Any = None

    def run(self, parameters: Any) -> dict[str, Any]:
        """Run the loop until the trip is done, failed, or out of time."""
        import pika

        self.connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._closed,
            on_close_callback=self._closed,
        )
        loop = self.connection.ioloop
        loop.call_later(self.deadline.left(), self._expire)
        try:
            loop.start()
        except (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, struct.error) as error:
            raise ProbeError(CRITICAL, f"{self.broker.place} does not speak AMQP 0-9-1", "garbage") from error
        finally:
            loop.close()
        if not self.done:
            raise self._trouble()
        return {"steps": self.steps, "server": self.server, "blocked": self.blocked}

    def _step(self, name: str, next_one: str) -> None:
        self.steps[name] = round((time.monotonic() - self.began) * 1000, 2)
        self.waiting_for = next_one

    def _opened(self, connection: Any) -> None:
        properties = connection.server_properties or {}
        self.server = {key: str(properties[key]) for key in ("product", "version", "cluster_name") if key in properties}
        self._step("connect", "a channel")
        connection.add_on_connection_blocked_callback(self._block)
        connection.channel(on_open_callback=self._channel)

    def _channel(self, channel: Any) -> None:
        self.channel = channel
        channel.add_on_close_callback(self._channel_closed)
        channel.confirm_delivery(self._confirm, callback=lambda _: None)
        self.waiting_for = "the queue to be declared"
        channel.queue_declare(self.queue, exclusive=True, auto_delete=True, callback=self._declared)

    def _declared(self, _frame: Any) -> None:
        self._step("declare", "the confirm of our message")
        self.channel.basic_publish("", self.queue, BODY, mandatory=True)

    def _confirm(self, frame: Any) -> None:
        if frame.method.NAME != "Basic.Ack":
            self.error = ProbeError(CRITICAL, f"{self.broker.place} refuses our message (nack)", "nack")
            self._leave()
            return
        self._step("confirm", "our message to come back")
        self.channel.add_callback(self._empty, [_get_empty()], one_shot=True)
        self.channel.basic_get(self.queue, self._got, auto_ack=True)

    def _got(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        self._step("get", "the end")
        if body == BODY:
            self.done = True
        else:
            self.error = ProbeError(CRITICAL, f"{self.broker.place} gave another message than we sent", "lost")
        self._leave()

    def _empty(self, _frame: Any) -> None:
        self.error = ProbeError(CRITICAL, f"{self.broker.place} confirmed our message and does not have it", "lost")
        self._leave()

    def _block(self, _connection: Any, frame: Any) -> None:
        self.blocked = str(frame.method.reason or "no reason given")
        self._leave()

    def _channel_closed(self, _channel: Any, reason: Exception) -> None:
        if not self.closing:
            self.error = reason
            self._leave()

    def _leave(self) -> None:
        """Say goodbye, but do not wait for the answer for long: the verdict is known. The exclusive queue goes with us."""
        if self.closing:
            return
        self.closing = True
        self.connection.ioloop.call_later(min(LEAVE, self.deadline.left()), self._drop)
        if self.connection.is_open:
            self.connection.close()

    def _closed(self, _connection: Any, reason: BaseException) -> None:
        if self.error is None and not self.closing:
            self.error = reason
        self.connection.ioloop.stop()

    def _expire(self) -> None:
        self.expired = not self.done
        self.closing = True
        self._drop()

    def _drop(self) -> None:
        """Take the socket down without a word; ``_closed`` ends the loop."""
        loop = self.connection.ioloop
        loop.call_later(LEAVE, loop.stop)  # whatever happens below
        self.connection._terminate_stream(TimeoutError())

    def _trouble(self) -> ProbeError:
        """The ProbeError for how the trip ended."""
        place = self.broker.place
        if self.blocked:
            return ProbeError(CRITICAL, f"{place} takes no messages, it blocks publishers: {self.blocked}", "blocked")
        if self.expired:
            return ProbeError(
                CRITICAL,
                f"{place} did not answer within {self.deadline.seconds:.3g} s: waited for {self.waiting_for}",
                "timeout",
            )
        if isinstance(self.error, ProbeError):
            return self.error
        return refusal(self.broker, self.error, self.deadline, self.waiting_for)


def _get_empty() -> Any:
    from pika import spec

    return spec.Basic.GetEmpty


def refusal(broker: Broker, error: BaseException | None, deadline: "Deadline", waiting_for: str) -> ProbeError:
    """The ProbeError for what the broker, or pika about it, said."""
    from pika import exceptions

    cause: Any = error
    for _ in range(8):  # what failed is wrapped in attempts, phases and workflows
        inner = (
            getattr(cause, "exception", None)
            or (getattr(cause, "exceptions", None) or getattr(cause, "args", None) or (None,))[-1]
        )
        if not isinstance(inner, BaseException):
            break
        cause = inner
    place = broker.place
    if isinstance(cause, exceptions.ProbableAuthenticationError | exceptions.AuthenticationError):
        return ProbeError(UNKNOWN, f"{place} refuses user {broker.user!r} and its password", "rights")
    if isinstance(cause, exceptions.ProbableAccessDeniedError):
        return ProbeError(UNKNOWN, f"{place} does not let user {broker.user!r} into vhost {broker.vhost!r}", "rights")
    if isinstance(cause, exceptions.ConnectionClosed | exceptions.ChannelClosed):
        words = f"{cause.reply_code} {cause.reply_text}"
        if "is down" not in words and cause.reply_code in OURS:
            return ProbeError(UNKNOWN, f"{place} {OURS[cause.reply_code]}: {words}", "rights")
        return ProbeError(CRITICAL, f"{place} ended the conversation: {words}", "closed")
    if isinstance(
        cause,
        exceptions.IncompatibleProtocolError | exceptions.ProtocolSyntaxError | exceptions.ProtocolVersionMismatch,
    ):
        return ProbeError(CRITICAL, f"{place} does not speak AMQP 0-9-1", "garbage")
    if isinstance(cause, OSError):
        return trouble(place, cause, deadline)
    words = str(cause) or type(cause).__name__
    return ProbeError(CRITICAL, f"{place} closed the connection while we waited for {waiting_for}: {words}", "closed")
