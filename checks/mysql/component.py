"""The component and its place in an inventory."""

from hamon.check import Component
from hamon.checks.mysql.node import CHECK

COMPONENT = Component("mysql", "MySQL or MariaDB server", ("mysql_server", "mysql_servers", "mysql_drbd"), (CHECK,))
