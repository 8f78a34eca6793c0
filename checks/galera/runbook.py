"""What to do about each Galera finding. Data of the galera component.

Whether another part of the cluster has quorum no single node knows, and silence proves nothing: what would make a second
cluster of a living one (a bootstrap, a discarded copy) stands behind the step that excludes it.
"""

from hamon.checks.mysql.session import RUNBOOK
from hamon.verdict import Advice, Step, other_check

LOG = Step("journalctl -u mariadb -n 50")
PROCESSES = Step("mariadb -e 'SHOW FULL PROCESSLIST'")
DISKS = Step("iostat -x 1 3")
WHERE_PRIMARY = other_check("/galera_cluster", "is there a Primary component elsewhere?")

# A full state transfer throws this node's copy away: it needs a member that has the data.
FULL_TRANSFER = (
    other_check("/galera_cluster", "go on only when one Primary component serves without this node"),
    Step("mariadb -e 'SELECT @@datadir'", "on {member}: the directory below, when it is not /var/lib/mysql"),
    Step("ls -l /var/lib/mysql", "on {member}: GRA_ files hold the transaction that failed, keep them"),
    Step("systemctl stop mariadb", "on {member}"),
    Step("mv /var/lib/mysql/grastate.dat /root/", "on {member}: the next start fetches all data from a donor"),
    Step("systemctl start mariadb", "on {member}"),
)
LAST_COPY = "do not start a transfer while no other member is Primary, or while one could not be asked: this copy may be the last good one."

NODE = {
    **RUNBOOK,
    "non_primary": Advice(
        "This node lost sight of the majority and refuses work to protect the data. The others may be serving without it.",
        (
            WHERE_PRIMARY,
            Step("ss -tn state established '( sport = :4567 or dport = :4567 )'", "which members does it reach?"),
            LOG,
        ),
        "do not set pc.bootstrap=YES here while any other member may be Primary: that makes a split-brain.",
    ),
    "disconnected": Advice(
        "The node's replication is down. Its data grow old.",
        (Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_%'\""), LOG),
    ),
    "inconsistent": Advice(
        "A transaction that the others applied failed here, and they voted this node out. It needs a full state transfer.",
        FULL_TRANSFER,
        f"do not let clients read from it, its data differ. And {LAST_COPY}",
    ),
    "reject_queries": Advice(
        "Somebody set wsrep_reject_queries. The node looks Synced and refuses every client.",
        (
            Step("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_reject_queries'\""),
            Step("mariadb -e 'SET GLOBAL wsrep_reject_queries=NONE'", "when nobody needs it any more"),
        ),
    ),
    "flow": Advice(
        "A member cannot apply as fast as the others write, and asked all to stop. Every write in the cloud waits.",
        (
            other_check("/galera_cluster", "which member asks?"),
            Step(PROCESSES.command, "on that member"),
            Step(DISKS.command, "on that member"),
        ),
        "do not restart all members: desync or stop only the slow one.",
    ),
    "flow_paused": Advice(
        "Replication was paused for a part of the time: a member is slower than the writers.",
        (
            other_check("/galera_cluster", "which member asks?"),
            Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_local_recv_queue%'\"", "on every member"),
        ),
    ),
    "donor": Advice(
        "A backup, a lock (FLUSH TABLES WITH READ LOCK) or wsrep_desync=ON lasts too long. The node falls behind.",
        (PROCESSES, Step("mariadb -e 'SET GLOBAL wsrep_desync=OFF'", "when no backup needs it")),
    ),
    "joining": Advice(
        "A state transfer is under way. The node does not serve yet.",
        (Step("journalctl -u mariadb -f"), Step("ps -C rsync,mariabackup -o pid,etime,args")),
    ),
    "maintenance": Advice(
        "An operator took the node out of service (Percona XtraDB Cluster). It serves, and load balancers that read the variable send it no clients.",
        (Step("mariadb -e \"SET GLOBAL pxc_maint_mode='DISABLED'\"", "when the work is done"),),
    ),
    "not_synced": Advice("The node is in the component and not in sync.", (LOG,)),
    "not_ready": Advice("The node refuses queries although it claims to be in sync.", (LOG,)),
    "missing": Advice("The server did not report what proves its health.", (Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_%'\""), LOG)),
    "no_wsrep": Advice(
        "A plain server runs where a cluster member should. It takes writes that nobody replicates.",
        (Step("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_on'\""), Step("grep -r wsrep /etc/mysql")),
        "do not switch wsrep on under running clients: what was written meanwhile is on no other node.",
    ),
    "connections_used": RUNBOOK["connections"],
}  # fmt: skip

EVERY_STATUS = Step(
    "mariadb -e \"SHOW STATUS LIKE 'wsrep_cluster_status'\"", "on every member: go on only when none says Primary"
)

CLUSTER = {
    "split_brain": Advice(
        "Two parts of one cluster both take writes. Their data differ already and do not merge. A node that is simply restarted may rejoin "
        "by IST with silently different data.",
        (
            Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_last_committed'\"", "on both sides"),
            Step(remark="decide which side stays: the one whose writes are wanted. The other side is to be stopped"),
            Step("mariadb-dump --all-databases --single-transaction --result-file=/root/split.sql", "on the other side: what only it has"),
            Step("systemctl stop mariadb", "on every member of the other side. One that could not be asked: find out first whose side it is on"),
            other_check("/galera_cluster", "go on only when the side that stays is the one Primary component"),
            Step("mv /var/lib/mysql/grastate.dat /root/", "on the other side: the next start fetches all data from a donor"),
            Step("systemctl start mariadb", "on the other side, one member after the other"),
        ),
        "do not just heal the network or restart the odd node, send no client to both sides, and discard nothing before the dump.",
    ),
    "disagree": Advice(
        "Members list each other differently, even when asked twice: a view change that hangs, or a split that begins.",
        (other_check("/galera_cluster", "does it last?"), Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_incoming_addresses'\"", "on every member"), LOG),
        "do not restart or bootstrap a member: a view change ends by itself, and nothing proves a split yet.",
    ),
    "no_primary": Advice(
        "No part of the cluster has quorum, and every write in the cloud fails. One node has to be made Primary by hand: the most advanced.",
        (
            EVERY_STATUS,
            Step("cat /var/lib/mysql/grastate.dat", "on every member: compare seqno. safe_to_bootstrap: 1 marks the last one out"),
            Step("mariadbd --user=mysql --wsrep-recover", "where seqno is -1 and the server is stopped: the position is in its log"),
            Step("mariadb -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\"", "servers still run: on the ONE node with the highest seqno"),
            Step("galera_new_cluster", "all servers are stopped: on the ONE node with the highest seqno"),
            other_check("/galera_cluster", "one Primary component? Then start the other members"),
        ),
        "do not bootstrap a second node, nor one while another member may be Primary, nor one that was voted out (Inconsistent).",
    ),
    "no_primary_seen": Advice(
        "No member that answered is Primary. Members that could not be asked may be: they may serve as a majority of their own.",
        (
            Step("ping -c 3 {member}", "why did it not answer?"),
            Step("systemctl status nagios-nrpe-server mariadb", "on {member}"),
            EVERY_STATUS,
            WHERE_PRIMARY,
        ),
        "do not bootstrap anything before every member answered or its host is proven off: a living majority and a bootstrapped node are a split-brain.",
    ),
    "degraded": Advice(
        "The cluster works with fewer members than it should have.",
        (
            other_check("{member}/galera", "what does the missing member say?"),
            Step(LOG.command, "on {member}"),
            Step("systemctl start mariadb", "on {member}, when it is stopped. It joins the others"),
        ),
        "do not restart a member that still serves, and do not use galera_new_cluster on the missing one: it would be a cluster of its own.",
    ),
    "cut_off": Advice(
        "The member runs, lost sight of the majority and refuses work. When the network is whole again it joins by itself.",
        (
            other_check("{member}/galera", "whom does it see?"),
            Step("ss -tn state established '( sport = :4567 or dport = :4567 )'", "on {member}: which members does it reach?"),
            Step(LOG.command, "on {member}"),
        ),
        "do not set pc.bootstrap=YES on it: the others serve, and two Primary components are a split-brain.",
    ),
    "left": Advice(
        "The member's server runs outside of the cluster: somebody ended its replication, or it gave up after an error. Its data grow old.",
        (
            Step(LOG.command, "on {member}: why did it leave?"),
            Step("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_cluster_address'\"", "on {member}: empty when it was ended by hand"),
            Step("systemctl restart mariadb", "on {member}, when nobody works on it. It joins the others"),
        ),
        "do not let clients read from it, and do not use galera_new_cluster on it.",
    ),
    "hung": Advice(
        "The member's server runs and does not answer: it hangs (disk, memory, a lock), or the path to it drops packets.",
        (Step("dmesg -T", "on {member}"), Step(DISKS.command, "on {member}"), Step(LOG.command, "on {member}")),
        "do not kill it before looking, and bootstrap nothing: it may be Primary.",
    ),
    "arbitrator": Advice(
        "The arbitrator (garbd) does not vote. Without its vote the sudden loss of a member may leave no majority.",
        (
            Step("systemctl status garb", "on the arbitrator's host"),
            Step("ss -tn state established '( sport = :4567 or dport = :4567 )'", "there: does it reach the members?"),
        ),
    ),
    "maintenance": NODE["maintenance"],
    "joining": Advice(
        "A member receives its state transfer. Its port stays closed until that is done.",
        (Step("journalctl -u mariadb -f", "on {member}"), Step("ss -tn '( sport = :4444 or dport = :4444 )'", "on the donor: does it still send?")),
    ),
    "flow": Advice(
        "One slow member stops the writes of all.",
        (
            Step(PROCESSES.command, "on {member}"),
            Step(DISKS.command, "on {member}"),
            Step("mariadb -e 'SET GLOBAL wsrep_desync=ON'", "on {member}: the others go on without waiting for it"),
        ),
        "do not restart all members.",
    ),
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer. Nothing is known about the database: it may serve.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
        "do not bootstrap or restart a database because its agent is silent.",
    ),
    "strangers": Advice(
        "The cluster has members that the inventory does not know.",
        (Step("mariadb -e \"SHOW STATUS LIKE 'wsrep_incoming_addresses'\"", "on any member"), Step("hamon plan -i INVENTORY", "on the Nagios server")),
    ),
    "misled": Advice(
        "The load balancer's health check only logs in and cannot see that the member refuses work. Clients that it sends there get errors.",
        (
            Step("socat - UNIX:/run/haproxy/admin.sock <<<'disable server {backend}/{server}'", "on {proxy}, while other servers of {backend} are usable"),
            Step(remark="give the backend a check that reads wsrep_local_state, such as clustercheck over HTTP"),
        ),
        "do not disable the last server that works.",
    ),
    "reject_queries": Advice(
        "A member was closed to clients by hand.",
        (Step("mariadb -e 'SET GLOBAL wsrep_reject_queries=NONE'", "on {member}, when nobody needs it any more"),),
    ),
    "inconsistent": Advice("A member's data differ from the others'. It needs a full state transfer.", FULL_TRANSFER, LAST_COPY),
    "no_wsrep": Advice(
        "A plain server runs beside the cluster and takes writes that nobody replicates.",
        (Step("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_on'\"", "on {member}"), Step("grep -r wsrep /etc/mysql", "on {member}")),
        "do not switch wsrep on under running clients: what was written meanwhile is on no other node.",
    ),
    "missing": Advice("A member did not report what a verdict needs.", (other_check("{member}/galera", "what does it say?"),)),
}  # fmt: skip
