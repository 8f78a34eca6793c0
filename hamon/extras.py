"""Libraries that the Nagios server has and nodes do without: the extra ``server`` of the package."""

from collections.abc import Iterator
from contextlib import contextmanager

from hamon.errors import UsageError


@contextmanager
def of_server(module: str, name: str) -> Iterator[None]:
    """For the import of ``module``: raise a UsageError that says how to get the library ``name`` when it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:  # it is there, and lacks something itself
            raise
        cure = "the Nagios server needs it: pip install 'hamon-openstack[server]'"
        raise UsageError(f"{name} is not installed; {cure}") from None
