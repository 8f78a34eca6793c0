"""What a check remembers between runs."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.errors import ProbeError
from hamon.memory import Memory, directory, load, save
from hamon.verdict import UNKNOWN


def later(memory: Memory, seconds: float) -> Memory:
    return Memory(memory.now + seconds, json.loads(json.dumps(memory.to_json())))


def test_rates_come_from_two_runs() -> None:
    first = Memory(1000.0)
    assert first.per_second("sent", 50) is None
    second = later(first, 10)
    assert second.per_second("sent", 80) == 3.0


def test_a_counter_that_went_backwards_was_reset() -> None:
    first = Memory(1000.0)
    first.per_second("sent", 50)
    assert later(first, 10).change("sent", 3) is None


def test_a_run_too_soon_keeps_the_older_figures_to_compare_with() -> None:
    first = Memory(1000.0)
    first.change("sent", 50)
    blink = later(first, 0.1)
    assert blink.change("sent", 51) is None
    assert later(blink, 9.9).per_second("sent", 60) == 1.0


def test_a_run_long_ago_says_nothing_about_now() -> None:
    first = Memory(1000.0)
    first.change("sent", 50)
    assert later(first, 7200).change("sent", 60) is None


def test_how_long_a_condition_holds() -> None:
    first = Memory(1000.0)
    assert first.seconds_in("state", "Donor") == 0
    second = later(first, 60)
    assert second.seconds_in("state", "Donor") == 60
    third = later(second, 60)
    assert third.seconds_in("state", "Synced") == 0
    assert later(third, 30).seconds_in("state", "Synced") == 30


def test_what_the_last_run_saw() -> None:
    first = Memory(1000.0)
    assert (first.last("sent"), first.since("state")) == (None, None)
    first.change("sent", 50)
    first.seconds_in("state", "Donor")
    assert (first.last("sent"), first.since("state")) == (None, None)  # not yet: this is that run
    second = later(first, 7200)
    second.change("sent", 80)
    second.seconds_in("state", "Synced")
    assert second.last("sent") == 50
    assert second.since("state") == ("Donor", 1000.0)
    third = later(second, 60)
    assert (third.last("sent"), third.since("state")) == (80, ("Synced", 8200.0))


def test_it_is_written_privately_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "m.json"
    memory = Memory(1000.0)
    memory.change("sent", 50)
    save(str(path), memory)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(str(path), 1010.0).change("sent", 70) == 20
    assert [entry.name for entry in path.parent.iterdir()] == ["m.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"at": 1}', '{"at": "x", "values": {}, "since": {}}', '{"at": 1, "values": {"a": "b"}, "since": {}}',
                                     '{"at": 1, "values": {}, "since": {"a": 5}}', '{"at": 1e12, "values": {"sent": 1}, "since": {}}', "\udcff"])  # fmt: skip
def test_a_corrupted_memory_starts_again(content: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert load(str(path), 2000.0).change("sent", 70) is None


def test_a_folder_that_cannot_be_used_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(1.0)
    with pytest.raises(ProbeError) as caught:
        save(str(tmp_path / "file" / "m.json"), memory)
    assert caught.value.state is UNKNOWN
    assert caught.value.text.startswith(f"cannot remember between runs in {tmp_path}/file: ")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to give a folder to another user")
def test_a_planted_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAMON_STATE_DIR")
    folder = Path(f"/var/tmp/hamon-test-{os.getpid()}")
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    try:
        with pytest.raises(ProbeError) as caught:
            save(f"{folder}/m.json", Memory(1.0))
        assert caught.value.text == f"{folder} belongs to another user: set HAMON_STATE_DIR to a private folder"
    finally:
        folder.rmdir()


def kept(path: Path) -> Memory:
    memory = Memory(1000.0)
    memory.change("sent", 50)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    save(str(path), memory)
    assert load(str(path), 1010.0).last("sent") == 50
    return memory


@pytest.mark.parametrize("plant", ["link", "fifo", "folder", "open", "large", "deep"])
def test_what_is_not_a_memory_of_this_user_is_not_read(tmp_path: Path, plant: str) -> None:
    path = tmp_path / "m" / "m.json"
    memory = kept(path)
    other = tmp_path / "other"
    path.rename(other)
    if plant == "link":
        path.symlink_to(other)
    elif plant == "fifo":
        os.mkfifo(path, 0o600)
    elif plant == "folder":
        path.mkdir()
    elif plant == "deep":
        path.write_text("[" * 100_000)
    else:
        path.write_text(other.read_text() + " " * (2**20 if plant == "large" else 0))
        path.chmod(0o622 if plant == "open" else 0o600)
    assert load(str(path), 1010.0).before == {}
    if plant != "folder":
        before = other.read_text()
        save(str(path), memory)
        assert stat.S_ISREG(path.lstat().st_mode)
        assert other.read_text() == before


@pytest.mark.parametrize("how", ["link", "open"])
def test_a_folder_behind_a_link_or_open_to_others_is_not_used(tmp_path: Path, how: str) -> None:
    memory = kept(tmp_path / "m" / "m.json")
    folder = tmp_path / "m"
    if how == "link":
        folder = tmp_path / "link"
        folder.symlink_to("m")
    else:
        folder.chmod(0o777)
    assert load(str(folder / "m.json"), 1010.0).before == {}
    with pytest.raises(ProbeError) as caught:
        save(str(folder / "m.json"), memory)
    words = (
        f"cannot remember between runs in {folder}: Not a directory; make it writable or set HAMON_STATE_DIR"
        if how == "link"
        else f"{folder} can be written by others: set HAMON_STATE_DIR to a private folder"
    )
    assert (caught.value.state, caught.value.text) == (UNKNOWN, words)


def test_more_than_a_megabyte_is_not_kept(tmp_path: Path) -> None:
    memory = Memory(1000.0)
    memory.seconds_in("state", "x" * 2**20)
    with pytest.raises(ProbeError, match=r"^cannot remember between runs: \d+ bytes, 1048576 at most$"):
        save(str(tmp_path / "m.json"), memory)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to give a folder to another user")
def test_root_remembers_apart_from_the_agents_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMON_STATE_DIR", str(tmp_path))
    assert directory() == str(tmp_path)
    os.chown(tmp_path, 12345, 12345)
    assert directory() == f"{tmp_path}/root"


@given(st.binary(max_size=200))
def test_no_bytes_in_the_file_stop_a_check(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    assert load(str(path), 5.0).now == 5.0
