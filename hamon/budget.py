"""What a plugin's process may use: memory, and the time in which it ends whatever holds the interpreter.

The memory is limited by RLIMIT_DATA and not by RLIMIT_AS: glibc reserves 64 MB of addresses for each thread without using them,
so that a few dozen members asked in threads would not fit into any sensible limit of addresses.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

# after the caller's own PATH: an agent's has no sbin on some systems (NRPE of Debian 13), where the clusters' tools are
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MEMORY = 512 * 1024 * 1024  # bytes; a broker of 20,000 queues takes about 120 MB
LARGE = 256 * 1024  # characters of an answer; less is read in no time
STACK = 1024 * 1024  # bytes for each thread, counted as they start; the C library's default is 8 MB

_before: tuple[int, int] | None = None  # the process's own limit, which its commands get back


_left: "Callable[[int | None], NoReturn] | None" = None  # what ends this process when another one reads its answers


def limit_memory() -> None:
    """Let this process have no more than ``MEMORY``: beyond it there is a MemoryError. A lower limit is kept."""
    global _before  # a limit is the process's
    import _thread
    import resource

    _thread.stack_size(STACK)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > MEMORY:
        _before = (soft, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, hard))


@contextmanager
def lifted() -> Iterator[None]:
    """Start commands with the limit that this process had: an Erlang or Java tool may take more than a check may."""
    if _before is None:
        yield
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, _before)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, _before[1]))


def guard(left: Callable[[int | None], NoReturn]) -> None:
    """From now on a large answer is read in a process of its own; ``left`` is called with how that ended (see ``large``)."""
    global _left  # there is one process to leave
    _left = left


def large(answer: Any) -> None:
    """Go on in a child process when ``answer`` has more than ``LARGE`` characters: what reads it may be a library's C code that
    holds the interpreter, and no thread and no signal handler can end that. Here the main thread then waits, and passes the
    child's exit code (minus the signal, None when unknown) to what ``guard`` got. It is done once, and not for every check: a
    fork is a tenth of a plugin's start.
    """
    global _left
    if _left is None or size(answer) <= LARGE or threading.current_thread() is not threading.main_thread():
        return
    left, _left = _left, None
    worker = os.fork()
    if worker == 0:
        return
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    except ChildProcessError:  # whoever started this process ignores SIGCHLD
        left(None)
    left(code)


def size(answer: Any) -> int:
    """Characters of a text, or of the texts in a list or of a mapping."""
    if isinstance(answer, str):
        return len(answer)
    if isinstance(answer, dict):
        return sum(map(size, answer.values()))
    return sum(map(size, answer)) if isinstance(answer, list) else 0


def end_all(pid: int) -> None:
    """Kill what a process started, and what that started. Raises nothing."""
    from signal import SIGKILL

    for process in descendants(pid):
        with suppress(OSError):
            os.kill(process, SIGKILL)


def descendants(root: int) -> list[int]:
    """The pids of the running children of ``root``, their children and so on; those that lost their parent are not seen."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
            # after the name in parentheses, which may hold anything: state, parent
            children.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    pids = list(children.get(root, ()))
    for pid in pids:  # grows while it is walked
        pids += children.get(pid, ())
    return pids
