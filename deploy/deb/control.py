"""control.py ROOT PACKAGE VERSION ARCHITECTURE MAINTAINER: the control file of the package whose files are below ROOT.

Standard library alone. An environment belongs to one minor version of Python: with the next one it is empty.
"""

import sys
from pathlib import Path

TEXT = """\
Package: {package}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: python3 (>= 3.{minor}), python3 (<< 3.{next}), libc6
Recommends: sudo, nagios-nrpe-server | nagios-nrpe-plugin, man-db
Suggests: nagios4-core, monitoring-plugins-basic, bash-completion
Section: net
Priority: optional
Description: monitoring for highly available OpenStack
 hamon asks all members of a cluster, puts their facts side by side and tells
 split-brain and failover from noise, with Nagios and NRPE.
 .
 The checks are in /opt/hamon/bin, in a Python environment of their own with
 everything they need. The same package is for the Nagios server and for every
 node.
"""


def size(root: Path) -> int:
    """KiB that the files take: each in whole KiB, and one for everything else, whatever the file system of the build."""
    paths = (path for path in root.rglob("*") if (root / "DEBIAN") not in (path, *path.parents))
    return sum(-(-path.lstat().st_size // 1024) if path.is_file() and not path.is_symlink() else 1 for path in paths)


if __name__ == "__main__":
    root, package, version, architecture, maintainer = sys.argv[1:]
    minor = sys.version_info.minor
    print(TEXT.format(
        package=package, version=version, architecture=architecture, maintainer=maintainer,
        size=size(Path(root)), minor=minor, next=minor + 1,
    ), end="")  # fmt: skip
