"""What Nagios knows, from its own files: status.dat (now) and nagios.log (what changed when). Pure parsing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hamon.verdict import CRITICAL, OK, SEVERITY, State

HOST_STATES = {"UP": OK, "DOWN": CRITICAL, "UNREACHABLE": CRITICAL}
"""A host's states, in the order of Nagios' numbers, and how they rank among those of services."""


class Service(NamedTuple):
    """A service as Nagios sees it now."""

    host: str
    name: str
    state: str
    hard: bool
    checked: bool
    last_check: int
    """Epoch seconds; 0 before the first check."""
    output: str
    perfdata: str


class Status(NamedTuple):
    """One status.dat."""

    written: int
    """Epoch seconds."""
    services: tuple[Service, ...]
    hosts: dict[str, str]
    """Host name to UP, DOWN or UNREACHABLE."""


class Alert(NamedTuple):
    """A line of nagios.log: something changed its state. `service` is empty for a host."""

    at: int
    host: str
    service: str
    state: str
    hard: bool
    output: str


def severity(state: str) -> int:
    """How bad a state of a service or a host is, in the core's order; 0 is well."""
    return SEVERITY[HOST_STATES[state] if state in HOST_STATES else State[state]]


def blocks(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The kind and the entries of every block of a status.dat."""
    for kind, body in re.findall(r"^(\w+) \{\n(.*?)^\t\}$", text, re.MULTILINE | re.DOTALL):
        lines = (line.strip().partition("=") for line in body.splitlines())
        yield kind, {key: value for key, _, value in lines}


def parse_status(text: str) -> Status:
    """A whole status.dat. A file that is not complete gives fewer services, never wrong ones."""
    services: list[Service] = []
    hosts: dict[str, str] = {}
    written = 0
    for kind, entry in blocks(text):
        if kind == "info":
            written = int(entry["created"])
        elif kind == "hoststatus":
            hosts[entry["host_name"]] = tuple(HOST_STATES)[int(entry["current_state"])]
        elif kind == "servicestatus":
            services.append(
                Service(
                    host=entry["host_name"],
                    name=entry["service_description"],
                    state=State(int(entry["current_state"])).name,
                    hard=entry["state_type"] == "1",
                    checked=entry["has_been_checked"] == "1",
                    last_check=int(entry["last_check"]),
                    output=entry["plugin_output"],
                    perfdata=entry["performance_data"],
                )
            )
    return Status(written, tuple(services), hosts)


def parse_alerts(text: str) -> list[Alert]:
    """The state changes of a nagios.log, soft ones too, oldest first."""
    alerts = []
    for at, kind, rest in re.findall(r"^\[(\d+)\] (SERVICE|HOST) ALERT: (.*)$", text, re.MULTILINE):
        fields = rest.split(";", 5 if kind == "SERVICE" else 4)
        host, service = fields[0], fields[1] if kind == "SERVICE" else ""
        state, kind_of_state, _attempt, output = fields[-4:]
        alerts.append(Alert(int(at), host, service, state, kind_of_state == "HARD", output))
    return alerts
