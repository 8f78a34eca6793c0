"""The way into a guest: one TCP connection to its agent (guestagent.py) on the management line for each command or signal.

As a program, `guestdoor.py ADDRESS NAME ARGV...`, it runs ARGV in the guest on its own stdin, stdout, stderr and with its own
environment and ends with the command's exit code (128 and the signal's number if that ended it). If this door dies, the
agent kills the command. Standard library alone: it stands in front of every command.

There and back: a line of JSON, then frames of one byte kind, four bytes length and so many bytes. NAME makes the command's
process known to later signals; an empty one does not.
"""

import json
import os
import selectors
import socket
import struct
import sys
from typing import Any

PORT = 7700
HEAD = struct.Struct(">BI")
STDIN, STDOUT, STDERR, EXIT = range(4)
"""Kinds of frames. STDIN without bytes is its end; EXIT's bytes are the exit code in digits."""
MOST = 65536
PATIENCE = 10.0
"""Seconds to reach the agent. A connection to a guest that was powered off ends a few seconds later."""
KEEPALIVE = {socket.TCP_KEEPIDLE: 2, socket.TCP_KEEPINTVL: 1, socket.TCP_KEEPCNT: 8}


def connect(address: str, patience: float = PATIENCE) -> socket.socket:
    """A connection to the agent; OSError if there is none."""
    connection = socket.create_connection((address, PORT), timeout=patience)
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    return connection


def ask(address: str, patience: float = PATIENCE, **request: Any) -> int:
    """Send a request that has no output; its answer. OSError if there is no answer in time."""
    with connect(address, patience) as connection:
        connection.settimeout(patience)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as answers:
            _kind, body = receive(answers)
            return int(body)


def frame(kind: int, body: bytes) -> bytes:
    """One frame."""
    return HEAD.pack(kind, len(body)) + body


def receive(stream: Any) -> tuple[int, bytes]:
    """The next frame of a stream; ConnectionError at its end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise ConnectionError("the other side left")
    kind, length = HEAD.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise ConnectionError("the other side left")
    return kind, body


def run(address: str, name: str, argv: list[str]) -> int:
    """Run a command on our own files; its exit code. OSError when the guest is not there, or no longer."""
    with (
        connect(address) as connection,
        connection.makefile("rb", buffering=0) as raw,
        selectors.DefaultSelector() as wait,
    ):
        connection.sendall(json.dumps({"argv": argv, "name": name, "env": dict(os.environ)}).encode() + b"\n")
        wait.register(connection, selectors.EVENT_READ)
        try:
            wait.register(0, selectors.EVENT_READ)
        except PermissionError:  # a plain file or /dev/null: always ready
            while data := os.read(0, MOST):
                connection.sendall(frame(STDIN, data))
            connection.sendall(frame(STDIN, b""))
        while True:
            for event, _ in wait.select():
                if event.fd == 0:
                    data = os.read(0, MOST)
                    connection.sendall(frame(STDIN, data))
                    if not data:
                        wait.unregister(0)
                    continue
                kind, body = receive(Whole(raw))
                if kind == EXIT:
                    return int(body)
                write(1 if kind == STDOUT else 2, body)


class Whole:
    """A raw stream whose `read` gives all that was asked for, and never reads ahead of a select."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def read(self, length: int) -> bytes:
        """That many bytes; fewer at the end."""
        parts = b""
        while len(parts) < length and (part := self.raw.read(length - len(parts))):
            parts += part
        return parts


def write(file: int, data: bytes) -> None:
    """Write all of the data to an open file."""
    while data:
        data = data[os.write(file, data) :]


if __name__ == "__main__":
    try:
        code = run(sys.argv[1], sys.argv[2], sys.argv[3:])
    except OSError as error:
        print(f"the guest at {sys.argv[1]} does not answer: {error}", file=sys.stderr)
        code = 255
    sys.exit(code)
