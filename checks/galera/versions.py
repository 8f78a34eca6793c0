"""What a Galera server of a given version can report. Pure.

Servers of a decade are in use. What a server does not have is not what it did not report: only a version that has a
variable owes its value.
"""

import re

# The first versions that have wsrep_reject_queries for certain.
REJECT_QUERIES = (5, 6, 29)
REJECT_QUERIES_MARIADB = (10, 3, 6)

# The providers that report wsrep_flow_control_active for certain, by their major number: 25.3 and 3 are one series, 26.4 and 4.
FLOW_CONTROL = {3: (3, 37), 4: (4, 12)}
API = (23, 25, 26)  # numbers of the wsrep API that some packages put before the provider's own


def numbers(version: str) -> tuple[int, ...]:
    """The leading dotted numbers: ``10.6.16-MariaDB-log`` -> (10, 6, 16). Empty when there are none."""
    leading = re.match(r"\d+(\.\d+)*", version.removeprefix("5.5.5-") if "mariadb" in version.lower() else version)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


def rejects_queries(server: str, provider: str) -> bool:
    """Whether a server of this version has ``wsrep_reject_queries``.

    Where it does not say its version, the provider's decides: every server that loads Galera 4 has the variable. It is
    assumed when both are unknown.
    """
    release = numbers(server)
    if not release:
        return own_numbers(provider) >= (4,) or not own_numbers(provider)
    return release >= (REJECT_QUERIES_MARIADB if "mariadb" in server.lower() else REJECT_QUERIES)


def reports_flow_control(provider: str) -> bool:
    """Whether a provider of this version (``26.4.16(r1234)``, ``3.45(ff34dce)``) reports ``wsrep_flow_control_active``."""
    own = own_numbers(provider)
    return bool(own) and own >= FLOW_CONTROL.get(own[0], (5,))


def own_numbers(provider: str) -> tuple[int, ...]:
    """The provider's version without the number of its API: ``26.4.16(r1234)`` -> (4, 16)."""
    release = numbers(provider)
    return release[1:] if release[:1] and release[0] in API else release
