"""check_addresses: a host's addresses from ``ip -j addr``, and answers that are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.vip.node import CHECK as ADDRESSES
from hamon.verdict import UNKNOWN, Outcome
from hamon.wire import from_json, to_json
from tests.told import judged, line

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
        {"local": "fe80::1", "scope": "link"},
    ),
    link("eth1", flags=("UP", "NO-CARRIER")),
    link("tap1", {"local": "fe80::2", "scope": "link"}, link="eth0"),
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
    told = addresses(
        tmp_path,
        [*HOST, *(link(f"tap{n}", {"local": f"fe80::{n}", "scope": "link"}, link="x") for n in range(300))],
        "--facts",
    ).render()
    assert len(told) < 1023
    facts = json.loads(told)["facts"]
    assert to_json(from_json(ADDRESSES, facts)) == facts
