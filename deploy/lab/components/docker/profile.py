"""The cloud of a stock kolla-ansible: its services in containers, its inventory, its paths; and what of it is real here.

Masakari is switched on, so that the hosts have Corosync and Pacemaker as well. A router of Neutron has a keepalived of its own on
the hosts that have the virtual address, as on every network node.
"""

from hamon.lab.host.hosts import Container, Host, Profile, Vip

_EVERYWHERE = frozenset({"rsyslog", "nrpe", "docker"})
_CONTROL = _EVERYWHERE | {"galera", "rabbitmq", "memcached", "api", "corosync", "pacemaker"}
_NETWORK = _CONTROL | {"haproxy", "keepalived", "router"}
_HAPROXY_SOCKET = {"/var/lib/kolla/haproxy": "volumes/haproxy_socket"}
_KEEPALIVED = {**_HAPROXY_SOCKET, "/run/keepalived": "volumes/keepalived"}

PROFILE = Profile(
    name="kolla",
    text="a stock kolla-ansible cloud: three controllers with everything in containers, and a monitoring host",
    hosts=(
        Host("ctl1", "10.82.0.11", _NETWORK),
        Host("ctl2", "10.82.0.12", _NETWORK),
        Host("ctl3", "10.82.0.13", _CONTROL),
        Host("mon", "10.82.0.1", frozenset({"rsyslog", "nrpe", "nagios"})),
    ),
    vips=(Vip("internal", "10.82.0.100", "keepalived"),),
    clusters={"pacemaker": {"pacemaker": "pacemaker"}},
    containers={
        "api": Container("nova_api"),
        "corosync": Container("hacluster_corosync"),
        "galera": Container("mariadb", {"/var/lib/mysql": "mysql"}),
        "haproxy": Container("haproxy", _HAPROXY_SOCKET),
        "keepalived": Container("keepalived", _KEEPALIVED),
        "memcached": Container("memcached"),
        "pacemaker": Container("hacluster_pacemaker"),
        "rabbitmq": Container("rabbitmq", {"/var/lib/rabbitmq": "rabbitmq"}),
        "router-keepalived": Container("neutron_l3_agent"),
        # what keepalived's own check script would do
        "vrrp-helper": Container("keepalived_scripts", _KEEPALIVED),
    },
    kolla=True,
    interval=6,
    nrpe_timeout=10,
    budget=120,
)
