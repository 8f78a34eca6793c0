"""Captures of memcached (``<state>__<node>__stats.txt``, or one for a single node) as recordings.

The time of a capture is in its ``STAT time``. A server that started seconds before has all counters at 0 then: such a
capture gets a second recording (``__second_look``) with that as what the last run remembered.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NODES = {"ctl1": "10.77.0.11", "ctl2": "10.77.0.12"}
CLOCK = 1795353842.0  # of the capture that has none


def recording(place: str, clock: float, answer: dict[str, Any], memory: dict[str, Any]) -> dict[str, Any]:
    """One recording of check_memcached."""
    return {
        "hamon_recording": 1, "check": "memcached", "args": ["-H", place], "clock": clock, "memory": memory,
        "answers": [{"ask": f"tcp {place}:11211 stats", **answer}],
    }  # fmt: skip


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    for path in sorted(source.glob("*stats.txt")):
        name = path.name.removesuffix("__stats.txt")
        place = next((address for node, address in NODES.items() if node in name), "10.77.0.11")
        text = path.read_text()
        if not text.startswith("STAT "):
            error = [2, f"{place}:11211: connection refused", "refused"]
            yield f"{name}.json", recording(place, CLOCK, {"error": error}, {})
            continue
        figures = dict(re.findall(r"^STAT (\S+) (\S+)", text, re.M))
        clock, uptime = float(figures["time"]), float(figures["uptime"])
        answer = {"answer": text.replace("\r", "").replace("\n", "\r\n")}
        yield f"{name}.json", recording(place, clock, answer, {})
        if uptime < 10:
            counters = ("hits", "misses", "rejected", "paused", "evictions", "gets", "uptime")
            memory = {"at": clock - uptime, "values": dict.fromkeys(counters, 0.0), "since": {}}
            yield f"{name}__second_look.json", recording(place, clock, answer, memory)
