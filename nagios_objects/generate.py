"""The generation pipeline: plan -> objects -> validated -> staged -> verified by Nagios -> swapped in at once."""

import contextlib
import difflib
import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hamon.errors import UsageError
from hamon.nagios_objects import directory, nagios, place
from hamon.nagios_objects.build import build
from hamon.nagios_objects.machine import main_configuration, warnings
from hamon.nagios_objects.notification import TIERS
from hamon.nagios_objects.render import render
from hamon.nagios_objects.validate import problems
from hamon.plan import Plan
from hamon.words import listed, some


class Report(NamedTuple):
    """How a generation ended. ``code`` is the command's exit code; ``diff`` has the changed lines when they were wanted."""

    result: str
    code: int
    delta: directory.Delta | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preflight: nagios.Preflight | None = None
    diff: tuple[str, ...] = ()


def rendered(plan: Plan) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files of a plan by path, and what is wrong with them: with problems there are no files."""
    objects = build(plan)
    wrong = tuple(problems(plan, objects))
    if wrong:
        return {}, wrong
    try:
        return render(plan, objects), ()
    except UsageError as error:
        return {}, (str(error),)


def unset_contacts(plan: Plan) -> str:
    """Which tiers have no contact, and what follows from that; empty when all have one."""
    settings = plan.settings
    unset = [tier for tier in TIERS if not settings.contacts.get(tier) and not settings.contact_groups.get(tier)]
    return f"no contact is set for {listed(unset)}: mail goes to root on the Nagios server" if unset else ""


def waiting_escalations(plan: Plan) -> list[str]:
    """One line for each escalation that waits for a notification which Nagios sends only when the state changes."""
    settings = plan.settings
    return [
        f"hamon.escalations[{index}] begins with notification {escalation.after}, and Nagios sends no second one for a problem of"
        f" tier {escalation.tier} that stays as it is; set hamon.renotify.{escalation.tier}"
        for index, escalation in enumerate(settings.escalations)
        if escalation.after > 1 and not settings.renotify.get(escalation.tier)
    ]


def unproved(plan: Plan) -> Iterator[str]:
    """What follows from certificates that NRPE is asked without: of the asking side, and of the answering one."""
    nrpe = plan.settings.nrpe
    if not (nrpe.cert and nrpe.key):
        yield "NRPE is asked without a client certificate: its allowed_hosts alone keep others out; set hamon.nrpe.cert and key (hamon pki)"
    if not nrpe.ca:
        yield "whoever answers on NRPE's port is believed; set hamon.nrpe.ca (hamon pki)"


def generate(
    plan: Plan,
    where: str,
    *,
    dry_run: bool = False,
    with_diff: bool = False,
    max_delta: float | None = None,
    ask_nagios: bool = True,
    nagios_cfg: str | None = None,
) -> Report:
    """Bring the directory ``where`` to the plan's state, all at once or not at all.

    ``max_delta`` is the largest fraction of the hosts or services that may go; ``nagios_cfg`` is the main configuration of
    the Nagios that will read the objects, None for the usual places. Raises UsageError when the directory
    cannot be used at all; what is wrong with the plan or its size is a refusal in the report.
    """
    output = place.usable(where)
    notes = warnings(plan) + main_configuration(plan, nagios_cfg) + waiting_escalations(plan)
    unset = unset_contacts(plan)
    if unset:
        notes.append(f"{unset}; set hamon.contacts")
    notes += unproved(plan)
    files, wrong = rendered(plan)
    if wrong:
        return Report("refused", 2, problems=wrong, notes=tuple(notes))
    with contextlib.nullcontext() if dry_run else place.alone(output):
        return _brought(plan, output, files, notes, dry_run, with_diff, max_delta, ask_nagios)


def _brought(
    plan: Plan,
    output: Path,
    files: dict[str, str],
    notes: list[str],
    dry_run: bool,
    with_diff: bool,
    max_delta: float | None,
    ask_nagios: bool,
) -> Report:
    """How it ended, once the files are made."""
    current = directory.read_current(output)
    services = directory.services_of(plan)
    delta = directory.compare(current, plan, files, services)
    report = Report(
        "unchanged", 0, delta, diff=tuple(changed_lines(output, current, files, delta)) if with_diff else ()
    )
    if not delta:
        return report._replace(notes=tuple(notes))
    notes += [f"{path} was edited by hand since hamon wrote it; it is replaced" for path in current.edited]
    refusals = list(_refusals(output, current, files, delta, max_delta))
    if refusals:
        return report._replace(result="refused", code=2, problems=tuple(refusals), notes=tuple(notes))
    files[directory.MANIFEST] = directory.manifest(plan, files, services)
    with _staged(output, files, dry_run) as staged:
        verified = _verify(staged, plan, notes) if ask_nagios else None
        report = report._replace(notes=tuple(notes), preflight=verified)
        if verified and verified.errors:
            return report._replace(result="refused", code=2, problems=verified.errors)
        if dry_run:
            return report._replace(result="would change", code=1)
        directory.swap(staged, output, current)
    return report._replace(result="changed", code=0)


def _refusals(
    output: Path, current: directory.Current, files: Mapping[str, str], delta: directory.Delta, max_delta: float | None
) -> Iterator[str]:
    """Why this output may not be replaced: files that hamon did not write in the way, or too much would go."""
    clashes = sorted(set(directory.foreign(output, current)) & files.keys())
    if clashes:
        yield f"{output}: not written by hamon: {some(clashes, 10)}; move them away or choose another -o"
    lost = directory.losses(current, delta)
    if max_delta is not None and lost > max_delta:
        yield f"{lost:.0%} of the hosts or services would go, more than --max-delta {max_delta:.0%}; where that is meant, say --max-delta {math.ceil(lost * 100)}%"


@contextlib.contextmanager
def _staged(output: Path, files: Mapping[str, str], dry_run: bool) -> Iterator[Path]:
    """The files in a directory of their own: beside the output for a swap, anywhere for a dry run. Gone afterwards."""
    staged = Path(tempfile.mkdtemp(prefix="hamon-dry-run-")) if dry_run else directory.make_stage(output)
    try:
        try:
            directory.stage(staged, files)
        except OSError as error:
            raise UsageError(f"{staged}: cannot be written: {(error.strerror or '').lower()}") from None
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _verify(staged: Path, plan: Plan, notes: list[str]) -> nagios.Preflight | None:
    """What Nagios says about the staged objects; None when there is no Nagios to ask."""
    program = nagios.find()
    if program is None:
        notes.append("no nagios4 on this machine: the objects passed hamon's own validation only")
        return None
    verdict = nagios.preflight(program, staged / "objects", nagios.stubs(plan.settings))
    notes += verdict.warnings
    if verdict.errors:
        return verdict
    expected = (len(plan.checks), len(plan.hosts))
    if (verdict.services, verdict.hosts) != expected:
        text = f"{program} counts {verdict.services} services on {verdict.hosts} hosts, the plan has {expected[0]} on {expected[1]}"
        return verdict._replace(errors=(text,))
    return verdict


def changed_lines(
    output: Path, current: directory.Current, files: Mapping[str, str], delta: directory.Delta
) -> Iterator[str]:
    """The changed lines of all files, as unified diffs."""
    for path in delta.files:
        old = ""
        if path in current.files:
            with contextlib.suppress(OSError):
                old = (output / path).read_text(encoding="utf-8", errors="replace")
        yield from difflib.unified_diff(
            old.splitlines(), files.get(path, "").splitlines(), f"old/{path}", f"new/{path}", lineterm=""
        )
