"""The configuration of docs/certificates.md on a real NRPE, with what ``hamon pki`` signs: who gets an answer."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.lab import poll
from hamon.lab.service import ORDINARY_UID, as_ordinary_user
from hamon.pki import authority
from hamon.pki.openssl import Use
from tests.house.statements import ROOT
from tests.programs import needs

pytestmark = pytest.mark.lab
PLUGIN = Path("/usr/lib/nagios/plugins/check_nrpe")


class Nrpe(NamedTuple):
    """An NRPE on loopback, and the folder of its authority."""

    port: int
    pki: Path

    def ask(self, name: str = "", folder: Path | None = None, *words: str) -> tuple[int, str]:
        """Exit code and first line of check_nrpe with the certificate ``name``."""
        pki = folder or self.pki
        own = ("-A", f"{pki}/ca.pem", "-C", f"{pki}/{name}.pem", "-K", f"{pki}/{name}.key") if name else ()
        argv = [str(PLUGIN), "-H", "127.0.0.1", "-p", str(self.port), "-t", "10", *own, "-c", "hello", *words]
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
        return ran.returncode, ran.stdout.partition("\n")[0]


@pytest.fixture(scope="module")
def nrpe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nrpe]:
    if not PLUGIN.exists():
        pytest.skip(f"{PLUGIN} is not here: apt-get install nagios-nrpe-plugin")
    folder = tmp_path_factory.mktemp("nrpe")
    pki = folder / "pki"
    authority.init(str(pki), "NRPE authority", "ec", 9)
    for name, use in (("node", Use.SERVER), ("ctl2", Use.SERVER), ("nagios", Use.CLIENT)):
        authority.issue(str(pki), name, use, (), "ec", 5, time.time())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = (ROOT / "docs/certificates.md").read_text()
    stated = re.findall(r"^```ini nrpe\n(.*?)^```$", page, re.M | re.S)
    assert len(stated) == 1
    text = stated[0].replace("/etc/hamon/pki", str(pki)).replace("allowed_hosts=10.20.0.10", "allowed_hosts=127.0.0.1")
    own = f"server_address=127.0.0.1\nserver_port={port}\nnrpe_user={ORDINARY_UID}\nnrpe_group={ORDINARY_UID}\npid_file={folder}/pid\n"
    config = folder / "nrpe.cfg"
    config.write_text(f"{own}{text}command[hello]=/bin/echo hello $ARG1$\n")
    with (folder / "log").open("wb") as log:
        argv = as_ordinary_user([needs("nrpe"), "-c", str(config), "-f"])
        door = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def listens() -> bool:
        assert door.poll() is None, (folder / "log").read_text()
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", port)) == 0

    try:
        poll.until(listens, "NRPE to listen", 20)
        yield Nrpe(port, pki)
    finally:
        door.terminate()
        door.wait(20)


def test_the_nagios_server_gets_an_answer(nrpe: Nrpe) -> None:
    assert nrpe.ask("nagios") == (0, "hello")


def test_nobody_else_does(nrpe: Nrpe, tmp_path: Path) -> None:
    stranger = tmp_path / "pki"
    authority.init(str(stranger), "NRPE authority", "ec", 9)
    authority.issue(str(stranger), "nagios", Use.CLIENT, (), "ec", 5, time.time())
    asked = {
        "no certificate": nrpe.ask(),
        "a node's": nrpe.ask("ctl2"),
        "of another authority": nrpe.ask("nagios", stranger),
    }
    for who, (code, line) in asked.items():
        assert code in (2, 3), who  # check_nrpe's way of saying that it got none
        assert line.startswith("CHECK_NRPE: "), (who, line)
        assert "hello" not in line, who


def test_arguments_from_the_wire_are_refused(nrpe: Nrpe) -> None:
    code, line = nrpe.ask("nagios", None, "-a", "from the wire")
    assert code != 0
    assert "from the wire" not in line
