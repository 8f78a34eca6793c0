"""HAProxy's table of statistics as the tests write it."""

import csv
import io
from pathlib import Path

from hamon.checks.haproxy.node import CHECK
from hamon.verdict import Outcome
from tests.judging import judged

SOCKET = "/run/haproxy/admin.sock"
COLUMNS = (
    "pxname", "svname", "qcur", "scur", "slim", "dreq", "ereq", "econ", "wretr", "status", "weight", "act", "bck", "lastchg", "type",
    "check_status", "check_code", "last_chk", "check_desc", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other",
    "addr", "agent_status", "last_agt",
)  # fmt: skip
INFO = "Name: HAProxy\nVersion: 2.6.12\nNbproc: 1\nUptime_sec: 900\nMaxconn: 200\nCurrConns: 10\nStopping: 0\n\n"


def row(proxy: str, name: str, kind: int, status: str, **other: object) -> dict[str, object]:
    return {"pxname": proxy, "svname": name, "type": kind, "status": status, **other}


def server(proxy: str, name: str, status: str = "UP", **other: object) -> dict[str, object]:
    return row(
        proxy,
        name,
        2,
        status,
        **{"weight": 1, "act": 1, "bck": 0, "lastchg": 60, "addr": f"10.0.0.{name[-1]}:80", **other},
    )


def backend(proxy: str, act: int, bck: int = 0, status: str = "UP", **other: object) -> dict[str, object]:
    return row(proxy, "BACKEND", 1, status, act=act, bck=bck, qcur=0, scur=0, slim=20, **other)


def frontend(name: str = "web", status: str = "OPEN", scur: int = 0, slim: object = 100) -> dict[str, object]:
    return row(name, "FRONTEND", 0, status, scur=scur, slim=slim)


def stat(*rows: dict[str, object]) -> str:
    out = io.StringIO()
    # HAProxy ends every line with a comma: a column more, without a name
    csv.DictWriter(out, [*COLUMNS, ""], lineterminator="\n").writerows(rows)
    return f"# {','.join(COLUMNS)},\n{out.getvalue()}\n"


def haproxy(
    tmp_path: Path, text: str, *args: str, info: str = INFO, memory: dict[str, object] | None = None, names: str = ""
) -> Outcome:
    answers = {"show stat": text, "show info": info, "show servers state": names}
    return judged(tmp_path, CHECK, {f"unix {SOCKET} {key}": answer for key, answer in answers.items()}, args, memory)


def three(*statuses: str, act: int, **other: object) -> str:
    servers = [server("api", f"ctl{number}", status, **other) for number, status in enumerate(statuses, 1)]
    return stat(frontend(), *servers, backend("api", act, status="UP" if act else "DOWN"))
