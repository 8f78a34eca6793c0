"""All proxies side by side: what every client loses, and what is one proxy's own trouble."""

import json
from pathlib import Path

import pytest

from hamon.checks.haproxy.cluster import CLUSTER
from hamon.checks.haproxy.node import CHECK
from hamon.execute import execute

HAPROXY = Path(__file__).parent / "states"
DEAD = json.dumps({"check": "haproxy", "error": [2, "/run/haproxy/admin.sock: connection refused", "refused"]})
SILENT = "CHECK_NRPE: Socket timeout after 8 seconds."


def arguments(tmp_path: Path, **states: str) -> list[str]:
    """Arguments for proxies whose agents report a captured state, or the given words."""
    for name, state in states.items():
        recording = HAPROXY / f"{state}.json"
        words = execute(CHECK, ["--replay", str(recording), "--facts"]).render() if recording.exists() else state
        (tmp_path / name).write_text(words)
    return ["--members", ",".join(states), "--via", f"cat {tmp_path}/{{name}}"]


@pytest.mark.parametrize(
    ("lb1", "lb2", "line"),
    [
        ("01_healthy", "01_healthy", "OK - 4 backends have usable servers on lb1 and lb2 | serving=2;;;0 backends_down=0;;;0 unreachable=0;;;0"),
        (
            "03_backend_down", "03_backend_down",
            "CRITICAL - nova_api has no usable server on lb1 and lb2: it is down for every client | serving=2;;;0 backends_down=1;;;0 unreachable=0;;;0",
        ),
        (
            "03_backend_down", "01_healthy",
            "WARNING - nova_api has no usable server on lb1, but on lb2 it has | serving=2;;;0 backends_down=0;;;0 unreachable=0;;;0",
        ),
        ("02_one_server_down_L7STS", "05_maint_drain", "OK - 4 backends have usable servers on lb1 and lb2 | serving=2;;;0 backends_down=0;;;0 unreachable=0;;;0"),
        (
            DEAD, "01_healthy",
            "WARNING - lb1 has no HAProxy (/run/haproxy/admin.sock: connection refused), lb2 left | serving=1;;;0 backends_down=0;;;0 unreachable=1;;;0",
        ),
        (
            DEAD, DEAD,
            "CRITICAL - no member serves: lb1: /run/haproxy/admin.sock: connection refused, lb2: /run/haproxy/admin.sock: connection refused"
            " | serving=0;;;0 backends_down=0;;;0 unreachable=2;;;0",
        ),
        (
            SILENT, "01_healthy",
            "OK - 4 backends have usable servers on lb2, lb1 could not be asked (its agent said: CHECK_NRPE: Socket timeout after 8 seconds.)"
            " | serving=1;;;0 backends_down=0;;;0 unreachable=1;;;0",
        ),
        (
            SILENT, SILENT,
            "UNKNOWN - no member could be asked: lb1: its agent said: CHECK_NRPE: Socket timeout after 8 seconds., "
            "lb2: its agent said: CHECK_NRPE: Socket timeout after 8 seconds. | serving=0;;;0 backends_down=0;;;0 unreachable=2;;;0",
        ),
    ],
)  # fmt: skip
def test_verdicts(tmp_path: Path, lb1: str, lb2: str, line: str) -> None:
    assert execute(CLUSTER, arguments(tmp_path, lb1=lb1, lb2=lb2)).render().splitlines()[0] == f"HAPROXY_CLUSTER {line}"


def test_a_full_frontend_is_said_once_for_all(tmp_path: Path) -> None:
    argv = arguments(tmp_path, lb1="06_queueing", lb2="01_healthy")
    full = json.loads((tmp_path / "lb1").read_text())
    for frontend in full["facts"]["frontends"]:
        frontend["sessions_used"] = 1.0 if frontend["name"] == "nova_api_fe" else 0.0
    (tmp_path / "lb1").write_text(json.dumps(full))
    assert execute(CLUSTER, argv).render().splitlines()[0] == (
        "HAPROXY_CLUSTER CRITICAL - nova_api_fe on lb1 at the session limit: new clients wait"
        " | serving=2;;;0 backends_down=0;;;0 unreachable=0;;;0"
    )
