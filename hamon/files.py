"""Writing files so that a reader sees the old or the new content, never half of it."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path  # importing it costs a plugin 3 ms


def write_atomically(path: "Path | str", text: str, mode: int = 0o600, folder_fd: int | None = None) -> None:
    """Replace ``path`` with ``text``, readable by ``mode``. Raises OSError; the old file is then untouched.

    With ``folder_fd``, an open folder, ``path`` is a name in it.
    """
    folder, name = os.path.split(path)
    scratch = os.path.join(folder, f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder_fd)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, mode)  # whatever the umask says
            file.write(text)
        os.replace(scratch, path, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(scratch, dir_fd=folder_fd)
        raise
