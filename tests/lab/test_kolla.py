"""The pure parts of the lab's kolla-ansible cloud: what hamon reads of it, and the stand-in for a container engine."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hamon.cli import main
from hamon.lab.components.nagios import kolla
from hamon.lab.inside import docker
from hamon.lab.profiles import PROFILES
from hamon.lab.site import Site

PROFILE = PROFILES["kolla"]


def test_what_hamon_reads_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lab's own settings say nothing of addresses, containers, ports or virtual addresses: all that is kolla's."""
    site = Site(tmp_path, PROFILE)
    kolla.write(site, {})
    assert main(["plan", *kolla.planning(site), "--json"]) == 0
    shown = capsys.readouterr()
    argv = {(entry["host"], entry["check"]): entry["argv"][1:] for entry in json.loads(shown.out)["checks"]}

    assert argv["ctl1", "corosync"][:2] == ["--exec", "docker exec hacluster_corosync"]
    assert argv["ctl1", "haproxy"][:2] == ["--url", "http://10.82.0.11:1984/;csv"]
    assert argv["ctl1", "keepalived"][:2] == ["--vip", "10.82.0.100"]
    assert ("ctl3", "haproxy") not in argv
    assert "localhost" not in {host for host, _ in argv}
    assert {container.name for container in PROFILE.containers.values()} >= {
        "hacluster_corosync",
        "hacluster_pacemaker",
    }
    (note,) = shown.err.replace("\n  ", " ").splitlines()
    assert note.startswith("note: 10 groups hamon has no checks for: baremetal, common, control, masakari")


def test_every_container_is_of_a_service_and_of_one_alone() -> None:
    names = [container.name for container in PROFILE.containers.values()]
    assert len(names) == len(set(names))


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Make a container's mark."""
    monkeypatch.setattr(docker, "RUNNING", tmp_path)

    def mark(name: str, pid: int) -> None:
        (tmp_path / name).write_text(str(pid))

    return mark


@pytest.mark.parametrize(
    ("engine", "name", "code", "words"),
    [
        ("docker", "none", 1, "Error response from daemon: No such container: none"),
        ("docker", "dead", 1, "Error response from daemon: container dead is not running"),
        ("podman", "none", 125, 'Error: no container with name or ID "none" found: no such container'),
        ("podman", "dead", 255, "Error: can only create exec sessions on running containers: container state improper"),
    ],
)
def test_a_container_that_is_not_there(
    marked: Callable[[str, int], None],
    capsys: pytest.CaptureFixture[str],
    engine: str,
    name: str,
    code: int,
    words: str,
) -> None:
    marked("dead", 2**22 + 1)
    assert docker.main(engine, ["exec", "-u", "root", "-i", name, "true"]) == code
    assert capsys.readouterr().err == f"{words}\n"


def test_a_container_is_entered_by_way_of_the_engine(
    marked: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(*words: object) -> int:
        asked.append(words)
        return 7

    monkeypatch.setattr("guestdoor.run", run)  # as programs they have no package
    marked("here", os.getpid())
    assert docker.main("docker", ["exec", "here", "crm_mon", "-1"]) == 7
    entered = ["nsenter", f"--target={os.getpid()}", "--mount", "--pid", "--", "crm_mon", "-1"]
    assert asked == [("127.0.0.1", "", entered)]
