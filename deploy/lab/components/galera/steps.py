"""What one can do to Galera and see at it."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.galera import service as galera
from hamon.lab.components.galera import sql
from hamon.lab.errors import CommandError
from hamon.lab.steps import Step, Truth


def execute(host: str, statement: str) -> Step:
    """SQL as root on one node."""

    def do(cloud: Cloud) -> None:
        sql.query(cloud, cloud.host(host), statement, timeout=15)

    return Step(f"{host}: {statement}", do)


def provider(host: str, option: str, value: str) -> Step:
    """An option of the Galera library on one node.

    Where the plugin wsrep_provider is loaded (MariaDB 11 of Debian 13) each option is a variable of its own, and the string
    with all of them cannot be changed.
    """

    def do(cloud: Cloud) -> None:
        own = f"wsrep_provider_{option.replace('.', '_')}"
        variable = sql.query(cloud, cloud.host(host), f"SHOW GLOBAL VARIABLES LIKE '{own}'")
        new = f"{own}={value}" if variable else f"wsrep_provider_options='{option}={value}'"
        sql.query(cloud, cloud.host(host), f"SET GLOBAL {new}", timeout=15)

    return Step(f"{host}: {option}={value}", do)


def session(host: str, name: str, statement: str) -> Step:
    """A database session that runs one statement and then sits there, until it is ended by name.

    Idle, so that the server sees at once when its client is gone, and lets go of what the session held.
    """

    def do(cloud: Cloud) -> None:
        shell = '{ echo "$1"; exec sleep infinity; } | mariadb --no-defaults --user=root --socket="$2"'
        cloud.spawn(cloud.host(host), name, ["sh", "-c", shell, name, f"{statement};", sql.SOCKET])

    return Step(f"{host}: session {name!r}: {statement}", do)


def writer(host: str, name: str, statement: str) -> Step:
    """A client that repeats one statement as fast as the node takes it, until it is ended by name."""

    def do(cloud: Cloud) -> None:
        shell = 'yes "$1" | mariadb --no-defaults --user=root --socket="$2"'
        cloud.spawn(cloud.host(host), name, ["sh", "-c", shell, name, f"{statement};", sql.SOCKET])

    return Step(f"{host}: write without end", do)


def rejoin_empty(host: str) -> Step:
    """Full state transfer into an empty data directory."""
    return Step(
        f"{host} rejoins with an empty data directory", lambda cloud: galera.rejoin_empty(cloud, cloud.host(host))
    )


def wsrep(host: str, name: str, value: str) -> Truth:
    """A wsrep status value on one node."""
    return Truth(f"wsrep_{name} on {host} = {value}", lambda cloud: sql.wsrep(cloud, cloud.host(host), name) == value)


def refuses_queries(host: str) -> Truth:
    """The node answers SHOW and refuses every real query."""

    def holds(cloud: Cloud) -> bool:
        sql.wsrep(cloud, cloud.host(host), "ready")
        try:
            sql.query(cloud, cloud.host(host), "SELECT COUNT(*) FROM pocket.t")
        except CommandError:
            return True
        return False

    return Truth(f"{host} refuses queries", holds)


def rising(host: str, name: str) -> Truth:
    """A wsrep counter that grows between two looks while the truth is asked."""

    def holds(cloud: Cloud) -> bool:
        before = int(sql.wsrep(cloud, cloud.host(host), name))
        return int(sql.wsrep(cloud, cloud.host(host), name)) > before

    return Truth(f"wsrep_{name} on {host} rising", holds)


def different_rows(first: str, second: str) -> Truth:
    """Two nodes hold different data in the same table."""
    statement = "SET SESSION wsrep_sync_wait=0; SELECT GROUP_CONCAT(told_by ORDER BY id) FROM pocket.t"
    return Truth(
        f"{first} and {second} hold different rows",
        lambda cloud: sql.query(cloud, cloud.host(first), statement) != sql.query(cloud, cloud.host(second), statement),
    )
