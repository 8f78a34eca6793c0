"""The output directory, by way of ``hamon gen-objects``: nothing half-written, nothing foreign touched."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from hamon import catalogue, cli
from hamon.nagios_objects import directory, nagios, place
from tests.inventories.fakes import COMPONENTS

HERE = Path(__file__).parents[1] / "inventories"

Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "components", lambda: COMPONENTS)
    monkeypatch.setattr(nagios, "find", lambda: None)  # the real one is asked where it matters


class Cloud:
    """An inventory that tests edit, and a directory that gen-objects writes."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.source, self.out, self.capsys = path / "cloud.yml", path / "out", capsys
        self.source.write_text((HERE / "small.yml").read_text())

    def edit(self, old: str, new: str) -> None:
        text = self.source.read_text()
        assert old in text
        self.source.write_text(text.replace(old, new))

    def generate(self, *options: str) -> Said:
        code = cli.main(["gen-objects", "-i", str(self.source), "-o", str(self.out), *options])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def files(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.out)): p.read_bytes() for p in sorted(self.out.rglob("*")) if p.is_file()}


@pytest.fixture
def cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloud:
    return Cloud(tmp_path, capsys)


def test_the_first_run_writes_everything_and_the_second_nothing(cloud: Cloud) -> None:
    code, printed, _ = cloud.generate()
    assert code == 0
    assert printed.splitlines()[0] == "ADD host ctl1"
    assert printed.splitlines()[-1].startswith(f"12 files changed in {cloud.out}: 13 services on 6 hosts, plan ")
    first = cloud.files()
    assert len(first) == 13
    before = (cloud.out / directory.MANIFEST).stat()
    code, printed, _ = cloud.generate()
    assert code == 0
    assert printed.startswith(f"nothing to change in {cloud.out}: 13 services on 6 hosts, plan ")
    assert (cloud.out / directory.MANIFEST).stat() == before
    assert cloud.files() == first


def test_two_directories_get_the_same_bytes(cloud: Cloud) -> None:
    cloud.generate()
    first = cloud.files()
    cloud.out = cloud.out.with_name("other")
    cloud.generate()
    assert cloud.files() == first


def test_everybody_can_read_it_whatever_the_umask(cloud: Cloud) -> None:
    old = os.umask(0o077)
    try:
        cloud.generate()
    finally:
        os.umask(old)
    modes = {str(p.relative_to(cloud.out)): stat.S_IMODE(p.stat().st_mode) for p in (cloud.out, *cloud.out.rglob("*"))}
    assert modes["."] == modes["objects"] == modes["nrpe"] == 0o755
    assert modes["objects/hamon-hosts.cfg"] == modes["nrpe/ctl1.cfg"] == 0o644
    assert modes["sudoers/ctl1"] == 0o440


def test_a_change_is_reported_and_the_rest_stays(cloud: Cloud) -> None:
    cloud.generate()
    cloud.edit("ctl[1:3]:", "ctl[1:2]:")
    cloud.edit('{lag: "0.2"}', '{lag: "0.3"}')
    code, printed, _ = cloud.generate()
    assert code == 0
    assert printed.splitlines()[:-1] == [
        "REMOVE service ctl3/store",
        "CHANGE service ctl1/store",
        "CHANGE service ctl2/store",
        "CHANGE service store.cluster/store_cluster",
    ]
    assert (cloud.out / "nrpe" / "ctl3.cfg").exists()  # still a host, without commands
    cloud.edit("        ctl3: {ansible_host: 10.20.0.13}\n", "")
    _, printed, _ = cloud.generate()
    assert printed.splitlines()[:-1] == ["REMOVE host ctl3", "REMOVE service ctl3/nrpe"]
    assert not (cloud.out / "nrpe" / "ctl3.cfg").exists()


def test_a_dry_run_writes_nothing(cloud: Cloud) -> None:
    code, printed, _ = cloud.generate("--dry-run")
    assert code == 1
    assert "12 files would change" in printed
    assert not cloud.out.exists()
    cloud.generate()
    before = cloud.files()
    assert cloud.generate("--dry-run")[0] == 0
    cloud.edit("10.20.0.13", "10.20.0.23")
    assert cloud.generate("-n")[0] == 1
    assert cloud.files() == before
    assert [path.name for path in cloud.out.parent.iterdir() if path.name.startswith(".")] == []


def test_a_diff(cloud: Cloud) -> None:
    cloud.generate()
    cloud.edit("10.20.0.13", "10.20.0.23")
    _, printed, _ = cloud.generate("--diff", "-n")
    lines = printed.splitlines()
    assert "--- old/objects/hamon-hosts.cfg" in lines
    assert "-  address     10.20.0.13" in lines
    assert "+  address     10.20.0.23" in lines
    assert "--- old/nrpe/ctl1.cfg" not in lines


def test_losing_too_much_is_refused(cloud: Cloud) -> None:
    cloud.generate()
    before = cloud.files()
    cloud.edit("    monitoring: {hosts: {mon1: {ansible_host: 10.20.0.5}}}\n", "")
    code, printed, errors = cloud.generate("--max-delta", "10%")
    assert code == 2
    assert printed.splitlines()[-1].startswith("refused, nothing changed in ")
    assert (
        errors.splitlines()[-1]
        == "refused: 17% of the hosts or services would go, more than --max-delta 10%; where that is meant, say --max-delta 17%"
    )
    assert cloud.files() == before
    assert cloud.generate("--max-delta", "20%")[0] == 0


def test_foreign_files_survive_and_edited_ones_are_replaced(cloud: Cloud) -> None:
    cloud.generate()
    (cloud.out / "objects" / "mine.cfg").write_text("# mine\n")
    (cloud.out / "own").mkdir(mode=0o700)
    (cloud.out / "own" / "note").write_text("keep me")
    (cloud.out / "link").symlink_to("own/note")
    (cloud.out / "own" / "empty").mkdir(mode=0o750)
    (cloud.out / "objects" / "hamon-hosts.cfg").write_text("# I know better\n")
    (cloud.out / "nrpe" / "ctl1.cfg").unlink()
    inode = (cloud.out / "own" / "note").stat().st_ino
    code, printed, errors = cloud.generate()
    assert code == 0
    assert printed.startswith(f"2 files changed in {cloud.out}")
    assert "note: nrpe/ctl1.cfg was edited by hand since hamon wrote it; it is replaced" in errors.splitlines()
    assert (cloud.out / "objects" / "mine.cfg").read_text() == "# mine\n"
    assert (cloud.out / "own" / "note").stat().st_ino == inode
    assert stat.S_IMODE((cloud.out / "own").stat().st_mode) == 0o700
    assert stat.S_IMODE((cloud.out / "own" / "empty").stat().st_mode) == 0o750
    assert os.readlink(cloud.out / "link") == "own/note"
    assert "I know better" not in (cloud.out / "objects" / "hamon-hosts.cfg").read_text()
    assert sorted(path.name for path in cloud.out.parent.iterdir()) == ["cloud.yml", "out"]


def test_a_foreign_file_in_the_way_is_not_overwritten(cloud: Cloud) -> None:
    (cloud.out / "objects").mkdir(parents=True)
    (cloud.out / "objects" / "hamon-hosts.cfg").write_text("# mine\n")
    code, _, errors = cloud.generate()
    assert code == 2
    assert errors.splitlines()[-1] == (
        f"refused: {cloud.out}: not written by hamon: objects/hamon-hosts.cfg; move them away or choose another -o"
    )
    assert list(cloud.files()) == ["objects/hamon-hosts.cfg"]


def test_a_manifest_that_is_none(cloud: Cloud) -> None:
    cloud.out.mkdir()
    for text in (
        "{",
        "[]",
        '{"files": {"../../etc/passwd": "0"}, "services": {}}',
        '{"files": {"/etc/passwd": "0"}, "services": {}}',
    ):
        (cloud.out / directory.MANIFEST).write_text(text)
        code, _, errors = cloud.generate()
        assert code == 3
        assert errors.splitlines()[-1].endswith(
            "hamon-manifest.json is not what hamon wrote; remove the directory's old output and the manifest, then run again"
        )


def test_an_output_that_is_a_file(cloud: Cloud) -> None:
    cloud.out.write_text("")
    code, _, errors = cloud.generate()
    assert code == 3
    assert errors.splitlines()[-1] == f"hamon gen-objects: {cloud.out} is not a directory"


def test_a_link_to_the_directory_stays_a_link(cloud: Cloud) -> None:
    real = cloud.out.with_name("real")
    real.mkdir()
    cloud.out.symlink_to(real)
    assert cloud.generate()[0] == 0
    assert cloud.out.is_symlink()
    assert (real / "objects" / "hamon-hosts.cfg").exists()


def test_file_systems_without_exchange(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    cloud.generate()
    (cloud.out / "mine").write_text("mine")
    cloud.edit("10.20.0.13", "10.20.0.23")
    assert cloud.generate()[0] == 0
    assert (cloud.out / "mine").exists()
    assert sorted(path.name for path in cloud.out.parent.iterdir()) == ["cloud.yml", "out"]


def test_a_swap_that_fails_leaves_everything_as_it_was(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.generate()
    before = cloud.files()
    cloud.edit("10.20.0.13", "10.20.0.23")
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == cloud.out and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    code, _, errors = cloud.generate()
    assert code == 3
    assert errors.splitlines()[-1] == (
        f"hamon gen-objects: {cloud.out}: cannot be replaced: no space left on device; nothing was changed"
    )
    assert cloud.files() == before
    assert sorted(path.name for path in cloud.out.parent.iterdir()) == ["cloud.yml", "out"]


def test_what_nagios_refuses_is_not_written(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = nagios.Preflight("nagios4", 13, 6, ("Error: nope",), ())
    monkeypatch.setattr(nagios, "find", lambda: "nagios4")
    monkeypatch.setattr(nagios, "preflight", lambda *_: verdict)
    code, _, errors = cloud.generate()
    assert (code, errors.splitlines()[-1]) == (2, "refused: Error: nope")
    assert sorted(path.name for path in cloud.out.parent.iterdir()) == ["cloud.yml"]
    verdict = nagios.Preflight("nagios4", 12, 6, (), ())
    code, _, errors = cloud.generate()
    assert (code, errors.splitlines()[-1]) == (
        2,
        "refused: nagios4 counts 12 services on 6 hosts, the plan has 13 on 6",
    )
    assert cloud.generate("--no-nagios")[0] == 0


def test_what_nagios_warns_of_is_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nagios, "find", lambda: "nagios4")
    monkeypatch.setattr(nagios, "preflight", lambda *_: nagios.Preflight("nagios4", 13, 6, (), ("Warning: hm",)))
    code, printed, errors = cloud.generate()
    assert code == 0
    assert printed.endswith("; verified by nagios4\n")
    assert errors.splitlines()[-1] == "note: Warning: hm"


def test_validation_before_anything_is_written(cloud: Cloud) -> None:
    cloud.edit('["--donor-max", "1200"]', '["--note", "' + "x" * 2000 + '"]')
    code, _, errors = cloud.generate()
    assert code == 2
    assert re.fullmatch(
        r"refused: ctl1: the NRPE command check_store has \d+ bytes and NRPE reads 2047; shorten .*",
        errors.splitlines()[-1],
    )
    assert not cloud.out.exists()


def test_as_json(cloud: Cloud) -> None:
    report = json.loads(cloud.generate("--json")[1])
    assert report["result"] == "changed"
    assert report["hosts_added"] == ["ctl1", "ctl2", "ctl3", "mon1", "store.cluster", "vip.internal"]
    assert (report["services"], report["hosts"], report["problems"], report["nagios"]) == (13, 6, [], None)
    assert "2 groups hamon has no checks for: controllers and monitoring" in report["notes"]
    assert json.loads(cloud.generate("--json")[1])["result"] == "unchanged"
    cloud.edit("10.20.0.13", "10.20.0.23")
    report = json.loads(cloud.generate("--json", "--dry-run", "--max-delta=0")[1])
    assert (report["result"], report["changed"]) == (
        "would change",
        ["ctl3/nrpe", "ctl3/store", "store.cluster/store_cluster"],
    )


def test_usage(cloud: Cloud) -> None:
    cloud.source.write_text("all: {}\n")
    code, _, errors = cloud.generate()
    assert (code, errors) == (3, f"hamon gen-objects: inventory {cloud.source} names no hosts\n")
    assert cloud.generate("--max-delta", "lots")[0] == 3


def test_secrets_of_the_inventory_are_nowhere(cloud: Cloud) -> None:
    cloud.edit("    hamon:\n", "    db_password: hunter2\n    api_token: hunter2\n    hamon:\n")
    cloud.edit("ctl1: {ansible_host", "ctl1: {ansible_become_password: hunter2, ansible_host")
    code, printed, errors = cloud.generate("--diff")
    assert code == 0
    assert "hunter2" not in printed + errors
    assert not any(b"hunter2" in raw for raw in cloud.files().values())


def test_more_than_a_fifth_is_not_lost_by_default(cloud: Cloud) -> None:
    cloud.generate()
    before = cloud.files()
    cloud.edit("ctl[1:3]:", "ctl1:")
    cloud.edit("        ctl3: {ansible_host: 10.20.0.13}\n", "")
    cloud.edit("        ctl2: {ansible_host: 10.20.0.12}\n", "")
    code, _, errors = cloud.generate()
    assert code == 2
    assert errors.splitlines()[-1] == (
        "refused: 23% of the hosts or services would go, more than --max-delta 20%; where that is meant, say --max-delta 24%"
    )
    assert cloud.files() == before
    assert cloud.generate("--max-delta", "24%")[0] == 0


def test_the_first_run_loses_nothing(cloud: Cloud) -> None:
    cloud.out.mkdir()
    (cloud.out / "mine.cfg").write_text("# mine\n")
    assert cloud.generate()[0] == 0
    assert (cloud.out / "mine.cfg").read_text() == "# mine\n"


def test_no_directory_is_no_directory(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("", "  "):
        assert cli.main(["gen-objects", "-i", str(cloud.source), "-o", name]) == 3
        assert capsys.readouterr().err.splitlines()[-1] == (
            "hamon gen-objects: -o is empty: name the directory that hamon writes, such as /etc/nagios4/hamon"
        )
    assert cli.main(["gen-objects", "-i", str(cloud.source), "-o", "/"]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        "hamon gen-objects: -o / is the root of this machine; name a directory of hamon's own"
    )


def mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: Path) -> None:
    line = f"36 35 98:0 /mnt1 {str(where).replace(' ', chr(92) + '040')} rw,noatime master:1 - ext4 /dev/root rw\n"
    (tmp_path / "mountinfo").write_text(f"22 1 0:21 / /proc rw - proc proc rw\n{line}")
    monkeypatch.setattr(place, "MOUNTS", tmp_path / "mountinfo")


def test_a_mount_point_cannot_be_replaced(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cloud.out = tmp_path / "the out"
    mounted(monkeypatch, tmp_path, cloud.out)
    code, _, errors = cloud.generate()
    assert (code, errors.splitlines()[-1]) == (
        3,
        f"hamon gen-objects: {cloud.out} is a mount point, which cannot be replaced in one step; "
        f"give a directory in it: -o {cloud.out}/hamon",
    )
    assert not cloud.out.exists()
    cloud.out = cloud.out / "hamon"
    assert cloud.generate()[0] == 0


def test_what_is_mounted_inside_does_not_go_with_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloud.generate()
    mounted(monkeypatch, tmp_path, cloud.out / "objects" / "site")
    code, _, errors = cloud.generate()
    assert (code, errors.splitlines()[-1]) == (
        3,
        f"hamon gen-objects: {cloud.out}/objects/site is mounted inside the output directory and would go with it; "
        "choose another -o",
    )


def test_the_kernel_lists_the_mounts_of_this_machine() -> None:
    assert Path("/proc") in place.mounts()


def test_what_a_killed_run_left_is_cleared(cloud: Cloud) -> None:
    cloud.generate()
    before = cloud.files()
    staged = cloud.out.with_name(".out.new-abc")
    (staged / "objects").mkdir(parents=True)
    other = cloud.out.with_name(".outer.new-abc")
    other.mkdir()
    assert cloud.generate()[0] == 0
    assert (staged.exists(), other.exists()) == (False, True)

    cloud.out.rename(staged.with_name(".out.new-abc.old"))  # killed between its two renames
    code, printed, _ = cloud.generate()
    assert (code, printed.splitlines()[-1].startswith("nothing to change in")) == (0, True)
    assert cloud.files() == before


def test_one_run_at_a_time(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.generate()
    monkeypatch.setattr(place, "PATIENCE", 0.0)
    with place.alone(cloud.out):
        code, _, errors = cloud.generate()
        assert cloud.generate("--dry-run")[0] == 0, "looking needs no lock"
    assert (code, errors.splitlines()[-1]) == (
        3,
        f"hamon gen-objects: {cloud.out}: another run has been writing beside it for 0 s",
    )
    assert cloud.generate()[0] == 0


def test_a_renamed_inventory_and_an_upgrade_rewrite_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.generate()
    before = cloud.files()
    cloud.source = cloud.source.rename(cloud.source.with_name("renamed.yml"))
    monkeypatch.setattr("hamon.__version__", "9.9.9")
    code, printed, _ = cloud.generate()
    assert (code, printed.startswith(f"nothing to change in {cloud.out}: ")) == (0, True)
    assert cloud.files() == before
    assert not [path for path, text in before.items() if path != directory.MANIFEST and b"cloud.yml" in text]


def test_no_contact_is_a_note(cloud: Cloud) -> None:
    note = "note: no contact is set for page and ticket: mail goes to root on the Nagios server; set hamon.contacts"
    assert note in cloud.generate()[2].splitlines()
    cloud.edit("    hamon:\n", "    hamon:\n        contacts: {page: [a@example.org], ticket: [b@example.org]}\n")
    assert "no contact is set" not in cloud.generate()[2]
