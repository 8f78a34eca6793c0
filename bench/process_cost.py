"""What one run of a plugin costs in CPU, as ratios to ``python -c pass`` measured in the same run; and what its imports cost.

    build/bench/bin/python bench/process_cost.py [RUNS]        (make bench makes that plain installation)

A plugin runs every minute on every host: its start is its price. ``wanted`` is the budget of docs/architecture.md.
"""

import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

CHECKS = Path(__file__).resolve().parent.parent / "tests" / "checks"
BIN = Path(sys.executable).parent
PASS, SQL = "python -c pass", "import nagiosplugin, pymysql"


class Case(NamedTuple):
    """One command. ``budget`` is the wanted ratio to the case ``base``."""

    argv: list[str]
    budget: float | None = None
    base: str = PASS


def cases() -> dict[str, Case]:
    """What is measured, by name."""

    def python(code: str) -> Case:
        return Case([sys.executable, "-c", code])

    def check(name: str, *args: str, budget: float | None = None, base: str = PASS) -> Case:
        return Case([str(BIN / name), *args], budget, base)

    recording = str(CHECKS / "galera/states/01_healthy__ctl1.json")
    measured = {
        PASS: python("pass"),
        "import nagiosplugin": python("import nagiosplugin"),
        SQL: python(SQL),
        "check_haproxy, no socket": check("check_haproxy", "-S", "/nonexistent", budget=4.6),
        "check_keepalived": check("check_keepalived", budget=4.6),
        "check_memcached, refused": check("check_memcached", "-p", "1", budget=4.6),
        "check_addresses": check("check_addresses"),
        "check_galera, refused": check("check_galera", "-p", "1", budget=1.04, base=SQL),
        "check_galera, recorded": check("check_galera", "--replay", recording),
        "check_galera_cluster, recorded": check(
            "check_galera_cluster", "--replay", recording.replace("ctl1", "cluster")
        ),
        "check_mysql, refused": check("check_mysql", "-p", "1"),
    }
    for plugin in ("check_tcp", "check_http"):
        path = shutil.which(plugin, path="/usr/lib/nagios/plugins")
        if path:
            measured[f"C {plugin}, refused"] = Case([path, "-H", "127.0.0.1", "-p", "1"])
    return {name: case for name, case in measured.items() if Path(case.argv[0]).exists()}


def cpu(argv: list[str]) -> float:
    """CPU milliseconds (user and system) of one run of ``argv``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def imports(argv: list[str], least: int = 400) -> list[tuple[int, str]]:
    """(microseconds, module) of the modules that cost a plugin's start the most, their own imports not counted."""
    ran = subprocess.run([sys.executable, "-X", "importtime", *argv], capture_output=True, text=True, check=False)
    rows = [line.removeprefix("import time:").split("|") for line in ran.stderr.splitlines() if "import time:" in line]
    costs = [(int(row[0]), row[2].strip()) for row in rows if row[0].strip().isdigit()]
    return sorted((cost for cost in costs if cost[0] >= least), reverse=True)


def main() -> None:
    """Measure in turns, so that a busy moment of the machine hits all alike, and print medians and ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    todo = cases()
    for case in todo.values():
        cpu(case.argv)  # byte code and page cache
    times: dict[str, list[float]] = {name: [] for name in todo}
    for _ in range(runs):
        for name, case in todo.items():
            times[name].append(cpu(case.argv))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{'process':<34} {'CPU ms':>8} {'ratio':>7}   (median of {runs})")
    for name, case in todo.items():
        wanted = ""
        if case.budget:
            ratio = medians[name] / medians[case.base]
            wanted = f"   {ratio:.2f} x {case.base}, wanted {case.budget:.2f}{'' if ratio <= case.budget else ': OVER'}"
        print(f"{name:<34} {medians[name]:8.1f} {medians[name] / medians[PASS]:7.2f}{wanted}")
    for name in ("check_keepalived", "check_galera"):
        print(f"\nwhat {name} imports, 0.4 ms and more each:")
        for microseconds, module in imports(
            [str(BIN / name), "-p", "1"] if name == "check_galera" else [str(BIN / name)]
        ):
            print(f"  {microseconds / 1000:6.1f} ms  {module}")


if __name__ == "__main__":
    main()
