"""What to do about keepalived's findings. Part of the keepalived component."""

from hamon.checks.vip.runbook import HOLDERS
from hamon.checks.vip.runbook import RUNBOOK as VIP_RUNBOOK
from hamon.verdict import Advice, Step

LOG = Step("journalctl -u keepalived -n 50")
TRACKED = Step(remark="run the tracked script by hand (for HAProxy: systemctl status haproxy)")
PLACE = Step("ip -br addr show to {address}", "the interface")
# Deleting is safe only while another host holds the address: this node cannot know, check_vip can.
DELETE = (
    HOLDERS,
    PLACE,
    Step("ip addr del {address} dev INTERFACE", "here, only when check_vip found another holder"),
)
LAST_HOLDER = "do not delete the address while check_vip sees no other holder, or cannot ask the other hosts: it would be on no host at all."

RUNBOOK = {
    **{key: VIP_RUNBOOK[key] for key in ("tool", "timeout", "duplicate")},
    "not_running": Advice(
        "This node takes no part in the election any more. The others carry the addresses without it.",
        (
            Step("systemctl status keepalived"),
            LOG,
            Step("keepalived -t", "is the configuration right?"),
            Step("systemctl start keepalived"),
        ),
    ),
    "stale_holder": Advice(
        "The daemon died without taking its address down. As a rule another node has taken it too by now: two holders, a split-brain on the wire.",
        (*DELETE, LOG, Step("systemctl start keepalived", "when no other host holds it, this alone is enough")),
        LAST_HOLDER,
    ),
    "fault": Advice(
        "A tracked interface, process or script fails (weight 0 or -254), and this instance gave up. In FAULT everywhere nobody holds the VIP.",
        (LOG, Step("ip -br link"), TRACKED),
    ),
    "master_without": Advice(
        "The instance won the election, and the address is not on the interface: somebody deleted it, or the interface was set up anew.",
        (Step("ip -br addr"), LOG, HOLDERS, Step("systemctl restart keepalived", "it sets its addresses anew")),
    ),
    "backup_with": Advice(
        "The instance does not hold the election, and the address is still here: left by a killed daemon, or configured as a plain address.",
        (Step("grep -rn {address} /etc/network /etc/netplan /etc/systemd/network", "must not be there"), *DELETE),
        LAST_HOLDER,
    ),
    "stop": Advice(
        "An instance takes no part: it was removed from the configuration (then remove its state file), or it cannot start.",
        (LOG, Step("ls -l /run/keepalived/state.d")),
    ),
    "priority": Advice(
        "A track script, file or interface with a weight fails here and lowers the priority. The VIP went or goes elsewhere.",
        (LOG, TRACKED),
    ),
    "takeovers": Advice(
        "The state flaps: VRRP packets get lost, a track script fails now and then, or both nodes have the same priority.",
        (
            LOG,
            Step("tcpdump -ni INTERFACE -c 20 vrrp", "the interface of the instance"),
            Step("ip -s link", "errors and drops?"),
        ),
        "do not lower advert_int to cure it.",
    ),
    "stale": Advice(
        "The running daemon wrote nothing that can be read here. What is there was written by its predecessor.",
        (
            Step("ls -l {state_dir}"),
            Step("grep -n notify /etc/keepalived/keepalived.conf"),
            Step("systemctl reload keepalived", "when the script is right and never ran"),
        ),
    ),
    "no_source": Advice(
        "A process of that name exists, and nothing more is known.",
        (
            Step("ls -l {state_dir}"),
            Step(remark="add a notify script that writes INSTANCE NAME STATE PRIORITY EPOCH into a file there"),
            Step(remark="or give the check --vip ADDRESS"),
        ),
    ),
    "rights": Advice(
        "This user may not read what the daemon wrote. keepalived writes with umask 077, and the dump holds the VRRP password.",
        (
            Step("chmod 755 {state_dir}", "and chmod 644 for its files, in the notify script"),
            Step("ls -l /etc/sudoers.d", "the dump: run the check by sudo"),
            Step("grep -w proc /proc/mounts", "hidepid hides the daemon itself from this user"),
        ),
    ),
}
