"""What to do about each Galera finding. Data of the galera component."""

from hamon.checks.mysql.session import RUNBOOK
from hamon.verdict import Advice

NODE = {
    **RUNBOOK,
    "non_primary": Advice(
        "This node lost sight of the majority and refuses work to protect the data. The others may be serving without it.",
        (
            "check_galera_cluster (is there a Primary elsewhere?)",
            "ss -tn state established '( sport = :4567 or dport = :4567 )'",
            "journalctl -u mariadb -n 50",
        ),
        "do not set pc.bootstrap=YES here while any other node may be Primary: that is how a split-brain is made.",
    ),
    "disconnected": Advice(
        "The node's replication is down; its data grow old.",
        ("mariadb -e \"SHOW STATUS LIKE 'wsrep_%'\"", "journalctl -u mariadb -n 50"),
    ),
    "inconsistent": Advice(
        "A transaction applied elsewhere failed here and the members voted this node out. It needs a full state transfer.",
        (
            "ls -l DATADIR/GRA_*.log",
            "systemctl stop mariadb",
            "rm DATADIR/grastate.dat (forces a full SST), then systemctl start mariadb",
        ),
        "do not let clients read from it: its data differ.",
    ),
    "reject_queries": Advice(
        "Somebody set wsrep_reject_queries; the node looks Synced and every client is refused.",
        (
            "mariadb -e \"SHOW VARIABLES LIKE 'wsrep_reject_queries'\"",
            'mariadb -e "SET GLOBAL wsrep_reject_queries=NONE"',
        ),
    ),
    "flow": Advice(
        "A member cannot apply as fast as the others write; it asked all to stop. Every write in the cloud waits.",
        (
            "check_galera_cluster (names the member that asks)",
            "mariadb -e 'SHOW FULL PROCESSLIST' on that member",
            "iostat -x 1 3 on that member",
        ),
        "do not restart all members: desync or stop only the slow one.",
    ),
    "flow_paused": Advice(
        "Replication was paused for a noticeable part of the time: a member is slower than the writers.",
        (
            "check_galera_cluster (names the member that asks)",
            "mariadb -e \"SHOW STATUS LIKE 'wsrep_local_recv_queue%'\"",
        ),
    ),
    "donor": Advice(
        "A backup, a lock (FLUSH TABLES WITH READ LOCK) or wsrep_desync=ON outlived its purpose; the node falls behind.",
        ("mariadb -e 'SHOW FULL PROCESSLIST'", "mariadb -e 'SET GLOBAL wsrep_desync=OFF'"),
    ),
    "joining": Advice(
        "A state transfer is under way; the node does not serve yet.",
        ("journalctl -u mariadb -f", "ps -C rsync,mariabackup -o pid,etime,args"),
    ),
    "not_synced": Advice("The node is in the component and not in sync.", ("journalctl -u mariadb -n 50",)),
    "not_ready": Advice("The node refuses queries although it claims to be in sync.", ("journalctl -u mariadb -n 50",)),
    "no_wsrep": Advice(
        "A plain server runs where a cluster member should: it accepts writes that nobody replicates.",
        ("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_on'\"", "grep -r wsrep /etc/mysql"),
        "do not switch wsrep on under running clients: what was written meanwhile is in no other node.",
    ),
    "connections_used": RUNBOOK["connections"],
}

CLUSTER = {
    "split_brain": Advice(
        "Two parts of one cluster both take writes; the data are already different. They do not merge by themselves, and a node that "
        "is simply restarted may rejoin by IST with silently different data.",
        ("decide whose data live (compare on both sides: mariadb -e \"SHOW STATUS LIKE 'wsrep_last_committed'\")",
         "stop the other side: systemctl stop mariadb, take a dump of what only it has",
         "rm DATADIR/grastate.dat there (forces a full SST), then systemctl start mariadb"),
        "do not just heal the network or restart the odd node, and send no client to both sides.",
    ),
    "no_primary": Advice(
        "No part of the cluster has quorum; every write in the cloud fails. One node has to be made Primary by hand, the most advanced.",
        ("compare seqno: cat DATADIR/grastate.dat; mariadbd --wsrep-recover where it is -1 (safe_to_bootstrap: 1 marks the last one out)",
         "servers still running: mariadb -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\" on that ONE node "
         "(refused, with the plugin wsrep_provider: SET GLOBAL wsrep_provider_pc_bootstrap=ON)",
         "all stopped: galera_new_cluster on that ONE node, then start the others"),
        "do not bootstrap a second node.",
    ),
    "degraded": Advice(
        "The cluster works with fewer members than it should have.",
        ("check_galera on the missing member", "journalctl -u mariadb -n 50 there", "systemctl start mariadb there"),
        "do not restart a member that still serves.",
    ),
    "joining": Advice("A member receives its state transfer; its port stays closed until it is done.", ("journalctl -u mariadb -f on the joiner", "iftop on the donor")),
    "flow": Advice(
        "One slow member stops the writes of all.",
        ("mariadb -e 'SHOW FULL PROCESSLIST' on the member that asks for it", "iostat -x 1 3 there", "mariadb -e 'SET GLOBAL wsrep_desync=ON' there lets the others go on"),
        "do not restart all members.",
    ),
    "unreachable": Advice("The members' agents (NRPE) do not answer: nothing is known about the database.", ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS")),
    "strangers": Advice("The cluster has members that the inventory does not know.", ("mariadb -e \"SHOW STATUS LIKE 'wsrep_incoming_addresses'\"", "hamon plan -i INVENTORY")),
    "misled": Advice(
        "The load balancer's health check only logs in; it cannot see that the member refuses work. Its clients get errors.",
        ("echo 'disable server BACKEND/SERVER' | socat - /run/haproxy/admin.sock", "give the backend a check that reads wsrep_local_state, e.g. clustercheck over HTTP"),
    ),
    "reject_queries": Advice("A member was closed to clients by hand.", ("mariadb -e \"SET GLOBAL wsrep_reject_queries=NONE\" on that member",)),
    "inconsistent": Advice("A member's data differ; it needs a full state transfer.", ("systemctl stop mariadb there", "rm DATADIR/grastate.dat, then systemctl start mariadb")),
    "no_wsrep": Advice("A plain server takes writes that nobody replicates.", ("mariadb -e \"SHOW VARIABLES LIKE 'wsrep_on'\" there",)),
}  # fmt: skip
