"""Certificates: whether they can be read, are valid now and for a while, and belong to their keys. openssl is asked."""

import re
import shlex
import ssl
from collections.abc import Iterator, Mapping, Sequence

from hamon.doctor.files import usable
from hamon.doctor.finding import Finding, note, ok, problem, unknown
from hamon.doctor.handshake import Tls
from hamon.doctor.machine import Machine, Ran
from hamon.doctor.nrpe_cfg import RESTART
from hamon.rights import READ, Account
from hamon.words import duration

SOON = 30 * 86400.0  # seconds before its end at which a certificate is worth a note
SECONDS = 10.0  # for openssl
AREA = "certificates"
DATE = re.compile(r"^not(Before|After)=(.*)$", re.M)
KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.S)


def about(machine: Machine, user: Account, files: Tls, started: float | None = None) -> Iterator[Finding]:
    """Findings about a certificate, its key and the authority, which ``user`` has to read.

    ``started``: when the daemon that shows the certificate was started, which reads it only then.
    """
    readable = []
    for path in filter(None, files):
        stopped = usable(machine, user, path, READ, AREA)
        if stopped:
            yield stopped
        else:
            readable.append(path)
    asked = machine.run(dict(_questions(files, readable)), SECONDS)
    for path in (files.ca, files.cert):
        if path in asked:
            yield _valid(path, asked[path], machine.now())
    if files.cert in asked and files.key in asked:
        yield _pair(files, asked)
    if files.cert in readable and started is not None and machine.look(machine.real(files.cert)).changed > started + 1:
        yield problem(
            AREA,
            files.cert,
            "is newer than the running NRPE, which read the old one at its start; a reload does not read it again",
            RESTART,
        )


def _questions(files: Tls, readable: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in readable:
        if path == files.key:
            yield path, ("openssl", "pkey", "-in", path, "-passin", "pass:", "-pubout")
        else:
            yield path, ("openssl", "x509", "-in", path, "-noout", "-dates", "-pubkey")


def _valid(path: str, ran: Ran, now: float) -> Finding:
    if ran.rc is None:
        return unknown(AREA, path, ran.err, "apt-get install openssl")
    quoted = shlex.quote(path)
    dates = dict(DATE.findall(ran.out))
    try:
        begins, ends = (float(ssl.cert_time_to_seconds(dates[key])) for key in ("Before", "After"))
    except (KeyError, ValueError):
        if "Permission denied" in ran.err:
            return unknown(AREA, path, "this user cannot read it", "sudo hamon doctor")
        return problem(AREA, path, "is not a certificate that openssl reads", f"openssl x509 -in {quoted} -noout -text")
    shown = f"openssl x509 -in {quoted} -noout -subject -dates"
    if now >= ends:
        return problem(AREA, path, f"expired {duration(now - ends)} ago: renew it", shown)
    if now < begins:
        text = f"is not valid before {duration(begins - now)} from now: a wrong clock, or one that was made too early"
        return problem(AREA, path, text, shown)
    if ends - now < SOON:
        return note(AREA, path, f"expires in {duration(ends - now)}: renew it", shown)
    return ok(AREA, path, f"valid for {duration(ends - now)}")


def _pair(files: Tls, asked: Mapping[str, Ran]) -> Finding:
    cert, key = asked[files.cert], asked[files.key]
    of_cert, of_key = KEY.search(cert.out), KEY.search(key.out)
    quoted = shlex.quote(files.key)
    if key.rc is None or (not of_key and "Permission denied" in key.err):
        return unknown(AREA, files.key, "whether it belongs to the certificate: this user cannot read it", "sudo hamon doctor")  # fmt: skip
    if not of_key:
        text = "is not a private key that can be read without a passphrase"
        return problem(AREA, files.key, text, f"openssl pkey -in {quoted} -noout -check")
    if of_cert and of_cert[0].split() != of_key[0].split():
        text = f"is not the key of {files.cert}"
        return problem(AREA, files.key, text, f"openssl pkey -in {quoted} -pubout; openssl x509 -in {shlex.quote(files.cert)} -noout -pubkey")  # fmt: skip
    return ok(AREA, files.key, f"belongs to {files.cert}")
