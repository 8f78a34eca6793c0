"""Servers that misbehave, for the tests of deadlines and garbage: each listens on loopback until its context ends."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def silent(conn: socket.socket, stop: threading.Event) -> None:
    """Accepts and never answers."""
    stop.wait(30)


def dribble(conn: socket.socket, stop: threading.Event) -> None:
    """Sends one byte every 100 ms: every single read succeeds, the conversation never ends."""
    while not stop.wait(0.1):
        conn.sendall(b"H")


def saying(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Says ``data`` and closes."""

    def behave(conn: socket.socket, stop: threading.Event) -> None:
        conn.sendall(data)

    return behave


def answering(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Reads a request, says ``data`` and closes: without reading, the kernel may send a reset instead of the end."""

    def behave(conn: socket.socket, stop: threading.Event) -> None:
        conn.recv(65536)
        conn.sendall(data)

    return behave


@contextmanager
def server(behave: Callable[[socket.socket, threading.Event], None], path: str | None = None) -> Iterator[int]:
    """A server on a free loopback port (yielded), or on the Unix socket ``path``."""
    stop = threading.Event()
    family = socket.AF_UNIX if path else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(path or ("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            while not stop.is_set():
                try:
                    conn, _ = listener.accept()
                except OSError:
                    return
                with conn, suppress(OSError):
                    behave(conn, stop)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield 0 if path else listener.getsockname()[1]
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
