"""``hamon pki``: a small certificate authority for NRPE.

Exit codes: 0 done, 1 a certificate ends soon (``list``), 3 usage.
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from hamon.commands import Command
from hamon.errors import UsageError
from hamon.pki import authority
from hamon.pki.authority import DAY, Entry
from hamon.pki.openssl import KEYS, Use
from hamon.table import table
from hamon.words import duration

FOLDER = "/etc/hamon/pki"
LIFE = {"init": 3650, "server": 800, "client": 800, "renew": 800}  # days
SOON = 30


def _days(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 36500:
        raise ValueError(text)
    return value


def _options(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    helps = {
        "init": "make the authority that signs the others",
        "server": "a certificate for NRPE of one host, for its name and further names and addresses",
        "client": "a certificate for who asks NRPE: the Nagios server",
        "renew": "sign the same key for the same names again",
        "list": "what there is, and until when; exit 1 when something ends soon",
    }
    for verb, text in helps.items():
        made = below.add_parser(verb, help=text, description=text)
        made.add_argument(
            "-d", "--dir", default=FOLDER, metavar="DIR", help=f"the authority's folder (default {FOLDER})"
        )
        if verb == "init":
            made.add_argument("--name", default="NRPE authority", metavar="TEXT", help="what it calls itself")
        if verb in ("server", "client"):
            made.add_argument("name", metavar="NAME", help="the host's name; the files are NAME.key and NAME.pem")
        if verb == "server":
            made.add_argument("names", nargs="*", metavar="ADDRESS", help="further names and addresses that it proves")
        if verb == "renew":
            made.add_argument("renewed", nargs="+", metavar="NAME", help="as they were issued")
        if verb in ("init", "server", "client"):
            made.add_argument(
                "--key", choices=sorted(KEYS), default="ec", help="sort of key: ec (P-256) or rsa (3072 bits)"
            )
        if verb in LIFE:
            made.add_argument(
                "--days", type=_days, default=LIFE[verb], metavar="DAYS", help=f"valid for (default {LIFE[verb]})"
            )
        if verb == "list":
            made.add_argument(
                "--within", type=_days, default=SOON, metavar="DAYS", help=f"what is soon (default {SOON})"
            )
            made.add_argument("--json", action="store_true", help="as JSON")


def _run(args: argparse.Namespace) -> int:
    folder, now = args.dir.rstrip("/") or "/", time.time()
    if args.verb == "list":
        return _list(args, authority.entries(folder), now)
    if args.verb == "init":
        if not args.name.isprintable() or not args.name.strip() or set(args.name) & set("\\$\"'#;[]"):
            raise UsageError("--name: must be one line of plain text")
        paths = [authority.init(folder, args.name.strip(), args.key, args.days)]
    elif args.verb == "renew":
        paths = [authority.renew(folder, name, args.days, now) for name in args.renewed]
    else:
        names = getattr(args, "names", ())
        paths = [authority.issue(folder, args.name, Use(args.verb), names, args.key, args.days, now)]
    for path in paths:
        print(path)
    return 0


def _list(args: argparse.Namespace, entries: list[Entry], now: float) -> int:
    limit = now + args.within * DAY
    if args.json:
        print(json.dumps(list(map(_as_json, entries)), indent=2))
    elif entries:
        print(table(("name", "for", "ends", "in", "names"), list(_rows(entries, now)), whole=True))
    else:
        print(f"no certificates in {args.dir}")
    return int(any(entry.certificate is None or entry.certificate.ends < limit for entry in entries))


def _as_json(entry: Entry) -> dict[str, object]:
    known = entry.certificate
    if known is None:
        return {"name": entry.name, "for": None, "names": [], "ends": None}
    return {"name": entry.name, "for": known.use.value, "names": list(known.names), "ends": known.ends}


def _rows(entries: list[Entry], now: float) -> Iterator[tuple[str, ...]]:
    for name, known in entries:
        if known is None:
            yield name, "-", "-", "not a certificate", "-"
            continue
        left = duration(known.ends - now) if known.ends > now else f"ended {duration(now - known.ends)} ago"
        ends = datetime.fromtimestamp(known.ends, UTC).strftime("%Y-%m-%d")
        yield name, known.use.value, ends, left, " ".join(known.names) or "-"


EXITS = (
    (0, "done; `list`: nothing ends soon"),
    (1, "`list`: a certificate has ended, ends within `--within`, or cannot be read"),
    (3, "wrong options, a certificate that is there already, or openssl refused: one line on standard error"),
)
COMMAND = Command(
    "pki", "a small certificate authority for NRPE: issue, renew, list with expiry", _options, _run, EXITS
)
