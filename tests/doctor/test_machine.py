"""The seam to the real machine answers what the fake one answers; the command's edge."""

import json
import os
import sys
from pathlib import Path

import pytest

from hamon.cli import main
from hamon.doctor.machine import Here, findable
from hamon.rights import Account

ROOT = Account("root", 0, (0,))


def test_this_machine() -> None:
    here = Here()

    assert here.user() == os.geteuid()
    assert here.read("/proc/self/comm").strip()
    with pytest.raises(FileNotFoundError):
        here.read("/no/such/file")
    assert "self" in here.names("/proc")
    ran = here.run({"a": ("sh", "-c", "echo out; echo err >&2; exit 3"), "b": ("/no/program",)}, 10)
    assert ran["a"][:3] == (3, "out\n", "err\n")
    assert here.now() - 60 < ran["a"].began <= ran["a"].ended
    assert ran["b"][:3] == (None, "", "/no/program is not installed on this host (or not in PATH)")
    assert here.resolve("localhost") == ""
    assert here.resolve("no-such-host.invalid")
    assert here.group(4294900000) == "4294900000"
    assert here.processes("no such program") == ()
    (own, *_) = here.processes(here.read("/proc/self/comm").strip())
    assert own.pid
    assert here.environment(os.getpid()) is not None
    assert here.environment(2**22 + 1) is None


def test_a_tool_is_found_where_plugins_find_it() -> None:
    assert findable(Here(), ROOT, "sh") in ("/usr/bin/sh", "/bin/sh")
    assert findable(Here(), ROOT, "no-such-tool") == ""
    assert findable(Here(), ROOT, sys.executable) == sys.executable


def nrpe_cfg(folder: Path) -> Path:
    file = folder / "nrpe.cfg"
    file.write_text("nrpe_user=root\nserver_port=1\n")
    return file


def test_the_command_on_a_machine_without_hamon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--nrpe-cfg", str(nrpe_cfg(tmp_path))]) == 1
    printed = capsys.readouterr().out
    assert "problem  nrpe          commands" in printed
    assert (
        "    cure: install -m 644 nrpe/HOST.cfg /etc/nagios/nrpe.d/hamon.cfg && systemctl restart nagios-nrpe-server\n"
        in printed
    )
    assert printed.splitlines()[-1].startswith("2 problems, ")
    assert main(["doctor", "--nrpe-cfg", str(nrpe_cfg(tmp_path)), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == 2


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--globals", "x"]) == 3
    assert capsys.readouterr().err == "hamon doctor: -i INVENTORY is missing\n"
    assert main(["doctor", "-i", "/no/inventory"]) == 3
    assert main(["doctor", "-t", "0"]) == 3
