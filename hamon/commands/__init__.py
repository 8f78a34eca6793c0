"""The subcommands of ``hamon``: one module each, with a COMMAND statement that ``hamon.cli`` finds."""

import argparse
from collections.abc import Callable
from typing import NamedTuple


class Command(NamedTuple):
    """One subcommand: ``options`` adds its arguments to a parser, ``run`` does it and returns the exit code."""

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
