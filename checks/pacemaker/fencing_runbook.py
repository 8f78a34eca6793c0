"""What to do about fencing's findings. Data of the pacemaker component."""

from hamon.checks.pacemaker.runbook import COMMON, NODE
from hamon.verdict import Advice

DETAILS = ("stonith_admin --history '*' --verbose", "journalctl -u pacemaker -n 100 on the node that tried")

RUNBOOK = {
    **COMMON,
    "off": Advice(
        "Nothing stops a node that the others lost: in a two-node cluster a cut link means two of everything.",
        (
            "crm ra list stonith, or: pcs stonith list",
            "configure a device for each node, then crm_attribute -t crm_config -n stonith-enabled -v true",
            "accepted? --accept-none 'REASON'",
        ),
    ),
    "no_device": Advice(
        "Fencing is demanded and impossible: the cluster starts nothing, or freezes at the first failure.",
        ("crm_verify -L -V", "stonith_admin --list-registered", "crm_mon -1 -r (stonith: resources)"),
    ),
    "device": Advice(
        "A device that does not run is watched by nobody; whether its node can be fenced is found out when it matters.",
        (
            "crm_mon -1 -r -f",
            "stonith_admin --list NODE (which devices can fence it?)",
            "fence_AGENT -o monitor ... by hand",
            "crm_resource --cleanup --resource DEVICE",
        ),
    ),
    "failed_fencing": Advice(
        "The device could not switch the node off. While the node is UNCLEAN its resources stay where they were: down, or running unseen.",
        (*DETAILS, "repair the device, or switch the node off by hand and then: stonith_admin --confirm NODE"),
        "do not confirm a node that may still run.",
    ),
    "pending": Advice("The cluster is switching a node off; its resources wait for that.", DETAILS),
    "fenced": NODE["fenced"],
    "unclean": NODE["unclean"],
    "verify": Advice("Pacemaker's own check of the configuration objects.", ("crm_verify -L -V -V",)),
}
