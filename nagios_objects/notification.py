"""Who is notified, and by which command: ``hamon notify``, with no word of a plugin in its line.

Nagios gives a line that has shell characters in it to /bin/sh. Names of hosts and services, states, times and addresses
are the only macros here: hamon or Nagios itself has checked each of them.
"""

from collections.abc import Iterator, Sequence

from hamon.nagios_objects.model import CommandRow, ContactRow
from hamon.nagios_objects.quoting import nagios_command, nagios_value, own_words
from hamon.plan.settings import Settings

TIERS = ("page", "ticket")
_WEBHOOK_TIER = "ticket"  # whose contacts are notified of pages, too
WEBHOOK = "-webhook"  # ends the names of the commands that post to the webhook

_ABOUT = {
    "host": (
        "--host='$HOSTNAME$' --address='$HOSTADDRESS$' --state='$HOSTSTATE$' --last-ok='$LASTHOSTUP$'"
        " --last-change='$LASTHOSTSTATECHANGE$' --last-check='$LASTHOSTCHECK$'"
    ),
    "service": (
        "--host='$HOSTNAME$' --service='$SERVICEDESC$' --address='$HOSTADDRESS$' --state='$SERVICESTATE$'"
        " --last-ok='$LASTSERVICEOK$' --last-change='$LASTSERVICESTATECHANGE$' --last-check='$LASTSERVICECHECK$'"
    ),
}


def commands(settings: Settings) -> Iterator[CommandRow]:
    """The commands for hosts and for services: the operator's own, or hamon's; and those for a webhook that is set."""
    own = {"host": settings.notify_host, "service": settings.notify_service}
    for what, line in own.items():
        yield CommandRow(f"{settings.prefix}-notify-{what}", own_words(line) or _line(settings, what, _mail(settings)))
    if settings.notify_webhook:
        for what in own:
            by = nagios_command([f"--webhook={settings.notify_webhook}"])
            yield CommandRow(f"{settings.prefix}-notify-{what}{WEBHOOK}", _line(settings, what, by))


def program(settings: Settings) -> str:
    """The program that sends notifications; empty when none is sent by hamon."""
    by_hamon = not (settings.notify_host and settings.notify_service) or settings.notify_webhook
    return f"{settings.plugin_dir}/hamon" if by_hamon else ""


def _line(settings: Settings, what: str, by: str) -> str:
    start = nagios_command([f"{settings.plugin_dir}/hamon", "notify"])
    return f"{start} --type='$NOTIFICATIONTYPE$' {_ABOUT[what]} --status-file='$STATUSDATAFILE$' {by}"


def _mail(settings: Settings) -> str:
    ways: Sequence[tuple[str, str]] = (("--smtp", settings.notify_smtp), ("--sendmail", settings.notify_sendmail))
    chosen = nagios_command([f"{option}={value}" for option, value in ways if value][:1])
    return f"--to='$CONTACTEMAIL$' {chosen}".rstrip()


def called(settings: Settings, tier: str) -> tuple[str, ...]:
    """The contact groups of a tier: hamon's own, where it has contacts or no other is named, and the operator's."""
    others = settings.contact_groups.get(tier, ())
    own = settings.contacts.get(tier) or not others or (tier == _WEBHOOK_TIER and settings.notify_webhook)
    return (*((f"{settings.prefix}-{tier}",) if own else ()), *others)


def contacts(settings: Settings) -> Iterator[ContactRow]:
    """One contact for each address, and one for the webhook.

    A tier that names neither an address nor a group of the operator's goes to root on the Nagios server, as Debian's does.
    """
    for tier in TIERS:
        nobody = not settings.contact_groups.get(tier)
        emails = settings.contacts.get(tier) or (("root@localhost",) if nobody else ())
        for number, email in enumerate(emails, 1):
            yield ContactRow(f"{settings.prefix}-{tier}-{number}", nagios_value(email), tier)
    if settings.notify_webhook:
        yield ContactRow(f"{settings.prefix}-webhook", "", _WEBHOOK_TIER, WEBHOOK)
