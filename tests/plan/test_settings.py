"""The ``hamon:`` section: every mistake is one line with its path and the nearest right name."""

from typing import Any

import pytest

from hamon.errors import UsageError
from hamon.inventory.model import Inventory, Section
from hamon.nrpe import Nrpe
from hamon.plan.settings import Local, Override, Vip, read_settings

KNOWN = {"store": frozenset({"lag", "flow_paused"}), "store_cluster": frozenset({"missing"}), "nrpe": frozenset[str]()}


def inventory(*sections: Section) -> Inventory:
    return Inventory("cloud.yml", "ansible", (), {}, (), {"internal": "10.0.0.1"}, sections=sections)


def whole(data: Any) -> Section:
    return Section("all", "all", "group all", data)


def test_nothing_set_is_every_default() -> None:
    settings, locals_ = read_settings(inventory(), KNOWN)
    assert locals_ == ()
    assert settings.vips == {"internal": Vip("10.0.0.1")}
    assert settings.nrpe == Nrpe("/usr/lib/nagios/plugins/check_nrpe", 5666, 15, "", "", "")
    assert (settings.plugin_dir, settings.credentials_dir) == ("/opt/hamon/bin", "/etc/hamon/credentials")
    assert (settings.interval, settings.retry_interval, settings.max_attempts, settings.interval_length) == (
        None,
        20,
        3,
        60,
    )


def test_a_settings_file_adds_to_the_inventory() -> None:
    first = {
        "vips": {"external": "10.0.0.3"},
        "nrpe": {"port": 5667, "ca": "/a"},
        "exclude": "^mon",
        "interval": 10,
        "checks": {"store": {"warn": {"lag": 1}, "args": ["-x"]}},
    }
    second = {
        "vips": {"internal": "10.0.0.2"},
        "nrpe": {"ca": "/b"},
        "exclude": ["x$"],
        "interval": 2.5,
        "plugin_dir": "/opt/plugins/",
        "contacts": {"page": "oncall@example.org"},
        "notify": {"host": "/bin/true"},
        "checks": {"check_store": {"warn": {"flow_paused": "0.2"}, "crit": {"lag": None}, "exclude": True}},
    }
    settings, _ = read_settings(inventory(whole(first), whole(second)), KNOWN)
    assert settings.vips == {"external": Vip("10.0.0.3"), "internal": Vip("10.0.0.2")}
    assert settings.nrpe == Nrpe(port=5667, ca="/b")
    assert settings.exclude == ("^mon", "x$")
    assert settings.interval == 2.5
    assert settings.plugin_dir == "/opt/plugins"
    assert settings.contacts == {"page": ("oncall@example.org",)}
    assert (settings.notify_host, settings.notify_service) == ("/bin/true", "")
    assert settings.checks == {
        "store": Override(warn={"lag": "1", "flow_paused": "0.2"}, crit={"lag": ""}, args=("-x",), exclude=True)
    }


def test_groups_and_hosts_have_their_own() -> None:
    group = Section("group", "compute", "group compute", {"checks": {"store": {"interval": 300}}})
    host = Section("host", "ctl1", "host ctl1", {"plugin_dir": "/p", "exclude": ["store"]})
    _, locals_ = read_settings(inventory(group, host), KNOWN)
    assert locals_ == (
        Local("group", "compute", checks={"store": Override(interval=300)}),
        Local("host", "ctl1", plugin_dir="/p", exclude=("store",)),
    )


BAD: list[tuple[Any, str]] = [
    ("yes", "hamon: must be a mapping of names to values"),
    ({"intervall": 3}, "hamon.intervall: unknown key; did you mean interval?"),
    ({"checks": {"galera": {}}}, "hamon.checks.galera: no check is called that; there are: nrpe, store, store_cluster"),
    ({"checks": {"sotre": {}}}, "hamon.checks.sotre: no check is called that; did you mean store?"),
    ({"checks": {"store": {"warning": {}}}}, "hamon.checks.store.warning: unknown key; did you mean warn?"),
    (
        {"checks": {"store": {"warn": {"flow_pausd": "0.2"}}}},
        "hamon.checks.store.warn.flow_pausd: unknown threshold; did you mean flow_paused?",
    ),
    ({"checks": {"nrpe": {"warn": {"x": "1"}}}}, "hamon.checks.nrpe.warn.x: unknown threshold; there are: none"),
    (
        {"checks": {"store": {"crit": {"lag": "five"}}}},
        "hamon.checks.store.crit.lag: 'five' is not a range (10, 5:, ~:10, 1:5 or @1:5)",
    ),
    (
        {"checks": {"store": {"crit": {"lag": True}}}},
        'hamon.checks.store.crit.lag: must be a range such as "0.2", "5:" or "1:5"; empty takes the threshold away',
    ),
    (
        {"checks": {"store": {"args": "--donor-max 5"}}},
        'hamon.checks.store.args: must be a list of arguments, such as ["--donor-max", "1200"]',
    ),
    ({"checks": {"store": {"args": ["a\nb"]}}}, "hamon.checks.store.args[0]: must be one argument as a text"),
    (
        {"checks": {"store": {"args": ["-v", "--db-password=hunter2"]}}},
        "hamon.checks.store.args[1]: secrets do not belong on a command line; put them into hamon.credentials_dir",
    ),
    ({"checks": {"store": {"tier": "sms"}}}, "hamon.checks.store.tier: must be page or ticket"),
    ({"checks": {"store": {"exclude": "yes"}}}, "hamon.checks.store.exclude: must be true or false"),
    ({"interval": "60"}, "hamon.interval: must be a number from 1 to 86400"),
    ({"interval": float("nan")}, "hamon.interval: must be a number from 1 to 86400"),
    ({"interval": True}, "hamon.interval: must be a number from 1 to 86400"),
    ({"max_attempts": 1.5}, "hamon.max_attempts: must be a whole number from 1 to 100"),
    ({"plugin_dir": "bin"}, "hamon.plugin_dir: must be an absolute path, not 'bin'"),
    (
        {"plugin_dir": "{{ prefix }}/bin"},
        "hamon.plugin_dir: is a template or encrypted, which hamon does not evaluate; write the value",
    ),
    (
        {"exclude": ["("]},
        "hamon.exclude[0]: '(' is not a regular expression: missing ), unterminated subpattern at position 0",
    ),
    ({"exclude": {"a": 1}}, "hamon.exclude: must be a list"),
    (
        {"vips": {"a b": "10.0.0.1"}},
        "hamon.vips: host name 'a b' is not a name for Nagios: ' ' cannot stand in it; rename the host",
    ),
    ({"vips": {"a": "10.0.0.1; reboot"}}, "hamon.vips.a: '10.0.0.1; reboot' is neither an address nor a host name"),
    (
        {"vips": {"a": "api.example.org"}},
        "hamon.vips.a: 'api.example.org' is a name, which is not looked up; write the virtual address itself",
    ),
    (
        {"vips": {"a": {"address": "10.0.0.300"}}},
        "hamon.vips.a.address: '10.0.0.300' looks like an address and is not one; ports and prefixes do not belong there",
    ),
    (
        {"vips": {"a": "10.0.0.1:443"}},
        "hamon.vips.a: '10.0.0.1:443' looks like an address and is not one; ports and prefixes do not belong there",
    ),
    ({"vips": {"a": "127.0.0.1"}}, "hamon.vips.a: 127.0.0.1 is on every host; write the virtual address"),
    (
        {"checks": {"store": {"address": "fd00::g"}}},
        "hamon.checks.store.address: 'fd00::g' looks like an address and is not one; ports and prefixes do not belong there",
    ),
    ({"nrpe": {"user": "a b"}}, "hamon.nrpe.user: 'a b' is not a user name"),
    ({"site": {"database_prt": 3306}}, "hamon.site.database_prt: unknown key; did you mean database_port?"),
    ({"site": {"database_port": 0}}, "hamon.site.database_port: must be a whole number from 1 to 65535"),
    (
        {"site": {"container_exec": "docker exec; rm"}},
        "hamon.site.container_exec: must be the first words of a command, such as 'podman exec'",
    ),
    ({"address": "10.0.0.1"}, "hamon.address: unknown key; did you mean parents?"),
    ({"vips": ["10.0.0.1"]}, "hamon.vips: must be a mapping of names to values"),
    ({"parents": {"ctl1": [1]}}, "hamon.parents.ctl1[0]: must be a text"),
    ({"contacts": {"page": ["a b@c"]}}, "hamon.contacts.page[0]: 'a b@c' is not a mail address"),
    ({"contacts": {"pages": []}}, "hamon.contacts.pages: unknown key; did you mean page?"),
    ({"nrpe": {"port": 0}}, "hamon.nrpe.port: must be a whole number from 1 to 65535"),
    ({"nrpe": {"timeout": 60}}, "hamon.nrpe.timeout: must be a whole number from 5 to 50"),
    ({"notes_url": ""}, "hamon.notes_url: must be a text"),
    ({"host_check": "a\nb"}, "hamon.host_check: must be one line without control characters"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_mistakes(data: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(inventory(whole(data)), KNOWN)
    assert str(caught.value) == f"group all: {message}"


def test_what_holds_for_the_whole_cloud_cannot_be_set_for_a_host() -> None:
    section = Section("host", "ctl1", "host ctl1", {"nrpe": {"port": 1}})
    with pytest.raises(UsageError) as caught:
        read_settings(inventory(section), KNOWN)
    assert str(caught.value) == (
        "host ctl1: hamon.nrpe: holds for the whole cloud; move it to group all "
        "(here: plugin_dir, credentials_dir, exclude, checks, tier)"
    )


def test_ways_to_notify() -> None:
    notify = {"sendmail": "/usr/lib/sendmail", "smtp": "[fd00::5]:25", "webhook": "/etc/hamon/webhook"}
    settings, _ = read_settings(inventory(whole({"notify": notify})), KNOWN)
    assert (settings.notify_sendmail, settings.notify_smtp, settings.notify_webhook) == tuple(notify.values())


@pytest.mark.parametrize("server", ["mail.example.org", "mail.example.org:", ":25", "mail:0", "mail:65536", "a b:25"])
def test_a_mail_server_has_a_name_and_a_port(server: str) -> None:
    with pytest.raises(UsageError, match=r"^group all: hamon\.notify\.smtp: "):
        read_settings(inventory(whole({"notify": {"smtp": server}})), KNOWN)
