"""Programs that run inside hosts, by path and alone: nothing here is imported by them but their neighbours."""

import sys
from pathlib import Path


def program(file: str, *argv: str) -> list[str]:
    """The command line of one of them, without site packages or environment."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name(file)), *argv]
