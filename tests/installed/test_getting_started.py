"""docs/getting-started.md works: its files and commands, in their order, on three machines with Debian's Nagios, NRPE, sshd, memcached
and keepalived.

Replaced are ``apt-get`` (which says what is missing and installs the page's own package), ``systemctl`` (which starts what the
units of Debian start) and ``sendmail`` (which keeps the mails).
"""

import doctest
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.lab.components.nagios.status import parse_status
from tests.installed.conftest import ROOT
from tests.installed.machines import Machine, machines
from tests.programs import needs

PAGE = ROOT / "docs" / "getting-started.md"
ADDRESSES = {"mon1": "10.20.0.10", "ctl1": "10.20.0.11", "ctl2": "10.20.0.12"}
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.M | re.S)
CALL = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
PROGRAMS = ("nagios4", "nrpe", "memcached", "keepalived", "sshd", "openssl", "visudo")
UNITS = """#!/bin/bash
# systemctl VERB UNIT: starts what Debian's unit of that name starts, waits until it is there, and stops it
set -eu
verb=$1 unit=$2 file=/run/unit.$2
as() { exec setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
listens() { until ss -Hltn "sport = :$1" | grep -q .; do kill -0 "$(cat "$file")"; sleep 0.02; done; }
case $verb in reload) kill -HUP "$(cat "$file")"; exit ;; esac
case $verb in stop | restart)
  if [ -e "$file" ]; then
    kill "$(cat "$file")" || true
    while kill -0 "$(cat "$file")" 2> /dev/null; do sleep 0.02; done
    rm "$file"
  fi
  ;;
esac
case $verb in start | restart)
  exec > "/var/log/unit.$unit" 2>&1 < /dev/null
  case $unit in
  nagios-nrpe-server) install -d -o nagios -g nagios /run/nagios; as nagios /usr/sbin/nrpe -c /etc/nagios/nrpe.cfg -f & port=5666 ;;
  nagios4) install -d -o nagios -g nagios /run/nagios4; /usr/sbin/nagios4 /etc/nagios4/nagios.cfg & port= ;;
  memcached) /usr/bin/memcached -u nobody -l "$(hostname -I | cut -d' ' -f1)" & port=11211 ;;
  keepalived) /usr/sbin/keepalived --dont-fork --vrrp & port= ;;
  sshd) install -d /run/sshd; /usr/sbin/sshd -D -o UsePAM=no & port=22 ;;
  esac
  echo $! > "$file"
  [ -z "$port" ] || listens "$port"
  ;;
esac
"""
APT = """#!/bin/bash
# apt-get install -y PACKAGE...: a file is installed, and a package of Debian's has to be there
set -eu
for name in "${@:3}"; do
  case $name in ./*) dpkg -i "$name" > /dev/null ;; *) dpkg -s "$name" > /dev/null ;; esac
done
"""
SENDMAIL = '#!/bin/sh\n{ cat; echo; echo "--- end of mail"; } >> /var/mail/all\n'
KEEPALIVED = """
vrrp_instance internal {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        10.20.0.100/24 dev eth0
    }}
}}
"""


class Block(NamedTuple):
    """A fenced block: its language, the machine (and file) that it is for, and its text."""

    language: str
    place: str
    text: str


def blocks() -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]


def test_what_of_the_page_is_not_run() -> None:
    """Only what a service would have to be there for."""
    skipped = [(block.language, block.text.split()[0]) for block in blocks() if not block.place]
    assert skipped == [("sql", "CREATE"), ("sh", "rabbitmqctl")]
    kinds = {block.language for block in blocks() if block.place}
    assert kinds == {"console", "yaml", "ini", "sh", "text"}


def shows(wanted: str, printed: str) -> bool:
    """Whether it is what the page shows; the columns of a table are as wide as they are."""
    return doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)


def wired(*every: Machine) -> None:
    """Plug the machines into a switch, which is on the first of them."""
    first, *others = every
    first.ok("ip link add eth0 type bridge forward_delay 0 mcast_snooping 0; ip link set eth0 up")
    for other in others:
        argv = ["nsenter", f"--target={first.pid}", "--net", "--", "ip", "link", "add", other.name, "type", "veth"]
        subprocess.run([*argv, "peer", "name", "eth0", "netns", str(other.pid)], check=True)
        first.ok(f"ip link set {other.name} master eth0 up")
        other.ok("ip link set eth0 up")
    for machine in every:
        machine.ok(f"ip address add {ADDRESSES[machine.name]}/24 dev eth0")
        machine.write("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{a} {n}\n" for n, a in ADDRESSES.items()))


def furnish(every: "dict[str, Machine]", package: Path, wheel: Path, wheels: Path) -> None:
    """What the page takes for granted: services that run, a way in by ssh, and hamon's package or wheel in root's home."""
    wired(*every.values())
    for name, machine in every.items():
        for path, text in (("local/bin/systemctl", UNITS), ("local/bin/apt-get", APT), ("sbin/sendmail", SENDMAIL)):
            (machine.disk / "usr" / path).unlink(missing_ok=True)
            machine.write(f"/usr/{path}", text, 0o755)
        machine.ok("install -m 666 /dev/null /var/mail/all; rm -rf /root/.ssh /etc/hamon; install -d -m 700 /root/.ssh")
        machine.write("/etc/ssh/ssh_config.d/page.conf", "StrictHostKeyChecking accept-new\nLogLevel ERROR\n")
        if name == "mon1":
            machine.ok("ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
        else:
            key = (every["mon1"].disk / "root/.ssh/id_ed25519.pub").read_text()
            machine.write("/root/.ssh/authorized_keys", key, 0o600)
            machine.write("/etc/keepalived/keepalived.conf", KEEPALIVED.format(priority=150 if name == "ctl1" else 100))
            machine.ok("ssh-keygen -q -A; systemctl start sshd; systemctl start memcached; systemctl start keepalived")
        if name == "ctl2":
            shutil.copy(wheel, machine.disk / "root")
            shutil.copytree(wheels, machine.disk / "root/wheels")
            machine.write("/etc/pip.conf", "[global]\nno-index = true\nfind-links = /root/wheels\n")
        else:
            shutil.copy(package, machine.disk / "root")


def until(holds: Callable[[], bool], what: Callable[[], str], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


def green(mon1: Machine, services: int) -> None:
    """Wait until this Nagios has checked so many services and has found all of them OK."""
    file = mon1.disk / "var/lib/nagios4/status.dat"

    def text() -> str:
        return file.read_text() if file.exists() else ""

    def holds() -> bool:
        now = parse_status(text()).services
        return len(now) == services and all(service.checked and service.state == "OK" for service in now)

    until(holds, lambda: f"not green: {parse_status(text())}")


def mail(mon1: Machine, subject: str, wanted: str) -> None:
    """Wait for a mail with such a subject, and compare."""

    def mails() -> list[str]:
        texts = (mon1.disk / "var/mail/all").read_text().split("--- end of mail\n")
        return [text.strip() for text in texts if text.strip().startswith(f"Subject: {subject}")]

    until(lambda: bool(mails()), lambda: f"no mail about {subject!r}")
    assert shows(wanted, mails()[0]), mails()[0]


def follow(every: "dict[str, Machine]") -> None:
    """Do all that the page says, and compare what it shows. A step whose effect takes a while is waited for."""
    for block in blocks():
        name, _, path = block.place.partition(":")
        if path:
            every[name].write(path, block.text)
        elif block.language == "console":
            for command, wanted in CALL.findall(block.text):
                printed = every[name].ok(command)
                assert shows(wanted, printed), f"{name}: $ {command}\n{printed}"
                if command.endswith(" nagios4"):
                    green(every["mon1"], 6 if "restart" in command else 10)
                if command == "systemctl start memcached":
                    mail(every["mon1"], "RECOVERY: OK ctl1/memcached", "...")
        elif block.language == "text":
            mail(every["mon1"], "CRITICAL ctl1/memcached", block.text)


@pytest.mark.lab
def test_the_page_leads_to_a_green_nagios(
    package: Path, wheel: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for program in PROGRAMS:
        needs(program)
    with machines(tmp_path_factory.mktemp("machines"), *ADDRESSES) as made:
        every = {machine.name: machine for machine in made}
        furnish(every, package, wheel, wheels)
        follow(every)
