"""Inventory x components -> plan: which check, where, with which arguments, how often, for whom.

Nagios objects, NRPE commands and ``hamon run`` are renderings of this one plan: ``make_plan(inventory, components)``.
"""

from hamon.plan.make import make_plan
from hamon.plan.model import FactsCommand, Place, Plan, PlannedCheck, PlannedHost, Timing

__all__ = ["FactsCommand", "Place", "Plan", "PlannedCheck", "PlannedHost", "Timing", "make_plan"]
