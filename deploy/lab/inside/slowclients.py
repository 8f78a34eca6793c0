"""Clients that ask for something slow and wait: fills a load balancer's session limit with real requests.

Run by path with the standard library alone: `python -I -S slowclients.py ADDRESS PORT COUNT`. A request that is answered
or lost is asked again, so that the number of open ones stays COUNT until this process ends.
"""

import contextlib
import selectors
import socket
import sys
import time

REQUEST = b"GET /slow HTTP/1.0\r\nHost: stand-in\r\n\r\n"
AGAIN = 0.2
"""Seconds before a lost connection is tried again."""


def ask(address: str, port: int) -> socket.socket | None:
    """One open request, or None when it is not accepted."""
    client = socket.socket()
    client.settimeout(2)
    with contextlib.suppress(OSError):
        client.connect((address, port))
        client.sendall(REQUEST)
        return client
    client.close()
    return None


def main(address: str, port: int, count: int) -> None:
    """Keep the requests open until killed."""
    waiting = selectors.DefaultSelector()
    while True:
        while len(waiting.get_map()) < count:
            client = ask(address, port)
            if client is None:
                break
            waiting.register(client, selectors.EVENT_READ)
        if not waiting.get_map():
            time.sleep(AGAIN)
        for key, _ in waiting.select(AGAIN):
            waiting.unregister(key.fileobj)
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
