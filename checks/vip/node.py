"""One host's addresses (ip(8), JSON): are the expected ones here, and are they used?"""

from collections.abc import Iterator

from hamon.check import Check, Example, Option, Options
from hamon.checks.vip.addresses import Address, Facts, Link, ask_addresses
from hamon.checks.vip.runbook import RUNBOOK
from hamon.names import canonical
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, UNKNOWN, Finding
from hamon.words import listed


def probe(ask: Ask, options: Options) -> Facts:
    """The addresses of this host."""
    return ask_addresses(ask, options.expect)


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """Expected addresses that are not here, and addresses that another host holds as well."""
    held = {one.address for one in facts.addresses if one.held}
    down = {link.name: link.trouble for link in facts.links if link.trouble}
    for address in options.expect:
        if address not in held:
            yield Finding(CRITICAL, f"{address} is not on this host", "address_missing")
    for one in facts.addresses:
        names = {"address": one.address, "interface": one.interface}
        if "dadfailed" in one.flags:
            yield Finding(
                CRITICAL,
                f"{one.address} on {one.interface} is not used: another host holds it (dadfailed)",
                "duplicate",
                names,
            )
        elif one.address in options.expect and one.interface in down:
            yield Finding(
                CRITICAL, f"{one.address} is on {one.interface}, which {down[one.interface]}", "carrier", names
            )
    if not facts.addresses:
        yield Finding(UNKNOWN, "this host has no address besides loopback and link-local ones", "tool")


def summary(facts: Facts, options: Options) -> str:
    """The evidence for OK."""
    expected = f", {listed(options.expect)} here" if options.expect else ""
    down = [link.name for link in facts.links if not link.carrier]
    return (
        f"{len(facts.addresses)} addresses on {len({one.interface for one in facts.addresses})} interfaces{expected}"
        + (f", no carrier: {', '.join(down)}" if down else "")
    )


CHECK = Check(
    name="addresses",
    title="Which addresses has this host, and are the expected ones among them?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        Option(("--expect",), "CRITICAL when this host does not have ADDRESS", canonical, metavar="ADDRESS", many=True),
    ),
    runbook=RUNBOOK,
    parts={"addresses": Address, "links": Link},
    uses=("command",),
    asks="`ip -j addr`",
    rights="none",
    example=Example(
        "",
        "ADDRESSES OK - 2 addresses on 1 interfaces",
    ),
)

main = plugin(CHECK)
