"""Names and addresses of hosts: one form, taken apart and put together, and whether two are of one host."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.names import canonical, host_and_port, joined, matched, node_host, same_host, short


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1:3306", ("10.0.0.1", "3306")),
        ("[fd00::1]:3306", ("fd00::1", "3306")),
        ("[fd00::1]", ("fd00::1", "")),
        ("fd00::1", ("fd00::1", "")),
        ("ctl1.example.org:80", ("ctl1.example.org", "80")),
        ("ctl1", ("ctl1", "")),
        ("10.0.0.1", ("10.0.0.1", "")),
        ("AUTO", ("AUTO", "")),
        ("", ("", "")),
        (":80", (":80", "")),
    ],
)
def test_host_and_port(text: str, expected: tuple[str, str]) -> None:
    assert host_and_port(text) == expected


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_and_its_port_are_taken_apart_as_put_together(address: object, port: int) -> None:
    assert host_and_port(joined(str(address), port)) == (str(address), str(port))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ctl1", "ctl1"),
        ("Ctl1.example.org", "ctl1"),
        ("rabbit@ctl1", "ctl1"),
        ("rabbit@CTL1.example.org", "ctl1"),
        ("ctl_1", "ctl_1"),
        ("10.0.0.1", "10.0.0.1"),
        ("rabbit@10.0.0.1", "10.0.0.1"),
        ("FD00:0::1", "fd00::1"),
        ("", ""),
    ],
)
def test_short_names(name: str, expected: str) -> None:
    assert short(name) == expected


def test_the_host_of_an_erlang_node() -> None:
    assert [node_host(name) for name in ("rabbit@ctl1", "ctl1", "rabbit@", "")] == ["ctl1", "ctl1", "rabbit@", ""]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ctl1", "ctl1"),
        ("ctl1", "CTL1"),
        ("ctl1", "ctl1.example.org"),
        ("ctl1.example.org.", "ctl1.example.org"),
        ("ctl_1", "ctl-1.example.org"),
        ("rabbit@ctl1", "ctl1.example.org"),
        ("10.0.0.1", "rabbit@10.0.0.1"),
        ("fd00::1", "FD00:0:0::1"),
    ],
)
def test_one_host(one: str, other: str) -> None:
    assert same_host(one, other)
    assert same_host(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ctl1", "ctl2"),
        ("ctl1", "ctl10"),
        ("ctl1.site-a.org", "ctl1.site-b.org"),
        ("10.0.0.1", "10.0.0.2"),
        ("10.0.0.1", "10"),
        ("10.0.0.1", "10.0.0"),
        ("10.0.0.1", "10.example.org"),
        ("ctl1", ""),
        ("", ""),
        (".", "."),
        (".org", ".com"),
    ],
)
def test_two_hosts(one: str, other: str) -> None:
    assert not same_host(one, other)
    assert not same_host(other, one)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_names_can_be_compared(one: str, other: str) -> None:
    assert same_host(one, other) == same_host(other, one)
    assert host_and_port(one).host in one
    assert isinstance(short(one), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        (" 10.0.0.1/32 ", "10.0.0.1"),
        ("FD00:0:0::1", "fd00::1"),
        ("[fd00::1]", "fd00::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_one_form_for_every_address(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("text", ["", "ctl1", "10.0.0", "10.0.0.1.1", "fd00:::1", "10.0.0.1\0", "\udcff"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        canonical(text)


@pytest.mark.parametrize(
    ("hosts", "names", "pairs"),
    [
        (["ctl1", "ctl2"], ["rabbit@ctl2", "rabbit@ctl1"], {"ctl1": "rabbit@ctl1", "ctl2": "rabbit@ctl2"}),
        (["infra1_rabbit_mq-20fb", "infra2_rabbit_mq-3c05"], ["infra2-rabbit-mq-3c05", "x", "y"], {"infra2_rabbit_mq-3c05": "infra2-rabbit-mq-3c05"}),
        (["ctl1.example.org"], ["CTL1"], {"ctl1.example.org": "CTL1"}),
        # two full names of one short one: neither is known to be it, until the other is
        (["ctl1.a.org", "ctl1.b.org"], ["ctl1", "ctl9"], {}),
        (["ctl1.a.org", "ctl1.b.org"], ["ctl1", "ctl1.b.org"], {"ctl1.b.org": "ctl1.b.org", "ctl1.a.org": "ctl1"}),
        # by elimination
        (["ctl1", "ctl2"], ["ctl1", "node-2"], {"ctl1": "ctl1", "ctl2": "node-2"}),
        (["ctl1", "ctl2", "ctl3"], ["ctl1", "node-2"], {"ctl1": "ctl1"}),
        (["ctl1", "ctl2"], ["ctl1", "node-2", "node-3"], {"ctl1": "ctl1"}),
        (["ctl1"], [], {}),
        ([], ["ctl1"], {}),
    ],
)  # fmt: skip
def test_which_name_is_which_host(hosts: list[str], names: list[str], pairs: dict[str, str]) -> None:
    assert matched({host: (host,) for host in hosts}, names) == pairs


def test_an_address_is_a_spelling_too() -> None:
    hosts = {"ctl1": ("ctl1", "10.0.0.1"), "ctl2": ("ctl2", "fd00::2"), "ctl3": ("ctl3", "10.0.0.3")}
    assert matched(hosts, ["rabbit@10.0.0.1", "rabbit@FD00:0::2"]) == {
        "ctl1": "rabbit@10.0.0.1",
        "ctl2": "rabbit@FD00:0::2",
    }


@given(st.lists(st.text(max_size=8), max_size=5), st.lists(st.text(max_size=8), max_size=5))
def test_any_names_can_be_matched_and_none_is_used_twice(hosts: list[str], names: list[str]) -> None:
    pairs = matched({host: (host,) for host in hosts}, names)
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs) <= set(hosts)
    assert set(pairs.values()) <= set(names)
