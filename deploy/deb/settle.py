"""settle.py VENV PLACE: make the environment VENV one that works at PLACE.

Standard library alone. Scripts begin with the interpreter's path and pip wrote down their checksums; nothing else that is
needed knows where it is (bin/activate does, and is of no use to a package).
"""

import base64
import csv
import hashlib
import io
import sys
from pathlib import Path


def scripts(venv: Path, place: str) -> None:
    """Let the scripts name the interpreter below ``place``; drop those that only a person's shell would source."""
    for path in sorted((venv / "bin").iterdir()):
        if path.is_symlink():
            continue
        if path.name.lower().startswith("activate"):
            path.unlink()
            continue
        first, _, rest = path.read_bytes().partition(b"\n")
        if not first.startswith(f"#!{venv}/bin/".encode()):
            raise SystemExit(f"settle.py: {path} does not begin with its interpreter: {first!r}")
        path.write_bytes(first.replace(str(venv).encode(), place.encode(), 1) + b"\n" + rest)


def record(path: Path, site: Path) -> None:
    """Write pip's list of a distribution's files anew: sorted, with the checksums and sizes of what is there now."""
    rows = []
    for name, *_ in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))):
        file = site / name
        if file == path:
            rows.append((name, "", ""))
        else:
            content = file.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append((name, f"sha256={digest}", str(len(content))))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    path.write_text(text.getvalue(), encoding="utf-8")


def settle(venv: Path, place: str) -> None:
    """All of it."""
    scripts(venv, place)
    config = venv / "pyvenv.cfg"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("command")]
    config.write_text("\n".join(lines) + "\n")
    (site,) = (venv / "lib").glob("python3*/site-packages")
    for path in site.glob("*.dist-info/RECORD"):
        record(path, site)


if __name__ == "__main__":
    settle(Path(sys.argv[1]), sys.argv[2])
