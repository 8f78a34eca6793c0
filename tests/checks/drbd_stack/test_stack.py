"""check_drbd_node and check_drbd_stack: what counts as mounted, what is asked, and every way in which parts are not together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.drbd_stack.cluster import CLUSTER
from hamon.checks.drbd_stack.node import NODE, Facts, Role, Stack, parse_mounts, parse_roles, stack_of
from hamon.execute import execute
from hamon.probe.tape import dump
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from hamon.wire import to_json

STACK = "resource=r0,mount=/var/lib/mysql,vip=10.0.0.5,service=mariadbd"
PERFDATA = " | stacks=1;;;0 whole={};;;0 unreachable={};;;0"
OWNER = Facts(
    True,
    (Role("r0", "Primary", ("0",)),),
    (("/dev/drbd0", "/var/lib/mysql"),),
    ("10.0.0.1", "10.0.0.5"),
    (("mariadbd", 1),),
)
SPARE = Facts(True, (Role("r0", "Secondary", ("0",)),), (), ("10.0.0.2",), (("mariadbd", 0),))


def judged(tmp_path: Path, *nodes: Any, args: tuple[str, ...] = ("--stack", STACK)) -> tuple[int, str]:
    """The verdict on nodes' facts or, for a word, what an agent said. All looks see the same."""
    answers = []
    for index, node in enumerate(nodes, 1):
        answer = {"unreachable": node} if isinstance(node, str) else {"facts": to_json(node)}
        answers.append({"ask": f"member n{index}", "answer": answer})
    members = ",".join(f"n{index}=10.0.0.{index}" for index in range(1, len(nodes) + 1))
    path = tmp_path / "recording.json"
    path.write_text(
        dump(
            {
                "hamon_recording": 1,
                "check": "drbd_stack",
                "args": ["--members", members, *args],
                "clock": 1.0,
                "memory": {},
                "answers": answers,
            }
        )
    )
    outcome = execute(CLUSTER, ["--replay", str(path)])
    return int(outcome.state), outcome.render().splitlines()[0]


def test_a_whole_stack(tmp_path: Path) -> None:
    assert judged(tmp_path, OWNER, SPARE) == (
        OK, "DRBD_STACK OK - n1 is Primary of r0 and has /var/lib/mysql, 10.0.0.5 and mariadbd" + PERFDATA.format(1, 0),
    )  # fmt: skip
    assert judged(tmp_path, OWNER, SPARE, args=())[1] == (
        "DRBD_STACK OK - n1 is Primary of r0 and has the file system of r0" + PERFDATA.format(1, 0)
    )


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ((OWNER._replace(addresses=("10.0.0.1",)), SPARE._replace(addresses=("10.0.0.5",))), "10.0.0.5 is held on n2, r0 is Primary on n1"),
        ((OWNER, SPARE._replace(addresses=("10.0.0.5",))), "10.0.0.5 is held on n2 as well as on n1, the Primary of r0"),
        ((OWNER._replace(services=(("mariadbd", 0),)), SPARE), "mariadbd is not running on n1, the Primary of r0"),
        ((OWNER._replace(mounts=()), SPARE), "/var/lib/mysql is not mounted on n1, the Primary of r0"),
        ((OWNER._replace(mounts=()), SPARE._replace(mounts=(("/dev/sdb1", "/var/lib/mysql"),))), "/var/lib/mysql is mounted on n2, r0 is Primary on n1"),
        ((SPARE, SPARE._replace(services=(("mariadbd", 1),))), "r0 is Primary on no node, mariadbd running on n2"),
        ((OWNER, OWNER), "r0 is Primary on n1 and n2: /var/lib/mysql mounted on n1 and n2, 10.0.0.5 held on n1 and n2, mariadbd running on n1 and n2"),
    ],
)  # fmt: skip
def test_every_mismatch_is_named_with_its_node(tmp_path: Path, nodes: tuple[Facts, ...], text: str) -> None:
    assert judged(tmp_path, *nodes) == (CRITICAL, f"DRBD_STACK CRITICAL - {text}" + PERFDATA.format(0, 0))


def test_a_silent_node(tmp_path: Path) -> None:
    assert judged(tmp_path, OWNER, "no route") == (
        WARNING,
        "DRBD_STACK WARNING - n1 has all of r0, whether n2 has r0, 10.0.0.5 and mariadbd, too, is not known: n2 could not be asked (no route)"
        + PERFDATA.format(1, 1),
    )
    # DRBD reports the storage, and nothing else
    seen = OWNER._replace(roles=(Role("r0", "Primary", ("0",), "Secondary"),))
    assert judged(tmp_path, seen, "no route") == (
        WARNING,
        "DRBD_STACK WARNING - n1 has all of r0, whether n2 has 10.0.0.5 and mariadbd, too, is not known: n2 could not be asked (no route)"
        + PERFDATA.format(1, 1),
    )
    assert judged(tmp_path, seen, "no route", args=("--stack", "resource=r0,mount=/var/lib/mysql")) == (
        OK,
        "DRBD_STACK OK - n1 is Primary of r0 and has /var/lib/mysql, n2 could not be asked (no route)"
        + PERFDATA.format(1, 1),
    )
    assert judged(tmp_path, seen, "no route", "no route")[0] == WARNING, "of three nodes one connection reports one"


def test_a_node_that_reports_no_address_at_all(tmp_path: Path) -> None:
    assert judged(tmp_path, OWNER, SPARE._replace(addresses=())) == (
        UNKNOWN,
        "DRBD_STACK UNKNOWN - n2 reported no address at all, whether 10.0.0.5 is there is not known"
        + PERFDATA.format(1, 0),
    )
    assert judged(tmp_path, OWNER._replace(addresses=()), SPARE) == (
        UNKNOWN,
        "DRBD_STACK UNKNOWN - n1 reported no address at all, whether 10.0.0.5 is there is not known"
        + PERFDATA.format(0, 0),
    )


def test_a_silent_node_and_no_primary(tmp_path: Path) -> None:
    assert judged(tmp_path, SPARE, "no route") == (
        UNKNOWN, "DRBD_STACK UNKNOWN - r0 is Primary on no node, n2 could not be asked (no route)" + PERFDATA.format(0, 1),
    )  # fmt: skip
    assert judged(tmp_path, "no route", "no route")[1].startswith(
        "DRBD_STACK UNKNOWN - no member could be asked: n1: no route, n2: no route |"
    )


def test_the_primary_died_with_its_host(tmp_path: Path) -> None:
    left = SPARE._replace(roles=(Role("r0", "Secondary", ("0",), "Unknown"),))
    assert judged(tmp_path, "no route", left) == (
        CRITICAL,
        "DRBD_STACK CRITICAL - r0 is Primary on no node that answers, n1 could not be asked (no route) and is lost to DRBD, too"
        + PERFDATA.format(0, 1),
    )
    both = SPARE._replace(roles=(Role("r0", "Secondary", ("0",), "Secondary"),))
    assert "n1 could not be asked (busy) and is Secondary to its peer" in judged(tmp_path, "busy", both)[1]
    seen = SPARE._replace(roles=(Role("r0", "Secondary", ("0",), "Primary"),))
    assert judged(tmp_path, "its agent said: no", seen) == (
        UNKNOWN,
        "DRBD_STACK UNKNOWN - r0 is Primary on a node that could not be asked, n1 could not be asked (its agent said: no)"
        + PERFDATA.format(0, 1),
    )


def test_a_missing_part_may_be_on_the_silent_node(tmp_path: Path) -> None:
    assert judged(tmp_path, "no route", OWNER._replace(addresses=("10.0.0.1",)))[1].startswith(
        "DRBD_STACK CRITICAL - 10.0.0.5 is not held on n2, the Primary of r0, n1 could not be asked (no route)"
    )


def test_what_a_node_sees_of_its_peer() -> None:
    events = "exists resource name:r0 role:Secondary\nexists connection name:r0 connection:{} role:{}\nexists -\n"
    assert parse_roles(events.format("Connected", "Primary"))[0].peer == "Primary"
    assert parse_roles(events.format("Connecting", "Unknown"))[0].peer == "Unknown"


def test_a_service_that_was_not_asked_for_is_not_missing(tmp_path: Path) -> None:
    assert judged(tmp_path, OWNER, SPARE, args=("--stack", "resource=r0,service=rabbit")) == (
        UNKNOWN, "DRBD_STACK UNKNOWN - n1 and n2 did not report whether rabbit runs" + PERFDATA.format(0, 0),
    )  # fmt: skip
    assert judged(tmp_path, OWNER._replace(roles=()), SPARE._replace(roles=()), args=())[0] == UNKNOWN


def test_the_option() -> None:
    assert stack_of("resource=r0,mount=/srv/db/,vip=FD00::0005") == Stack("r0", "/srv/db", "fd00::5", "")
    assert stack_of("resource=r0,service=a-very-long-process-name").service == "a-very-long-pro"
    for wrong in (
        "",
        "r0",
        "mount=/x",
        "resource=",
        "resource=r0,vip=x",
        "resource=r0,colour=red",
        "resource=r0,mount=",
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # argparse turns any into its one line
            stack_of(wrong)


def test_what_counts_as_mounted() -> None:
    text = (
        "proc /proc proc rw 0 0\n/dev/drbd0 /srv/my\\040db ext4 rw 0 0\n/dev/mapper/vg-lv /var/lib/mysql xfs rw 0 0\n"
    )
    mounts = parse_mounts(text, {"/var/lib/mysql"})
    assert mounts == (("/dev/drbd0", "/srv/my db"), ("/dev/mapper/vg-lv", "/var/lib/mysql"))
    facts = OWNER._replace(mounts=mounts)
    assert facts.mounted(Stack("r0"))
    assert facts.mounted(Stack("r0", "/var/lib/mysql")), "LVM on top of DRBD has another device name"
    assert not facts.mounted(Stack("r1"))
    assert OWNER._replace(mounts=(("/dev/drbd/by-res/r0/0", "/x"),)).mounted(Stack("r0"))


def node(
    tmp_path: Path,
    events: str | None,
    *args: str,
    mounts: str = "proc /proc proc rw 0 0\n",
    databases: Sequence[Sequence[object]] = (),
) -> str:
    """The status line. ``databases``: what the process table says of each mariadbd."""
    answers: dict[str, object] = {
        "file /proc/drbd": None if events is None else ["version: 8.4.11\n", 1.0],
        "command drbdsetup events2 --now all": [0, events, ""],
        "file /proc/mounts": [mounts, 1.0],
        "command ip -j addr": [0, '[{"ifname":"eth0","addr_info":[{"local":"10.0.0.1"}]}]', ""],
        **{f"processes {name}": [] for name in ("mysqld", "beam.smp", "postgres")},
        "processes mariadbd": list(databases),
    }
    path = tmp_path / "recording.json"
    recorded = [{"ask": ask, "answer": answer} for ask, answer in answers.items()]
    path.write_text(
        dump({"hamon_recording": 1, "check": "drbd_node", "args": [], "clock": 1.0, "memory": {}, "answers": recorded})
    )
    return execute(NODE, ["--replay", str(path), *args]).render().splitlines()[0]


def test_one_node(tmp_path: Path) -> None:
    up = "exists resource name:r0 role:{}\nexists device name:r0 volume:0 minor:0 disk:UpToDate\nexists -\n"
    assert node(tmp_path, up.format("Secondary")) == "DRBD_NODE OK - r0 Secondary with nothing on top"
    assert node(tmp_path, up.format("Primary")) == "DRBD_NODE CRITICAL - r0 is Primary here without the mount of r0"
    assert (
        node(tmp_path, up.format("Primary"), mounts="/dev/drbd0 /x ext4 rw 0 0\n")
        == "DRBD_NODE OK - r0 Primary with the mount of r0"
    )
    assert node(tmp_path, None) == "DRBD_NODE UNKNOWN - the drbd module is not loaded"
    assert node(tmp_path, None, "--stack", "resource=r0") == "DRBD_NODE CRITICAL - the drbd module is not loaded"
    assert node(tmp_path, "exists -\n", "--stack", "resource=r0") == "DRBD_NODE CRITICAL - r0 is not up here"
    assert "reported no complete list" in node(tmp_path, "exists resource")
    assert node(tmp_path, up.format("Primary"), mounts="") == "DRBD_NODE UNKNOWN - /proc/mounts reports nothing"


def test_a_database_of_a_container_or_another_namespace_is_not_the_stacks(tmp_path: Path) -> None:
    up = "exists resource name:r0 role:Primary\nexists device name:r0 volume:0 minor:0 disk:UpToDate\nexists -\n"

    def verdict(*databases: Sequence[object]) -> str:
        call = ("--stack", "resource=r0,service=mariadbd")
        return node(tmp_path, up, *call, mounts="/dev/drbd0 /x ext4 rw 0 0\n", databases=databases)

    whole = "DRBD_NODE OK - r0 Primary with the mount of r0 and mariadbd"
    missing = "DRBD_NODE CRITICAL - r0 is Primary here without mariadbd"
    assert verdict([7, 1.0]) == whole
    assert verdict([7, 1.0, True, False, []]) == missing
    assert verdict([7, 1.0, False, True, []]) == missing
    assert verdict([7, 1.0, False, True, []], [8, 1.0, False, False, []]) == whole
    assert verdict([7, 1.0, None, False, []]) == (
        "DRBD_NODE UNKNOWN - whether mariadbd runs on this host itself is not known"
    )


@given(st.text())
def test_no_mount_table_breaks_the_parser(text: str) -> None:
    assert all(len(mount) == 2 for mount in parse_mounts(text, {"/"}))
