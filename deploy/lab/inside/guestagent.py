"""Inside a guest: runs commands for those that ask on the management line (guestdoor.py says how), one thread for each.

Run by path, with the standard library alone, as a child of the guest's first process.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "host")]
import guestdoor as door  # type: ignore[import-not-found,unused-ignore]  # as a program it has no package
import processes  # type: ignore[import-not-found,unused-ignore]

NAMES: dict[str, int] = {}
"""Process by name, of those that were given one and run."""


def signalled(request: dict[str, Any]) -> bytes:
    """Signal a named process: 0 done, 1 no such process."""
    pid = NAMES.get(request["of"])
    if pid is None:
        return b"1"
    if request["signal"] == signal.SIGKILL:
        processes.kill_at_once(processes.family(pid))
    else:
        processes.send([pid] if request["alone"] else processes.family(pid), request["signal"])
    return b"0"


def serve(connection: socket.socket) -> None:
    """Serve one client, from its request to the exit code."""
    with connection, connection.makefile("rb") as stream:
        try:
            request = json.loads(stream.readline())
            if "signal" in request:
                connection.sendall(door.frame(door.EXIT, signalled(request)))
            else:
                connection.sendall(door.frame(door.EXIT, b"%d" % command(connection, stream, request)))
        except (OSError, ValueError):
            return  # the client went away


def command(connection: socket.socket, stream: BinaryIO, request: dict[str, Any]) -> int:
    """Run a command until it exits, or kill it when the client is gone."""
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(
            request["argv"], stdin=pipe, stdout=pipe, stderr=pipe, env=request["env"], cwd="/", start_new_session=True
        )
    except OSError as error:
        connection.sendall(door.frame(door.STDERR, f"{request['argv'][0]}: {error.strerror}\n".encode()))
        return 127
    if request["name"]:
        NAMES[request["name"]] = child.pid
    feeder = threading.Thread(target=feed, args=(stream, child), daemon=True)
    feeder.start()
    try:
        relay(connection, child)
    except OSError:
        processes.kill_at_once(processes.family(child.pid))
    code = child.wait()
    if NAMES.get(request["name"]) == child.pid:
        del NAMES[request["name"]]
    return code if code >= 0 else 128 - code


def feed(stream: BinaryIO, child: "subprocess.Popen[bytes]") -> None:
    """Pass the client's stdin to the command; when the client is gone, the command is killed."""
    assert child.stdin
    try:
        while True:
            _kind, data = door.receive(stream)
            try:
                if data:
                    child.stdin.write(data)
                    child.stdin.flush()
                else:
                    child.stdin.close()
            except OSError:
                continue  # it does not read any more; what it says is still wanted
    except (OSError, ValueError):
        if child.poll() is None:
            processes.kill_at_once(processes.family(child.pid))


def relay(connection: socket.socket, child: "subprocess.Popen[bytes]") -> None:
    """Pass what the command prints to the client, until the command has exited; its children may keep the pipes."""
    assert child.stdout
    assert child.stderr
    pipes = {child.stdout.fileno(): door.STDOUT, child.stderr.fileno(): door.STDERR}
    ended = os.pidfd_open(child.pid)
    with selectors.DefaultSelector() as wait:
        wait.register(ended, selectors.EVENT_READ)
        for pipe in pipes:
            os.set_blocking(pipe, False)
            wait.register(pipe, selectors.EVENT_READ)
        over = False
        while not over:
            ready = [event.fd for event, _ in wait.select()]
            over = ended in ready
            for pipe, kind in list(pipes.items()):
                if (pipe in ready or over) and not drain(connection, pipe, kind):
                    wait.unregister(pipe)
                    del pipes[pipe]
    os.close(ended)
    child.stdout.close()
    child.stderr.close()


def drain(connection: socket.socket, pipe: int, kind: int) -> bool:
    """Everything that is in the pipe now; False at its end."""
    while True:
        try:
            data = os.read(pipe, door.MOST)
        except BlockingIOError:
            return True
        if not data:
            return False
        connection.sendall(door.frame(kind, data))


if __name__ == "__main__":
    with socket.create_server((sys.argv[1], door.PORT)) as listening:
        while True:
            client, _ = listening.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()
