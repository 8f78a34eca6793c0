"""check_vip and check_addresses: who holds a virtual address, by the members' word and by the wire."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.vip.addresses import parse
from hamon.checks.vip.cluster import CLUSTER
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Outcome
from tests.judging import CLOCK, judged, line

VIP = "10.0.0.100"
MEMBERS = "ctl1=10.0.0.11,ctl2=10.0.0.12,ctl3=10.0.0.13"
MACS = {f"ctl{n}": f"52:54:00:00:00:0{n}" for n in (1, 2, 3)}
REFUSED = {"unreachable": "its agent said: Connection refused"}


def member(name: str, *addresses: tuple[str, str, list[str]], mac: str = "") -> dict[str, Any]:
    own: tuple[str, str, list[str]] = ("10.0.0.1" + name[-1], "eth0", [])
    return {
        "facts": {
            "addresses": [{"address": a, "interface": i, "flags": f} for a, i, f in (own, *addresses)],
            "links": [{"name": "eth0", "mac": mac or MACS[name], "up": True, "carrier": True}],
        }
    }


def members(
    *holders: str, silent: tuple[str, ...] = (), interface: str = "eth0", flags: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The answers of three members; ``holders`` have the VIP."""
    made = {}
    for name in MACS:
        has = [(VIP, interface, list(flags))] if name in holders else []
        made[f"member {name}"] = REFUSED if name in silent else member(name, *has)
    return made


def vip(tmp_path: Path, answers: dict[str, Any], *args: str, memory: dict[str, Any] | None = None) -> Outcome:
    asked = ["--members", MEMBERS] if any(key.startswith("member") for key in answers) else []
    return judged(tmp_path, CLUSTER, answers, ["--vip", VIP, *asked, *args], memory)


def arp(*macs: str) -> dict[str, Any]:
    return {f"arp eth0 {VIP}": dict.fromkeys(macs, 3)}


def test_one_holder_with_the_whole_output(tmp_path: Path) -> None:
    assert vip(tmp_path, members("ctl2")).render() == (
        "VIP OK - 10.0.0.100 held by ctl2 (eth0) alone of 3 hosts | holders=1;;;0 unreachable=0;;;0 holder_seconds=0s;;;0"
    )


def test_two_holders_are_a_split_brain(tmp_path: Path) -> None:
    outcome = vip(tmp_path, members("ctl1", "ctl3"))
    assert line(outcome) == "CRITICAL - SPLIT-BRAIN: 10.0.0.100 held by ctl1 (eth0) and ctl3 (eth0)"
    assert (
        "     then: ip addr del 10.0.0.100 dev eth0  # on the stale holder only, while the other one still holds it"
        in outcome.long
    )


def test_no_holder(tmp_path: Path) -> None:
    assert line(vip(tmp_path, members())) == "CRITICAL - 10.0.0.100 is held by none of ctl1, ctl2 and ctl3"


def test_a_dead_backup_host_is_a_ticket_and_no_second_page(tmp_path: Path) -> None:
    outcome = vip(tmp_path, members("ctl1", silent=("ctl2",)))
    assert line(outcome) == (
        "WARNING - 10.0.0.100 held by ctl1 (eth0), and ctl2 could not be asked (its agent said: Connection refused): it may hold it as well"
    )


def test_no_holder_among_those_asked_is_no_proof(tmp_path: Path) -> None:
    outcome = vip(tmp_path, members(silent=("ctl3",)))
    assert line(outcome) == (
        "UNKNOWN - no holder of 10.0.0.100 found: not on ctl1 and ctl2, ctl3 could not be asked (its agent said: Connection refused)"
    )
    assert not any(item.startswith("holders") for item in outcome.perfdata), "0 holders would be a claim"


def test_nobody_answers_at_all(tmp_path: Path) -> None:
    assert line(vip(tmp_path, members(silent=("ctl1", "ctl2", "ctl3")))).startswith(
        "UNKNOWN - no holder of 10.0.0.100 found: ctl1 could not"
    )


def test_a_failover_is_noted_for_an_hour(tmp_path: Path) -> None:
    memory = {"at": CLOCK - 60, "values": {}, "since": {"holder": ["ctl1", CLOCK - 9000]}}
    assert line(vip(tmp_path, members("ctl2"), memory=memory)).endswith("failed over from ctl1 to ctl2 0 s ago")
    later = {"at": CLOCK - 60, "values": {}, "since": {"holder": ["ctl2", CLOCK - 95], "former": ["ctl1", CLOCK - 95]}}
    assert line(vip(tmp_path, members("ctl2"), memory=later)).endswith("failed over from ctl1 to ctl2 1 min 35 s ago")
    long_ago = {
        "at": CLOCK - 60,
        "values": {},
        "since": {"holder": ["ctl2", CLOCK - 4000], "former": ["ctl1", CLOCK - 4000]},
    }
    assert (
        line(vip(tmp_path, members("ctl2"), memory=long_ago)) == "OK - 10.0.0.100 held by ctl2 (eth0) alone of 3 hosts"
    )


def test_a_failover_under_way_is_looked_at_twice(tmp_path: Path) -> None:
    answers = [
        {"ask": key, "answer": answer}
        for holders in (("ctl1", "ctl2"), ("ctl2",))
        for key, answer in members(*holders).items()
    ]
    file = tmp_path / "twice.json"
    recording = {
        "hamon_recording": 1,
        "check": "vip",
        "args": ["--vip", VIP, "--members", MEMBERS],
        "clock": CLOCK,
        "memory": {},
        "answers": answers,
    }
    file.write_text(json.dumps(recording))
    assert line(execute(CLUSTER, ["--replay", str(file)])) == "OK - 10.0.0.100 held by ctl2 (eth0) alone of 3 hosts"


def test_on_lo_is_not_held(tmp_path: Path) -> None:
    assert line(vip(tmp_path, members("ctl1", interface="lo"))).startswith("CRITICAL - 10.0.0.100 is held by none")
    mixed = members("ctl1") | {"member ctl2": member("ctl2", (VIP, "lo", []))}
    assert (
        line(vip(tmp_path, mixed))
        == "OK - 10.0.0.100 held by ctl1 (eth0) alone of 3 hosts, ctl2 has it on lo, where it does not count"
    )


@pytest.mark.parametrize("flag", ["deprecated", "tentative"])
def test_deprecated_is_how_keepalived_sets_ipv6(tmp_path: Path, flag: str) -> None:
    assert vip(tmp_path, members("ctl1", flags=(flag,))).state is OK


def test_dadfailed_is_an_attempt_to_take_what_another_has(tmp_path: Path) -> None:
    answers = members("ctl1") | {"member ctl2": member("ctl2", (VIP, "eth0", ["dadfailed"]))}
    assert (
        line(vip(tmp_path, answers)) == "CRITICAL - ctl2 took 10.0.0.100 on eth0 while another host held it (dadfailed)"
    )


def test_the_wire_alone(tmp_path: Path) -> None:
    assert line(vip(tmp_path, arp(MACS["ctl1"]), "--arp", "eth0")) == (
        "OK - 10.0.0.100 held by MAC 52:54:00:00:00:01, the only one to answer ARP on eth0"
    )
    assert line(vip(tmp_path, arp(MACS["ctl1"], MACS["ctl2"]), "--arp", "eth0")) == (
        "CRITICAL - SPLIT-BRAIN: 10.0.0.100 held by MAC 52:54:00:00:00:01 and MAC 52:54:00:00:00:02"
    )
    assert (
        line(vip(tmp_path, arp(), "--arp", "eth0"))
        == "CRITICAL - 10.0.0.100 is held by none, nobody answers ARP on eth0"
    )


def test_the_wire_and_the_members_agree(tmp_path: Path) -> None:
    assert line(vip(tmp_path, members("ctl1") | arp(MACS["ctl1"]), "--arp", "eth0")) == (
        "OK - 10.0.0.100 held by ctl1 (eth0), the only one to answer ARP on eth0"
    )


def test_two_cards_of_one_host_are_one_holder(tmp_path: Path) -> None:
    holder = member("ctl1", (VIP, "eth0", []))
    holder["facts"]["links"].append({"name": "eth1", "mac": "52:54:00:00:01:01", "up": True, "carrier": True})
    answers = members() | {"member ctl1": holder} | arp(MACS["ctl1"], "52:54:00:00:01:01")
    assert vip(tmp_path, answers, "--arp", "eth0").state is OK


def test_the_virtual_mac_of_vrrp_is_the_holders(tmp_path: Path) -> None:
    virtual = "00:00:5e:00:01:33"
    answers = {
        f"member {name}": member(name, *([(VIP, "vrrp.51", [])] if name == "ctl2" else []), mac=virtual)
        for name in MACS
    }
    assert line(vip(tmp_path, answers | arp(virtual), "--arp", "eth0")).startswith(
        "OK - 10.0.0.100 held by ctl2 (vrrp.51)"
    )


def test_a_mac_that_is_no_members(tmp_path: Path) -> None:
    other = "de:ad:be:ef:00:01"
    assert line(vip(tmp_path, members("ctl1") | arp(MACS["ctl1"], other), "--arp", "eth0")) == (
        "CRITICAL - SPLIT-BRAIN: 10.0.0.100 held by ctl1 (eth0) and MAC de:ad:be:ef:00:01 (no member's MAC)"
    )
    assert line(vip(tmp_path, members() | arp(other), "--arp", "eth0")) == (
        "CRITICAL - 10.0.0.100 is answered by MAC de:ad:be:ef:00:01, which belongs to no member, and held by none of them"
    )


def test_a_silent_member_may_be_the_unknown_mac(tmp_path: Path) -> None:
    answers = members(silent=("ctl3",)) | arp(MACS["ctl3"])
    assert line(vip(tmp_path, answers, "--arp", "eth0")) == (
        "OK - 10.0.0.100 held by MAC 52:54:00:00:00:03, the only one to answer ARP on eth0, likely ctl3, which could not be asked"
    )
    both = members("ctl1", silent=("ctl3",)) | arp(MACS["ctl1"], MACS["ctl3"])
    assert line(vip(tmp_path, both, "--arp", "eth0")) == (
        "CRITICAL - SPLIT-BRAIN: 10.0.0.100 held by ctl1 (eth0) and MAC 52:54:00:00:00:03 (perhaps ctl3, which could not be asked)"
    )


def test_a_silent_wire_settles_what_silent_members_leave_open(tmp_path: Path) -> None:
    outcome = vip(tmp_path, members(silent=("ctl3",)) | arp(), "--arp", "eth0")
    assert line(outcome).startswith(
        "CRITICAL - 10.0.0.100 is held by none of ctl1 and ctl2, nobody answers ARP on eth0 (ctl3 could not"
    )


@pytest.mark.parametrize(
    ("link", "words"),
    [({"up": True, "carrier": False}, "has no carrier"), ({"up": False, "carrier": False}, "is switched off")],
)
def test_a_single_holder_that_is_not_connected_holds_nothing(tmp_path: Path, link: dict[str, bool], words: str) -> None:
    answers = members("ctl1")
    answers["member ctl1"]["facts"]["links"][0].update(link)
    assert line(vip(tmp_path, answers)) == f"CRITICAL - 10.0.0.100 is on ctl1 (eth0) alone, and eth0 {words}"


def test_a_link_local_address_that_was_set_is_a_virtual_address(tmp_path: Path) -> None:
    """The first address of VRRP for IPv6 is one (RFC 5798, 5.2.9; acassen/keepalived issue 1122)."""
    answers = members()
    answers["member ctl2"] = member("ctl2", ("fe80::ffff:2a", "eth0", []))
    outcome = judged(tmp_path, CLUSTER, answers, ["--vip", "fe80::ffff:2a", "--members", MEMBERS])
    assert line(outcome) == "OK - fe80::ffff:2a held by ctl2 (eth0) alone of 3 hosts"


def test_a_holder_that_does_not_answer_on_the_wire(tmp_path: Path) -> None:
    outcome = vip(tmp_path, members("ctl1") | arp(), "--arp", "eth0")
    assert line(outcome) == "CRITICAL - 10.0.0.100 is on ctl1 (eth0), but nobody answers ARP for it on eth0"


def test_without_the_right_to_ask_the_wire_the_members_still_tell(tmp_path: Path) -> None:
    trouble = {f"!arp eth0 {VIP}": [3, "an ARP probe needs CAP_NET_RAW", "rights"]}
    assert line(vip(tmp_path, members("ctl1", "ctl2") | trouble, "--arp", "eth0")).startswith("CRITICAL - SPLIT-BRAIN")
    assert (
        line(vip(tmp_path, members("ctl1") | trouble, "--arp", "eth0"))
        == "UNKNOWN - the wire could not be asked: an ARP probe needs CAP_NET_RAW"
    )
    assert line(vip(tmp_path, trouble, "--arp", "eth0")) == "UNKNOWN - an ARP probe needs CAP_NET_RAW"


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--vip", VIP],
        ["--vip", "ctl1", "--members", MEMBERS],
        ["--vip", "127.0.0.1", "--members", MEMBERS],
        ["--vip", "fe80::5054:ff:fe00:1", "--members", MEMBERS],
        ["--vip", "fd00::1", "--arp", "eth0"],
        ["--vip", VIP, "--members", ""],
        ["--vip", VIP, "--members", "ctl1", "--via", ""],
    ],
)
def test_a_wrong_call_is_unknown_in_one_line(args: list[str]) -> None:
    outcome = execute(CLUSTER, args)
    assert outcome.state is UNKNOWN
    assert "\n" not in outcome.render()


def test_a_dead_ip_command_is_critical_there_and_unknown_here(tmp_path: Path) -> None:
    with pytest.raises(ProbeError):
        parse("nonsense")
    dead = {"error": [2, "ip did not end within 7 s", "timeout"]}
    answers = members("ctl1") | {"member ctl2": dead}
    assert line(vip(tmp_path, answers)).endswith(
        "ctl2 could not be asked (ip did not end within 7 s): it may hold it as well"
    )
    assert vip(tmp_path, members("ctl1", "ctl3") | {"member ctl2": dead}).state is CRITICAL
    assert vip(tmp_path, members("ctl1") | {"member ctl2": dead}).state is WARNING


def test_no_address_is_deleted_while_nobody_knows_who_the_other_holder_is(tmp_path: Path) -> None:
    outcome = vip(
        tmp_path, {**members("ctl1", silent=("ctl2",)), **arp(MACS["ctl1"], "52:54:00:00:00:99")}, "--arp", "eth0"
    )
    assert line(outcome) == (
        "CRITICAL - SPLIT-BRAIN: 10.0.0.100 held by ctl1 (eth0) and MAC 52:54:00:00:00:99 (perhaps ctl2, which could not be asked)"
    )
    assert "ip addr del" not in outcome.long
    assert (
        "Type next: arping -c 3 -I eth0 10.0.0.100  # from a host on that network: how many MACs answer?"
        in outcome.long
    )
