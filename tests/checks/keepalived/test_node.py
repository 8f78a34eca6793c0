"""check_keepalived: the daemon, its word, and the addresses the kernel has."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.keepalived.node import CHECK
from hamon.checks.keepalived.states import from_dump
from hamon.execute import execute
from hamon.typed import typed
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Outcome
from hamon.wire import to_json
from tests.judging import CLOCK, judged, line

VIP = "10.0.0.100"
DIR = "/run/keepalived/state.d"
DUMP = "/tmp/keepalived.json"
STARTED = CLOCK - 1000.0


def ip(*addresses: str, interface: str = "eth0", **flags: bool) -> list[Any]:
    found = [{"local": address, "scope": "global", **flags} for address in ("10.0.0.11", *addresses)]
    links = [
        {
            "ifname": interface,
            "address": "52:54:00:00:00:01",
            "flags": ["UP", "LOWER_UP"],
            "link_type": "ether",
            "addr_info": found,
        }
    ]
    return [0, json.dumps(links), ""]


def state(text: str, age: float = 60.0, name: str = "VI_1") -> dict[str, Any]:
    return {name: [f"{text} {int(CLOCK - age)}\n", CLOCK - age]}


def dump(age: float = 10.0, **data: Any) -> list[Any]:
    entry = {"iname": "VI_1", "state": 2, "base_priority": 150, "effective_priority": 150, "vips": [f"{VIP} dev eth0 scope global set"],
            "last_transition": CLOCK - 500, "auth_type": 1, "auth_data": "s3cret", **data}  # fmt: skip
    return [json.dumps([{"data": entry, "stats": {"become_master": 3}}]), CLOCK - age]


def keepalived(
    tmp_path: Path,
    *args: str,
    files: dict[str, Any] | None = None,
    addresses: list[Any] | None = None,
    running: bool = True,
    dumped: Any = None,
    processes: list[Any] | None = None,
    memory: dict[str, Any] | None = None,
) -> Outcome:
    answers = {
        "processes keepalived": processes or ([[100, STARTED], [101, STARTED]] if running else []),
        f"files {DIR}": files or {},
        f"file {DUMP}": dumped,
        "command ip -j addr": addresses or ip(),
    }
    return judged(tmp_path, CHECK, answers, args, memory)


def test_master_with_its_address_and_the_whole_output(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 MASTER 150"), addresses=ip(VIP))
    assert outcome.render() == (
        "KEEPALIVED OK - VI_1 MASTER (priority 150), holds 10.0.0.100 | held=1;;;0 masters=1;;;0 VI_1_priority=150;;;0;255 uptime=1000s;;;0"
    )


def test_backup_without_it(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 BACKUP 100"))
    assert line(outcome) == "OK - VI_1 BACKUP (priority 100), does not hold 10.0.0.100"


def test_a_dead_daemon_that_left_its_address_is_a_stale_holder(tmp_path: Path) -> None:
    outcome = keepalived(
        tmp_path, "--vip", VIP, running=False, files=state("INSTANCE VI_1 MASTER 150"), addresses=ip(VIP)
    )
    assert line(outcome) == "CRITICAL - stale holder: keepalived is dead, and 10.0.0.100 still on this host"
    assert "ip addr del" in outcome.long


def test_a_dead_daemon_is_known_dead_even_if_nothing_else_can_be_asked(tmp_path: Path) -> None:
    answers = {"processes keepalived": [], f"!files {DIR}": [3, f"{DIR}: permission denied for this user", "rights"]}
    assert line(judged(tmp_path, CHECK, answers)) == "CRITICAL - keepalived is not running"


def test_a_dump_tells_the_addresses_even_when_the_daemon_is_dead(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--json", DUMP, running=False, dumped=dump(), addresses=ip(VIP))
    assert line(outcome).startswith("CRITICAL - stale holder")


def test_fault_names_the_instance(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_API FAULT 150", 125.0))
    assert line(outcome) == "CRITICAL - VI_API has been in FAULT for 2 min 5 s: it takes no part in the election"


@pytest.mark.parametrize(
    ("word", "here", "text"),
    [
        ("MASTER", False, "VI_1 is MASTER, but 10.0.0.100 not on this host"),
        ("BACKUP", True, "VI_1 is BACKUP, but 10.0.0.100 still on this host"),
        ("FAULT", True, "VI_1 is FAULT, but 10.0.0.100 still on this host"),
    ],
)
def test_the_daemons_word_against_the_kernel(tmp_path: Path, word: str, here: bool, text: str) -> None:
    addresses = ip(VIP) if here else ip()
    outcome = keepalived(tmp_path, "--vip", VIP, files=state(f"INSTANCE VI_1 {word} 150"), addresses=addresses)
    assert outcome.state is CRITICAL
    assert outcome.text.startswith(text)


def test_an_address_on_lo_is_not_held(tmp_path: Path) -> None:
    outcome = keepalived(
        tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 BACKUP 100"), addresses=ip(VIP, interface="lo")
    )
    assert outcome.state is OK


def test_a_contradiction_is_looked_at_twice(tmp_path: Path) -> None:
    file = tmp_path / "twice.json"
    answers = [
        {"ask": "processes keepalived", "answer": [[100, STARTED]]},
        {"ask": f"files {DIR}", "answer": state("INSTANCE VI_1 MASTER 150", 0.0)},
        {"ask": "command ip -j addr", "answer": ip()},
        {"ask": "command ip -j addr", "answer": ip(VIP)},
    ]
    recording = {
        "hamon_recording": 1,
        "check": "keepalived",
        "args": ["--vip", VIP],
        "clock": CLOCK,
        "memory": {},
        "answers": answers,
    }
    file.write_text(json.dumps(recording))
    assert execute(CHECK, ["--replay", str(file)]).state is OK


def test_a_state_file_of_the_daemons_predecessor_is_not_believed(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 FAULT 150", 2000.0))
    assert line(outcome) == "WARNING - not believed: VI_1 says FAULT, but is older than the running daemon"
    alone = keepalived(tmp_path, files=state("INSTANCE VI_1 MASTER 150", 2000.0))
    assert line(alone) == (
        "UNKNOWN - keepalived runs, but nothing reports its state: VI_1 says MASTER, but is older than the running daemon"
    )


def test_no_source_at_all(tmp_path: Path) -> None:
    assert (
        line(keepalived(tmp_path))
        == "UNKNOWN - keepalived runs, but nothing reports its state: give --state-dir, --json or --vip"
    )
    with_vip = keepalived(tmp_path, "--vip", VIP, addresses=ip(VIP))
    assert line(with_vip) == "OK - daemon runs, holds 10.0.0.100, no state reported, judged by process and addresses"


def test_a_weight_that_lowers_the_priority(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--json", DUMP, dumped=dump(state=1, effective_priority=90))
    assert line(outcome) == "WARNING - VI_1 runs with priority 90 instead of 150: something it tracks fails"


@pytest.mark.parametrize(
    ("dumped", "words"),
    [
        (None, "does not exist"),
        (dump(age=400.0), "is 400 s old"),
        (dump(age=1100.0), "is older than the running daemon"),
        (["", CLOCK], "is not a dump"),
        (["{}", CLOCK], "is not a dump"),
        (["[{}]", CLOCK], "is not a dump"),
        (["[1]", CLOCK], "is not a dump"),
        (['[{"data": {"iname": "VI_1", "state": 9}}]', CLOCK], "is not a dump"),
        (['[{"data": {"iname": "VI_1", "state": "2"}}]', CLOCK], "is not a dump"),
        ([dump()[0][:50], CLOCK], "is not a dump"),
    ],
)
def test_a_dump_that_cannot_be_believed(tmp_path: Path, dumped: Any, words: str) -> None:
    outcome = keepalived(tmp_path, "--json", DUMP, dumped=dumped)
    assert outcome.state in (UNKNOWN, WARNING)
    assert words in outcome.text
    assert "What it means" in outcome.long


def test_both_forms_of_the_dump(tmp_path: Path) -> None:
    first = dump()
    second = [json.dumps({"vrrp": json.loads(first[0]), "track_process": []}), first[1]]
    for dumped in (first, second):
        outcome = keepalived(tmp_path, "--json", DUMP, dumped=dumped, addresses=ip(VIP))
        assert line(outcome) == "OK - VI_1 MASTER (priority 150), holds 10.0.0.100"


def test_the_password_goes_nowhere(tmp_path: Path) -> None:
    outcome = keepalived(tmp_path, "--json", DUMP, "--facts", dumped=dump(), addresses=ip(VIP))
    assert "s3cret" not in outcome.render()
    assert "auth" not in outcome.render()
    assert "s3cret" not in repr(from_dump(dump()[0]))


def test_several_instances_with_named_addresses(tmp_path: Path) -> None:
    files = state("INSTANCE VI_1 MASTER 150") | state("INSTANCE VI_2 BACKUP 100", name="VI_2")
    args = ["--vip", f"VI_1={VIP}", "--vip", "VI_2=10.0.0.200"]
    assert keepalived(tmp_path, *args, files=files, addresses=ip(VIP)).state is OK
    assert line(keepalived(tmp_path, *args, files=files, addresses=ip(VIP, "10.0.0.200"))) == (
        "CRITICAL - VI_2 is BACKUP, but 10.0.0.200 still on this host"
    )


def test_several_instances_with_loose_addresses(tmp_path: Path) -> None:
    both = state("INSTANCE VI_1 BACKUP 150") | state("INSTANCE VI_2 BACKUP 100", name="VI_2")
    assert line(keepalived(tmp_path, "--vip", VIP, files=both, addresses=ip(VIP))) == (
        "CRITICAL - no instance is MASTER, but 10.0.0.100 on this host"
    )
    masters = state("INSTANCE VI_1 MASTER 150") | state("INSTANCE VI_2 MASTER 100", name="VI_2")
    assert line(keepalived(tmp_path, "--vip", VIP, files=masters)) == (
        "CRITICAL - all instances are MASTER, but 10.0.0.100 not on this host"
    )
    mixed = state("INSTANCE VI_1 MASTER 150") | state("INSTANCE VI_2 BACKUP 100", name="VI_2")
    assert keepalived(tmp_path, "--vip", VIP, files=mixed).state is OK


def test_flapping_is_counted_over_an_hour(tmp_path: Path) -> None:
    def at(since: float) -> dict[str, Any]:
        return {"at": CLOCK - 60, "values": {}, "since": {"window VI_1": [-2, since]}}

    def run(memory: dict[str, Any]) -> Outcome:
        return keepalived(tmp_path, "--json", DUMP, dumped=dump(), addresses=ip(VIP), memory=memory)

    assert line(run(at(CLOCK - 1800))) == "WARNING - VI_1 became MASTER 5 times within the hour"
    assert run(at(CLOCK - 4000)).state is OK, "the hour is over"
    restarted = {"at": CLOCK - 60, "values": {}, "since": {"window VI_1": [50, CLOCK - 600]}}
    assert run(restarted).state is OK, "a counter that went backwards belongs to another daemon"


def test_one_failover_is_no_flapping_however_short_the_interval(tmp_path: Path) -> None:
    memory = {
        "at": CLOCK - 2,
        "values": {"since VI_1": CLOCK - 500, "seen VI_1": 0},
        "since": {"window VI_1": [0, CLOCK - 2], "state VI_1": ["BACKUP", CLOCK - 500]},
    }
    outcome = keepalived(
        tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 MASTER 150", 1.0), addresses=ip(VIP), memory=memory
    )
    assert outcome.state is OK
    assert "VI_1_takeovers=1;3;10;0" in outcome.perfdata


# --- whose keepalived is it? ------------------------------------------------------------------------------------------

ROUTER_IN_ITS_NAMESPACE = [700, STARTED + 5, True, False, ["keepalived", "-P", "-f", "/x/keepalived.conf"]]
# Where the namespace may not be read, Neutron's folder of configurations shows it (crowbar-openstack pull request 2005).
ROUTER_BY_CONFIGURATION = [
    701, STARTED - 500, False, False, ["keepalived", "-P", "-f", "/var/lib/neutron/ha_confs/1f2e/keepalived.conf"],
]  # fmt: skip
OF_KOLLA = [800, STARTED, False, True, ["keepalived", "-nld", "-p", "/run/keepalived.pid"]]


@pytest.mark.parametrize("router", [ROUTER_IN_ITS_NAMESPACE, ROUTER_BY_CONFIGURATION])
def test_the_keepalived_of_a_router_is_not_the_hosts(tmp_path: Path, router: list[Any]) -> None:
    dead = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 BACKUP 100"), processes=[router])
    others = f" (not this host's: pid {router[0]}, of a router, a left-over or in another network)"
    assert line(dead) == f"CRITICAL - keepalived is not running, this host holds none of 10.0.0.100{others}"
    left = keepalived(
        tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 MASTER 150"), addresses=ip(VIP), processes=[router]
    )
    assert line(left) == f"CRITICAL - stale holder: keepalived is dead, and 10.0.0.100 still on this host{others}"


def test_beside_routers_the_hosts_own_counts_and_its_age(tmp_path: Path) -> None:
    processes = [ROUTER_BY_CONFIGURATION, OF_KOLLA, ROUTER_IN_ITS_NAMESPACE]
    outcome = keepalived(tmp_path, "--vip", VIP, files=state("INSTANCE VI_1 BACKUP 100"), processes=processes)
    assert line(outcome) == "OK - VI_1 BACKUP (priority 100), does not hold 10.0.0.100"
    assert "uptime=1000s;;;0" in outcome.perfdata


NOT_RUNNING = (
    "CRITICAL - keepalived is not running, this host holds none of 10.0.0.100 "
    "(not this host's: pid 800 and 900, of a router, a left-over or in another network)"
)


@pytest.mark.parametrize(
    ("pidfile", "text"),
    [
        (["800\n", CLOCK], "OK - VI_1 BACKUP (priority 100), does not hold 10.0.0.100"),
        (["4711\n", CLOCK], NOT_RUNNING),
        (None, NOT_RUNNING),
        (["\n", CLOCK], NOT_RUNNING),
    ],
)
def test_a_pidfile_names_the_one_that_counts(tmp_path: Path, pidfile: Any, text: str) -> None:
    """Left-over processes of the same name beside it prove nothing (autobase issue 109)."""
    answers = {
        "processes keepalived": [OF_KOLLA, [900, STARTED]],
        "file /run/keepalived.pid": pidfile,
        f"files {DIR}": state("INSTANCE VI_1 BACKUP 100"),
        "command ip -j addr": ip(),
    }
    assert line(judged(tmp_path, CHECK, answers, ["--vip", VIP, "--pidfile", "/run/keepalived.pid"])) == text


# --- what may not be read, and what the addresses show ----------------------------------------------------------------


def unreadable(tmp_path: Path, **answers: Any) -> Outcome:
    usual = {
        "processes keepalived": [[100, STARTED]],
        f"files {DIR}": state("INSTANCE VI_1 BACKUP 100"),
        "command ip -j addr": ip(),
        f"!file {DUMP}": [3, f"{DUMP}: permission denied for this user", "rights"],
    }
    return judged(tmp_path, CHECK, usual | answers, ["--vip", VIP, "--json", DUMP])


def test_a_dump_without_permission_is_unknown_and_hides_nothing(tmp_path: Path) -> None:
    outcome = unreadable(tmp_path)
    assert line(outcome) == f"UNKNOWN - {DUMP}: permission denied for this user"
    assert "run the check by sudo" in outcome.long
    left = unreadable(tmp_path, **{"command ip -j addr": ip(VIP)})
    assert line(left).startswith("CRITICAL - VI_1 is BACKUP, but 10.0.0.100 still on this host")
    nothing = unreadable(tmp_path, **{f"files {DIR}": {}})
    assert line(nothing) == f"UNKNOWN - {DUMP}: permission denied for this user"


def links(*rows: tuple[str, list[str], list[str]]) -> list[Any]:
    """``ip -j addr`` of interfaces: name, flags, addresses."""
    made = [
        {"ifname": name, "address": "52:54:00:00:00:01", "flags": flags, "link_type": "ether", "link": "bond0",
         "addr_info": [{"local": address, "scope": "global"} for address in addresses]}
        for name, flags, addresses in rows
    ]  # fmt: skip
    return [0, json.dumps(made), ""]


UP, UNPLUGGED = ["UP", "LOWER_UP"], ["NO-CARRIER", "UP"]


@pytest.mark.parametrize(
    ("data", "rows", "why"),
    [
        ({"ifp_ifname": "eth0"}, [("eth0", UNPLUGGED, ["10.0.0.11"])], "eth0 has no carrier"),
        ({"ifp_ifname": "eth0"}, [("eth0", [], []), ("eth1", UP, ["10.0.0.11"])], "eth0 is switched off"),
        ({"ifp_ifname": "vlan7"}, [("eth1", UP, ["10.0.0.11"])], "vlan7 does not exist"),
        (
            {"ifp_ifname": "eth0", "track_ifp": ["eth1 weight 0"]},
            [("eth0", UP, ["10.0.0.11"]), ("eth1", UNPLUGGED, [])],
            "eth1 has no carrier",
        ),
        ({"ifp_ifname": "eth0"}, [("eth0", UP, ["10.0.0.11"])], "it takes no part in the election"),
        (
            {},  # dumps of keepalived before 2.0 do not name the interface
            [("eth0", UP, ["10.0.0.11"]), ("eth1", UNPLUGGED, ["10.1.0.11"])],
            "it takes no part in the election (perhaps because eth1 has no carrier)",
        ),
    ],
)
def test_fault_names_the_interface_that_is_not_connected(
    tmp_path: Path, data: dict[str, Any], rows: list[tuple[str, list[str], list[str]]], why: str
) -> None:
    outcome = keepalived(
        tmp_path, "--json", DUMP, dumped=dump(state=3, last_transition=CLOCK - 125, **data), addresses=links(*rows)
    )
    assert line(outcome) == f"CRITICAL - VI_1 has been in FAULT for 2 min 5 s: {why}"


def test_vrrp_for_ipv6_has_a_link_local_address_first(tmp_path: Path) -> None:
    """acassen/keepalived issues 1122 and 2573; RFC 5798, 5.2.9."""
    vips = ["fe80::ffff:2a/64 dev eth0 scope link set", "2001:db8:1::2a/128 dev eth0 scope global set"]
    dumped = dump(vips=vips, version=3)
    here = links(("eth0", UP, ["2001:db8:1::11", "fe80::ffff:2a", "2001:db8:1::2a"]))
    assert line(keepalived(tmp_path, "--json", DUMP, dumped=dumped, addresses=here)) == (
        "OK - VI_1 MASTER (priority 150), holds fe80::ffff:2a and 2001:db8:1::2a"
    )
    without = links(("eth0", UP, ["2001:db8:1::11", "2001:db8:1::2a"]))
    assert line(keepalived(tmp_path, "--json", DUMP, dumped=dumped, addresses=without)) == (
        "CRITICAL - VI_1 is MASTER, but fe80::ffff:2a not on this host"
    )


def test_an_address_that_the_kernel_refused_is_named_a_duplicate(tmp_path: Path) -> None:
    dumped = dump(vips=["fd00::100/128 dev eth0 scope global set"])
    links_of = json.loads(ip()[1])
    links_of[0]["addr_info"].append({"local": "fd00::100", "scope": "global", "dadfailed": True})
    outcome = keepalived(tmp_path, "--json", DUMP, dumped=dumped, addresses=[0, json.dumps(links_of), ""])
    assert line(outcome) == (
        "CRITICAL - VI_1 is MASTER, but fd00::100 is not used on eth0: another host holds it (dadfailed)"
    )


def test_facts_come_back_from_json(tmp_path: Path) -> None:
    dumped = json.loads(keepalived(tmp_path, "--json", DUMP, "--facts", dumped=dump(), addresses=ip(VIP)).render())
    assert to_json(typed(CHECK.facts, dumped["facts"])) == dumped["facts"]


@pytest.mark.parametrize(
    "args", [["--vip", "ctl1"], ["--vip", "=10.0.0.1"], ["--vip", "10.0.0.1.2"], ["--json-max-age", "x"]]
)
def test_a_wrong_call_is_unknown_in_one_line(args: list[str]) -> None:
    outcome = execute(CHECK, args)
    assert outcome.state is UNKNOWN
    assert "\n" not in outcome.render()
