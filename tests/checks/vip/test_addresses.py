"""check_addresses: a host's addresses from ``ip -j addr``, and answers that are not a list of interfaces."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.vip.addresses import parse
from hamon.checks.vip.node import CHECK as ADDRESSES
from hamon.typed import typed
from hamon.verdict import UNKNOWN, Outcome
from hamon.wire import to_json
from tests.judging import judged, line

VIP = "10.0.0.100"


def link(
    name: str, *addresses: dict[str, Any], flags: tuple[str, ...] = ("UP", "LOWER_UP"), **other: Any
) -> dict[str, Any]:
    return {
        "ifname": name,
        "address": "52:54:00:00:00:01",
        "flags": list(flags),
        "link_type": "ether",
        "addr_info": list(addresses),
        **other,
    }


HOST = [
    link("lo", {"local": "127.0.0.1", "scope": "host"}, {"local": "::1", "scope": "host"}, link_type="loopback"),
    link(
        "eth0",
        {"local": "10.0.0.11", "scope": "global"},
        {"local": VIP, "scope": "global"},
        {"local": "fe80::5054:ff:fe00:1", "scope": "link"},
    ),
    link("eth1", flags=("UP", "NO-CARRIER")),
    link("tap1", {"local": "fe80::fc16:3eff:fe00:2", "scope": "link"}, link="eth0"),
    {},
]


def addresses(tmp_path: Path, links: Any, *args: str, rc: int = 0) -> Outcome:
    text = links if isinstance(links, str) else json.dumps(links)
    return judged(tmp_path, ADDRESSES, {"command ip -j addr": [rc, text, "Object unknown"]}, args)


def test_addresses_of_a_host(tmp_path: Path) -> None:
    assert line(addresses(tmp_path, HOST)) == "OK - 2 addresses on 1 interfaces, no carrier: eth1"
    assert (
        line(addresses(tmp_path, HOST, "--expect", VIP))
        == "OK - 2 addresses on 1 interfaces, 10.0.0.100 here, no carrier: eth1"
    )
    assert line(addresses(tmp_path, HOST, "--expect", "10.0.0.99")) == "CRITICAL - 10.0.0.99 is not on this host"


SET = "fe80::ffff:2a"
MADE_OF_A_MAC = "fe80::5054:ff:fe00:1"


@pytest.mark.parametrize(
    ("marks", "kept"),
    [
        ({"local": SET}, True),
        ({"local": "10.0.0.100"}, True),  # an IPv4 address of scope link: keepalived.conf may say so
        ({"local": "169.254.0.10"}, True),
        ({"local": MADE_OF_A_MAC}, False),
        ({"local": "fe80::1234:5678:9abc:def0", "stable-privacy": True}, False),
        ({"local": "fe80::1234:5678:9abc:def0", "protocol": "kernel_ll"}, False),  # from Linux 6.0 on
        ({"local": "fe80::1234:5678:9abc:def0", "noprefixroute": True}, False),  # NetworkManager's
    ],
)
def test_of_scope_link_only_what_nobody_set_is_left_out(marks: dict[str, Any], kept: bool) -> None:
    """acassen/keepalived issues 1122 and 2573: VRRP's link-local addresses were said to be absent."""
    links = [link("eth0", {"local": "10.0.0.11", "scope": "global"}, {"scope": "link", **marks})]
    found = [entry.address for entry in parse(json.dumps(links)).addresses]
    assert found == ["10.0.0.11", *([marks["local"]] if kept else [])]
    asked = [entry.address for entry in parse(json.dumps(links), [marks["local"]]).addresses]
    assert asked == ["10.0.0.11", marks["local"]]


@pytest.mark.parametrize("address", [SET, MADE_OF_A_MAC])
def test_an_expected_link_local_address(tmp_path: Path, address: str) -> None:
    links = [link("eth0", {"local": address, "scope": "link"})]
    assert line(addresses(tmp_path, links, "--expect", address)) == f"OK - 1 addresses on 1 interfaces, {address} here"
    elsewhere = [link("eth0", {"local": "fd00::1", "scope": "global"})]
    assert line(addresses(tmp_path, elsewhere, "--expect", address)) == f"CRITICAL - {address} is not on this host"


def test_an_expected_address_on_a_dead_interface(tmp_path: Path) -> None:
    links = [link("eth0", {"local": VIP, "scope": "global"}, flags=("UP", "NO-CARRIER"))]
    assert line(addresses(tmp_path, links, "--expect", VIP)) == "CRITICAL - 10.0.0.100 is on eth0, which has no carrier"


def test_a_duplicate_address_is_never_ok(tmp_path: Path) -> None:
    links = [link("eth0", {"local": "fd00::5", "scope": "global", "dadfailed": True})]
    assert (
        line(addresses(tmp_path, links)) == "CRITICAL - fd00::5 on eth0 is not used: another host holds it (dadfailed)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[{}]",
        "null",
        "[1]",
        '[{"ifname": "eth0", "addr_info": 3}]',
        '[{"addr_info": [{"local": "1.2.3.4"}]}]',
        "eth0: <UP>",
    ],
)
def test_no_addresses_are_no_evidence(tmp_path: Path, text: str) -> None:
    outcome = addresses(tmp_path, text)
    assert outcome.state is UNKNOWN
    assert "What it means" in outcome.long


def test_a_failing_command_is_unknown(tmp_path: Path) -> None:
    assert line(addresses(tmp_path, "", rc=255)) == "UNKNOWN - ip -j addr failed with exit code 255: Object unknown"


def test_facts_are_small_and_come_back(tmp_path: Path) -> None:
    printed = addresses(
        tmp_path,
        [
            *HOST,
            *(link(f"tap{n}", {"local": f"fe80::fc16:3eff:fe00:{n}", "scope": "link"}, link="x") for n in range(300)),
        ],
        "--facts",
    ).render()
    assert len(printed) < 1023
    facts = json.loads(printed)["facts"]
    assert to_json(typed(ADDRESSES.facts, facts)) == facts
