"""DRBD 9 as LINSTOR and operators of three and more nodes run it: unused volumes, diskless clients, quorum, other names, silent nodes.

The situations are from public reports (LINBIT/linstor-server#75, #105, #342, linstor-client#53, piraeusdatastore/linstor-csi#353,
piraeus-operator#953, LINBIT/drbd#52); the texts are written from drbdsetup(8).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.checks.drbd.cluster import CLUSTER
from hamon.checks.drbd.node import CHECK
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING

CLOCK = 1795354139.0
SILENT = "CHECK_NRPE: Socket timeout"
GI = "67AA94AE126B43EC:0000000000000000:72A345B33A68C72B:72A245B33A68C72B:1:1:1:1:0:1:0\n"


class To(NamedTuple):
    """A connection of one node, with one volume."""

    name: str
    disk: str = "UpToDate"
    role: str = "Secondary"
    connection: str = "Connected"
    replication: str = "Established"
    client: bool = False
    more: str = "resync-suspended:no out-of-sync:0"


def lost(name: str, client: bool = False, connection: str = "Connecting") -> To:
    return To(name, "DUnknown", "Unknown", connection, "Off", client)


def client(name: str, role: str = "Secondary") -> To:
    return To(name, "Diskless", role, client=True)


def node(
    *to: To, role: str = "Secondary", disk: str = "UpToDate", diskless: bool = False, quorum: str = "yes", suspended: str = "no",
    version: str = "9.2.12", names: Sequence[str] = ("pvc1",), configured: Sequence[str] | None = None, seconds: float = 0.0,
) -> dict[str, object]:  # fmt: skip
    """The recording of check_drbd on one node."""
    lines, answers = [], []
    disk = "Diskless" if diskless else disk
    yes = {True: "yes", False: "no"}
    for name in names:
        lines.append(f"resource name:{name} role:{role} suspended:{suspended} may_promote:yes promotion_score:10103")
        for number, other in enumerate(to):
            peer = f"name:{name} peer-node-id:{number} conn-name:{other.name}"
            lines.append(f"connection {peer} connection:{other.connection} role:{other.role}")
            lines.append(
                f"peer-device {peer} volume:0 replication:{other.replication} peer-disk:{other.disk} peer-client:{yes[other.client]} {other.more}"
            )
            answers.append({"ask": f"command drbdsetup get-gi {name} {number} 0", "answer": [0, GI, ""]})
        lines.append(f"device name:{name} volume:0 minor:1000 disk:{disk} client:{yes[diskless]} quorum:{quorum}")
        answers.append({"ask": f"command drbdsetup show {name}", "answer": [0, "", ""]})
    listing = "".join(f"exists {line}\n" for line in (*lines, "-"))
    since = {f"{name}_0_{peer.name}": [["disconnected", ""], CLOCK - seconds] for name in names for peer in to}
    return {
        "hamon_recording": 1, "check": "drbd", "args": [], "clock": CLOCK,
        "memory": {"at": CLOCK - 60, "values": {}, "since": since},
        "answers": [
            {"ask": "command drbdadm sh-resources", "answer": [0, " ".join(names if configured is None else configured) + "\n", ""]},
            {"ask": "file /proc/drbd", "answer": [f"version: {version} (api:2/proto:118-122)\n", CLOCK]},
            {"ask": "command drbdsetup events2 --now --statistics all", "answer": [0, listing, ""]},
            *answers,
        ],
    }  # fmt: skip


def alone(tmp_path: Path, recording: dict[str, object], *args: str) -> tuple[int, str]:
    """One node's verdict: state and words."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps(recording))
    outcome = execute(CHECK, ["--replay", str(path), *args])
    return int(outcome.state), outcome.text


def cluster(tmp_path: Path, *args: str, **nodes: dict[str, object] | str) -> tuple[int, str]:
    """The verdict over nodes by name: a recording, or what their agent said."""
    for name, recording in nodes.items():
        printed = recording
        if not isinstance(recording, str):
            path = tmp_path / "node.json"
            path.write_text(json.dumps(recording))
            printed = execute(CHECK, ["--replay", str(path), "--facts"]).render()
        (tmp_path / name).write_text(str(printed))
    members = ",".join(f"{name}=10.0.0.1" for name in nodes)
    outcome = execute(CLUSTER, ["--members", members, "--via", f"cat {tmp_path}/{{name}}", *args])
    line = outcome.render().splitlines()[0].removeprefix(f"DRBD_CLUSTER {outcome.state.name} - ")
    assert len(line.partition(" | ")[0]) < 200, line
    return int(outcome.state), line


def perfdata(resources: int = 1, replicated: int = 1, unreachable: int = 0) -> str:
    return f" | resources={resources};;;0 replicated={replicated};;;0 unreachable={unreachable};;;0"


@pytest.mark.parametrize("version", ["9.0.32", "9.2.12"])
def test_a_volume_that_nobody_has_open_is_right(tmp_path: Path, version: str) -> None:
    nodes = {
        "n1": node(To("n2"), client("n3"), version=version),
        "n2": node(To("n1"), client("n3"), version=version),
        "n3": node(To("n1"), To("n2"), diskless=True, version=version),
    }
    assert cluster(tmp_path, **nodes) == (
        OK, "pvc1 Primary nowhere, n1 and n2 connected and up to date, n3 diskless" + perfdata(),
    )  # fmt: skip
    assert cluster(tmp_path, "--expect-primary", "pvc1", **nodes) == (
        CRITICAL, "pvc1 is Primary on no node" + perfdata(),
    )  # fmt: skip


def test_8_4_promotes_nothing_by_itself(tmp_path: Path) -> None:
    pair = {name: node(To("peer"), version="8.4.11") for name in ("n1", "n2")}
    assert cluster(tmp_path, **pair) == (WARNING, "pvc1 is Primary nowhere: nobody uses it" + perfdata())


def test_a_named_resource_may_be_primary_where_nobody_could_be_asked(tmp_path: Path) -> None:
    alone = node(lost("n2"), seconds=30)
    assert cluster(tmp_path, "--expect-primary", "pvc1", n1=alone, n2="no route") == (
        UNKNOWN, "pvc1 is Primary on no node that could be asked, n2 could not be asked (its agent said: no route) (+1 more)" + perfdata(1, 0, 1),
    )  # fmt: skip
    seen = node(To("n2", role="Primary"))
    assert cluster(tmp_path, "--expect-primary", "pvc1", n1=seen, n2="no route") == (
        OK, "pvc1 Primary on n2, n1 connected and up to date, n2 could not be asked (its agent said: no route)" + perfdata(1, 1, 1),
    )  # fmt: skip


def test_a_client_is_neither_a_copy_nor_a_loss(tmp_path: Path) -> None:
    used = {"n1": node(To("n2"), client("n3", "Primary")), "n2": node(To("n1"), client("n3", "Primary"))}
    n3 = node(To("n1"), To("n2"), role="Primary", diskless=True)
    assert cluster(tmp_path, **used, n3=n3) == (
        OK, "pvc1 Primary on n3, n1 and n2 connected and up to date" + perfdata(),
    )  # fmt: skip
    # a compute node that is not in DRBD's group
    assert cluster(tmp_path, **used) == (OK, "pvc1 Primary on n3, n1 and n2 connected and up to date" + perfdata())
    # the only node that answers is the client: what its connections report counts
    assert cluster(tmp_path, n1=SILENT, n2=SILENT, n3=n3) == (
        OK, "pvc1 Primary on n3, n1 and n2 connected and up to date (+1 more)" + perfdata(1, 1, 2),
    )  # fmt: skip


def test_a_client_that_is_gone_takes_no_copy_with_it(tmp_path: Path) -> None:
    gone = {name: node(To(other), lost("n3", client=True), seconds=9000) for name, other in (("n1", "n2"), ("n2", "n1"))}  # fmt: skip
    text = "pvc1: n3, diskless, has no connection, no copy is lost"
    assert cluster(tmp_path, **gone, n3="no route") == (WARNING, text + perfdata(1, 1, 1))
    assert cluster(tmp_path, **gone) == (WARNING, text + perfdata())
    for connection in ("Connecting", "StandAlone"):
        without_client = node(To("n2"), lost("n3", client=True, connection=connection))
        assert alone(tmp_path, without_client) == (
            WARNING, f"pvc1 has no connection to n3, which is diskless ({connection}), no copy is lost",
        )  # fmt: skip


def test_a_client_that_reaches_no_data_is_an_outage(tmp_path: Path) -> None:
    """As in linstor-server#342: it is shown as in use and has no connection. Its StandAlone is not a split-brain: it has no data."""
    n3 = node(*(lost(name, connection="StandAlone") for name in ("n1", "n2")), role="Primary", diskless=True)
    copies = {name: node(To(other), lost("n3", True, "StandAlone")) for name, other in (("n1", "n2"), ("n2", "n1"))}
    state, text = cluster(tmp_path, **copies, n3=n3)
    assert (state, text) == (
        CRITICAL,
        "pvc1 is in use on n3, a diskless client without a connection to an up-to-date copy, "
        "pvc1: n3 (Primary) has no connection to n1 and n2: all answer, the replication link is cut" + perfdata(),
    )
    assert alone(tmp_path, n3)[0] == CRITICAL


def test_a_disk_that_failed_is_no_client(tmp_path: Path) -> None:
    failed = {"n1": node(To("n2", "Diskless")), "n2": node(To("n1"), disk="Diskless")}
    assert cluster(tmp_path, **failed) == (
        WARNING, "pvc1 is Diskless on n2 (Secondary), up to date only on n1" + perfdata(1, 0),
    )  # fmt: skip
    # the node without a disk is silent: the connection reports it
    assert cluster(tmp_path, n1=failed["n1"], n2=SILENT) == (
        WARNING, "pvc1 is Diskless on n2 (Secondary), up to date only on n1" + perfdata(1, 0, 1),
    )  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [("store_1", "store-2"), ("n1.example.org", "n2.example.org"), ("N1", "N2")])  # fmt: skip
def test_names_that_drbd_and_the_inventory_spell_differently(tmp_path: Path, first: str, second: str) -> None:
    members = [name.partition(".")[0].lower().replace("_", "-") for name in (first, second)]
    primary = node(To(second, role="Primary"))
    nodes: dict[str, dict[str, object] | str] = {members[0]: primary, members[1]: SILENT}
    assert cluster(tmp_path, **nodes) == (
        OK, f"pvc1 Primary on {members[1]}, {members[0]} connected and up to date, {members[1]} could not be asked "
        "(its agent said: CHECK_NRPE: Socket timeout)" + perfdata(1, 1, 1),
    )  # fmt: skip


def test_a_name_that_fits_nobody_is_of_the_one_that_is_left(tmp_path: Path) -> None:
    left_rack = node(To("left-rack", role="Primary"))
    assert cluster(tmp_path, n1=left_rack, n2=SILENT)[1].startswith(
        "pvc1 Primary on n2, n1 connected and up to date, n2 could"
    )
    other = node(To("right-rack"), role="Primary")
    assert cluster(tmp_path, n1=left_rack, n2=other) == (
        OK,
        "pvc1 Primary on n2, n1 connected and up to date" + perfdata(),
    )


def test_one_of_three_copies_is_lost_and_two_stay_in_step(tmp_path: Path) -> None:
    left = {
        "n1": node(To("n2"), lost("n3"), role="Primary", seconds=9000),
        "n2": node(To("n1", role="Primary"), lost("n3"), seconds=9000),
    }
    assert cluster(tmp_path, **left, n3="no route") == (
        WARNING, "pvc1: n1 (Primary) and n2 (Secondary) without peer for 2 h 30 min, n3 could not be asked (its agent said: no route), "
        "up to date on n1 and n2" + perfdata(1, 1, 1),
    )  # fmt: skip
    third = node(lost("n1"), lost("n2"), seconds=9000)
    assert cluster(tmp_path, **left, n3=third) == (
        WARNING, "pvc1: n3 (Secondary) has no connection to n1 and n2 for 2 h 30 min: all answer, the replication link is cut" + perfdata(),
    )  # fmt: skip


def test_a_copy_outside_the_inventory(tmp_path: Path) -> None:
    far = {
        "n1": node(To("n2"), lost("remote"), role="Primary", seconds=60),
        "n2": node(To("n1", role="Primary"), lost("remote"), seconds=60),
    }
    assert cluster(tmp_path, **far) == (
        WARNING, "pvc1: n1 (Primary) has no connection to remote for 1 min: remote is not a member here, up to date on n1 and n2" + perfdata(),
    )  # fmt: skip


def test_a_resync_whose_target_is_silent_is_seen_at_its_source(tmp_path: Path) -> None:
    for replication, words in (("SyncSource", "runs"), ("PausedSyncS", "is paused")):
        to = To("n2", "Inconsistent", replication=replication, more="resync-suspended:no out-of-sync:2048 done:40.00")
        assert cluster(tmp_path, n1=node(to, role="Primary"), n2=SILENT) == (
            WARNING, f"pvc1: resync of n2 {words}, 40 % done, 2 MiB left, until then one copy" + perfdata(1, 0, 1),
        )  # fmt: skip


def test_quorum_of_one_node_and_of_all(tmp_path: Path) -> None:
    """As in drbd#52: one Secondary says it has no quorum and I/O goes on."""
    first, second = To("n1", role="Primary"), To("n2")
    odd = {"n1": node(second, role="Primary"), "n2": node(first, quorum="no")}
    assert cluster(tmp_path, **odd) == (WARNING, "pvc1 has no quorum on n2 (Secondary)" + perfdata())
    assert alone(tmp_path, odd["n2"]) == (WARNING, "pvc1 has no quorum")
    all_lost = {"n1": node(To("n2"), quorum="no"), "n2": node(To("n1"), quorum="no")}
    assert cluster(tmp_path, **all_lost) == (
        CRITICAL, "pvc1 has no quorum on n1 (Secondary) and n2 (Secondary)" + perfdata(),
    )  # fmt: skip
    held = {"n1": node(second, role="Primary", suspended="quorum", quorum="no"), "n2": node(first)}
    assert cluster(tmp_path, **held) == (CRITICAL, "I/O of pvc1 is suspended on n1 (quorum)" + perfdata())


def test_all_copies_outdated(tmp_path: Path) -> None:
    nodes = {
        "n1": node(To("n2", "Outdated"), client("n3"), disk="Outdated"),
        "n2": node(To("n1", "Outdated"), client("n3"), disk="Outdated"),
    }
    assert cluster(tmp_path, **nodes)[1].startswith(
        "pvc1 has no up-to-date copy: n1 Outdated, n2 Outdated and n3 Diskless, "
    )
    # two of three silent: they may have what is missing
    state, text = cluster(tmp_path, n1=node(lost("n2"), lost("n3"), disk="Outdated"), n2=SILENT, n3=SILENT)
    assert state == UNKNOWN
    assert text.startswith("pvc1 has no up-to-date copy: n1 Outdated, n2 could not be asked")


def test_two_primaries_while_a_machine_moves_and_a_backup_is_away(tmp_path: Path) -> None:
    """allow-two-primaries for a live migration: the two are connected, and the third copy's loss is not their split."""
    moving = [
        node(To("n2", role="Primary"), lost("n3"), role="Primary"),
        node(To("n1", role="Primary"), lost("n3"), role="Primary"),
    ]
    for recording in moving:
        answers = recording["answers"]
        assert isinstance(answers, list)
        next(a for a in answers if a["ask"] == "command drbdsetup show pvc1")["answer"] = [0, "net {\n allow-two-primaries yes;\n}\n", ""]  # fmt: skip
    assert cluster(tmp_path, n1=moving[0], n2=moving[1], n3="no route") == (
        WARNING, "pvc1: n1 (Primary) and n2 (Primary) without peer, n3 could not be asked (its agent said: no route), up to date on n1 and n2"
        + perfdata(1, 1, 1),
    )  # fmt: skip


def test_silent_nodes_that_no_connection_tells_of(tmp_path: Path) -> None:
    """Volumes of n1 and n2 are right, and three of five nodes may have others."""
    pair = {"n1": node(To("n2"), role="Primary"), "n2": node(To("n1", role="Primary"))}
    silent = dict.fromkeys(("n3", "n4", "n5"), "no route")
    state, text = cluster(tmp_path, **pair, **silent)
    assert state == UNKNOWN
    assert text.startswith("2 of 5 nodes could be asked, too few for a verdict: n3 could not be asked (its agent said: no route)")  # fmt: skip
    assert cluster(tmp_path, **pair, n3="no route") == (
        OK, "pvc1 Primary on n1, n2 connected and up to date" + perfdata(1, 1, 1),
    )  # fmt: skip


def test_many_volumes_are_counted(tmp_path: Path) -> None:
    names = [f"pvc-{number:08x}-1234-5678-9abc-def012345678" for number in range(40)]
    nodes = {"n1": node(To("n2"), names=names), "n2": node(To("n1"), names=names)}
    assert cluster(tmp_path, **nodes) == (
        OK, "40 resources connected and up to date, 0 of them Primary somewhere" + perfdata(40, 40),
    )  # fmt: skip
    assert alone(tmp_path, nodes["n1"]) == (
        OK, "40 resources, 0 of them Primary, connected, UpToDate here and on the peer (DRBD 9.2.12)",
    )  # fmt: skip


def test_a_resource_without_peers_is_the_only_copy(tmp_path: Path) -> None:
    assert alone(tmp_path, node(role="Primary")) == (WARNING, "pvc1 has no peer: this node has the only copy")
    assert alone(tmp_path, node(role="Primary", version="8.4.11")) == (
        CRITICAL, "pvc1 has no connection to any peer",
    )  # fmt: skip


def test_two_clients_have_nothing_to_replicate(tmp_path: Path) -> None:
    both = node(To("n1"), To("n2"), To("c2", "Diskless", replication="Off", client=True), diskless=True)
    assert alone(tmp_path, both)[0] == OK
