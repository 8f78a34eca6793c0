"""A notice as JSON, posted to a URL that stands in a file of its own: such a URL is often a secret."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from hamon.credentials import secret_text
from hamon.errors import UsageError
from hamon.notify.notice import Notice, subject

TIMEOUT = 20.0  # seconds


def as_json(notice: Notice) -> dict[str, Any]:
    """The notice as JSON values. ``since`` is in seconds since the epoch, or null, ``lasted`` in seconds, or null; ``text``
    is the subject of a mail, under the name that chat services read.
    """
    event = notice.event
    return {
        "text": subject(notice),
        "type": event.kind,
        "host": event.host,
        "service": event.service or None,
        "address": event.address,
        "state": event.state,
        "since": event.since or None,
        "lasted": event.lasted or None,
        "verdict": notice.verdict,
        "lines": list(notice.lines),
        "steps": list(notice.steps),
        "author": event.author or None,
        "comment": event.comment or None,
    }


def post(notice: Notice, file: str) -> None:
    """Post the notice to the URL in ``file``. Raises UsageError, which never has the URL in it."""
    url = secret_text(file, "webhook file").strip()
    if urlsplit(url).scheme not in ("http", "https") or not url.isprintable() or " " in url:
        raise UsageError(f"webhook file {file} must have one http or https URL in it")
    body = json.dumps(as_json(notice)).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  # the scheme is checked
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        error.close()
        raise UsageError(f"the webhook of {file} answered HTTP {error.code}") from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the webhook of {file} did not answer: {getattr(error, 'reason', type(error).__name__)}"
        ) from None
