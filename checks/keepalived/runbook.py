"""What to do about keepalived's findings. Part of the keepalived component."""

from hamon.checks.vip.runbook import RUNBOOK as VIP_RUNBOOK
from hamon.verdict import Advice

LOG = "journalctl -u keepalived -n 50"

RUNBOOK = {
    **{key: VIP_RUNBOOK[key] for key in ("tool", "timeout")},
    "not_running": Advice(
        "This node takes no part in the election any more; the others carry the addresses without it.",
        ("systemctl status keepalived", LOG, "keepalived -t (is the configuration right?)"),
    ),
    "stale_holder": Advice(
        "The daemon died without taking its address down. Another node has taken it too by now: two holders, a split-brain on the wire.",
        ("ip addr del ADDRESS dev IFACE (here, now)", LOG, "systemctl start keepalived"),
        "do not start it before you looked at check_vip: who else holds the address?",
    ),
    "fault": Advice(
        "A tracked interface, process or script fails (weight 0 or -254), and this instance gave up. In FAULT everywhere: nobody holds the VIP.",
        (LOG, "ip -br link", "run the tracked script by hand; for HAProxy: systemctl status haproxy"),
    ),
    "master_without": Advice(
        "It won the election, and the address is not on the interface: somebody deleted it, or the interface was set up anew under it.",
        ("ip -br addr", LOG, "systemctl restart keepalived (it sets its addresses anew)"),
    ),
    "backup_with": Advice(
        "It does not hold the election, and the address is still here: left by a killed daemon, or configured as a plain address.",
        ("grep -rn ADDRESS /etc/network /etc/netplan /etc/systemd/network (must not be there)", "check_vip (who else has it?)", "ip addr del ADDRESS dev IFACE"),
    ),
    "stop": Advice(
        "An instance is not taking part: removed from the configuration (then remove its state file), or it cannot start.",
        (LOG, "ls -l /run/keepalived/state.d"),
    ),
    "priority": Advice(
        "A track script, file or interface with a weight fails here and lowers the priority; the VIP went or goes elsewhere.",
        (LOG, "run the tracked script by hand; for HAProxy: systemctl status haproxy"),
    ),
    "takeovers": Advice(
        "The state flaps: VRRP packets get lost, a track script fails now and then, or both nodes have the same priority.",
        (LOG, "tcpdump -ni IFACE vrrp -c 20", "ip -s link show IFACE"),
        "do not lower advert_int to cure it.",
    ),
    "stale": Advice(
        "Nothing the running daemon wrote is there to read; what is there was written by its predecessor.",
        ("ls -l /run/keepalived/state.d", "grep -n notify /etc/keepalived/keepalived.conf", "kill -s $(keepalived --signum=JSON) $(cat /run/keepalived.pid)"),
    ),
    "no_source": Advice(
        "A process is in the table, and that is all that is known.",
        ("add a notify script that writes INSTANCE NAME STATE PRIORITY EPOCH to /run/keepalived/state.d/NAME", "or give --vip ADDRESS"),
    ),
    "rights": Advice(
        "The daemon's word may not be read here: keepalived writes with umask 077, and the dump holds the VRRP password.",
        ("state files: chmod 644 in the notify script, chmod 755 /run/keepalived/state.d", "dump: run the check by sudo"),
    ),
}  # fmt: skip
