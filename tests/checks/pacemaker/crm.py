"""Statuses of Pacemaker clusters for tests: small ones of our own, in the shape of crm_mon's XML, judged through a recording."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hamon.catalogue import check_named
from hamon.execute import execute
from hamon.verdict import Outcome

FENCED = '<fence_history><fence_event action="reboot" target="ctl3" origin="ctl1" delegate="ctl1" status="{}" {}/></fence_history>'
NOW = 1795354320.0  # 2026-11-22 13:32:00Z
CRM_MON = "command crm_mon --output-as=xml"
CONSTRAINTS = "command cibadmin --query --scope constraints"
CRM_CONFIG = "command cibadmin --query --scope crm_config"
PIDFILE = "command cat /run/corosync.pid"
NO_PIDFILE = (1, "", "cat: /run/corosync.pid: No such file or directory")
VERIFY = "command crm_verify --live-check --verbose"
REGISTERED = "command stonith_admin --list-registered --output-as=xml"


PERF = "nodes=3;;;0 online={online};;;0 instances=1;;;0 running={running};;;0 failures={failures};;;0 quorum={quorum};;;0;1"


def perf(online: int = 3, running: int = 1, failures: int = 0, quorum: int = 1) -> str:
    """The perfdata of check_pacemaker for a cluster with one resource."""
    return PERF.format(online=online, running=running, failures=failures, quorum=quorum)


def node(name: str, **attributes: str) -> str:
    """A node, online unless said otherwise."""
    shown = {
        "online": "true",
        "unclean": "false",
        "expected_up": "true",
        "type": "member",
        "health": "green",
        **attributes,
    }
    return f'<node name="{name}" ' + " ".join(f'{key}="{value}"' for key, value in shown.items()) + "/>"


def resource(name: str, *nodes: str, agent: str = "ocf:heartbeat:IPaddr2", **attributes: str) -> str:
    """A resource, started where ``nodes`` say."""
    shown = {
        "role": "Started" if nodes else "Stopped",
        "managed": "true",
        "failed": "false",
        "blocked": "false",
        **attributes,
    }
    where = "".join(f'<node name="{place}" id="1" cached="true"/>' for place in nodes)
    return (
        f'<resource id="{name}" resource_agent="{agent}" '
        + " ".join(f'{k}="{v}"' for k, v in shown.items())
        + f">{where}</resource>"
    )


def bundle(name: str, *nodes: str, **attributes: str) -> str:
    """A bundle with a replica for each of ``nodes``, a stopped one where the name is empty."""
    replicas = ""
    for number, where in enumerate(nodes):
        container = resource(f"{name}-podman-{number}", *([where] if where else []), agent="ocf:heartbeat:podman")
        replicas += f'<replica id="{number}">{container}</replica>'
    shown = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<bundle id="{name}" type="podman" unique="false" managed="true" failed="false"{shown}>{replicas}</bundle>'


def status(
    nodes: str = node("ctl1") + node("ctl2") + node("ctl3"),
    resources: str = resource("vip", "ctl1"),
    more: str = "",
    *,
    dc: str = 'present="true" name="ctl1" version="2.1.5-a3f44794f94" with_quorum="true" mixed_version="false"',
    options: str = 'stonith-enabled="true" no-quorum-policy="stop" maintenance-mode="false"',
    configured: int | None = None,
) -> str:
    """A whole status, healthy unless said otherwise. ``configured``: instances that it counts, if not those that it lists."""
    count = resources.count("<resource ") if configured is None else configured
    return f"""<pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
  <summary>
    <current_dc {dc}/>
    <last_update time="Sun Nov 22 13:32:00 2026"/>
    <resources_configured number="{count}"/>
    <cluster_options {options}/>
  </summary>
  <nodes>{nodes}</nodes>
  <resources>{resources}</resources>
  {more}
  <status code="0" message="OK"/>
</pacemaker-result>"""


def judged(
    folder: Path,
    check: str,
    *statuses: str | Sequence[Any],
    args: Sequence[str] = (),
    constraints: Sequence[Any] = (0, "<constraints/>", ""),
    verify: Sequence[Any] = (0, "", ""),
    registered: Sequence[Any] = (1, "", ""),
    running: Sequence[str] = ("corosync", "pacemakerd"),
    place: Sequence[Any] = (),
    since: dict[str, Any] | None = None,
    question: str = CRM_MON,
    config: Sequence[Any] = (0, "<crm_config/>", ""),
    inactive: Sequence[Any] = (1, "", "crm_mon: unrecognized option '--inactive'"),
    pidfile: Sequence[Any] = (0, "7\n", ""),
    plain: Sequence[Any] = (1, "", ""),
    refused: bool = False,
) -> Outcome:
    """The check's verdict on one status, or on several looks one after the other. ``since``: condition and age, by name.

    ``config``: the CIB's options; ``inactive``: what crm_mon answers when asked for what is not active, too;
    ``plain``: what stonith_admin answers without XML; ``refused``: whether crm_mon is too old for --output-as;
    ``place``: of all processes, whether they are in another network namespace and in a container, and their command line.
    """
    answers: list[dict[str, Any]] = [
        {"ask": question, "answer": [0, status, ""] if isinstance(status, str) else list(status)} for status in statuses
    ]
    if refused:
        answers.append({"ask": CRM_MON, "answer": [64, "crm_mon: unrecognized option '--output-as=xml'\n", ""]})
    answers += [
        {"ask": "command stonith_admin --list-registered", "answer": list(plain)},
        {"ask": CONSTRAINTS, "answer": list(constraints)},
        {"ask": CRM_CONFIG, "answer": list(config)},
        {"ask": f"{question} --inactive", "answer": list(inactive)},
        {"ask": PIDFILE, "answer": list(pidfile)},
        {"ask": "command cat /proc/7/comm", "answer": [0, "corosync\n", ""]},
        {"ask": VERIFY, "answer": list(verify)},
        {"ask": REGISTERED, "answer": list(registered)},
        *(
            {"ask": f"processes {name}", "answer": [[7, NOW - 60, *place]] if name in running else []}
            for name in ("corosync", "pacemakerd")
        ),
    ]
    ages = {name: [condition, NOW - age] for name, (condition, age) in (since or {}).items()}
    memory = {"at": NOW - 60, "values": {}, "since": ages}
    recording = {"hamon_recording": 1, "check": check, "args": [], "clock": NOW, "memory": memory, "answers": answers}
    file = folder / "recording.json"
    file.write_text(json.dumps(recording))
    return execute(check_named(check), ["--replay", str(file), *args])


def line(outcome: Outcome) -> str:
    """The status line."""
    return outcome.render().splitlines()[0]


def history(name: str, where: str, count: int, threshold: int, last: str) -> str:
    return (
        f'<node_history><node name="{where}"><resource_history id="{name}" migration-threshold="{threshold}" fail-count="{count}" '
        f'last-failure="{last}"/></node></node_history>'
    )


def failure(name: str, where: str, last: str, reason: str = "") -> str:
    return (
        f'<failures><failure op_key="{name}_start_0" node="{where}" exitstatus="error" exitreason="{reason}" task="start" '
        f'last-rc-change="{last}"/></failures>'
    )


def clone(*instances: str, **attributes: str) -> str:
    shown = {"id": "st-clone", "multi_state": "false", "unique": "false", **attributes}
    return "<clone " + " ".join(f'{key}="{value}"' for key, value in shown.items()) + f">{''.join(instances)}</clone>"
