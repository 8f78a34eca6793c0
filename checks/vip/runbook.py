"""What to do about virtual addresses. Shared by check_addresses, check_vip and check_keepalived. No component of its own.

An address is taken from a host only after check_vip was asked: the host may be the last one that holds it.
"""

from hamon.verdict import Advice, Step, other_check

SHOW = Step("ip -br addr show to {address}", "on every host that may hold it")
DAEMONS = Step("pgrep -a keepalived", "on every host that may hold it")
HOLDERS = other_check("/vip", "which hosts hold the address?")
HEARD = Step("tcpdump -ni {interface} -c 5 vrrp", "on both holders: does each hear the other?")
RAW_SOCKET = Step(
    "getcap /usr/bin/python3", "an ARP probe needs CAP_NET_RAW: run the check by sudo, or give it to the process"
)

RUNBOOK = {
    "split_brain": Advice(
        "Two hosts hold one address. Clients reach the one or the other by chance, and services behind it may be written on both sides. Usually "
        "VRRP packets (protocol 112, multicast 224.0.0.18) or cluster links are cut, or a daemon died and left the address.",
        (
            HEARD,
            Step(DAEMONS.command, "on both holders (with Pacemaker: crm_mon -1 -r). A holder without a daemon is the stale one"),
            HOLDERS,
            Step("ip addr del {address} dev {interface}", "on the stale holder only, while the other one still holds it"),
            Step("systemctl stop keepalived", "where both daemons run: on the side that should not have it, then repair the link"),
        ),
        "do not restart both at once, and delete the address from no host that may be the last holder: one that could not be asked proves nothing.",
    ),
    "none": Advice(
        "Nobody holds the address: everything behind it is unreachable. All instances are in FAULT, or all daemons are dead.",
        (
            Step("systemctl status keepalived", "on every host that may hold it (with Pacemaker: crm_mon -1 -r)"),
            Step("journalctl -u keepalived -n 30", "FAULT: which track script or interface?"),
            SHOW,
        ),
        "do not add the address by hand: a daemon, or a host that could not be asked, may hold or take it elsewhere.",
    ),
    "stranger": Advice(
        "A machine answers for the address that no member which answered is: a duplicate address, a member that could not be asked, or one that "
        "the inventory does not know.",
        (
            Step("arping -c 3 -I {interface} {address}", "from a host on that network: how many MACs answer?"),
            Step(remark="find the MAC in the switch's table of addresses"),
            Step(SHOW.command, "on the hosts that could not be asked, too"),
        ),
        "do not delete the address from a member before you know who answers: it may be the rightful holder.",
    ),
    "mute": Advice(
        "The address is configured and dead on the wire: wrong VLAN or interface, arp_ignore, a filter, or --arp names another network.",
        (
            Step("tcpdump -eni {interface} arp and host {address}", "on the holder"),
            Step("sysctl net.ipv4.conf.all.arp_ignore", "on the holder"),
            Step("nft list ruleset", "on the holder"),
        ),
    ),
    "duplicate": Advice(
        "The kernel found another host with this address when it was set, and does not use it. Both think that it is theirs.",
        (SHOW, Step("journalctl -k -g 'duplicate address'"), Step("tcpdump -ni {interface} -c 10 vrrp or icmp6")),
    ),
    "unproven": Advice(
        "One host holds the address, and one that may hold it did not answer. A host that is off holds nothing, one whose agent alone is dead "
        "may hold it, too, and then clients reach the one or the other by chance.",
        (
            Step("arping -c 3 -I {interface} {address}", "from a host on that network: does one MAC answer, or two?"),
            Step("ping -c 3 {member}", "is the host off, or only its agent?"),
            Step(remark="with --arp INTERFACE the check asks the wire itself, and a silent host leaves nothing open"),
        ),
        "do not delete the address anywhere before you know who answers.",
    ),
    "unreachable": Advice(
        "Members that may hold the address did not report their addresses. Nothing is known about it.",
        (
            Step("ping -c 3 {address}"),
            Step("systemctl status nagios-nrpe-server", "on the members that could not be asked"),
            Step("arping -c 3 -I INTERFACE {address}", "from a host on that network (the check does the same with --arp)"),
        ),
        "do not add or delete the address by hand before every member answered.",
    ),
    "arp": Advice("The wire could not be asked. Only the members' word is left.", (Step("ip -br link", "does the interface exist?"), RAW_SOCKET)),
    "rights": Advice("An ARP probe needs a raw socket.", (RAW_SOCKET, Step(remark="or ask the members instead: --members"))),
    "tool": Advice(
        "The host did not report its addresses.",
        (Step("ip -j addr", "iproute2 from 4.13 on"), Step("systemctl show nagios-nrpe-server -p Environment", "the PATH of the agent")),
    ),
    "timeout": Advice("The host hangs: it does not even report its addresses.", (Step("ip -j addr"), Step("dmesg -T"), Step("uptime"))),
    "address_missing": Advice(
        "An address that should be here is not.", (Step("ip -br addr"), Step("journalctl -b -u systemd-networkd -u networking -n 30"))
    ),
    "carrier": Advice("The interface of the address is not connected.", (Step("ip -br link"), Step("ethtool {interface}"), Step("dmesg -T"))),
}  # fmt: skip
