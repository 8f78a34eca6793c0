"""What to do about each chrony finding. Data of the chrony component."""

from hamon.verdict import Advice, Step, other_check

TRACKING = Step("chronyc tracking")
SOURCES = Step("chronyc -n sources -v", "which are reachable, which does it trust?")
LOOK = (TRACKING, SOURCES)
FILTER = Step("nft list ruleset", "is UDP 123 open?")
NTP_PACKETS = Step("chronyc ntpdata", "does each source answer?")
STATS = Step("chronyc sourcestats -v")
STEP_CLOCK = Step("chronyc makestep", "when the services bear that time jumps")

NODE = {
    "dead": Advice(
        "Nothing corrects this host's clock. It will drift by seconds a day.",
        (
            Step("systemctl status chrony", "the unit may be called chronyd"),
            Step("journalctl -u chrony -u chronyd -n 30"),
            Step("systemctl start chrony"),
        ),
    ),
    "mute": Advice(
        "chronyd does not answer its own client: it hangs, or chrony.conf closes the command port to this user (cmdport 0).",
        (
            Step("sudo chronyc tracking"),
            Step("grep -r cmdport /etc/chrony", "cmdport 0: run the check by sudo"),
        ),
    ),
    "other_daemon": Advice(
        "Another daemon keeps this host's clock. Whether it does so well is not known here.",
        (
            Step("systemctl status systemd-timesyncd", "or the unit of the daemon that was named"),
            Step(remark="watch it with a check of its own and take the host out of chrony's groups, or install chrony"),
        ),
        "do not start chronyd beside it: two daemons would correct one clock.",
    ),
    "old": Advice(
        "This chronyc has no machine-readable output.",
        (Step("chronyc --version"), Step(remark="install chrony 2.4 or later")),
    ),
    "not_synchronised": Advice(
        "No source was usable since the start: unreachable, filtered (UDP 123), or they disagree.",
        (*LOOK, NTP_PACKETS, FILTER),
        "do not step the clock (chronyc makestep) under a running Galera, Ceph or Swift node without need.",
    ),
    "no_source": Advice(
        "The clock keeps its last known speed and drifts apart slowly: no source answers or none is trusted.",
        (*LOOK, NTP_PACKETS, FILTER),
    ),
    "local": Advice(
        "The `local` directive lets this host serve its own clock while no source is usable. Others follow it.",
        (*LOOK, Step("grep -r '^local' /etc/chrony")),
        "several hosts with `local` and no common source drift apart unseen.",
    ),
    "falseticker": Advice(
        "A source's time lies outside what the others agree on.",
        (*LOOK, STATS, Step(remark="take the source out of chrony.conf")),
    ),
    "few_sources": Advice(
        "One source is left. If it goes or is wrong, nobody notices.",
        (SOURCES, Step("chronyc activity"), NTP_PACKETS),
    ),
    "stepped": Advice(
        "The clock jumped back after chronyd's last update: somebody or a hypervisor set it.",
        (Step("journalctl -g 'Time has been changed' -n 5"), *LOOK),
    ),
    "offset": Advice(
        "The clock is off. Ceph monitors complain from 50 ms on, tokens and logs suffer from seconds on.",
        (*LOOK, STATS, STEP_CLOCK),
        "do not run makestep on all members at once.",
    ),
    "max_error": Advice(
        "The sources are so far away or so long ago that the clock could be off by this much.",
        (*LOOK, Step(remark="take nearer sources")),
    ),
    "update_age": Advice(
        "No source gave a usable sample for a long time. The clock runs on its last speed.", (*LOOK, NTP_PACKETS)
    ),
    "rights": Advice(
        "/proc is mounted with hidepid: this user does not see the processes of others. Whether a daemon runs is not known.",
        (
            Step("grep -w proc /proc/mounts"),
            Step(remark="mount it with gid=GROUP and put the agent's user into that group, or run the check by sudo"),
        ),
    ),
    "tool": Advice(
        "chronyc did not report what it should.",
        (Step("chronyc -c -m tracking sources"), Step("chronyc --version")),
    ),
    "timeout": Advice(
        "chronyc hangs: chronyd is stopped or overloaded, or the names of its sources are looked up at a dead name server.",
        (Step("chronyc -n tracking", "answers at once when it is the name server"), Step("uptime")),
    ),
}

CLUSTER = {
    "spread": Advice(
        "Two members' clocks differ by more than the services bear, although each follows a source.",
        (
            Step(TRACKING.command, "on {behind} and on {ahead}"),
            Step(SOURCES.command, "on both: give all members the same sources"),
            Step(STEP_CLOCK.command, "on the one that is off, when its services bear that time jumps"),
        ),
        "do not step all members at once.",
    ),
    "clock_spread": Advice(
        "The members reported their time at the same moment, and the answers lie far apart, beyond what slow answers explain.",
        (
            Step("date -u +%s.%N", "on {earliest} and on {latest}"),
            Step(TRACKING.command, "on both"),
            Step(STEP_CLOCK.command, "on the one that is off, when its services bear that time jumps"),
        ),
        "a database or Ceph monitor may have to be stopped first: time will jump.",
    ),
    "unsynced": Advice(
        "Members that follow no common time drift apart.",
        (
            Step("systemctl status chrony", "on {member} (the unit may be called chronyd)"),
            Step(TRACKING.command, "on {member}"),
            Step(SOURCES.command, "on {member}"),
        ),
    ),
    "unreadable": Advice(
        "A member's agent reported a clock that is not a number. The others are compared without it.",
        (other_check("{member}/chrony", "what does the node say?"), Step(TRACKING.command, "on {member}")),
    ),
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer. Nothing is known about their clocks.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
    ),
}
