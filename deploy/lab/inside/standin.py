"""STAND-IN for an OpenStack API behind HAProxy: answers HTTP, knows nothing of OpenStack, and says so in `ps`.

Run by path with the standard library alone: `python -I -S standin.py STAND-IN NAME ADDRESS PORT STATEFILE`. The word in
the state file decides what happens to every request: a status code (`200`, `503`), or `hang` for no answer at all.
`/slow` is answered only after SLOW seconds, whatever the state.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW = 8.0
HANG = 60.0


class Handler(BaseHTTPRequestHandler):
    """One request."""

    state_file: Path
    server_version = "STAND-IN"

    def do_GET(self) -> None:
        """Answer as the state file says."""
        state = self.state_file.read_text().strip() if self.state_file.exists() else "200"
        if state == "hang":
            time.sleep(HANG)
        if self.path == "/slow":
            time.sleep(SLOW)
        body = b'{"stand-in": true}\n'
        self.send_response(int(state) if state.isdigit() else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: there are health checks twice a second."""


class Server(ThreadingHTTPServer):
    """Threads, because a hanging request must not stop the next."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """HAProxy resets its health-check connections; that is normal."""


if __name__ == "__main__":
    _, mark, name, address, port, state_file = sys.argv
    Path("/proc/self/comm").write_text(f"{mark} {name}"[:15])
    Handler.state_file = Path(state_file)
    Server((address, int(port)), Handler).serve_forever()
