"""A pair of Galera nodes with an arbitrator on a third host: the smallest cluster that survives a loss."""

from hamon.lab.host.hosts import Host, Profile

_DATA = frozenset({"galera", "nrpe", "rsyslog"})

PROFILE = Profile(
    name="arbiter",
    text="a Galera pair, an arbitrator (garbd) on a third host, and a monitoring host",
    hosts=(
        Host("db1", "10.81.0.11", _DATA),
        Host("db2", "10.81.0.12", _DATA),
        Host("arb1", "10.81.0.13", frozenset({"garbd", "nrpe", "rsyslog"})),
        Host("mon", "10.81.0.1", frozenset({"nagios", "nrpe", "rsyslog"})),
    ),
    budget=120,
)
