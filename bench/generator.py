"""How long, and how much memory, for 5,000 hosts with 20 services each: inventory -> plan -> objects on disk.

    PYTHONPATH=. python bench/generator.py [--hosts 5000]

Synthetic components, no Nagios (its own verification is timed apart when it is installed). Times are compared with what the
file system alone takes for as many files. Exit code 1 when two runs differ or Nagios refuses the objects.
"""

import argparse
import hashlib
import itertools
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hamon.check import Check, OnMembers
from hamon.component import Component
from hamon.inventory import load
from hamon.nagios_objects import nagios
from hamon.nagios_objects.generate import generate
from hamon.plan import make_plan
from hamon.runs import OnCluster

SERVICES = 20  # on every host, the agent's own item included


def _nothing(*_: Any) -> Any:
    raise NotImplementedError  # the bench plans checks; it never runs one


def _check(name: str, **more: Any) -> Check[Any]:
    return Check(name, f"Is {name} well?", tuple, _nothing, _nothing, _nothing, **more)


def components() -> tuple[Component, ...]:
    """Five components on all hosts with 19 node checks between them, and one three-member cluster."""
    checks = [
        _check(f"thing{number:02}", runs=OnMembers(("-H", "{address}", "--credentials", "{credentials}")))
        for number in range(SERVICES - 1)
    ]
    cluster = _check(
        "thing_cluster", tier="page", runs=OnCluster(checks[0], ("--members", "{members}", "--via", "{via}"))
    )
    parts = tuple(Component(f"part{n}", f"Part {n}", ("everything",), tuple(checks[n::5])) for n in range(5))
    return (*parts, Component("kernel", "Kernel", ("control",), (cluster,)))


def inventory(path: Path, hosts: int) -> None:
    """An INI inventory with one line for each host, as generated ones have."""
    lines = ["[everything]"]
    lines += [f"node{n:05} ansible_host=10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1, hosts + 1)]
    path.write_text("\n".join([*lines, "[control]", "node00001", "node00002", "node00003", ""]))


def run(source: Path, target: Path) -> tuple[dict[str, float], int]:
    """One whole run; seconds of each phase and the number of services."""
    marks = [time.perf_counter()]
    read = load(str(source))
    marks.append(time.perf_counter())
    plan = make_plan(read, components())
    marks.append(time.perf_counter())
    report = generate(plan, str(target), ask_nagios=False)
    marks.append(time.perf_counter())
    if report.problems:
        sys.exit(f"bench: {report.problems[0]}")
    took = [end - begin for begin, end in itertools.pairwise(marks)]
    return dict(zip(("read", "plan", "generate"), took, strict=True)), len(plan.checks)


def digest(directory: Path) -> str:
    """One hash over every path and byte of the output."""
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def bare_files(directory: Path, files: int, size: int) -> float:
    """Seconds that the file system alone takes for so many files: on a shared disk it can be most of the whole."""
    directory.mkdir()
    begin = time.perf_counter()
    for number in range(files):
        with open(directory / str(number), "xb", buffering=0) as file:
            file.write(b"#" * size)
    return time.perf_counter() - begin


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3, help="the best of so many runs counts: disks are noisy")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "hosts.ini"
        inventory(source, args.hosts)
        targets = [Path(work) / f"run{number}" for number in range(args.runs)]
        runs = []
        for number, target in enumerate(targets, 1):
            before = time.process_time()
            phases, services = run(source, target)
            worked = time.process_time() - before
            runs.append(sum(phases.values()))
            print(
                f"run {number}      {runs[-1]:.2f} s wall, {worked:.2f} s CPU: "
                + ", ".join(f"{name} {took:.2f}" for name, took in phases.items())
            )
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        again, _ = run(source, targets[0])
        paths = [path for path in targets[0].rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in paths)
        same = len({digest(target) for target in targets}) == 1
        print(f"again      {sum(again.values()):.2f} s, nothing changed")
        print(f"plan       {args.hosts} hosts, {services} services")
        print(
            f"output     {size / 1e6:.1f} MB in {len(paths)} files, {'byte-identical' if same else 'DIFFERENT'} every time"
        )
        bare = bare_files(Path(work) / "bare", len(paths), size // len(paths))
        print(f"disk       {bare:.2f} s for as many bare files: the best run took {min(runs) / bare:.1f} times that")
        print(f"memory     {megabytes:.0f} MB at most")
        if program := nagios.find():
            begin = time.perf_counter()
            verdict = nagios.preflight(program, targets[0] / "objects")
            print(
                f"nagios -v  {time.perf_counter() - begin:.2f} s, {verdict.services} services, {len(verdict.errors)} errors"
            )
            same = same and not verdict.errors and verdict.services == services
        return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
