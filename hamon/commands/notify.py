"""``hamon notify``: what Nagios runs to notify somebody. The plugin's words are never on its command line.

Exit codes: 0 sent, 3 not sent (why is on stderr).
"""

import argparse
import os
import time
from collections.abc import Mapping

from hamon.commands import Command
from hamon.errors import UsageError
from hamon.notify import mail, webhook
from hamon.notify.notice import Event, notice, printable
from hamon.notify.words import words

SENDMAIL = "/usr/sbin/sendmail"


def _options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--type", required=True, help="$NOTIFICATIONTYPE$")
    add("--host", required=True, help="$HOSTNAME$")
    add("--service", default="", help="$SERVICEDESC$; without it the notification is about the host")
    add("--address", default="", help="$HOSTADDRESS$")
    add("--state", required=True, help="$SERVICESTATE$ or $HOSTSTATE$")
    add("--last-ok", type=_seconds, default=0, metavar="TIME", help="$LASTSERVICEOK$ or $LASTHOSTUP$")
    add("--last-change", type=_seconds, default=0, metavar="TIME", help="$LASTSERVICESTATECHANGE$ (or HOST)")
    add("--last-check", type=_seconds, default=0, metavar="TIME", help="$LASTSERVICECHECK$ (or HOST)")
    add("--status-file", default="", metavar="FILE", help="$STATUSDATAFILE$: read when the environment has no macros")
    add("--to", default="", metavar="ADDRESS", help="$CONTACTEMAIL$")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--sendmail", default=SENDMAIL, metavar="PROGRAM", help=f"sends the mail (default {SENDMAIL})")
    way.add_argument("--smtp", type=_server, metavar="HOST:PORT", help="send the mail through this server instead")
    way.add_argument("--webhook", metavar="FILE", help="post JSON to the URL in FILE (mode 640 or 600) instead")


def _seconds(text: str) -> float:
    """A time of Nagios; one that it does not know is empty or 0."""
    return float(text) if text else 0


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host:
        raise ValueError(text)
    return host.strip("[]"), int(port)


def event_of(args: argparse.Namespace, environment: Mapping[str, str]) -> Event:
    """The event on the command line; who acknowledged it and with what words is in the environment only."""
    return Event(
        args.type,
        args.host,
        args.service,
        args.address,
        args.state,
        args.last_ok,
        args.last_change,
        args.last_check,
        printable(environment.get("NAGIOS_NOTIFICATIONAUTHOR", "")),
        printable(environment.get("NAGIOS_NOTIFICATIONCOMMENT", "")),
    )


def _run(args: argparse.Namespace) -> int:
    if not (args.to or args.webhook):
        raise UsageError("--to ADDRESS or --webhook FILE is missing")
    event = event_of(args, os.environ)
    about = notice(event, words(event, os.environ, args.status_file))
    if args.webhook:
        webhook.post(about, args.webhook)
        return 0
    letter = mail.message(about, args.to, time.time())
    if args.smtp:
        mail.by_smtp(letter, *args.smtp)
    else:
        mail.by_sendmail(letter, args.sendmail)
    return 0


EXITS = ((0, "sent"), (3, "not sent: why is on standard error"))
COMMAND = Command("notify", "send a notification of Nagios as a mail or to a webhook", _options, _run, EXITS)
