"""A notice as a mail, in text and in HTML, and the two ways to send it: a sendmail program or an SMTP server."""

import html
import smtplib
import socket
import subprocess
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from hamon.errors import UsageError
from hamon.notify.notice import Notice, fields, indented, subject

TIMEOUT = 20.0  # seconds; Nagios ends a notification command after 30


def message(notice: Notice, to: str, now: float) -> EmailMessage:
    """The mail to the address ``to``. Raises UsageError for an address that cannot stand in a mail."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject(notice)
    try:
        mail["To"] = to
    except (ValueError, MessageError):
        raise UsageError(f"--to {to!r}: this is not a mail address") from None
    if not to or to.startswith("-"):
        raise UsageError(f"--to {to!r}: this is not a mail address")
    mail["Date"] = formatdate(now)
    mail["Auto-Submitted"] = "auto-generated"
    # Quoted-printable: a long command arrives in one line and pastes as one.
    mail.set_content(text(notice, now), cte="quoted-printable")
    mail.add_alternative(page(notice, now), subtype="html", cte="quoted-printable")
    return mail


def text(notice: Notice, now: float) -> str:
    """The text of the mail."""
    table = "".join(f"{name + ':':<14}{value}\n" for name, value in fields(notice, now))
    lines = f"\n{indented(notice.lines, 2)}" if notice.lines else ""
    steps = f"\nType next:\n{indented(notice.steps, 4)}" if notice.steps else ""
    return f"{notice.verdict}\n\n{table}{lines}{steps}"


def page(notice: Notice, now: float) -> str:
    """The same in HTML; every text is escaped."""
    escape = html.escape
    rows = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>\n" for name, value in fields(notice, now)
    )
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in notice.lines)
    steps = f"<p>Type next:</p>\n<pre>{escape(chr(10).join(notice.steps))}</pre>\n" if notice.steps else ""
    return f"<html><body>\n<h3>{escape(notice.verdict)}</h3>\n<table>\n{rows}</table>\n{lines}{steps}</body></html>\n"


def by_sendmail(mail: EmailMessage, program: str) -> None:
    """Give the mail to a sendmail program, which reads the address from the mail itself. Raises UsageError."""
    try:
        done = subprocess.run(
            [program, "-i", "-t"],
            input=mail.as_bytes(policy=mail.policy.clone(linesep="\n")),
            timeout=TIMEOUT,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{program} did not take the mail within {TIMEOUT:g} s") from None
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {(error.strerror or '').lower()}") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"{program} refused the mail with exit code {done.returncode}: {words[-1] if words else ''}")


def by_smtp(mail: EmailMessage, server: str, port: int) -> None:
    """Send the mail through an SMTP server. Raises UsageError."""
    mail["From"] = f"hamon@{socket.gethostname()}"
    try:
        with smtplib.SMTP(server, port, timeout=TIMEOUT) as connection:
            connection.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise UsageError(f"{server}:{port} did not take the mail: {error}") from None
