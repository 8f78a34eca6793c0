"""What check_rabbitmq_queues costs with 20,000 queues: time, memory and requests, against a stub of the management API.

    PYTHONPATH=. python bench/queues.py [--queues 20000] [--limit-seconds 2] [--limit-mb 60]

The stub runs in this process and serves pages made beforehand; the plugin is a process of its own, measured by its own
resource usage. One line; exit code 1 over a limit.
"""

import argparse
import http.server
import json
import os
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qs, urlsplit

NODES = ["rabbit@ctl1", "rabbit@ctl2", "rabbit@ctl3"]
PLUGIN = "from hamon.checks.rabbitmq.queues import main; main()"


def queue(number: int) -> dict[str, object]:
    """One queue as RabbitMQ reports it with the columns that the check asks for; every other is a quorum queue."""
    row: dict[str, object] = {
        "vhost": "/", "name": f"reply_{number:032x}", "node": NODES[number % 3], "state": "running", "consumers": 1,
        "messages_ready": number % 50, "messages_unacknowledged": 0, "arguments": {}, "effective_policy_definition": {},
    }  # fmt: skip
    if number % 2:
        return {**row, "type": "quorum", "leader": NODES[number % 3], "members": NODES, "online": NODES}
    return {**row, "type": "classic", "effective_policy_definition": {"ha-mode": "all"}, "slave_nodes": NODES[1:], "synchronised_slave_nodes": NODES[1:]}  # fmt: skip


def pages(count: int, size: int = 500) -> list[bytes]:
    """All pages of ``count`` queues."""
    last = -(-count // size)
    head = {"filtered_count": count, "item_count": size, "page_count": last, "page_size": size, "total_count": count}
    return [
        json.dumps(
            {**head, "page": page + 1, "items": [queue(n) for n in range(page * size, min(count, (page + 1) * size))]}
        ).encode()
        for page in range(last)
    ]


class Stub(http.server.ThreadingHTTPServer):
    """The management API of a cluster with many queues, on a free loopback port."""

    def __init__(self, answers: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.requests = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        self.server.requests += 1
        parts = urlsplit(self.path)
        if parts.path == "/api/nodes":
            body = json.dumps([{"name": name, "running": True} for name in NODES]).encode()
        else:
            body = self.server.answers[int(parse_qs(parts.query)["page"][0]) - 1]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def measure(count: int) -> tuple[float, float, int, int]:
    """Seconds, MB at most, requests and exit code of one run of the plugin."""
    with Stub(pages(count)) as stub, tempfile.TemporaryDirectory() as memory:
        threading.Thread(target=stub.serve_forever, daemon=True).start()
        environment = {**os.environ, "HAMON_STATE_DIR": memory}
        argv = [sys.executable, "-c", PLUGIN, "-p", str(stub.server_port), "-t", "30"]
        began = time.perf_counter()
        _, status, usage = os.wait4(os.posix_spawn(sys.executable, argv, environment), 0)
        took = time.perf_counter() - began
        stub.shutdown()
        return took, usage.ru_maxrss / 1024, stub.requests, os.waitstatus_to_exitcode(status)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queues", type=int, default=20000)
    parser.add_argument("--limit-seconds", type=float, default=2.0)
    parser.add_argument("--limit-mb", type=float, default=60.0)
    args = parser.parse_args()
    seconds, megabytes, requests, code = measure(args.queues)
    print(f"{args.queues} queues: {seconds:.2f} s, {megabytes:.0f} MB, {requests} requests, exit code {code}")
    return int(code != 0 or seconds > args.limit_seconds or megabytes > args.limit_mb)


if __name__ == "__main__":
    sys.exit(main())
