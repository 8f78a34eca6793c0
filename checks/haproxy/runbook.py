"""What to do about HAProxy's findings. Part of the haproxy component."""

from hamon.tls import expired
from hamon.verdict import Advice, Step, other_check

SHOW = Step("socat - UNIX:{socket} <<<'show stat {backend} -1 -1'")
SHOW_ALL = Step("socat - UNIX:{socket} <<<'show stat'")
INFO = Step("socat - UNIX:{socket} <<<'show info'")
SESSIONS = Step("socat - UNIX:{socket} <<<'show sess'")
LOG = Step("journalctl -u haproxy -n 50")
CHECK_CONFIG = Step("haproxy -c -f /etc/haproxy/haproxy.cfg", "is the configuration right?")
PROCESS = Step("ps -C haproxy -o pid,stat,pcpu,etime,args")
REACH = Step("nc -vz {address} {port}", "does the server take connections from here?")
VIP_HOLDER = other_check("/vip", "which node holds the virtual address?")

RUNBOOK = {
    "backend_down": Advice(
        "No server is left for this backend. Its clients get 503 or a closed connection.",
        (SHOW, REACH, LOG),
        "do not restart HAProxy: the servers are dead, not the balancer.",
    ),
    "server_down": Advice(
        "HAProxy's health check of this server fails. The others carry its load. L4 codes: nobody answers on the port. L7 codes: the service "
        "answers, and says that it is not well.",
        (REACH, Step(remark="on that host: systemctl status of the service, and its log"), SHOW),
        "do not take another server of this backend out before this one is back.",
    ),
    "redundancy": Advice(
        "One server is left where several should be. Its loss is an outage.", (SHOW, LOG), "do not restart the last server."
    ),
    "backups": Advice(
        "The regular server is out and a backup works in its place: a failover happened. For a database that is fine, until the next one.",
        (SHOW, Step(remark="on the regular server: systemctl status of the service, and its log")),
        "do not force clients back before the regular server is in sync.",
    ),
    "maintenance": Advice(
        "Somebody took this server out (MAINT, DRAIN, weight 0, or 404 on disable-on-404) and it was never put back.",
        (
            SHOW,
            Step("grep -rn -e disabled -e 'weight 0' /etc/haproxy", "by the configuration?"),
            Step("socat - UNIX:{socket} <<<'set server {backend}/{server} state ready'", "when the work on it is done"),
        ),
        "do not enable it before you know why it was taken out.",
    ),
    "frontend": Advice(
        "This frontend does not take clients as it should.",
        (Step("socat - UNIX:{socket} <<<'enable frontend {frontend}'", "a stopped one needs a reload"), LOG),
    ),
    "expect": Advice(
        "The running configuration does not have what the inventory says.",
        (
            Step("grep -n -A20 {backend} /etc/haproxy/haproxy.cfg"),
            CHECK_CONFIG,
            Step("systemctl reload haproxy", "when the file is right"),
        ),
    ),
    "stopping": Advice(
        "The process behind this socket is an old one that only finishes its sessions. Its successor must own the listening ports.",
        (PROCESS, Step("ss -ltnp", "which process listens on the service ports?"), LOG),
    ),
    "refused": Advice(
        "HAProxy is not running on this node, or listens elsewhere. With a VIP here, all APIs behind it are down.",
        (
            Step("systemctl status haproxy"),
            CHECK_CONFIG,
            Step("grep 'stats socket' /etc/haproxy/haproxy.cfg", "is it {socket}?"),
            Step("systemctl start haproxy"),
        ),
        "do not move the VIP by hand before you know which node has a working HAProxy.",
    ),
    "timeout": Advice(
        "The process exists and answers nobody: stopped, swapped out, or in an endless loop. Clients hang with it.",
        (
            PROCESS,
            VIP_HOLDER,
            other_check("/haproxy_cluster", "does another proxy serve?"),
            Step("systemctl restart haproxy", "this node serves nobody as it is"),
        ),
        "do not wait for it: a proxy that hangs holds the VIP and serves nobody.",
    ),
    "rights": Advice(
        "HAProxy runs, and this user may not ask it.",
        (
            Step("ls -l {socket}"),
            Step("usermod -aG haproxy nagios", "then restart the agent"),
            Step(remark="or add a second socket to its configuration: stats socket PATH mode 666 level user"),
            Step("stat -c '%a %U %G' {credentials}", "with --url: the agent's user must be able to read it"),
        ),
        "do not make a socket of level admin readable for everybody.",
    ),
    "garbage": Advice(
        "What answers there is not HAProxy's statistics, or not all of them.",
        (INFO, Step("curl -s {url}", "with --url"), Step("grep -n stats /etc/haproxy/haproxy.cfg")),
    ),
    "tls": Advice(
        "The statistics page speaks TLS, and its certificate is not one that the CA at hand signed for that name.",
        (
            Step("curl -vk -o /dev/null {url}", "who signed it, and for which names?"),
            Step(remark="--ca FILE for a CA that the system does not know, --server-name NAME when asked by address"),
        ),
    ),
    "expired": expired(
        Step("curl -vk -o /dev/null {url}", "expire date of the certificate"),
        Step("systemctl reload haproxy", "when the new certificate is in its place"),
    ),
    "tool": Advice(
        "The name of the host cannot be resolved here. Nothing is known about HAProxy.",
        (Step("getent hosts HOST", "the host in {url}"), Step(remark="give its address in --url")),
    ),
    "missing": Advice("HAProxy reported something that this check cannot judge.", (SHOW_ALL, Step("haproxy -v"))),
    "connections_used": Advice(
        "The process nears its maxconn. Beyond it new connections wait in the kernel and time out.",
        (INFO, SESSIONS, SHOW_ALL),
        "do not raise maxconn without file descriptors (ulimit-n) and memory for it.",
    ),
    "sessions_used": Advice(
        "This frontend nears its maxconn: clients beyond it wait unanswered. Slow servers behind it are the usual cause.",
        (Step("socat - UNIX:{socket} <<<'show stat {frontend} -1 -1'"), Step(SESSIONS.command, "the sessions with fe={frontend}")),
    ),
    "queue": Advice(
        "All servers of this backend are at their maxconn and requests wait: the servers are too slow, or too few.",
        (SHOW, Step(remark="look at the response times of its servers (rtime), and at what they wait for: database, message bus")),
        "do not raise the servers' maxconn when they are slow: it makes them slower.",
    ),
    "errors_5xx": Advice(
        "The servers (or HAProxy in their place) answer with errors.",
        (Step("journalctl -u haproxy -g ' 5[0-9][0-9] ' -n 20"), Step(remark="the service's own log on the servers of {backend}")),
    ),
    "connect_errors": Advice(
        "HAProxy cannot open connections to servers that it counts as up: ports exhausted, backlog full, or a server that comes and goes.",
        (SHOW, Step("ss -s"), Step("dmesg -T")),
    ),
}  # fmt: skip

CLUSTER = {
    "backend": Advice(
        "Every proxy has lost every server of this backend: its clients get 503 or a closed connection.",
        (
            other_check("{member}/haproxy", "which servers are down, and why?"),
            Step(remark="on the servers of {backend}: systemctl status of the service, and its log"),
        ),
        "do not restart the proxies: that brings no server back.",
    ),
    "path": Advice(
        "The servers live, and one proxy does not reach them: its network, its firewall, or a health check that differs.",
        (
            Step("socat - UNIX:/run/haproxy/admin.sock <<<'show servers state {backend}'", "on {member}"),
            Step("nc -vz SERVER PORT", "on {member}: a server of {backend}"),
            VIP_HOLDER,
        ),
        "while this proxy holds the virtual address its clients are cut off: move the address away first, to a proxy that is proven to serve.",
    ),
    "full": Advice(
        "The frontend takes no more clients: a storm of retries, slow servers behind it, or a limit too small.",
        (
            Step("socat - UNIX:/run/haproxy/admin.sock <<<'show stat {frontend} -1 -1'", "on {member}"),
            other_check("{member}/haproxy", "queues and 5xx"),
        ),
        "a higher maxconn moves the queue to the servers.",
    ),
    "proxies": Advice(
        "A proxy is gone and with it the redundancy, or all are gone and nothing is served.",
        (
            Step("systemctl status haproxy", "on {member}"),
            Step(CHECK_CONFIG.command, "on {member}"),
            Step("systemctl start haproxy", "on {member}"),
        ),
    ),
    "unreachable": Advice(
        "The proxies' agents (NRPE) do not answer. Nothing is known about HAProxy: it may serve.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
        "do not restart a proxy because its agent is silent.",
    ),
}  # fmt: skip
