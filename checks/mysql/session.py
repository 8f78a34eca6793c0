"""What every check of a MySQL-protocol server shares: options, session, and rows as a mapping. No component of its own."""

from collections.abc import Sequence

from hamon.check import Option, Options
from hamon.credentials import OPTION as CREDENTIALS
from hamon.credentials import credentials
from hamon.probe.sql import Server
from hamon.tls import OPTIONS as TLS_OPTIONS
from hamon.tls import expired
from hamon.verdict import Advice, Step

OPTIONS = (
    Option(("-H", "--host"), "address of the server", default="127.0.0.1", metavar="ADDRESS"),
    Option(("-p", "--port"), "its port", int, 3306, "PORT"),
    Option(("-S", "--socket"), "ask through this Unix socket instead", metavar="PATH"),
    CREDENTIALS,
    *TLS_OPTIONS,
)

LOG = Step("journalctl -u mariadb -n 50")
PROCESSES = Step("mariadb -e 'SHOW FULL PROCESSLIST'")
DISKS = Step("iostat -x 1 3")

RUNBOOK = {
    "refused": Advice(
        "mariadbd is not running, not listening, or still receiving its state transfer (a joiner's port is closed).",
        (Step("systemctl status mariadb"), LOG),
        "do not bootstrap (galera_new_cluster) because one node is down: that makes a second cluster.",
    ),
    "timeout": Advice(
        "The server accepts connections and does not answer: it hangs (disk, memory, flow control) or the path drops packets.",
        (PROCESSES, Step("dmesg -T"), DISKS),
        "do not kill -9 it before looking: recovery will take longer than the hang.",
    ),
    "rights": Advice(
        "The server runs, and the monitoring user may not log in. USAGE is all it needs.",
        (
            Step("mariadb -e \"CREATE USER IF NOT EXISTS hamon@'%' IDENTIFIED BY 'PASSWORD'\"", "the one in {credentials}"),
            Step("stat -c '%a %U %G' {credentials}", "the agent's user must be able to read it"),
        ),
        "do not give it more than USAGE.",
    ),
    "connections": Advice(
        "New clients are refused or soon will be: a leak, a retry storm, or max_connections too small for the API workers.",
        (
            Step('mariadb -e "SELECT user, host, COUNT(*) FROM information_schema.processlist GROUP BY 1, 2"'),
            Step("mariadb -e \"SHOW STATUS LIKE 'Threads%'\""),
        ),
        "do not raise max_connections blindly: each costs memory.",
    ),
    "garbage": Advice(
        "Something else answers on that port, or a proxy in between closed the conversation.",
        (Step("ss -ltnp"), Step("nc -w 2 {host} {port}")),
    ),
    "login": Advice(
        "The server runs. The account's login would show the password to whoever listens, or is one that this client does not have.",
        (
            Step("mariadb -e 'SELECT user, host, plugin FROM mysql.user'", "mysql_native_password goes anywhere, with MySQL 8 "
                 "caching_sha2_password with --ca FILE or -S PATH"),
            Step("openssl s_client -starttls mysql -connect {host}:{port} <<<Q", "does it speak TLS, and with which names?"),
        ),
        "do not send the password in clear text: it is worth a user of its own.",
    ),
    "tls": Advice(
        "The server speaks TLS, and its certificate is not one that the CA at hand signed for that name.",
        (
            Step("openssl s_client -starttls mysql -connect {host}:{port} <<<Q", "who signed it, and for which names?"),
            Step(remark="--server-name NAME where the server is asked by an address that its certificate does not have"),
        ),
        "do not leave out --ca: what answers may be another server.",
    ),
    "expired": expired(
        Step("openssl s_client -starttls mysql -connect {host}:{port} <<<Q", "NotAfter of the certificate, and of the CA's"),
        Step("mariadb -e 'FLUSH SSL'", "on {host}, when the new certificate is in its place, with MySQL 8: ALTER INSTANCE RELOAD TLS"),
    ),
    "tool": Advice(
        "The name of the host cannot be resolved here, or the CA file cannot be used. Nothing is known about the server.",
        (Step("getent hosts {host}"), Step("ls -l {ca}")),
    ),
}  # fmt: skip


def server(options: Options) -> Server:
    """The server that the options name, with the credentials from their file. Raises UsageError."""
    login = credentials(options.credentials, "hamon")
    return Server(
        options.host, options.port, login.user, login.password, options.socket, options.ca, options.server_name
    )


def mapping(rows: Sequence[Sequence[str | None]]) -> dict[str, str]:
    """Two-column rows (``SHOW STATUS``) as a mapping with lower-case names; names differ in case between versions."""
    return {str(row[0]).lower(): row[1] or "" for row in rows if len(row) > 1}


def in_list(names: Sequence[str]) -> str:
    """``('a','b')`` for ``WHERE Variable_name IN``; asking for a few rows costs the server a fifth of asking for all."""
    return "(" + ",".join(f"'{name}'" for name in names) + ")"
