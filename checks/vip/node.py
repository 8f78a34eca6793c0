"""One host's addresses (ip(8), JSON): are the expected ones here, and are they used?"""

from collections.abc import Iterator

from hamon.check import Check, Example, Option, Options
from hamon.checks.vip.addresses import Facts, ask_addresses
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
    """Findings of expected addresses that are not here, and of addresses that another host holds as well."""
    held = {entry.address for entry in facts.addresses if entry.held}
    down = {link.name: link.trouble for link in facts.links if link.trouble}
    for address in options.expect:
        if address not in held:
            yield Finding(CRITICAL, f"{address} is not on this host", "address_missing")
    for entry in facts.addresses:
        names = {"address": entry.address, "interface": entry.interface}
        if "dadfailed" in entry.flags:
            yield Finding(
                CRITICAL,
                f"{entry.address} on {entry.interface} is not used: another host holds it (dadfailed)",
                "duplicate",
                names,
            )
        elif entry.address in options.expect and entry.interface in down:
            yield Finding(
                CRITICAL, f"{entry.address} is on {entry.interface}, which {down[entry.interface]}", "carrier", names
            )
    if not facts.addresses:
        yield Finding(UNKNOWN, "this host has no address besides loopback and link-local ones", "tool")


def summary(facts: Facts, options: Options) -> str:
    """The evidence for OK."""
    expected = f", {listed(options.expect)} here" if options.expect else ""
    down = [link.name for link in facts.links if not link.carrier]
    return (
        f"{len(facts.addresses)} addresses on {len({entry.interface for entry in facts.addresses})} interfaces{expected}"
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
    uses=("command",),
    tools=("ip",),
    asks="`ip -j addr`",
    rights="none",
    example=Example(
        "",
        "ADDRESSES OK - 2 addresses on 1 interfaces",
    ),
)

main = plugin(CHECK)
