"""The transports: what comes back, and which words and states their failures get."""

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.errors import ProbeError, UsageError
from hamon.probe import Ask, Deadline
from hamon.probe.arp import holder, question
from hamon.probe.command import Command, Ran
from hamon.probe.file import File, Process, Processes, ReadFile, ReadFolder, processes
from hamon.probe.http import Basic, Get, Page
from hamon.probe.unix import Unix
from hamon.verdict import CRITICAL, UNKNOWN, State
from tests.core import hostile


def ask(seconds: float = 5) -> Ask:
    return Ask(Deadline(seconds))


def trouble(caught: "pytest.ExceptionInfo[ProbeError]") -> tuple[State, str]:
    return caught.value.state, caught.value.text


def test_commands_give_code_and_text_with_bad_bytes_escaped() -> None:
    assert ask()(Command(["/bin/sh", "-c", "printf 'a\\377b'; echo e >&2; exit 4"])) == Ran(4, "a\\xffb", "e\n")


def test_commands_are_found_where_an_agents_path_does_not_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen with the NRPE of Debian 13: no sbin in PATH, and crm_mon is there. What PATH does find goes first."""
    sbin, own = tmp_path / "sbin", tmp_path / "own"
    for place, names in ((sbin, ("status", "both")), (own, ("both",))):
        place.mkdir()
        for name in names:
            (place / name).write_text(f"#!/bin/sh\necho {place.name}\n")
            (place / name).chmod(0o755)
    monkeypatch.setattr("hamon.probe.command.SEARCH", str(sbin))
    monkeypatch.setenv("PATH", str(own))
    assert Ask(Deadline(5))(Command(["status"])) == Ran(0, "sbin\n", "")
    assert Ask(Deadline(5))(Command(["both"])).out == "own\n"
    monkeypatch.delenv("PATH")
    assert Ask(Deadline(5))(Command(["status"])).out == "sbin\n"


def test_commands_speak_the_c_locale() -> None:
    assert ask()(Command(["/bin/sh", "-c", "echo $LC_ALL"])).out == "C.UTF-8\n"


def test_much_output_does_not_block() -> None:
    assert len(ask()(Command(["/bin/sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"])).out) == 3000000


def test_a_program_that_may_not_run_is_our_trouble(tmp_path: Path) -> None:
    script = tmp_path / "s"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(ProbeError) as caught:
        ask()(Command([str(script)]))
    assert trouble(caught) == (UNKNOWN, f"{script} cannot be run: Permission denied")


def test_a_unix_socket_answers_until_it_closes(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with hostile.server(hostile.answering(b"one\ntwo \xff\n"), path):
        assert ask()(Unix(path, "show stat")) == "one\ntwo \\xff\n"


@pytest.mark.parametrize("behave", [hostile.silent, hostile.dribble])
def test_a_unix_socket_that_hangs_is_critical_in_time(tmp_path: Path, behave: object) -> None:
    path = str(tmp_path / "s")
    with hostile.server(behave, path), pytest.raises(ProbeError) as caught:  # type: ignore[arg-type]
        ask(0.5)(Unix(path, "show stat"))
    assert trouble(caught) == (CRITICAL, f"{path} did not answer within 0.5 s")


def test_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProbeError) as caught:
        ask()(Unix(f"{tmp_path}/none", "x"))
    assert trouble(caught) == (
        CRITICAL,
        f"{tmp_path}/none: no such socket, the service is not running or uses another path",
    )


@pytest.fixture
def web() -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Basic aGFtb246cHc="
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(b"path " + self.path.encode())

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


def test_http_sends_path_query_and_credentials(web: int) -> None:
    assert ask()(Get(f"http://127.0.0.1:{web}/;csv?a=b", Basic("hamon", "pw"))) == Page(200, "path /;csv?a=b")
    assert ask()(Get(f"http://127.0.0.1:{web}/")) == Page(401, "path /")


@pytest.mark.parametrize(
    ("behave", "text"),
    [
        (hostile.silent, "{} did not answer within 0.5 s"),
        (hostile.dribble, "{} did not answer within 0.5 s"),
        (hostile.answering(b"\x00\x01garbage\r\n\r\n"), "{} does not speak HTTP: \x00\x01garbage\r\n"),
        (hostile.answering(b""), "{} does not speak HTTP: Remote end closed connection without response"),
    ],
)
def test_http_without_an_answer_is_critical(behave: object, text: str) -> None:
    with hostile.server(behave) as port, pytest.raises(ProbeError) as caught:  # type: ignore[arg-type]
        ask(0.5)(Get(f"http://127.0.0.1:{port}/"))
    assert trouble(caught) == (CRITICAL, text.format(f"127.0.0.1:{port}"))


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "/;csv"])
def test_http_takes_urls_only(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()(Get(url))
    assert str(caught.value) == f"{url!r} is not an http:// or https:// URL"


def test_http_wants_no_password_on_the_command_line() -> None:
    with pytest.raises(UsageError) as caught:
        ask()(Get("http://u:p@host:1/"))
    assert str(caught.value) == "take user and password out of the URL of host and into --credentials FILE"


def test_a_name_that_does_not_resolve_is_our_trouble() -> None:
    with pytest.raises(ProbeError) as caught:
        ask()(Get("http://no-such-host.invalid/"))
    assert trouble(caught) == (UNKNOWN, "no-such-host.invalid: the name cannot be resolved")


def test_files_are_read_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\xff")
    os.utime(path, (1000, 1000))
    assert ask()(ReadFile(str(path))) == File("a\\xff", 1000.0)
    assert ask()(ReadFile(f"{tmp_path}/none")) is None


def test_processes_are_found_by_name_without_zombies(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu 1\nbtime 1000\n")
    hertz = os.sysconf("SC_CLK_TCK")
    for pid, comm, state, start in (
        (10, "keepalived", "S", 5),
        (9, "keepalived", "S", 7),
        (8, "keepalived", "Z", 1),
        (7, "a) S (b", "S", 1),
    ):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({comm}) {state} " + "0 " * 18 + f"{start * hertz} 0\n")
    plain: list[object] = [None, False, []]
    assert processes("keepalived", str(tmp_path)) == [[10, 1005.0, *plain], [9, 1007.0, *plain]]
    assert processes("a) S (b", str(tmp_path)) == [[7, 1001.0, *plain]]


def process_table(proc: Path, *rows: tuple[str, str, str, str]) -> None:
    """A /proc with processes named chronyd: pid, its pids in all namespaces, and its network namespace.

    The namespace is given twice: as root sees it (``ns/net``), and as every user does (``net/dev``); empty: hidden.
    """
    (proc / "stat").write_text("btime 1000\n")
    spaces_of_all = proc / "spaces"
    spaces_of_all.mkdir()
    for pid, spaces, *seen in rows:
        (proc / pid / "ns").mkdir(parents=True)
        (proc / pid / "net").mkdir()
        (proc / pid / "stat").write_text(f"{pid} (chronyd) S " + "0 " * 18 + "0 0\n")
        (proc / pid / "status").write_text(f"Name:\tchronyd\nNSpid:\t{chr(9).join(spaces.split())}\nThreads:\t1\n")
        (proc / pid / "cmdline").write_bytes(b"chronyd\0-F\0" + pid.encode() + b"\0")
        for file, space in zip(("ns/net", "net/dev"), seen, strict=True):
            if space:
                inode = spaces_of_all / f"{file.replace('/', '-')}-{space}"
                inode.touch()
                (proc / pid / file).hardlink_to(inode)


def test_processes_of_containers_and_other_networks_are_marked(tmp_path: Path) -> None:
    process_table(
        tmp_path,
        ("self", "10", "1", "1"),
        ("11", "11", "1", "1"),
        ("12", "12 1", "1", "1"),  # in a container with the host's network, as kolla-ansible runs them
        ("13", "13", "2", "2"),
        ("14", "14", "", "1"),  # another user's process: the namespace may not be read, the inode of its files may
        ("15", "15", "", "2"),
        ("16", "16 3 1", "", ""),
        ("17", "17", "", ""),
    )
    marks = {pid: (network, container) for pid, _, network, container, _ in processes("chronyd", str(tmp_path))}
    assert marks == {
        11: (False, False), 12: (False, True), 13: (True, False), 14: (False, False), 15: (True, False), 16: (None, True),
        17: (None, False),
    }  # fmt: skip
    own = {process.pid: process.own for process in Processes("chronyd").read(processes("chronyd", str(tmp_path)))}
    assert own == {11: True, 12: False, 13: False, 14: True, 15: False, 16: False, 17: None}
    assert processes("chronyd", str(tmp_path))[0][4] == ["chronyd", "-F", "11"]


def test_a_process_table_that_hides_others_is_no_evidence_that_nobody_runs(tmp_path: Path) -> None:
    process_table(tmp_path, ("self", "10", "", ""))
    with pytest.raises(ProbeError) as caught:
        processes("keepalived", str(tmp_path))
    words = f"{tmp_path} hides the processes of other users (hidepid): is keepalived there?"
    assert trouble(caught) == (UNKNOWN, words)


def test_recorded_processes_of_both_shapes_are_read() -> None:
    argv = ["keepalived", "-f", "/x"]
    seen = Processes("keepalived").read([[7, 5.0], [8, 6.0, True, False, argv]])
    assert seen == (Process(7, 5.0), Process(8, 6.0, True, False, ("keepalived", "-f", "/x")))
    assert Processes("init").read(processes("no-such-process")) == ()


def test_arp_asks_without_claiming_and_reads_only_matching_replies() -> None:
    mac = bytes.fromhex("02a9b3d63acd")
    frame = question(mac, "192.0.2.9")
    assert (
        frame.hex()
        == "ffffffffffff02a9b3d63acd08060001080006040001" + "02a9b3d63acd" + "00000000" + "000000000000" + "c0000209"
    )
    reply = (
        mac
        + bytes.fromhex("32ca77ea46ff")
        + bytes.fromhex("08060001080006040002")
        + bytes.fromhex("32ca77ea46ff")
        + bytes([192, 0, 2, 9])
        + mac
        + bytes(4)
    )
    assert holder(reply, "192.0.2.9") == "32:ca:77:ea:46:ff"
    assert holder(reply, "192.0.2.8") is None
    assert holder(frame, "192.0.2.9") is None


@given(st.binary(max_size=64))
def test_no_frame_breaks_the_arp_reader(frame: bytes) -> None:
    assert holder(frame, "192.0.2.9") is None or frame[28:32] == bytes([192, 0, 2, 9])


def test_a_folder_of_files_leaves_out_what_is_not_complete(tmp_path: Path) -> None:
    for name in ("b", "a", ".a.tmp"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (1000, 1000))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x").write_text("not read")
    with pytest.raises(ProbeError) as caught:
        ask()(ReadFolder(str(tmp_path)))
    assert trouble(caught) == (UNKNOWN, f"{tmp_path}/deep: Is a directory")
    (tmp_path / "deep" / "x").unlink()
    (tmp_path / "deep").rmdir()
    assert ask()(ReadFolder(str(tmp_path))) == {"a": File("a", 1000.0), "b": File("b", 1000.0)}
    assert ask()(ReadFolder(f"{tmp_path}/none")) == {}
