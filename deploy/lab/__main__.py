"""`python -m hamon.lab`: a real highly available cloud in a pocket, and everything that can be broken in it."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from hamon.errors import UsageError
from hamon.lab import catalogue, prerequisites
from hamon.lab.client import Lab
from hamon.lab.errors import LabError
from hamon.lab.profiles import PROFILES
from hamon.lab.proof import demo, matrix, web
from hamon.lab.protocol import Message
from hamon.table import table

DEFAULT_DIR = Path(tempfile.gettempdir(), f"hamon-lab-{os.getuid()}")


def say(text: str) -> None:
    """One line to a person, at once."""
    print(text, flush=True)


def page(status: Message) -> str:
    """The state of the lab as a person reads it."""
    running: dict[str, list[str]] = {}
    for service in status["services"]:
        word = "" if service["serves"] else " NOT SERVING" if service["alive"] else " DEAD"
        running.setdefault(service["host"], []).append(service["name"] + word)
    hosts = [
        (host["name"], host["address"], ", ".join(running.get(host["name"], ())) if host["power"] else "NO POWER")
        for host in status["hosts"]
    ]
    watched = [(row["state"], row["host"], row["name"], row["output"]) for row in status["nagios"]]
    parts = [table(("host", "address", "services"), hosts)]
    parts += [f"virtual address {vip['address']} on {', '.join(vip['holders']) or 'NOBODY'}" for vip in status["vips"]]
    parts += [table(("state", "host", "check", "what Nagios says"), watched)] if watched else []
    parts.append(f"broken: {', '.join(status['broken']) or 'nothing'}")
    return "\n".join(parts)


def up(lab: Lab, _options: argparse.Namespace) -> int:
    """Start a lab in the background."""
    lab.up()
    say(page(lab.status()))
    say(f"hamon lab break NAME | heal | status | exec HOST -- CMD | down   (in {lab.site.dir})")
    return 0


def break_(lab: Lab, options: argparse.Namespace) -> int:
    """Break something."""
    say(f"{options.name}: there after {lab.break_(options.name):.1f} s")
    return 0


def heal(lab: Lab, options: argparse.Namespace) -> int:
    """Mend one failure, or all."""
    say(f"healthy after {lab.heal(options.name):.1f} s")
    return 0


def status(lab: Lab, options: argparse.Namespace) -> int:
    """Show what runs and what is broken; exit 1 while something is."""
    now = lab.status()
    say(json.dumps(now, indent=2) if options.json else page(now))
    return 1 if now["broken"] else 0


def execute(lab: Lab, options: argparse.Namespace) -> int:
    """Run a command in a host."""
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        raise UsageError("exec: which command? (exec HOST -- CMD ...)")
    code = lab.attach(options.host, argv)
    return code if code >= 0 else 128 - code


def down(lab: Lab, _options: argparse.Namespace) -> int:
    """End a lab."""
    lab.down()
    return 0


def failures(_lab: Lab, _options: argparse.Namespace) -> int:
    """List everything that can be broken."""
    for profile, of_profile in catalogue.failures().items():
        say(f"profile {profile}: {PROFILES[profile].text}")
        rows = [(failure.name, "benign" if failure.benign else "", failure.text) for failure in of_profile]
        say(table(("failure", "", "what happens"), rows))
    return 0


def packages(_lab: Lab, options: argparse.Namespace) -> int:
    """List the Debian packages that this machine lacks for labs of all profiles, as apt-get wants them."""
    wanted = {**prerequisites.OF_TESTS, **(web.PROGRAMS if options.web else {})}
    for profile in PROFILES.values():
        wanted |= prerequisites.programs(profile)
    say(" ".join(prerequisites.missing(wanted)))
    return 0


def shell(_lab: Lab, options: argparse.Namespace) -> int:
    """Start a lab of its own with a shell on the monitoring host; the lab ends with the shell."""
    with Lab(options.profile, tell=say) as lab:
        say(page(lab.status()))
        say(f"exit ends it; from elsewhere: hamon lab break NAME | heal | status --dir {lab.site.dir}")
        return lab.attach("mon", [os.environ.get("SHELL", "/bin/sh"), "-i"])


def show(_lab: Lab, _options: argparse.Namespace) -> int:
    """Tell the story: a cloud comes up, three incidents are caught by name, all heals (in a lab of its own)."""
    return demo.main()


def detect(_lab: Lab, options: argparse.Namespace) -> int:
    """Inject every failure and write down what Nagios said after how many seconds (in a lab of its own)."""
    for name in options.only:
        catalogue.profile_of(name)
    return matrix.main(options.only, options.out, options.json, say)


def browse(_lab: Lab, options: argparse.Namespace) -> int:
    """Serve the Nagios web interface of a lab of its own on loopback until interrupted."""
    profile = catalogue.profile_of(options.broken) if options.broken else options.profile
    with Lab(profile, tell=say) as lab, web.server(lab.site, options.port) as server:
        if options.broken:
            lab.break_(options.broken)
        say(f"http://127.0.0.1:{server.server_port}/   (Ctrl-C ends it, and the lab)")
        say(f"in another terminal: hamon lab break galera-split-brain --dir {lab.site.dir}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")
    return 0


def picture(_lab: Lab, options: argparse.Namespace) -> int:
    """Break something in a lab of its own and take a picture of what Nagios shows, with headless Chromium."""
    with Lab(catalogue.profile_of(options.broken), tell=say) as lab:
        web.picture(lab, options.broken, options.out)
    say(f"{options.out}")
    return 0


Verb = Callable[[Lab, argparse.Namespace], int]
VERBS: dict[str, Verb] = {
    "up": up,
    "break": break_,
    "heal": heal,
    "status": status,
    "exec": execute,
    "failures": failures,
    "packages": packages,
    "shell": shell,
    "demo": show,
    "matrix": detect,
    "web": browse,
    "picture": picture,
    "down": down,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="hamon lab", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    made = {}
    for name, verb in VERBS.items():
        text = (verb.__doc__ or "").splitlines()[0]
        made[name] = verbs.add_parser(name, help=text, description=text)
        made[name].add_argument(
            "--dir",
            type=Path,
            default=DEFAULT_DIR,
            metavar="DIR",
            help="where the lab lives (default: hamon-lab-UID in the folder for temporary files)",
        )
    for name in ("up", "shell", "web"):
        made[name].add_argument("--profile", choices=sorted(PROFILES), default="controller", help="(%(default)s)")
    made["up"].add_argument("--keep", action="store_true", help="leave the directory when the lab ends")
    made["up"].add_argument("--bare", dest="monitored", action="store_false", help="without Nagios and NRPE")
    made["break"].add_argument("name", metavar="FAILURE", help="see `failures`")
    made["heal"].add_argument("name", nargs="?", metavar="FAILURE", help="default: everything that is broken")
    made["status"].add_argument("--json", action="store_true")
    made["matrix"].add_argument("--only", nargs="+", default=[], metavar="FAILURE", help="these failures only")
    made["matrix"].add_argument("--out", type=Path, metavar="FILE", help="the matrix as a Markdown page")
    made["matrix"].add_argument("--json", type=Path, metavar="FILE", help="the matrix as data")
    made["packages"].add_argument("--web", action="store_true", help="what `web` and `picture` need, too")
    made["web"].add_argument("--port", type=int, default=8080, help="loopback port (%(default)s; 0 = any free one)")
    made["web"].add_argument("--broken", metavar="FAILURE", help="with this failure injected")
    made["picture"].add_argument("--broken", metavar="FAILURE", default="galera-split-brain", help="(%(default)s)")
    made["picture"].add_argument("--out", type=Path, metavar="FILE", required=True, help="PNG file")
    made["exec"].add_argument("host")
    made["exec"].add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD ...")
    return top


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 3 asked for something that does not exist or makes no sense now."""
    try:
        options = parser().parse_args(argv)
    except SystemExit as stop:
        return 3 if stop.code else 0
    try:
        chosen = {name: getattr(options, name) for name in ("profile", "keep", "monitored") if hasattr(options, name)}
        lab = Lab(dir=options.dir, tell=say, **chosen)
        return VERBS[options.verb](lab, options)
    except (LabError, UsageError) as error:
        print(f"hamon lab: {error}", file=sys.stderr)
        return 3 if isinstance(error, UsageError) else 1


if __name__ == "__main__":
    sys.exit(main())
