"""Says what is on its stdin to a TCP server and prints the answer, until the server hangs up.

Run by path with the standard library alone: `python -I -S converse.py ADDRESS PORT`.
"""

import socket
import sys

TIMEOUT = 3.0

if __name__ == "__main__":
    _, address, port = sys.argv
    with socket.create_connection((address, int(port)), TIMEOUT) as server:
        server.sendall(sys.stdin.buffer.read())
        while answer := server.recv(65536):
            sys.stdout.buffer.write(answer)
