"""The SQL transport against servers that do not speak it, and what a server's refusal is worth."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hamon.errors import ProbeError
from hamon.probe import Deadline
from hamon.probe.sql import REFUSALS, Server, refusal, rows
from hamon.verdict import CRITICAL, UNKNOWN
from tests.core import hostile

GREETING = (
    b"\x0a10.11.6-MariaDB\x00"
    + b"\x01\x00\x00\x00"
    + b"abcdefgh\x00"
    + b"\xff\xf7\x08\x02\x00\xff\x81\x15"
    + b"\x00" * 10
    + b"ijklmnopqrst\x00"
)


def packet(body: bytes, number: int = 0) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=120),
        st.binary(max_size=80).map(packet),
        st.binary(max_size=60).map(lambda b: packet(GREETING) + packet(b, 2)),
    )
)
@example(b"")
@example(b"HTTP/1.1 400 Bad Request\r\n\r\n")
@example(b"SSH-2.0-OpenSSH_9.2\r\n")
@example(packet(GREETING) + packet(b"\xfe", 2))
@example(packet(GREETING) + packet(b"\xfb/etc/passwd", 2))
def test_no_bytes_from_the_port_are_anything_but_a_clear_error(answer: bytes) -> None:
    with hostile.server(hostile.saying(answer)) as port, pytest.raises(ProbeError) as caught:
        rows(Server("127.0.0.1", port, "hamon", "pw"), ["SHOW STATUS"], Deadline(5))
    assert caught.value.state in (CRITICAL, UNKNOWN)
    assert caught.value.text.startswith(f"127.0.0.1:{port}")


@pytest.mark.parametrize("number", sorted(REFUSALS))
def test_refusals_have_their_state_and_name_the_user(number: int) -> None:
    import pymysql

    server = Server("db1", 3306, "hamon", "pw")
    error = refusal(server, pymysql.err.OperationalError(number, "words"), Deadline(5))
    state, words, about = REFUSALS[number]
    assert (error.state, error.text, error.about) == (state, f"db1:3306: {words.format(user='hamon')}", about)


def test_other_errors_keep_the_servers_words() -> None:
    import pymysql

    error = refusal(Server("db1", 3306, "hamon", "pw"), pymysql.err.OperationalError(1290, "read-only"), Deadline(5))
    assert (error.state, error.text) == (CRITICAL, "db1:3306: read-only")


def test_a_socket_path_stands_for_the_place() -> None:
    with pytest.raises(ProbeError) as caught:
        rows(Server("", 0, "u", "p", socket="/nonexistent.sock"), ["SELECT 1"], Deadline(1))
    assert (caught.value.state, caught.value.text) == (
        CRITICAL,
        "/nonexistent.sock: no such socket, the service is not running or uses another path",
    )
