"""What to do about each chrony finding. Data of the chrony component."""

from hamon.verdict import Advice

LOOK = "chronyc tracking, chronyc sources -v"

NODE = {
    "dead": Advice(
        "Nothing corrects this host's clock; it will drift by seconds a day.",
        ("systemctl status chrony chronyd", "journalctl -u chrony -u chronyd -n 30", "systemctl start chrony"),
    ),
    "mute": Advice(
        "chronyd does not answer its own client: it hangs, or chrony.conf closes the command port to this user (cmdport 0).",
        ("sudo chronyc tracking", "grep -r cmdport /etc/chrony*", "cmdport 0: run the check by sudo"),
    ),
    "not_synchronised": Advice(
        "No source was usable since the start: unreachable, filtered (UDP 123), or they disagree.",
        (LOOK, "chronyc activity, chronyc ntpdata", "chronyc -n sources; then: ping, and nft list ruleset (UDP 123)"),
        "do not step the clock (chronyc makestep) under a running Galera, Ceph or Swift node without need.",
    ),
    "no_source": Advice(
        "The clock keeps its last known speed and drifts apart slowly: no source answers or none is trusted.",
        (LOOK, "ping the sources", "nft list ruleset (UDP 123)"),
    ),
    "local": Advice(
        "The `local` directive lets this host serve its own clock while no source is usable; others follow it.",
        (LOOK, "grep -r '^local' /etc/chrony*"),
        "several hosts with `local` and no common source drift apart unseen.",
    ),
    "falseticker": Advice(
        "A source's time lies outside what the others agree on.",
        (LOOK, "chronyc sourcestats", "take the source out of chrony.conf"),
    ),
    "few_sources": Advice(
        "One source is left; if it goes or lies, nobody notices.", (LOOK, "chronyc activity", "ping the lost sources")
    ),
    "stepped": Advice(
        "The clock jumped back after chronyd's last update: somebody or a hypervisor set it.",
        ("journalctl -g 'Time has been changed' -n 5", LOOK),
    ),
    "offset": Advice(
        "The clock is off; Ceph monitors complain from 50 ms on, tokens and logs from seconds on.",
        (
            LOOK,
            "chronyc sourcestats",
            "after a large step of the hypervisor: chronyc makestep (when the services bear it)",
        ),
        "do not run makestep on all members at once.",
    ),
    "max_error": Advice(
        "The sources are so far away or so long ago that the clock could be off by this much.",
        (LOOK, "take nearer sources"),
    ),
    "update_age": Advice(
        "No source gave a usable sample for a long time; the clock runs on its last speed.", (LOOK, "ping the sources")
    ),
    "tool": Advice("chronyc did not tell what it should.", ("chronyc -c -m tracking sources", "chronyc --version")),
    "timeout": Advice("chronyc hangs.", ("chronyc tracking", "uptime")),
}

CLUSTER = {
    "spread": Advice(
        "Two members' clocks differ by more than the services bear, although each follows a source.",
        (
            f"on both: {LOOK}",
            "give all members the same sources",
            "chronyc makestep on the one that is off (when its services bear it)",
        ),
        "do not step all members at once.",
    ),
    "clock_spread": Advice(
        "The members told their time at the same moment and the answers lie far apart, beyond what slow answers explain.",
        (
            "date -u +%s.%N on both",
            f"on both: {LOOK}",
            "chronyc makestep on the one that is off (when its services bear it)",
        ),
        "a database or Ceph monitor may have to be stopped first: time will jump.",
    ),
    "unsynced": Advice(
        "Members that follow no common time drift apart.",
        (f"on these members: {LOOK}", "ping their sources", "systemctl status chrony chronyd"),
    ),
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer: nothing is known about their clocks.",
        ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS"),
    ),
}
