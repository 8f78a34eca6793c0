"""The pure parts of the lab's Pacemaker clusters: the fence agent, management controllers, what crm_mon reports."""

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hamon.errors import UsageError
from hamon.lab.cloud import Cloud
from hamon.lab.components.corosync.service import COROSYNC
from hamon.lab.components.pacemaker import service as pacemaker
from hamon.lab.errors import CommandError
from hamon.lab.host import management
from hamon.lab.inside import fenceagent
from hamon.lab.profiles import CLUSTER
from hamon.lab.site import Site
from tests.checks.pacemaker.crm import node, resource, status

Controller = Callable[[dict[str, object]], str]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    """A management controller that gives one answer and remembers what it was asked."""
    asked: list[dict[str, object]] = []

    def serve(door: socket.socket, answer: dict[str, object]) -> None:
        connection, _ = door.accept()
        with connection, connection.makefile("rw") as lines:
            asked.append(json.loads(lines.readline()))
            lines.write(json.dumps(answer) + "\n")

    doors = []

    def start(answer: dict[str, object]) -> str:
        path = str(tmp_path / "control")
        door = socket.socket(socket.AF_UNIX)
        doors.append(door)
        door.bind(path)
        door.listen()
        threading.Thread(target=serve, args=(door, answer), daemon=True).start()
        return path

    start.asked = asked  # type: ignore[attr-defined]
    yield start
    for door in doors:
        door.close()


def test_what_pacemaker_tells_an_agent() -> None:
    given = fenceagent.options(io.StringIO("# comment\naction=off\n\nnodename=pcm3\ncontroller=/tmp/a=b\n"))

    assert given == {"action": "off", "nodename": "pcm3", "controller": "/tmp/a=b"}


@pytest.mark.parametrize(
    ("action", "asked", "answer", "code"),
    [
        ("off", "off", {"value": False}, 0),
        ("reboot", "off", {"value": False}, 0),
        ("off", "off", {"value": True}, 1),
        ("off", "off", {"error": "no", "kind": "CommandError"}, 1),
        ("status", "status", {"value": True}, 0),
        ("status", "status", {"value": False}, 2),
        ("monitor", "monitor", {"value": True}, 0),
    ],
)
def test_the_agent_says_what_the_controller_did(
    controller: Controller, action: str, asked: str, answer: dict[str, object], code: int
) -> None:
    path = controller(answer)

    assert fenceagent.main({"action": action, "nodename": "pcm3", "controller": path}) == code
    assert controller.asked == [{"do": "power", "action": asked, "host": "pcm3"}]  # type: ignore[attr-defined]


def test_a_controller_that_is_not_there_is_a_failed_fencing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fenceagent.main({"action": "off", "nodename": "pcm3", "controller": str(tmp_path / "none")}) == 1
    assert "off pcm3" in capsys.readouterr().err


def test_the_agent_names_its_actions(capsys: pytest.CaptureFixture[str]) -> None:
    assert fenceagent.main({"action": "metadata"}) == 0
    root = ElementTree.fromstring(capsys.readouterr().out.strip())

    assert root.get("name") == pacemaker.AGENT
    assert {"off", "status", "monitor"} <= {action.get("name") for action in root.iter("action")}


def test_controllers_refuse_and_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(Site(tmp_path, CLUSTER), (COROSYNC,))
    powered = {host.name: True for host in CLUSTER.hosts}
    monkeypatch.setattr(cloud, "powered", lambda host: powered[host.name])
    monkeypatch.setattr(cloud, "power_off", lambda host: powered.update({host.name: False}))
    cloud.controllers.update({"pcm1": management.REFUSES, "pcm2": management.LIES})

    with pytest.raises(CommandError, match="pcm1"):
        management.power(cloud, "off", "pcm1")
    assert management.power(cloud, "off", "pcm2") is False
    assert management.power(cloud, "off", "pcm3") is False
    assert [name for name, on in powered.items() if not on] == ["pcm3"], "one refused, one lied"
    assert management.power(cloud, "monitor", "") is True
    with pytest.raises(UsageError, match="unknown host 'pcm9'; did you mean pcm"):
        management.power(cloud, "off", "pcm9")


def test_a_cluster_is_settled_when_nothing_is_left_of_any_trouble() -> None:
    homes = {"service": CLUSTER.host("pcm1"), "app": CLUSTER.host("pcm2")}

    def settled(more: str = "", **app: str) -> bool:
        resources = resource("vip", "pcm1") + resource("app", "pcm2", **app)
        return pacemaker.settled(ElementTree.fromstring(status(resources=resources, more=more)), homes)

    assert settled()
    assert not settled(managed="false")
    assert not settled("<bans><ban id='cli-ban-app' resource='app'/></bans>")
    assert not settled("<failures><failure op_key='app_start_0'/></failures>")


def test_a_node_is_online_without_reserve() -> None:
    def online(**attributes: str) -> bool:
        return pacemaker.online(ElementTree.fromstring(status(nodes=node("pcm1", **attributes))), "pcm1")

    assert online()
    assert not online(online="false")
    assert not online(standby="true")
    assert not online(pending="true")


def test_pacemakers_account_is_uid_0_in_the_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("root:x:0:0::/root:/bin/sh\nhacluster:x:106:109::/:/bin/false\n")
    monkeypatch.setitem(pacemaker.ACCOUNTS, str(passwd), pacemaker.Account("hacluster", "0:0::/:/bin/false"))

    assert pacemaker.accounts(str(passwd)) == "root:x:0:0::/root:/bin/sh\nhacluster:x:0:0::/:/bin/false\n"
