"""The file system that both disks of the pair begin with: MariaDB's first data directory, as an image."""

import os
import shutil
from pathlib import Path

from hamon.lab.commands import run
from hamon.lab.host import guests
from hamon.lab.site import Site

FILE_SYSTEM = "60M"
"""Less than the guest's disk: DRBD keeps its own data at the end."""
INSTALL = 30.0


def make(site: Site) -> Path:
    """A file system with a database's first data directory in it, as an image."""
    directory = site.dir / "seed"
    argv = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={directory / 'data'}", "--skip-test-db"]
    small = ["--auth-root-authentication-method=normal", "--innodb-log-file-size=4M", "--innodb-use-native-aio=OFF"]
    run([*argv, *small, "--skip-name-resolve"], INSTALL)
    image = site.dir / "seed.img"
    image.touch()
    os.truncate(image, guests.DISK)
    run(["mkfs.ext4", "-q", "-d", str(directory), "-J", "size=4", str(image), FILE_SYSTEM])
    shutil.rmtree(directory)
    return image
