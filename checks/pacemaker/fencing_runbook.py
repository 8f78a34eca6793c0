"""What to do about fencing's findings. Data of the pacemaker component."""

from hamon.checks.pacemaker.runbook import COMMON, NODE
from hamon.verdict import Advice, Step

DETAILS = (
    Step("stonith_admin --history '*' --verbose"),
    Step("journalctl -u pacemaker -n 100", "on the node that tried"),
)

RUNBOOK = {
    **COMMON,
    "off": Advice(
        "Nothing stops a node that the others lost. In a two-node cluster a cut link then runs everything twice.",
        (
            Step("stonith_admin --list-installed", "which agents are there?"),
            Step(remark="configure a device for each node"),
            Step("crm_attribute --type crm_config --name stonith-enabled --update true", "when the devices work"),
            Step(remark="where fencing is not wanted: give the check --accept-none REASON"),
        ),
    ),
    "no_device": Advice(
        "Fencing is demanded and impossible. The cluster starts nothing, or freezes at the first failure.",
        (
            Step("crm_verify -L -V"),
            Step("stonith_admin --list-registered"),
            Step("crm_mon -1 -r", "the resources of class stonith"),
        ),
    ),
    "device": Advice(
        "Nobody watches a device that does not run. Whether its node can be fenced shows only when it matters.",
        (
            Step("crm_mon -1 -r -f"),
            Step("stonith_admin --list-targets {device}", "which nodes can it fence?"),
            Step("journalctl -u pacemaker -n 100", "why did it fail?"),
            Step("crm_resource --cleanup --resource {device}", "when the cause is repaired: starts only the device"),
        ),
    ),
    "failed_fencing": Advice(
        "The device could not switch the node off. While the node is UNCLEAN its resources stay where they were: down, or running unseen.",
        (
            *DETAILS,
            Step("stonith_admin --reboot {node}", "after repairing the device"),
            Step(remark="without a device: switch {node} off and look at its power state, by its BMC or by hand"),
            Step("stonith_admin --confirm {node}", "only when you have SEEN that it is off"),
        ),
        "do not confirm a node that may still run, or that merely does not answer.",
    ),
    "history": Advice(
        "Which nodes were fenced, and whether that failed, is not in this status: before Pacemaker 2.0, or when pacemaker-fenced does not answer.",
        DETAILS,
    ),
    "pending": Advice("The cluster is switching a node off. The node's resources wait for that.", DETAILS),
    "fenced": NODE["fenced"],
    "unclean": NODE["unclean"],
    "verify": Advice("Pacemaker's own check of the configuration objects.", (Step("crm_verify -L -V -V"),)),
}
