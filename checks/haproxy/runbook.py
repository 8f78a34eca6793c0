"""What to do about HAProxy's findings. Part of the haproxy component."""

from hamon.verdict import Advice

SHOW = "echo 'show stat' | socat - UNIX:/run/haproxy/admin.sock | cut -d, -f1,2,18,37,57"
LOG = "journalctl -u haproxy -n 50"

RUNBOOK = {
    "backend_down": Advice(
        "Nobody is left to serve this backend; its clients get 503 or a closed connection.",
        (SHOW, "ask a server directly: curl -i http://SERVER:PORT/healthcheck (or nc -vz SERVER PORT)", LOG),
        "do not restart HAProxy: the servers are dead, not the balancer.",
    ),
    "server_down": Advice(
        "HAProxy's health check of this server fails; the others carry its load. L4 codes: nobody answers on the port. L7 codes: the "
        "service answers, and says it is not well.",
        ("check the service on that host: systemctl status, its log", "nc -vz SERVER PORT from the balancer", SHOW),
        "do not take another server of this backend out before this one is back.",
    ),
    "redundancy": Advice(
        "One server is left where several should be: its loss is an outage.", (SHOW, LOG), "do not restart the last server."
    ),
    "backups": Advice(
        "The regular server is out and a backup works in its place: a failover happened. For a database that is fine, until the next one.",
        (SHOW, "check the regular server's service and its log"),
        "do not force clients back before the regular server is in sync.",
    ),
    "maintenance": Advice(
        "Somebody took this server out (MAINT, DRAIN, weight 0, or 404 on disable-on-404) and it was never put back.",
        ("echo 'set server BACKEND/SERVER state ready' | socat - UNIX:/run/haproxy/admin.sock", "grep -rn 'disabled\\|weight 0' /etc/haproxy"),
        "do not enable it before you know why it was taken out.",
    ),
    "frontend": Advice(
        "This frontend does not take clients as it should.",
        ("echo 'enable frontend NAME' | socat - UNIX:/run/haproxy/admin.sock (a stopped one needs a reload)", LOG),
    ),
    "expect": Advice(
        "The running configuration does not have what the inventory says.",
        ("grep -n -A20 'BACKEND' /etc/haproxy/haproxy.cfg", "haproxy -c -f /etc/haproxy/haproxy.cfg", "systemctl reload haproxy"),
    ),
    "stopping": Advice(
        "The process behind this socket is an old one that only finishes its sessions. Its successor must own the listening ports.",
        ("pgrep -a haproxy", "ss -ltnp (which process listens on the service ports?)", LOG),
    ),
    "refused": Advice(
        "HAProxy is not running on this node, or listens elsewhere. With a VIP here, all APIs behind it are down.",
        ("systemctl status haproxy", "haproxy -c -f /etc/haproxy/haproxy.cfg", "grep 'stats socket' /etc/haproxy/haproxy.cfg"),
        "do not move the VIP by hand before you know which node has a working HAProxy.",
    ),
    "timeout": Advice(
        "The process exists and answers nobody: stopped, swapped out, or in an endless loop. Clients hang with it.",
        ("pgrep -a haproxy; ps -o pid,stat,pcpu,etime -C haproxy", "systemctl restart haproxy", "check that keepalived moved the VIP away"),
        "do not wait for it: a hanging balancer holds the VIP and serves nobody.",
    ),
    "rights": Advice(
        "HAProxy lives; this user may not ask it.",
        ("ls -l /run/haproxy/admin.sock", "usermod -aG haproxy nagios, or a second 'stats socket ... mode 666 level user'", "stat -c '%a %U %G' CREDENTIALS-FILE"),
        "do not make a socket of level admin readable for everybody.",
    ),
    "garbage": Advice(
        "What answers there is not HAProxy's statistics, or not all of them.",
        ("echo 'show info' | socat - UNIX:/run/haproxy/admin.sock", "curl -s 'http://HOST:PORT/;csv' | head -3", "grep -n 'stats' /etc/haproxy/haproxy.cfg"),
    ),
    "tool": Advice("The name of the host cannot be resolved here; nothing is known about HAProxy.", ("getent hosts HOST", "give its address in --url")),
    "missing": Advice("HAProxy told something this check cannot judge.", (SHOW, "haproxy -v")),
    "connections_used": Advice(
        "The process nears its maxconn; beyond it new connections wait in the kernel and time out.",
        ("echo 'show info' | socat - UNIX:/run/haproxy/admin.sock | grep -i conn", "echo 'show sess' | socat - UNIX:/run/haproxy/admin.sock | head", SHOW),
        "do not raise maxconn without file descriptors (ulimit-n) and memory for it.",
    ),
    "sessions_used": Advice(
        "This frontend nears its maxconn: clients beyond it wait unanswered. Slow servers behind it are the usual cause.",
        (SHOW, "echo 'show sess' | socat - UNIX:/run/haproxy/admin.sock | grep fe=FRONTEND | head"),
    ),
    "queue": Advice(
        "All servers of this backend are at their maxconn and requests wait: too slow, or too few.",
        (SHOW, "look at the response times of its servers (rtime), and at what they wait for: database, message bus"),
        "do not raise the servers' maxconn when they are slow: it makes them slower.",
    ),
    "errors_5xx": Advice(
        "The servers (or HAProxy in their place) answer with errors.",
        ("journalctl -u haproxy | grep ' 5[0-9][0-9] ' | tail", "the API's own log on its servers"),
    ),
    "connect_errors": Advice(
        "HAProxy cannot open connections to servers that it thinks are up: ports exhausted, backlog full, or a server that comes and goes.",
        (SHOW, "ss -s", "dmesg -T | tail"),
    ),
}  # fmt: skip
