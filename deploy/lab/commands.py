"""Running a program to its end, with a deadline that holds."""

import subprocess
from collections.abc import Sequence

from hamon.lab.errors import CommandError


def run(argv: Sequence[str], timeout: float = 10.0, stdin: str = "") -> str:
    """The standard output of a program.

    Raises CommandError with the program's own last words on a non-zero exit, and when `timeout` seconds are over.
    """
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired:
        raise CommandError(f"{argv[0]} gave no answer within {timeout:g} s") from None
    except OSError as error:
        raise CommandError(f"{argv[0]}: {error.strerror}") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no words").splitlines()[-1]
        raise CommandError(f"{' '.join(argv[:3])}: exit {done.returncode}: {words}")
    return done.stdout
