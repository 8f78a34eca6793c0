"""The only way to the outside: questions, one module for each transport, put through one ``Ask``."""

from hamon.probe.ask import Ask
from hamon.probe.deadline import Deadline

__all__ = ["Ask", "Deadline"]
