"""The component and its place in an inventory."""

from hamon.checks.mysql.node import CHECK
from hamon.component import Component

COMPONENT = Component("mysql", "MySQL or MariaDB server", ("mysql_server", "mysql_servers", "mysql_drbd"), (CHECK,))
