"""The Debian package in a clean root: installed, used, removed and purged."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamon import __version__, catalogue
from tests.installed.conftest import ROOT, built
from tests.installed.machines import Machine, machines
from tests.programs import needs

pytestmark = pytest.mark.lab
RECORDING = ROOT / "tests" / "checks" / "galera" / "states" / "01_healthy__ctl1.json"
CONTROL = (
    "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <root@localhost>\nDescription: stands in\n"
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Machine]:
    """A machine with the package on its disk, and nothing of Nagios."""
    with machines(tmp_path_factory.mktemp("machine"), "clean") as (made,):
        shutil.copy(package, made.disk / "root" / "hamon.deb")
        shutil.copy(RECORDING, made.disk / "root" / "recording.json")
        made.ok("for each in nagios; do userdel $each; groupdel $each; done 2>/dev/null; rm -f /usr/sbin/nrpe; true")
        yield made


def owned(machine: Machine) -> list[str]:
    """mode, owner and group of the folders that are for others than root."""
    return machine.ok("stat -c '%a %U %G' /etc/hamon/credentials /var/lib/hamon/state").splitlines()


def stand_in(machine: Machine, where: Path) -> None:
    """Install a package as small as can be that brings NRPE's program and its user, as Debian's does."""
    tree = where / "nrpe"
    for name, text in (
        ("DEBIAN/control", CONTROL.format(name="stand-in-nrpe")),
        ("DEBIAN/postinst", "#!/bin/sh\nset -e\ngroupadd nagios\nuseradd -M -s /bin/false -g nagios nagios\n"),
        ("usr/sbin/nrpe", "#!/bin/sh\n"),
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    argv = [needs("dpkg-deb"), "--root-owner-group", "--build", str(tree), str(machine.disk / "root" / "nrpe.deb")]
    subprocess.run(argv, check=True, capture_output=True)
    machine.ok("dpkg -i --force-depends --force-overwrite /root/nrpe.deb")


def test_its_life_on_a_machine(machine: Machine, tmp_path: Path) -> None:
    before = machine.ok("find /etc /opt /usr /var/lib -xdev ! -path '/var/lib/dpkg*' | sort")
    machine.ok("dpkg -i /root/hamon.deb")
    assert machine.ok("hamon --version") == f"hamon {__version__}\n"
    assert machine.ok("readlink -f /usr/bin/hamon") == "/opt/hamon/bin/hamon\n"
    for check in catalogue.checks().values():
        assert machine.ok(f"/opt/hamon/bin/{check.program} --version") == f"{check.program} (hamon {__version__})\n"
    for name in ("hamon", *(check.program for check in catalogue.checks().values())):
        section = 1 if name == "hamon" else 8
        assert machine.ok(f"man -w {name}") == f"/usr/share/man/man{section}/{name}.{section}.gz\n"
    expected = json.loads(RECORDING.read_text())["expect"]["output"]
    assert machine.ok("hamon replay --long recording.json | sed -n 2p").strip() == expected
    assert machine.ok("dpkg --verify hamon") == ""
    assert machine.ok("bash -ic '. /usr/share/bash-completion/completions/check_galera; complete -p check_galera' 2>&1 | tail -n1") == (
        "complete -F _hamon check_galera\n"
    )  # fmt: skip
    # No agent yet: nobody's; with the agent its own.
    assert owned(machine) == ["750 root root", "750 root root"]
    stand_in(machine, tmp_path)
    assert owned(machine) == ["750 root nagios", "750 nagios nagios"]

    # Nothing was written beside what the package brought, byte code least of all.
    files = set(machine.ok("dpkg -L hamon").splitlines())
    assert set(machine.ok("find /opt/hamon").splitlines()) <= files

    machine.ok("echo secret > /etc/hamon/credentials/galera.cnf; touch /var/lib/hamon/state/check_x")
    machine.ok("dpkg -r hamon")
    assert machine.ok("cat /etc/hamon/credentials/galera.cnf") == "secret\n"
    assert machine.run("ls /opt/hamon").returncode == 2
    machine.ok("dpkg -P hamon")
    assert machine.ok("cat /etc/hamon/credentials/galera.cnf") == "secret\n"
    machine.ok("rm -r /etc/hamon; dpkg -P stand-in-nrpe")
    after = machine.ok("find /etc /opt /usr /var/lib -xdev ! -path '/var/lib/dpkg*' | sort")
    changed = set(before.splitlines()) ^ set(after.splitlines())
    assert {path for path in changed if "hamon" in path} == set()
    assert "hamon" not in machine.ok("dpkg -l hamon 2>/dev/null | grep ^[a-z] || true")


@pytest.mark.full
def test_the_same_source_is_the_same_package(package: Path, wheels: Path, tmp_path: Path) -> None:
    again = built(tmp_path, wheels, TMPDIR=str(tmp_path), HOME=str(tmp_path))
    assert (again.name, again.read_bytes() == package.read_bytes()) == (package.name, True)


def test_what_every_debian_package_has(package: Path, tmp_path: Path) -> None:
    control = subprocess.run([needs("dpkg-deb"), "-f", str(package)], capture_output=True, text=True, check=True).stdout
    assert "\nDepends: python3 (>= 3." in control
    subprocess.run([needs("dpkg-deb"), "-x", str(package), str(tmp_path)], check=True)
    doc = tmp_path / "usr/share/doc/hamon"
    assert sorted(path.name for path in doc.iterdir()) == ["changelog.Debian.gz", "changelog.gz", "copyright"]
    copyrights = (doc / "copyright").read_text()
    for name in ("Apache-2.0", "jinja2", "markupsafe", "nagiosplugin", "pika", "pymysql", "pyyaml"):
        assert name in copyrights
    listed = [line.split()[0:2] for line in subprocess.run(
        [needs("dpkg-deb"), "-c", str(package)], capture_output=True, text=True, check=True).stdout.splitlines()]  # fmt: skip
    assert {owner for _, owner in listed} == {"root/root"}
    assert not [mode for mode, _ in listed if mode[0] != "l" and (mode[5] == "w" or mode[8] == "w")]
    # Every module has its byte code, and it names the place where it will be.
    sources = list((tmp_path / "opt/hamon").rglob("*.py"))
    assert len(sources) > 300
    for source in sources:
        (code,) = (source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc")
        assert str(source).removeprefix(str(tmp_path)).encode() in code.read_bytes()
        assert code.read_bytes()[4:8] == b"\x01\0\0\0"  # judged by a hash, and never compared
