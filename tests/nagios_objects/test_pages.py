"""One dead controller is one page: a real Nagios runs the generated objects over plugins that tell the story."""

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hamon.nagios_objects import nagios
from hamon.nagios_objects.build import build
from hamon.nagios_objects.render import render
from hamon.plan import make_plan
from tests.inventories.fakes import COMPONENTS
from tests.plan.test_plan import cloud

# ctl1 is 10.0.0.1; it dies when the file "dead" appears beside the plugins.
# Whoever is asked says so in "asked", a line each time.
PING = '#!/bin/sh\n[ -e {dir}/dead ] && case "$*" in *10.0.0.1*) echo gone; exit 2;; esac\necho alive\n'
AGENT = '#!/bin/sh\necho "$*" >>{dir}/asked\n[ -e {dir}/dead ] && case "$*" in *10.0.0.1*) echo "no answer"; exit 3;; esac\necho "fine"\n'
CLUSTER = (
    "#!/bin/sh\necho store_cluster >>{dir}/asked\n"
    '[ -e {dir}/apart ] && {{ echo "split-brain"; exit 2; }}\n'
    '[ -e {dir}/dead ] && {{ echo "2 of 3, no more may go"; exit 2; }}\necho "3 of 3"\n'
)
FLOAT = (
    '#!/bin/sh\necho float >>{dir}/asked\n[ -e {dir}/split ] && {{ echo "held by two"; exit 2; }}\necho "held once"\n'
)

MAIN = """\
cfg_dir={dir}/out/objects
log_file={dir}/nagios.log
check_result_path={dir}/spool
temp_path={dir}/spool
temp_file={dir}/spool/temp
lock_file={dir}/lock
command_file={dir}/command
query_socket={dir}/query
status_file={dir}/status
state_retention_file={dir}/retention
retain_state_information=0
object_cache_file={dir}/cache
precached_object_file={dir}/precache
nagios_user={user}
nagios_group={user}
interval_length=1
service_inter_check_delay_method=n
host_inter_check_delay_method=n
service_interleave_factor=1
check_for_updates=0
check_result_reaper_frequency=1
cached_host_check_horizon=0
cached_service_check_horizon=0
enable_notifications=1
illegal_macro_output_chars=`~$&|'"<>
"""

# three checks on each of three hosts and their agents, two verdicts
EVERYBODY = 14


class Story:
    """A Nagios at work, and who was told what so far."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def happens(self, what: str) -> None:
        (self.place / what).touch()

    def told(self) -> list[str]:
        file = self.place / "told"
        return sorted(set(file.read_text().splitlines())) if file.exists() else []

    def log(self) -> str:
        file = self.place / "nagios.log"
        return file.read_text() if file.exists() else ""

    def until(self, seen: Callable[[], bool], seconds: float = 45) -> None:
        end = time.monotonic() + seconds
        while not seen():
            assert time.monotonic() < end, f"not in {seconds:g} s; told: {self.told()}\n{self.log()}"
            time.sleep(0.2)

    def rounds(self, number: int) -> None:
        """Wait until everybody has been asked so many times more: who would speak has spoken."""
        before = self.asked()
        self.until(lambda: all(self.asked()[one] >= before[one] + number for one in before))

    def asked(self) -> Counter[str]:
        file = self.place / "asked"
        return Counter(file.read_text().splitlines() if file.exists() else ())


@pytest.fixture
def story() -> Iterator[Story]:
    program = nagios.find()
    if program is None:
        pytest.skip("no nagios4 on this machine")
    place = Path(tempfile.mkdtemp(prefix="hamon-pages-"))  # a socket's path must be short, pytest's are not
    scripts = {"ping": PING, "agent": AGENT, "check_store_cluster": CLUSTER, "check_float": FLOAT}
    for name, text in scripts.items():
        (place / name).write_text(text.format(dir=place))
        (place / name).chmod(0o755)
    settings = {
        "plugin_dir": str(place),
        "interval": 1,
        "retry_interval": 1,
        "max_attempts": 2,
        "interval_length": 1,
        "vips": {"internal": "10.0.0.100"},
        "nrpe": {"program": f"{place}/agent"},
        "host_check": f"{place}/ping -H {{address}}",
        "notify": {
            "host": f"/bin/echo '$CONTACTNAME$: $HOSTNAME$ $HOSTSTATE$' >>{place}/told",
            "service": f"/bin/echo '$CONTACTNAME$: $HOSTNAME$/$SERVICEDESC$ $SERVICESTATE$' >>{place}/told",
        },
    }
    hosts = {f"ctl{n}": ("galera", "haproxy", "keepalived") for n in (1, 2, 3)}
    plan = make_plan(cloud(settings, hosts), COMPONENTS)
    for path, text in render(plan, build(plan)).items():
        (place / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "out" / path).write_text(text)
    (place / "spool").mkdir()
    (place / "nagios.cfg").write_text(MAIN.format(dir=place, user=getpass.getuser()))
    daemon = subprocess.Popen(
        [program, str(place / "nagios.cfg")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
    )
    try:
        yield Story(place)
    finally:
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.lab
def test_one_dead_controller_is_one_page(story: Story) -> None:
    story.until(lambda: len(story.asked()) == EVERYBODY)
    story.rounds(3)
    assert story.told() == []
    story.happens("dead")
    story.until(lambda: len(story.told()) >= 3)
    story.rounds(5)
    assert story.told() == [
        "hamon-page-1: store.cluster/store_cluster CRITICAL",
        "hamon-ticket-1: ctl1 DOWN",
        "hamon-ticket-1: store.cluster/store_cluster CRITICAL",
    ]
    story.happens("split")  # another incident on top of the first is another page
    story.until(lambda: "hamon-page-1: vip.internal/float CRITICAL" in story.told())
    story.happens("apart")  # the cluster was CRITICAL and stays so: the log has the new words
    story.until(lambda: "SERVICE ALERT: store.cluster;store_cluster;CRITICAL;HARD;2;split-brain" in story.log())
