"""Write today's status line into recordings that expect none yet: ``python tests/tools/accept.py RECORDING ...``.

Read it against what was really wrong, and say that in tests/checks/<component>/truth.tsv: the line accepted here is only what
the check says today. ``--all`` also replaces lines that are expected already: read the diff.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from hamon.catalogue import check_named
from hamon.execute import execute
from hamon.files import write_atomically
from hamon.probe.tape import dump, read


def accept(path: Path, everything: bool = False) -> str | None:
    """Write today's verdict into a recording that expects none yet; returns its first line, or None when it had one."""
    recording = json.loads(path.read_text())
    if "expect" in recording and not everything:
        return None
    outcome = execute(check_named(recording["check"]), ["--replay", str(path)])
    line = outcome.render().splitlines()[0]
    # before the answers, where people look for it
    head = {key: value for key, value in recording.items() if key not in ("answers", "expect")}
    expect = {"exit": int(outcome.state), "output": line}
    write_atomically(path, dump({**head, "expect": expect, "answers": recording["answers"]}), 0o644)
    return line


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    parser.add_argument("--all", action="store_true", help="over lines that are expected already, too")
    args = parser.parse_args()
    for path in args.recordings:
        read(str(path))  # is it one?
        print(f"{path.name}: {accept(path, args.all) or 'has an expected line already'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
