"""What to do about virtual addresses. Shared by check_addresses, check_vip and check_keepalived. No component of its own."""

from hamon.verdict import Advice

SHOW = "ip -br addr show to ADDRESS (on every host)"

RUNBOOK = {
    "split_brain": Advice(
        "Two hosts hold one address: clients reach the one or the other by chance, and services behind it may be written on both "
        "sides. Usually VRRP packets (protocol 112, multicast 224.0.0.18) or cluster links are cut, or a daemon died and left the address.",
        ("tcpdump -ni IFACE vrrp -c 5 (on both: does each hear the other?)",
         "pgrep -a keepalived (a holder without a daemon is the stale one: ip addr del ADDRESS dev IFACE there)",
         "stop keepalived on the side that should not have it, then repair the link"),
        "do not restart both at once.",
    ),
    "none": Advice(
        "Nobody holds the address: everything behind it is unreachable. All instances are in FAULT, or all daemons are dead.",
        ("systemctl status keepalived (on every host; or: crm_mon -1r)", "journalctl -u keepalived -n 30 (FAULT: which track script or interface?)", SHOW),
        "do not add the address by hand while a daemon may take it elsewhere.",
    ),
    "stranger": Advice(
        "A machine that is no member answers for the address: a duplicate address, or a member the inventory does not know.",
        ("arping -c 3 -I IFACE ADDRESS", "look the MAC up in the switch: show mac address-table address MAC", SHOW),
    ),
    "mute": Advice(
        "The address is configured and dead on the wire: wrong VLAN or interface, arp_ignore, a filter, or --arp names another network.",
        ("tcpdump -eni IFACE arp and host ADDRESS (on the holder)", "sysctl net.ipv4.conf.all.arp_ignore", "nft list ruleset"),
    ),
    "duplicate": Advice(
        "The kernel found another host with this address when it was set, and does not use it. Both think it is theirs.",
        (SHOW, "journalctl -k (look for: duplicate address)", "tcpdump -ni IFACE vrrp or icmp6 -c 10"),
    ),
    "unreachable": Advice(
        "Members that may hold the address did not tell their addresses; nothing is known about it.",
        ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS", "check_vip --arp IFACE from a host on that network"),
    ),
    "arp": Advice("Only the members' word is left.", ("ip -br link (does the interface exist?)", "run by sudo, or give the process CAP_NET_RAW")),
    "rights": Advice("An ARP probe needs a raw socket.", ("run by sudo, or give the process CAP_NET_RAW", "or ask the members instead: --members")),
    "tool": Advice("The host could not tell its addresses.", ("ip -j addr (iproute2 from 4.13 on)", "echo $PATH (of the agent)")),
    "timeout": Advice("The host does not even tell its addresses: it hangs.", ("ip -j addr", "dmesg -T", "uptime")),
    "address_missing": Advice("An address that should be here is not.", ("ip -br addr", "journalctl -b -u systemd-networkd -u networking -n 30")),
    "carrier": Advice("The interface of the address is not connected.", ("ip -br link", "ethtool IFACE", "dmesg -T")),
}  # fmt: skip
