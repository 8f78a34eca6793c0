"""What a component states: its checks, and the inventory groups whose hosts are its members.

Apart from ``hamon.check``: only the plan, the pages and the generator read it, and a plugin's start does not pay for it.
"""

from typing import Any, NamedTuple

from hamon.check import Check


class Switch(NamedTuple):
    """A variable of kolla-ansible's globals.yml that says whether a service is deployed, and what holds when it is not set:
    a value, or the name of a variable that it follows then.
    """

    variable: str
    default: bool | str = True


class Component(NamedTuple):
    """One watched component: its checks and the inventory groups (roles) whose hosts are its members.

    ``vip_holders`` marks components whose members take turns in holding the cloud's virtual addresses. ``kolla`` is the
    component's switch there, where it is another than ``enable_<name>`` with the default True. ``arbiters`` are groups
    whose hosts vote in the cluster and hold no data: they are not members, and the plan gives the cluster check their number.
    """

    name: str
    title: str
    groups: tuple[str, ...]
    checks: tuple[Check[Any], ...]
    vip_holders: bool = False
    kolla: Switch | None = None
    arbiters: tuple[str, ...] = ()

    @property
    def switch(self) -> Switch:
        """Its switch in kolla-ansible's globals.yml. Where kolla does not know the variable, it is not set."""
        return self.kolla or Switch(f"enable_{self.name}")
