"""`make audit`: are there known vulnerabilities in what the lock has? pip-audit is asked.

Exit codes: 0 each library was looked up and none is vulnerable, 1 vulnerabilities, 3 not all could be looked up.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LOCK = "requirements/server.txt"
SECONDS = 300.0


def answer(program: str) -> "Mapping[str, Any] | str":
    """What pip-audit found out, as it prints it; or in a line why it could not."""
    argv = [program, "--require-hashes", "--disable-pip", "--progress-spinner=off", "-f", "json", "-r", LOCK]
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    try:
        found: Mapping[str, Any] = json.loads(ran.stdout)
    except ValueError:
        words = [line for line in ran.stderr.splitlines() if line.strip()]
        return words[-1][:300] if words else f"pip-audit ended with {ran.returncode} and without a word"
    return found


def lines(found: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """A line for each library, with the exit code that it deserves."""
    for each in found["dependencies"]:
        known = f"{each['name']} {each.get('version', '')}".strip()
        if "skip_reason" in each:
            yield 3, f"{known}: could not be looked up"
        elif each["vulns"]:
            for hole in each["vulns"]:
                cure = ", ".join(hole.get("fix_versions") or ()) or "no version"
                yield 1, f"{known}: {hole['id']}, repaired in {cure}"
        else:
            yield 0, f"{known}: nothing known"


def main(program: str) -> int:
    """Print what is known of each library."""
    found = answer(program)
    if isinstance(found, str):
        print(f"could not ask about {LOCK}: {found}", file=sys.stderr)
        return 3
    codes = set()
    for code, line in lines(found):
        print(line)
        codes.add(code)
    unknown = 3 in codes
    if unknown or not codes:
        print("NOT AUDITED: no source of vulnerabilities answered for these", file=sys.stderr)
    return 1 if 1 in codes else 3 if unknown or not codes else 0


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.executable).with_name("pip-audit"))))
