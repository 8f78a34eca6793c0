"""The place of the output directory: whether it can be replaced in one step, whether another run writes it, and what a killed run left."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from hamon.errors import UsageError

PATIENCE = 30.0  # seconds for another run to finish
MOUNTS = Path("/proc/self/mountinfo")


def usable(text: str) -> Path:
    """The directory that ``-o`` names. Raises UsageError where no directory can take its place in one step."""
    if not text.strip():
        raise UsageError("-o is empty: name the directory that hamon writes, such as /etc/nagios4/hamon")
    path = Path(text).resolve()
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is not a directory")
    if path == path.parent:
        raise UsageError("-o / is the root of this machine; name a directory of hamon's own")
    inside = next((mount for mount in mounts() if mount == path or path in mount.parents), None)
    if inside == path:
        raise UsageError(
            f"{path} is a mount point, which cannot be replaced in one step; give a directory in it: -o {path}/hamon"
        )
    if inside:
        raise UsageError(f"{inside} is mounted inside the output directory and would go with it; choose another -o")
    return path


def mounts() -> list[Path]:
    """Every mount point of this process, bind mounts as well; none where the kernel does not list them."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    fields = [line.split(" ") for line in lines]
    return [Path(_unescaped(field[4])) for field in fields if len(field) > 4]


def _unescaped(text: str) -> str:
    for octal, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(octal, char)
    return text


@contextlib.contextmanager
def alone(output: Path) -> Iterator[None]:
    """A context in which no other run writes ``output``, and what a killed run left beside it is cleared. Raises UsageError.

    The lock is on the directory above, so that nothing stays behind; where that cannot be locked, leftovers stay, too.
    """
    try:
        above = os.open(output.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield  # not there yet, or not ours: writing says what is wrong
        return
    try:
        if _locked(above, output):
            _recover(output)
        yield
    finally:
        os.close(above)


def _locked(above: int, output: Path) -> bool:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(above, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise UsageError(f"{output}: another run has been writing beside it for {PATIENCE:.0f} s") from None
            time.sleep(0.05)
        except OSError:
            return False
        else:
            return True


def _recover(output: Path) -> None:
    """Put back what a run killed between its two renames set aside; remove what it staged."""
    left = sorted(output.parent.glob(f".{output.name}.new-*"))
    aside = next((path for path in left if path.name.endswith(".old")), None)
    try:
        if aside and not output.exists():
            aside.rename(output)
        for path in left:
            if path.is_dir() and not path.is_symlink() and path.exists():
                shutil.rmtree(path)
    except OSError as error:
        raise UsageError(
            f"{output.parent}: what a killed run left cannot be cleared: {(error.strerror or '').lower()}"
        ) from None
