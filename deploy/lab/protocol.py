"""How a client and the supervisor talk: one JSON line each way, plus open files for `exec`.

Request:  {"do": NAME, ...}
Answer:   any number of {"say": TEXT}, then {"value": ...} or {"error": TEXT, "kind": CLASS}
"""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hamon.errors import HamonError, UsageError
from hamon.lab.errors import CommandError, GoneError, LabError, MissingError, NotYetError

Message = dict[str, Any]
Tell = Callable[[str], None]
KINDS: dict[str, type[HamonError]] = {
    kind.__name__: kind for kind in (UsageError, LabError, MissingError, NotYetError, CommandError, GoneError)
}
"""The errors that may cross the socket, by the name of their class."""


def send(connection: socket.socket, message: Message, files: tuple[int, ...] = ()) -> None:
    """One message, with open files beside it."""
    line = json.dumps(message).encode() + b"\n"
    if files:
        socket.send_fds(connection, [line], list(files))
    else:
        connection.sendall(line)


def receive(connection: socket.socket) -> tuple[Message, list[int]]:
    """The first message of a connection and the open files beside it."""
    line = b""
    files: list[int] = []
    while not line.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(connection, 65536, 3)
        if not part:
            raise GoneError("the other side left in the middle of a line")
        line += part
        files += more
    message: Message = json.loads(line)
    return message, files


def silent(_text: str) -> None:
    """Report nothing."""


def request(control: Path, message: Message, tell: Tell = silent, files: tuple[int, ...] = ()) -> Any:
    """The supervisor's value for one request; its errors are raised here by their own class."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(control))
        except OSError:
            raise UsageError(f"no lab is running in {control.parent}") from None
        send(connection, message, files)
        with connection.makefile(encoding="utf-8") as lines:
            for line in lines:
                answer = json.loads(line)
                if "say" in answer:
                    tell(answer["say"])
                elif "error" in answer:
                    raise revive(answer["kind"], answer["error"])
                else:
                    return answer["value"]
    raise GoneError("the lab ended before it answered")


def revive(kind: str, text: str) -> HamonError:
    """The error the supervisor raised, by the name of its class; LabError for a class that is not known here."""
    return KINDS.get(kind, LabError)(text)
