"""A STAND-IN for the client of a container engine, on a host's PATH as `docker` and `podman`. It knows `exec` alone.

`docker exec [-i] [-t] [-u USER] NAME COMMAND...` enters a container of the lab (container.py) by way of the host's engine
(guestagent.py), as the real client does: it needs no right but that to talk to it. Errors are the real ones' words and exit codes.
"""

import argparse
import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "host")]
import guestdoor as door  # type: ignore[import-not-found,unused-ignore]  # as a program it has no package
import processes  # type: ignore[import-not-found,unused-ignore]

ENGINE = "127.0.0.1"
RUNNING = Path("/run/containers")
FAILED, REFUSED = {"docker": 1, "podman": 125}, {"docker": 1, "podman": 255}
MISSING = {
    "docker": "Error response from daemon: No such container: {name}",
    "podman": 'Error: no container with name or ID "{name}" found: no such container',
}
STOPPED = {
    "docker": "Error response from daemon: container {name} is not running",
    "podman": "Error: can only create exec sessions on running containers: container state improper",
}


def options(program: str, argv: list[str]) -> argparse.Namespace:
    """The command line; exits with 125, as the real ones do, when it asks for more than this one can."""
    top = argparse.ArgumentParser(prog=program)
    top.exit_on_error = False
    execute = top.add_subparsers(dest="verb", required=True).add_parser("exec")
    for flag in ("-i", "-t"):
        execute.add_argument(flag, action="store_true")
    # the lab has one user
    execute.add_argument("-u", "--user")
    execute.add_argument("name")
    execute.add_argument("argv", nargs=argparse.REMAINDER)
    return top.parse_args(argv)


def main(program: str, argv: list[str]) -> int:
    """The exit code of the command, or of the refusal to run it."""
    asked = options(program, argv)
    mark = RUNNING / asked.name
    if not mark.exists():
        print(MISSING[program].format(name=asked.name), file=sys.stderr)
        return FAILED[program]
    pid = mark.read_text()
    if not processes.alive(int(pid)):
        print(STOPPED[program].format(name=asked.name), file=sys.stderr)
        return REFUSED[program]
    try:
        return int(door.run(ENGINE, "", ["nsenter", f"--target={pid}", "--mount", "--pid", "--", *asked.argv]))
    except OSError as error:
        print(f"Cannot connect to the {program} daemon: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
