"""Process 1 of a lab host: make the host's private directories, say "ready", then only reap.

Run by path (`python -I -S hostinit.py SPEC`) with the standard library alone, so that a host boots in a few
milliseconds. SPEC is a file with JSON: {"name": ..., "dir": ..., "run": [directories to make below /run],
"private": [directories of the system to have for itself]}; a guest with a kernel of its own has besides "before" (commands
that come first) and "serve" (the command line of its agent). Killing this process is the host's power loss: the kernel ends
everything in its process namespace.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent)]
import view  # type: ignore[import-not-found,unused-ignore]  # as a program it has no package


def boot(name: str, directory: Path, run: list[str], private: list[str], before: list[list[str]]) -> None:
    """Set up everything that a host needs before its first daemon."""
    for argv in before:
        subprocess.run(argv, check=True)
    socket.sethostname(name)
    if not before:  # another kernel has a /dev of its own
        view.private_dev(directory / "dev")
        view.private_tmp()
        view.guard_proc()
    view.mount("--bind", str(directory / "log"), "/var/log")
    view.mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for entry in run:
        Path("/run", entry).mkdir(parents=True)
    for entry in private:
        own = directory / "private" / entry.strip("/")
        own.mkdir(parents=True, exist_ok=True)
        view.mount("--bind", str(own), entry)


def reap_for_ever() -> None:
    """Collect orphans until the host is powered off."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            signal.pause()


if __name__ == "__main__":
    spec = json.loads(Path(sys.argv[1]).read_text())
    boot(spec["name"], Path(spec["dir"]), spec["run"], spec["private"], spec.get("before", []))
    os.write(1, b"ready\n")
    if "serve" in spec:
        subprocess.Popen(spec["serve"])
    reap_for_ever()
