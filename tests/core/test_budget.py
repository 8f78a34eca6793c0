"""What a plugin's process may use: it ends in time and within its memory, whatever runs inside, with one line and exit 3."""

import subprocess
import sys
import time

import pytest

PLUGIN = """
import sys
from hamon.check import Check
from hamon.checks.memcached.node import CHECK
from hamon.plugin import run
class Question:
    key = ""
    def put(self, deadline):
        return {answer}
    def read(self, answer):
        {body}
def probe(ask, options):
    ask(Question())
run(CHECK._replace(probe=probe))
"""


LARGE = "'a' * 300_000"


def plugin(body: str, *args: str, answer: str = LARGE) -> "subprocess.CompletedProcess[str]":
    code = PLUGIN.format(body=body, answer=answer)
    return subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    "body",
    [
        "pow(7, 3 ** 18, 10 ** 900000)",  # one multiplication after the other in C, nothing else gets the interpreter
        "import re; re.match('(a|a)*$', 'a' * 60 + 'b')",
        "import time; time.sleep(60)",
    ],
)
def test_a_verdict_comes_in_time_while_c_code_holds_the_interpreter(body: str) -> None:
    begun = time.monotonic()
    ended = plugin(body, "-t", "1")
    assert 1.5 < time.monotonic() - begun < 4
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        3,
        "MEMCACHED UNKNOWN - no verdict within 1 s: the system itself does not answer (DNS? disk?)\n",
        "",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("bytearray(600 * 2 ** 20)", "the answers do not fit into the memory that a check may use"),
        ("import os; os.kill(os.getpid(), 9)", "the check's own process was ended by signal 9"),
    ],
)
def test_a_process_that_takes_too_much_or_is_killed_is_named(body: str, words: str) -> None:
    ended = plugin(body, "-t", "5")
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, f"MEMCACHED UNKNOWN - {words}\n", "")


@pytest.mark.parametrize("answer", [LARGE, "''"])
def test_the_library_that_waits_is_left_at_the_deadline(answer: str) -> None:
    ended = plugin("import time; time.sleep(60)", "-t", "0.2", answer=answer)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        3,
        "MEMCACHED UNKNOWN - no verdict within 0.2 s: the system itself does not answer (DNS? disk?)\n",
        "",
    )


def test_commands_have_the_limits_of_the_caller() -> None:
    words = "from hamon.probe.command import run; from hamon.probe import Deadline; from hamon.errors import ProbeError; from hamon.verdict import UNKNOWN"
    ended = plugin(
        f"{words}; raise ProbeError(UNKNOWN, run(['sh', '-c', 'ulimit -d'], Deadline(5))[1].strip(), '')", "-t", "5"
    )
    before = subprocess.run(["sh", "-c", "ulimit -d"], capture_output=True, text=True, check=True).stdout.strip()
    assert ended.stdout == f"MEMCACHED UNKNOWN - {before}\n"


def test_a_hundred_threads_fit() -> None:
    body = (
        "from concurrent.futures import ThreadPoolExecutor as P; import threading; b = threading.Barrier(100); "
        "from hamon.errors import ProbeError; from hamon.verdict import UNKNOWN; "
        "p = P(100); n = len(list(p.map(lambda _: b.wait(5) or bytearray(2 ** 20), range(100)))); "
        "raise ProbeError(UNKNOWN, f'{n} threads', '')"
    )
    ended = plugin(body, "-t", "9")
    assert ended.stdout == "MEMCACHED UNKNOWN - 100 threads\n"


@pytest.mark.parametrize("shell", ["exec >&-", "exec >/dev/full"])
def test_no_standard_output_is_exit_3_without_a_traceback(shell: str) -> None:
    check = f"{sys.executable} -c 'from hamon.checks.memcached.node import main; main()' --help"
    ended = subprocess.run(
        ["sh", "-c", f"{shell}; {check}"], stderr=subprocess.PIPE, text=True, check=False, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (3, "")
