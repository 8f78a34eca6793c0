"""``hamon doctor`` in the lab: all is well on a healthy cloud, and what is broken for real is named with its cure.

What is broken stands beside the cloud and not in it: further addresses of a controller, each with an NRPE of its own, in an
inventory of their own. The cloud itself stays healthy for the other tests.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hamon.doctor.machine import Here
from hamon.lab import Lab, poll
from hamon.lab.commands import run
from hamon.lab.components.nrpe import pki
from hamon.lab.components.nrpe.service import PORT
from hamon.lab.service import ORDINARY_UID, STATE, as_ordinary_user

pytestmark = pytest.mark.lab
HOST, MONITOR = "ctl3", "mon"
LISTENS = 10.0


class Printed(NamedTuple):
    """What one call printed."""

    code: int
    out: str
    err: str

    @property
    def problems(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Text and cure of every problem by area and what it is about."""
        findings: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return {(f["area"], f["what"]): (f["text"], f["cure"]) for f in findings if f["state"] == "problem"}


def doctor(lab: Lab, host: str, *words: object) -> Printed:
    """``hamon doctor`` in a host, as the user that NRPE and Nagios run as there."""
    argv = [sys.executable, "-m", "hamon", "doctor", *map(str, words)]
    ran = lab.exec(host, as_ordinary_user(argv))
    return Printed(ran.returncode, ran.stdout, ran.stderr)


def test_all_is_well_on_a_healthy_server(cloud: Lab) -> None:
    site = cloud.site
    words = ("-i", site.inventory, "--nagios-cfg", site.nagios / "nagios.cfg")

    printed = doctor(cloud, MONITOR, *words)

    assert printed.code == 0, printed.out
    *_, notes, _, sums = printed.out.splitlines()
    assert notes == "    cure: set hamon.contacts in the inventory", printed.out
    assert sums.startswith("0 problems, 0 not known, 1 note, ")
    states = {
        (f["area"], f["what"]): f["state"] for f in json.loads(doctor(cloud, MONITOR, *words, "--json").out)["findings"]
    }
    assert states["agents", "4 hosts"] == "ok"
    for host in ("ctl1", "ctl2", "ctl3"):
        assert states["clocks", host] == states["versions", host] == "ok"
        assert states["commands", f"{host}/check_galera"] == states["commands", f"{host}/facts_check_galera"] == "ok"


def test_all_is_well_on_a_healthy_node(cloud: Lab) -> None:
    site = cloud.site
    configuration = site.host_etc(site.profile.host("ctl1")) / "nrpe.cfg"

    printed = doctor(cloud, "ctl1", "--nrpe-cfg", configuration, "--json")

    assert printed.code == 0, printed.out
    states = {(f["area"], f["what"]): f["state"] for f in json.loads(printed.out)["findings"]}
    assert states["nrpe", f"port {PORT}"] == "ok"
    assert states["certificates", str(site.pki / "ctl1.pem")] == "ok"
    assert states["certificates", str(site.pki / "ctl1.key")] == "ok"
    assert states["credentials", str(site.credentials / "galera.cnf")] == "ok"
    assert states["sockets", "/run/haproxy/stats.sock"] == "ok"
    assert states["checks", "11 commands"] == "ok"
    assert "problem" not in states.values()


class Broken(NamedTuple):
    """Hosts that are broken, and where their files are."""

    lab: Lab
    dir: Path

    @property
    def inventory(self) -> Path:
        return self.dir / "inventory.yml"

    def nrpe_cfg(self, host: str) -> Path:
        return self.dir / f"{host}.cfg"


# Name to the last part of the address.
HOSTS = {"expired": 51, "stranger": 52, "forgotten": 53, "opened": 54, "dead": 55}


@pytest.fixture(scope="module")
def broken(lab_of: Any) -> Iterator[Broken]:
    """One host for each way to be broken, all of them on one controller."""
    lab: Lab = lab_of("controller")
    made = Broken(lab, lab.site.dir / "doctor")
    made.dir.mkdir()
    _inventory(made)
    _credentials(made)
    run([sys.executable, "-m", "hamon", "gen-objects", "-i", str(made.inventory), "-o", str(made.dir / "out")], 60)
    for name, number in HOSTS.items():
        done = lab.exec(HOST, ["ip", "address", "add", f"10.77.0.{number}/24", "dev", "eth0"])
        assert done.returncode == 0, done.stderr
        if name != "dead":
            _start(made, name)
    yield made
    for name, number in HOSTS.items():
        lab.exec(HOST, ["ip", "address", "del", f"10.77.0.{number}/24", "dev", "eth0"])
        lab.exec(HOST, ["sh", "-c", f"kill $(cat /run/nrpe/{name}.pid)"])


def _inventory(made: Broken) -> None:
    document = json.loads(made.lab.site.inventory.read_text())
    hosts: dict[str, Any] = {name: {"ansible_host": f"10.77.0.{number}"} for name, number in HOSTS.items()}
    hosts["opened"]["hamon"] = {"credentials_dir": str(made.dir / "open")}
    settings = {**document["all"]["vars"]["hamon"], "vips": {}}
    children: dict[str, Any] = {"galera": {"hosts": {name: {} for name in HOSTS}}}
    made.inventory.write_text(json.dumps({"all": {"vars": {"hamon": settings}, "hosts": hosts, "children": children}}))


def _credentials(made: Broken) -> None:
    folder = made.dir / "open"
    folder.mkdir()
    (folder / "galera.cnf").write_text("[client]\nuser = hamon\npassword = not-a-secret\n")
    (folder / "galera.cnf").chmod(0o644)


def _start(made: Broken, name: str) -> None:
    """An NRPE as the lab's own, at another address, with what is broken about it."""
    lab, number = made.lab, HOSTS[name]
    site = lab.site
    text = (site.host_etc(site.profile.host(HOST)) / "nrpe.cfg").read_text()
    commands = made.dir / "out" / "nrpe" / f"{name}.cfg"
    changes = {
        f"server_address={site.profile.host(HOST).address}": f"server_address=10.77.0.{number}",
        "pid_file=/run/nrpe/nrpe.pid": f"pid_file=/run/nrpe/{name}.pid",
        f"include={site.objects}/nrpe/{HOST}.cfg": f"include={commands}",
    }
    if name == "stranger":
        changes["allowed_hosts=10.77.0.1"] = "allowed_hosts=192.0.2.1"
    if name == "expired":
        cert = _expired(made)
        changes[f"ssl_cert_file={pki.identity(site, HOST).cert}"] = f"ssl_cert_file={cert}"
    if name == "forgotten":
        (made.dir / "old.cfg").write_text("".join(commands.read_text().splitlines(keepends=True)[:3]))
        changes[f"include={site.objects}/nrpe/{HOST}.cfg"] = f"include={made.dir / 'old.cfg'}"
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    made.nrpe_cfg(name).write_text(text)
    argv = as_ordinary_user([*STATE, "nrpe", "-c", str(made.nrpe_cfg(name)), "-d"])
    started = lab.exec(HOST, argv)
    assert started.returncode == 0, started.stderr

    def listens() -> bool:
        listed = lab.exec(HOST, ["ss", "-Hltn", f"src 10.77.0.{number}"]).stdout
        return f"10.77.0.{number}:{PORT}" in listed

    poll.until(listens, f"NRPE of {name} to listen", LISTENS)


def _expired(made: Broken) -> Path:
    """A certificate of the lab's authority for the controller's key, whose time is over."""
    site = made.lab.site
    ca, own, cert = pki.authority(site), pki.identity(site, HOST), made.dir / "expired.pem"
    request = run(["openssl", "req", "-new", "-key", str(own.key), "-subj", f"/CN={HOST}"])
    signed = ["openssl", "x509", "-req", "-CA", str(ca.cert), "-CAkey", str(ca.key), "-days", "-1", "-out", str(cert)]
    run(signed, stdin=request)
    return cert


def test_five_breakages_are_named_each_with_its_cure(broken: Broken) -> None:
    lab, out = broken.lab, broken.dir / "out"
    words = ("-i", broken.inventory, "--nagios-cfg", lab.site.nagios / "nagios.cfg", "-o", out, "--json")

    printed = doctor(lab, MONITOR, *words)

    assert printed.code == 1, printed.err
    opened = broken.dir / "open" / "galera.cnf"
    reload = "systemctl restart nagios-nrpe-server"
    undefined = "NRPE there does not know the command: hamon's file is not installed, or NRPE was not restarted since"
    installed = f"scp nrpe/forgotten.cfg forgotten:/etc/nagios/nrpe.d/hamon.cfg && ssh forgotten {reload}"
    open_ = (
        f"credentials file {opened} is open to everybody there (mode 0644)",
        f"ssh opened 'chgrp nagios {opened} && chmod 640 {opened}'",
    )
    main = lab.site.nagios / "nagios.cfg"
    line = f"cfg_dir={out}/objects"
    problems = printed.problems
    stale = problems.pop(("nagios", "nagios"))
    assert stale[0].startswith("read its objects ")
    assert stale[0].endswith(" changed since")
    assert problems == {
        ("agents", "expired"): ("its certificate is not accepted: certificate has expired", "ssh expired 'hamon doctor'"),
        ("agents", "stranger"): (
            "NRPE closes the connection before TLS: 10.77.0.1 is not in its allowed_hosts",
            f"ssh stranger 'sed -i s/^allowed_hosts=.*/\\&,10.77.0.1/ /etc/nagios/nrpe.cfg && {reload}'",
        ),
        ("agents", "dead"): (
            "10.77.0.55:5666 refuses the connection: NRPE does not run there",
            "ssh dead 'systemctl start nagios-nrpe-server'",
        ),
        ("commands", "forgotten/facts_check_galera"): (undefined, installed),
        ("commands", "opened/check_galera"): open_,
        ("commands", "opened/facts_check_galera"): open_,
        ("nagios", str(main)): (
            f"has no {line}: nothing of the plan is watched",
            f"echo {line} >>{main} && systemctl reload nagios4",
        ),
    }  # fmt: skip


def test_the_same_breakages_are_named_on_the_node(broken: Broken) -> None:
    lab = broken.lab
    opened = broken.dir / "open" / "galera.cnf"

    expired, open_ = (
        doctor(lab, HOST, "--nrpe-cfg", broken.nrpe_cfg(name), "--json") for name in ("expired", "opened")
    )

    ((what, (text, cure)),) = expired.problems.items()
    assert (expired.code, what) == (1, ("certificates", str(broken.dir / "expired.pem")))
    assert text.startswith("expired ")
    assert text.endswith(" ago: renew it")
    assert cure == f"openssl x509 -in {broken.dir / 'expired.pem'} -noout -subject -dates"
    assert open_.code == 1
    assert open_.problems == {
        ("credentials", str(opened)): (
            "is open to everybody (mode 0644): its checks refuse it",
            f"chgrp {Here().group(ORDINARY_UID)} {opened} && chmod 640 {opened}",
        )
    }


def test_a_file_that_changed_under_a_running_nrpe(broken: Broken) -> None:
    old = broken.dir / "old.cfg"
    changed = "\n# changed\n"
    started = broken.nrpe_cfg("forgotten").stat().st_mtime

    def later() -> bool:
        old.write_text(old.read_text().removesuffix(changed) + changed)
        return old.stat().st_mtime > started + 3

    poll.until(later, "the file to be newer", LISTENS)
    printed = doctor(broken.lab, HOST, "--nrpe-cfg", broken.nrpe_cfg("forgotten"), "--json")

    (text, cure) = printed.problems["nrpe", str(old)]
    assert text.startswith("NRPE read its configuration ")
    assert text.endswith(f" ago, and {old} changed since: it knows the old commands only")
    assert cure == "systemctl restart nagios-nrpe-server"
    assert printed.code == 1
