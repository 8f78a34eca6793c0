"""Clients of memcached that are too many, or store too much, until this process ends.

Run by path with the standard library alone: `python -I -S cacheclients.py ADDRESS PORT idle COUNT` keeps COUNT connections
open and says nothing on them; `... fill RATE` stores RATE items a second that never expire.
"""

import itertools
import socket
import sys
import time

ITEM = b"x" * 20000
TIMEOUT = 3.0


def idle(address: str, port: int, count: int) -> None:
    """Hold the connections; the place of each that the server dropped stays free."""
    clients = [socket.create_connection((address, port), TIMEOUT) for _ in range(count)]
    while clients:
        time.sleep(TIMEOUT)


def fill(address: str, port: int, rate: int) -> None:
    """Store items, as a client does that waits for the answer."""
    with socket.create_connection((address, port), TIMEOUT) as server:
        for number in itertools.count():
            server.sendall(b"set lab.%d 0 0 %d\r\n%s\r\n" % (number, len(ITEM), ITEM))
            server.recv(100)
            time.sleep(1 / rate)


if __name__ == "__main__":
    _, place, door, what, amount = sys.argv
    {"idle": idle, "fill": fill}[what](place, int(door), int(amount))
