"""A real highly available cloud in a pocket: namespaces as hosts, the distribution's own daemons, failures on demand.

    with Lab() as lab:
        lab.break_("galera-split-brain")
        lab.heal()

Every daemon is the real one except the OpenStack APIs behind HAProxy, which are stand-ins and say so in their process
title. Nothing leaves the lab's own network namespaces, and everything ends when its supervisor ends.
"""

from hamon.lab.client import Lab
from hamon.lab.errors import LabError

__all__ = ["Lab", "LabError"]
