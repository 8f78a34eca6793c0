"""Turn captures of real services into recordings that are tests: ``python tests/tools/convert.py CAPTURES [COMPONENT ...]``.

CAPTURES has a folder for each component. For every component that has a converter (``captures_<component>.py`` beside this
file) the recordings are written below
tests/checks (into the folder of the component whose check it is). An expected verdict that is already in a recording stays; with
``--accept`` today's verdict is written into those that have none: read it against what really happened, and say that in
tests/checks/<component>/truth.tsv.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
CHECKS = HERE.parent / "checks"
sys.path.insert(0, str(HERE.parent.parent))

from hamon.catalogue import components  # noqa: E402
from hamon.files import write_atomically  # noqa: E402
from hamon.probe.tape import dump  # noqa: E402
from tests.tools.accept import accept  # noqa: E402


def converters() -> dict[str, ModuleType]:
    """Every converter by its component."""
    found = {}
    for path in sorted(HERE.glob("captures_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[path.stem.removeprefix("captures_")] = module
    return found


def home(check: str) -> Path:
    """The folder of the recordings of a check's component."""
    component = next(candidate for candidate in components() if any(check == its.name for its in candidate.checks))
    return CHECKS / component.name / "states"


def convert(captures: Path, component: str, module: ModuleType, out: Path | None) -> Iterator[Path]:
    """Write the recordings of one component; yields every file written."""
    for name, recording in module.recordings(captures / component):
        path = out / component / name if out else home(recording["check"]) / name
        if path.exists():
            before: dict[str, Any] = json.loads(path.read_text())
            if "expect" in before:
                recording["expect"] = before["expect"]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, dump(recording), 0o644)
        yield path


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, help="folder with a folder of captures for each component")
    parser.add_argument("components", nargs="*", help="only these (default: all that have a converter)")
    parser.add_argument(
        "--out", type=Path, help="where the recordings go, a folder for each component (default: tests/checks/*/states)"
    )
    parser.add_argument("--accept", action="store_true", help="write today's verdict into recordings without one")
    parser.add_argument("--accept-all", action="store_true", help="and over those that have one: read the diff")
    args = parser.parse_args()
    known = converters()
    for component in args.components or known:
        if component not in known:
            parser.error(f"no converter for {component}; there are: {', '.join(known)}")
        for path in convert(args.captures, component, known[component], args.out):
            line = accept(path, args.accept_all) if args.accept or args.accept_all else None
            print(path.name, line or "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
