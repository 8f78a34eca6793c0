"""What one run of a plugin costs: CPU time of the whole process, as ratios to ``python -c pass`` measured in the same run.

``python bench/process_cost.py [RUNS]``. Every plugin runs cold against a service that refuses (the whole start-up, option
handling, client import and verdict) and, for check_galera and check_haproxy, against a recorded healthy state too. C
plugins are measured beside them where they are installed.
"""

import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKS = HERE.parent / "tests" / "checks"
BIN = Path(sys.executable).parent


def cpu(argv: list[str]) -> float:
    """CPU milliseconds (user and system) of one run of ``argv``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def cases() -> dict[str, list[str]]:
    """What is measured, by name."""
    python = sys.executable
    found = {
        "python -c pass": [python, "-c", "pass"],
        "import nagiosplugin": [python, "-c", "import nagiosplugin"],
        "import nagiosplugin, pymysql": [python, "-c", "import nagiosplugin, pymysql"],
        "check_galera, refused": [str(BIN / "check_galera"), "-p", "1"],
        "check_galera, recorded": [
            str(BIN / "check_galera"),
            "--replay",
            str(CHECKS / "galera/states/01_healthy__ctl1.json"),
        ],
        "check_galera_cluster, recorded": [
            str(BIN / "check_galera_cluster"),
            "--replay",
            str(CHECKS / "galera/states/01_healthy__cluster.json"),
        ],
        "check_mysql, refused": [str(BIN / "check_mysql"), "-p", "1"],
        "check_haproxy, no socket": [str(BIN / "check_haproxy"), "-S", "/nonexistent"],
        "check_keepalived": [str(BIN / "check_keepalived")],
        "check_addresses": [str(BIN / "check_addresses")],
    }
    for plugin in ("check_tcp", "check_http", "check_mysql"):
        path = shutil.which(plugin, path="/usr/lib/nagios/plugins")
        if path:
            found[f"C {plugin}, refused"] = [
                path,
                "-H",
                "127.0.0.1",
                *(["-P", "1"] if plugin == "check_mysql" else ["-p", "1"]),
            ]
    return {name: argv for name, argv in found.items() if Path(argv[0]).exists()}


def main() -> None:
    """Measure in turns, so that a busy moment of the machine hits all alike, and print medians and ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    todo = cases()
    for argv in todo.values():
        cpu(argv)  # byte code and page cache
    times: dict[str, list[float]] = {name: [] for name in todo}
    for _ in range(runs):
        for name, argv in todo.items():
            times[name].append(cpu(argv))
    base = statistics.median(times["python -c pass"])
    print(f"{'process':<34} {'CPU ms':>8} {'ratio':>7}   (median of {runs})")
    for name, values in times.items():
        print(f"{name:<34} {statistics.median(values):8.1f} {statistics.median(values) / base:7.2f}")


if __name__ == "__main__":
    main()
