"""Captures of Galera nodes (``<state>__<node>.txt``: the answers of one node to the monitoring user) as recordings.

One recording for each node (check_galera) and one for each state (check_galera_cluster over all members of the capture
set; a node without a file in a state was not asked and is recorded as silent).
"""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hamon.checks.galera import node as galera
from hamon.checks.mysql.session import mapping
from hamon.wire import to_json

HEAD = re.compile(r"^# (?P<time>\S+) state=(?P<state>\S+) node=(?P<node>\S+) .*-> (?P<address>\S+) ")
NODE_FILE = re.compile(r"^(?P<state>.+)__(?P<node>[^_]+)\.txt$")
CLIENT_ERROR = re.compile(r"^ERROR (\d+) \((\w+)\)(?: at line \d+)?: (.*)$")


def parse(path: Path) -> dict[str, Any] | None:
    """One node's capture: time, node, address and the answers' rows by heading; None when the file is not a capture."""
    text = path.read_text()
    head = HEAD.match(text)
    if not head:
        return None
    sections: dict[str, list[list[str]]] = {}
    error = ""
    current: list[list[str]] = []
    for line in text.splitlines()[1:]:
        if line.startswith("## "):
            current = sections.setdefault(line[3:], [])
        elif failed := CLIENT_ERROR.match(line):
            error = error or f"{failed[1]} {failed[3]}"
        elif not line.startswith("# rc="):
            current.append(line.split("\t"))
    clock = datetime.datetime.fromisoformat(head["time"].replace("Z", "+00:00")).timestamp()
    return {"clock": clock, "node": head["node"], "address": head["address"], "sections": sections, "error": error}


def rows(capture: dict[str, Any], wanted: str, names: tuple[str, ...]) -> list[list[str]]:
    """The rows of all sections that begin with ``wanted``, cut down to the variables that the check asks for."""
    keep = {name.lower() for name in names}
    return [
        row
        for head, found in capture["sections"].items()
        if head.startswith(wanted)
        for row in found
        if row[0].lower() in keep
    ]


def refused(capture: dict[str, Any]) -> list[Any]:
    """The error that hamon's own SQL client raises where the capturing client printed one."""
    place = f"{capture['address']}:3306"
    if "(111)" in capture["error"] or "(115)" in capture["error"]:
        return [2, f"{place}: connection refused", "refused"]
    return [2, f"{place}: {capture['error']}", "refused"]


def node_recording(capture: dict[str, Any]) -> dict[str, Any]:
    """check_galera on this node."""
    place = f"sql {capture['address']}:3306"
    questions = (galera.NO_WAIT, galera.SHOW_STATUS, galera.SHOW_VARIABLES)
    if capture["error"]:
        answers = [{"ask": f"{place} {question}", "error": refused(capture)} for question in questions]
    else:
        results: tuple[list[list[str]], ...] = (
            [],
            rows(capture, "SHOW GLOBAL STATUS", galera.STATUS),
            rows(capture, "SHOW GLOBAL VARIABLES", galera.VARIABLES),
        )
        answers = [
            {"ask": f"{place} {question}", "answer": answer}
            for question, answer in zip(questions, results, strict=True)
        ]
    return {
        "hamon_recording": 1, "check": "galera", "args": ["-H", capture["address"]], "clock": capture["clock"], "memory": {}, "answers": answers,
    }  # fmt: skip


def member_answer(capture: dict[str, Any]) -> dict[str, Any]:
    """What the node's ``facts_check_galera`` would have reported."""
    if capture["error"]:
        return {"error": refused(capture)}
    status = mapping(rows(capture, "SHOW GLOBAL STATUS", galera.STATUS))
    variables = mapping(rows(capture, "SHOW GLOBAL VARIABLES", galera.VARIABLES))
    # One look is all a capture has; a flag that stays is what a second look would have seen.
    return {"facts": json.loads(json.dumps(to_json(galera.parse(status, variables, status))))}


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    states: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(source.glob("*__*.txt")):
        name = NODE_FILE.match(path.name)
        capture = parse(path) if name else None
        if name and capture:
            states.setdefault(name["state"], {})[capture["node"]] = capture
            yield f"{name['state']}__{capture['node']}.json", node_recording(capture)
    addresses = {node: capture["address"] for nodes in states.values() for node, capture in nodes.items()}
    members = ",".join(f"{node}={addresses[node]}" for node in sorted(addresses))
    for state, nodes in states.items():
        answers = {
            node: member_answer(nodes[node]) if node in nodes else {"unreachable": "not asked in this capture"}
            for node in sorted(addresses)
        }
        yield f"{state}__cluster.json", {
            "hamon_recording": 1, "check": "galera_cluster", "args": ["--members", members],
            "clock": max(capture["clock"] for capture in nodes.values()), "memory": {},
            "answers": [{"ask": f"member {node}", "answer": answer} for node, answer in answers.items()],
        }  # fmt: skip
