"""Captures of a VRRP pair (or more nodes) as recordings.

A folder for each state, with ``ip_j_addr_NODE.json`` and ``NODE_keepalived.json`` of every node and ``arp_probe_from_*.txt``. From
them: check_keepalived for every node, check_vip over all nodes, check_vip --arp alone and with the members. A node without a dump
(or with one that is named stale) has no running daemon. An empty ARP file is not a capture.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hamon.checks.vip.addresses import parse
from hamon.wire import to_json

VIP = "10.77.0.100"  # where no dump has one
DUMP = "/tmp/keepalived.json"
STATES = "/run/keepalived/state.d"
WIRE = "br0"
AGE = 1.0  # seconds between the dump and the check
UPTIME = 3600.0  # seconds the daemon is said to run for where the log does not have it
CLOCK = 1795354139.0


def recording(check: str, args: list[str], clock: float, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One recording."""
    return {"hamon_recording": 1, "check": check, "args": args, "clock": clock, "memory": {}, "answers": answers}


def clean(text: str) -> str:
    """A dump without its password and without the commands and paths of the place where it was taken."""
    text = re.sub(r'"(script|track_script)"\s*:\s*("[^"]*"|\[[^\]]*\])\s*,', "", text)
    return re.sub(r'("auth_data"\s*:\s*)"[^"]*"', r'\1"***"', text)


def taken(folder: Path) -> float:
    """When a capture was taken: its last transition, which every dump has, and a few seconds."""
    moments = [
        float(when)
        for path in folder.glob("*_keepalived.json")
        for when in re.findall(r'"last_transition":([\d.]+)', path.read_text())
    ]
    return max(moments, default=CLOCK) + 5.0


def vip_of(folder: Path) -> str:
    """The virtual address that the dumps of a capture have."""
    addresses = [
        address
        for path in sorted(folder.glob("*_keepalived.json*"))
        for address in re.findall(r'"vips":\["([\d.a-f:]+)', path.read_text())
    ]
    return addresses[0] if addresses else VIP


def node(folder: Path, name: str, clock: float, address: str) -> dict[str, Any]:
    """check_keepalived on one node."""
    dump = folder / f"{name}_keepalived.json"
    found = [dump] if dump.exists() else sorted(folder.glob(f"{name}_keepalived.json.STALE*"))
    running = [[1234, clock - UPTIME], [1235, clock - UPTIME]] if dump.exists() else []
    answers: list[dict[str, Any]] = [
        {"ask": "processes keepalived", "answer": running},
        {"ask": f"files {STATES}", "answer": {}},
        {"ask": f"file {DUMP}", "answer": [clean(found[0].read_text()), clock - AGE] if found else None},
        {"ask": "command ip -j addr", "answer": [0, (folder / f"ip_j_addr_{name}.json").read_text(), ""]},
    ]
    return recording("keepalived", ["--json", DUMP, "--vip", address], clock, answers)


def wire(folder: Path, address: str) -> dict[str, Any] | None:
    """The answer of the ARP probe, or None when there is none."""
    for path in folder.glob("arp_probe*.txt"):
        if match := re.match(r"holders \d+ (\{.*\})", path.read_text()):
            return {"ask": f"arp {WIRE} {address}", "answer": ast.literal_eval(match[1])}
    return None


def members(folder: Path) -> dict[str, Any]:
    """What every node's ``facts_check_addresses`` would have reported."""
    return {
        path.stem.removeprefix("ip_j_addr_"): json.loads(json.dumps(to_json(parse(path.read_text()))))
        for path in sorted(folder.glob("ip_j_addr_*.json"))
    }


def own(facts: dict[str, Any], address: str) -> str:
    """A node's own address: the first that is not the virtual one."""
    return str(next((row["address"] for row in facts["addresses"] if row["address"] != address), "unknown"))


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        found = members(folder)
        if not found:
            continue
        clock, address = taken(folder), vip_of(folder)
        for name in found:
            yield f"{folder.name}__{name}.json", node(folder, name, clock, address)
        asked = ["--members", ",".join(f"{name}={own(facts, address)}" for name, facts in found.items())]
        answers = [{"ask": f"member {name}", "answer": {"facts": facts}} for name, facts in found.items()]
        of_vip = ["--vip", address]
        yield f"{folder.name}__vip.json", recording("vip", [*of_vip, *asked], clock, answers)
        if arp := wire(folder, address):
            on_wire = ["--arp", WIRE]
            yield f"{folder.name}__arp.json", recording("vip", [*of_vip, *on_wire], clock, [arp])
            both = recording("vip", [*of_vip, *asked, *on_wire], clock, [*answers, arp])
            yield f"{folder.name}__vip_and_arp.json", both
