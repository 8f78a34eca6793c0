"""Settings of the operator's own Nagios: who is called when, names of two clouds in one, groups, links. The real one takes them."""

import re
from pathlib import Path
from typing import Any

import pytest

from hamon.errors import UsageError
from hamon.nagios_objects import nagios
from hamon.nagios_objects.build import build
from hamon.nagios_objects.render import render
from hamon.nagios_objects.validate import problems
from hamon.plan import Plan, make_plan
from tests.inventories.fakes import COMPONENTS
from tests.plan.test_plan import cloud

HOSTS = {f"ctl{n}": ("galera", "haproxy", "keepalived", f"rack{n}") for n in (1, 2, 3)}
MANY: dict[str, Any] = {
    "prefix": "east",
    "vips": {"internal": "10.0.0.100"},
    "contacts": {"page": ["oncall@example.org"]},
    "contact_groups": {"page": ["admins"], "ticket": "helpdesk"},
    "periods": {"page": "24x7"},
    "renotify": {"page": 3600},
    "escalations": [{"after": 3, "contact_groups": ["managers"], "interval": 1800}],
    "templates": {"host": "generic-host", "service": "generic-service"},
    "hostgroups": ["^rack[12]$"],
    "action_url": "https://graphs.example.org/$HOSTNAME$/{check}",
    "icon_image": "{component}.png",
    "nrpe": {"user": "nrpe"},
}


def planned(hamon: dict[str, Any]) -> Plan:
    return make_plan(cloud(hamon, HOSTS), COMPONENTS)


def blocks(text: str, kind: str) -> list[dict[str, str]]:
    """The objects of one kind, each with its directives."""
    found = re.findall(rf"define {kind} {{\n(.*?)\n}}", text, re.DOTALL)
    return [dict(line.split(None, 1) for line in body.splitlines() if "#" not in line) for body in found]


def one(text: str, kind: str, **which: str) -> dict[str, str]:
    (found,) = [block for block in blocks(text, kind) if which.items() <= block.items()]
    return found


@pytest.mark.parametrize(
    "hamon",
    [
        MANY,
        {"contact_groups": {"ticket": ["helpdesk"]}, "contacts": {"ticket": ["a@example.org"]}, "renotify": {"ticket": 60}},
        {"escalations": [{"after": 2, "contact_groups": "managers", "tier": "ticket", "interval": 0}], "hostgroups": ["."]},
        {"prefix": "west", "periods": {"page": "always", "ticket": "workhours"}, "templates": {"service": "mine"}},
    ],
)  # fmt: skip
def test_the_real_nagios_takes_them(tmp_path: Path, hamon: dict[str, Any]) -> None:
    program = nagios.find()
    if program is None:
        pytest.skip("no nagios4 on this machine")
    plan = planned(hamon)
    assert problems(plan, build(plan)) == []
    (tmp_path / "objects").mkdir()
    for path, text in render(plan, build(plan)).items():
        if path.startswith("objects/"):
            (tmp_path / path).write_text(text)
    said = nagios.preflight(program, tmp_path / "objects", nagios.stubs(plan.settings))
    assert said.errors == ()
    assert (said.services, said.hosts) == (len(plan.checks), len(plan.hosts))


def test_what_they_become() -> None:
    plan = planned(MANY)
    files = render(plan, build(plan))
    base, services = files["objects/hamon-base.cfg"], files["objects/hamon-services.cfg"]
    assert one(base, "service", name="east-service-page") == {
        "name": "east-service-page", "use": "east-any-service", "register": "0", "notification_interval": "60",
        "contact_groups": "east-page,admins,helpdesk", "stalking_options": "w,u,c",
    }  # fmt: skip
    assert one(base, "service", name="east-service-ticket")["contact_groups"] == "helpdesk"
    assert "notification_interval" not in one(base, "service", name="east-service-ticket")
    assert one(base, "service", name="east-any-service")["use"] == "generic-service"
    assert one(base, "host", name="east-any-host")["use"] == "generic-host"
    assert one(base, "contact")["service_notification_period"] == "24x7"
    assert [block["contactgroup_name"] for block in blocks(base, "contactgroup")] == ["east-page"]
    assert blocks(base, "serviceescalation") == [
        {
            "servicegroup_name": "east-tier-page", "first_notification": "3", "last_notification": "0",
            "notification_interval": "30", "contact_groups": "east-page,admins,helpdesk,managers",
        }
    ]  # fmt: skip
    assert blocks(base, "hostescalation") == []
    assert "east-tier" not in files["objects/hamon-hosts.cfg"], "a cluster counts these hosts: their death is a ticket"
    store = one(services, "service", service_description="store_cluster")
    assert store["host_name"] == "east-store.cluster"
    assert store["servicegroups"] == "east-store,east-tier-page"
    assert store["action_url"] == "https://graphs.example.org/$HOSTNAME$/store_cluster"
    assert store["icon_image"] == "store.png"
    assert one(files["objects/hamon-hosts.cfg"], "host", host_name="ctl2")["hostgroups"].endswith(",east-group-rack2")
    assert "east-group-rack3" not in files["objects/hamon-groups.cfg"]
    assert files["sudoers/ctl1"].splitlines()[3].startswith("nrpe ALL=(root) NOPASSWD: ")
    names = re.findall(
        r"\bhamon-[a-z]\S*", "".join(text for path, text in files.items() if path.startswith("objects/"))
    )
    assert names == [], "two clouds in one Nagios share no name"


def test_hosts_escalate_as_their_tier_does() -> None:
    plan = planned({**MANY, "escalations": [{"after": 2, "contact_groups": ["managers"], "tier": "ticket"}]})
    files = render(plan, build(plan))
    (escalation,) = blocks(files["objects/hamon-base.cfg"], "hostescalation")
    assert escalation == {
        "hostgroup_name": "east-tier-ticket", "first_notification": "2", "last_notification": "0",
        "notification_interval": escalation["notification_interval"], "contact_groups": "helpdesk,managers",
    }  # fmt: skip
    tickets = {host.name for host in plan.hosts if host.kind == "host" and host.tier == "ticket"}
    hosts = blocks(files["objects/hamon-hosts.cfg"], "host")
    assert {host["host_name"] for host in hosts if host["hostgroups"].endswith(",east-tier-ticket")} == tickets
    assert tickets == set(HOSTS)


@pytest.mark.parametrize(
    ("hamon", "said"),
    [
        ({"prefix": "a b"}, "hamon.prefix: 'a b' is no name for a Nagios object; letters, digits and _.@+- may stand in one"),
        ({"contact_groups": {"page": ["a,b"]}}, "hamon.contact_groups.page[0]: 'a,b' is no name for a Nagios object; letters, digits and _.@+- may stand in one"),
        ({"escalations": [{"after": 3}]}, "hamon.escalations[0]: contact_groups is missing"),
        ({"escalations": {"after": 3}}, "hamon.escalations: must be a list of mappings, such as [{after: 3, contact_groups: [managers]}]"),
        ({"renotify": {"page": -1}}, "hamon.renotify.page: must be a number from 0 to 604800"),
        ({"periods": {"pages": "x"}}, "hamon.periods.pages: unknown key; did you mean page?"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(hamon: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        planned(hamon)
    assert str(caught.value) == f"group all: {said}"
