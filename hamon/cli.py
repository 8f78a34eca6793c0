"""The ``hamon`` command: parses, and turns hamon's own errors into one line and exit code 3."""

import os
import sys
from collections.abc import Sequence

from hamon.commands import asked, parser
from hamon.errors import HamonError


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``hamon``. Exit code 3 for hamon's own errors, else what the subcommand says."""
    words = sys.argv[1:] if argv is None else argv
    below = {command.name: command for command in asked(words)}
    try:
        args = parser(below.values()).parse_args(words)
    except SystemExit as stop:
        return 3 if stop.code else 0
    try:
        return below[args.command].run(args)
    except HamonError as error:
        print(f"hamon {args.command}: {error}", file=sys.stderr)
        return 3
    except BrokenPipeError:
        # The reader (head, less) went away: not an error of ours. Keep the interpreter's last flush quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
