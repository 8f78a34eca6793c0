"""Captures of HAProxy as recordings.

A folder for each state: ``show_stat.csv`` and ``show_info.txt`` (Unix socket) become one recording, ``http_stats.csv``
(statistics page) a second, ``http_stats_noauth.txt`` (the page without a password) a third. Missing files are left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOCKET = "/run/haproxy/admin.sock"
URL = "http://10.77.0.11:1984/;csv"
CLOCK = 1795353717.0  # used when a capture has no show info


def clock(info: str) -> float:
    """The time of a capture: the process's start and age."""
    figures = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
    try:
        return float(figures["Start_time_sec"]) + float(figures["Uptime_sec"])
    except (KeyError, ValueError):
        return CLOCK


def recording(args: list[str], when: float, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One recording of check_haproxy."""
    return {"hamon_recording": 1, "check": "haproxy", "args": args, "clock": when, "memory": {}, "answers": answers}


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        texts = {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".csv", ".txt")}
        when = clock(texts.get("show_info.txt", ""))
        if "show_stat.csv" in texts:
            answers = [
                {"ask": f"unix {SOCKET} show stat", "answer": texts["show_stat.csv"]},
                {"ask": f"unix {SOCKET} show info", "answer": texts.get("show_info.txt", "")},
            ]
            yield f"{folder.name}.json", recording([], when, answers)
        if "http_stats.csv" in texts:
            page = {"ask": f"http GET {URL}", "answer": [200, texts["http_stats.csv"]]}
            yield f"{folder.name}__http.json", recording(["--url", URL], when, [page])
        if "http_stats_noauth.txt" in texts:
            body, _, status = texts["http_stats_noauth.txt"].rstrip().rpartition("\n")
            page = {"ask": f"http GET {URL}", "answer": [int(status), body]}
            yield f"{folder.name}__noauth.json", recording(["--url", URL], when, [page])
