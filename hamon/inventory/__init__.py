"""Read the inventory that deploys the cloud: ``load(source) -> Inventory``.

File formats (INI, YAML, listing) fill one tree of groups; structure readers (kolla, plain) then say what a deployment
tool means by its groups. A new structure is one file with NAME, ``recognise`` and ``read``, and its place in STRUCTURES.
"""

from hamon.inventory.assemble import load
from hamon.inventory.model import Host, Inventory, Section

__all__ = ["Host", "Inventory", "Section", "load"]
