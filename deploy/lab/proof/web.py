"""The Nagios web interface over a running lab, on loopback, without a web server to install.

The distribution's CGIs read nothing but the files that the lab's Nagios writes, so they run here, outside the lab's
namespaces: a small HTTP server of the standard library starts them and serves their pictures and style sheets. For
looking only; commands from the pages are switched off.
"""

import http.server
import mimetypes
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from hamon.lab.catalogue import failure_named
from hamon.lab.client import Lab
from hamon.lab.errors import MissingError, NotYetError
from hamon.lab.proof.measure import CAUGHT, missed
from hamon.lab.proof.watch import Watch
from hamon.lab.site import Site, render

CGI = Path("/usr/lib/cgi-bin/nagios4")
PROGRAMS = {str(CGI): "nagios4-cgi", "chromium": "chromium"}
"""What the pages and their picture need beside a lab: program to Debian package."""
HTDOCS = Path("/usr/share/nagios4/htdocs")
STYLES = Path("/etc/nagios4/stylesheets")
SCRIPTS = Path("/usr/share/javascript")
"""Where the package keeps pictures and scripts (some are links to other packages' scripts), and style sheets: those of nagios.cfg's own folder, which has passwords, too."""
KINDS = (".css", ".gif", ".html", ".ico", ".jpg", ".js", ".png", ".svg", ".ttf", ".woff", ".woff2")
"""What is served of them."""
NEVER = ("cmd.cgi",)
"""Programs that change something."""
HERE = ("127.0.0.1", "localhost")
"""By which names this server is asked; a page of the world that resolves to loopback has another one."""
TIMEOUT = 20.0
BROWSER = 60.0
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--hide-scrollbars", "--window-size=1400,640", "--virtual-time-budget=4000",
)  # fmt: skip
"""Options of a browser that connects to nothing but this lab."""
FIRST = "/cgi-bin/nagios4/status.cgi?host=all&servicestatustypes=31&sorttype=1&sortoption=2"
LINKS = {
    "Services": FIRST,
    "Problems": "/cgi-bin/nagios4/status.cgi?host=all&servicestatustypes=28",
    "Hosts": "/cgi-bin/nagios4/status.cgi?hostgroup=all&style=hostdetail",
    "Components": "/cgi-bin/nagios4/status.cgi?servicegroup=all&style=overview",
    "Overview": "/cgi-bin/nagios4/tac.cgi",
    "Log": "/cgi-bin/nagios4/showlog.cgi",
}


def config(site: Site) -> Path:
    """The CGIs' configuration for this lab."""
    if not CGI.is_dir():
        raise MissingError("the Nagios CGIs are missing (apt-get install nagios4-cgi)")
    path = site.nagios / "cgi.cfg"
    path.write_text(render("nagios/cgi.cfg.j2", main=site.nagios / "nagios.cfg", htdocs=HTDOCS))
    return path


def frame() -> bytes:
    """The start page: the package's own needs PHP, this one needs nothing."""
    links = "".join(f'<a href="{url.replace("&", "&amp;")}" target="main">{name}</a>' for name, url in LINKS.items())
    return (
        "<!doctype html><title>hamon lab</title><style>body{margin:0;font:14px sans-serif;display:flex;height:100vh}"
        "nav{padding:1em;background:#222;min-width:8em}nav a{display:block;color:#ddd;padding:.4em 0}iframe{flex:1;border:0}</style>"
        f'<nav>{links}</nav><iframe name="main" src="{FIRST.replace("&", "&amp;")}"></iframe>'
    ).encode()


def cgi(parts: Sequence[str]) -> Path | None:
    """The program that a path stands for: one that is in the package's folder, by its name."""
    if (
        list(parts[:2]) != ["cgi-bin", "nagios4"]
        or len(parts) != 3
        or parts[2] in NEVER
        or parts[2] not in os.listdir(CGI)
    ):
        return None
    return CGI / parts[2]


def static(parts: Sequence[str]) -> Path | None:
    """The file that a path stands for: of a known kind, and below the package's folders wherever links lead."""
    parts = parts[1:] if parts[0] == "nagios4" else parts
    root, inner = (STYLES, parts[1:]) if parts[:1] == ["stylesheets"] else (HTDOCS, parts)
    if not inner or "\0" in "".join(inner):
        return None
    file = Path(os.path.realpath(root.joinpath(*inner)))
    inside = any(file.is_relative_to(os.path.realpath(allowed)) for allowed in (HTDOCS, STYLES, SCRIPTS))
    return file if inside and file.suffix in KINDS and file.is_file() else None


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the CGIs, their static files, and the frame around them."""

    cgi_config = ""

    def do_GET(self) -> None:  # the library's name
        """One page."""
        if self.headers.get("Host", "").partition(":")[0] not in HERE:
            self.answer(403, "text/plain", b"ask for 127.0.0.1\n")
            return
        path, _, query = self.path.partition("?")
        parts = [part for part in urllib.parse.unquote(path).split("/") if part]
        if not parts:
            self.answer(200, "text/html", frame())
        elif program := cgi(parts):
            self.run(program, query)
        elif file := static(parts):
            self.answer(200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes())
        else:
            self.answer(404, "text/plain", b"no such page\n")

    def run(self, program: Path, query: str) -> None:
        """Run one CGI and pass its answer on."""
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "NAGIOS_CGI_CONFIG": self.cgi_config,
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": query,
            "REMOTE_USER": "lab",
            "SCRIPT_NAME": f"/cgi-bin/nagios4/{program.name}",
        }
        try:
            ran = subprocess.run([str(program)], env=environment, capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            self.answer(504, "text/plain", b"the CGI gave no answer\n")
            return
        head, _, body = ran.stdout.replace(b"\r\n", b"\n", 64).partition(b"\n\n")
        kind = next(
            (
                line.partition(b":")[2].strip().decode()
                for line in head.splitlines()
                if line.lower().startswith(b"content-type:")
            ),
            "text/html",
        )
        self.answer(200 if ran.stdout else 500, kind, body or b"the CGI said nothing\n")

    def answer(self, code: int, kind: str, body: bytes) -> None:
        """One response."""
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: an access log of a lab is not read."""


def picture(lab: Lab, failure: str, out: Path) -> None:
    """Break something, wait until Nagios has said all of it, and save what a browser shows."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        raise MissingError("no browser (apt-get install chromium)")
    wanted = failure_named(failure)
    watch = Watch(lab)
    with server(lab.site, 0) as serving, tempfile.TemporaryDirectory() as profile:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        watch.during(lambda: lab.break_(failure))
        if not watch.until(lambda _status: not missed(wanted, watch.alerts), CAUGHT):
            raise NotYetError(f"Nagios has not reported {failure} within {CAUGHT:.0f} s")
        subprocess.run(
            [
                chromium,
                *QUIET,
                f"--user-data-dir={profile}",
                f"--screenshot={out.absolute()}",
                f"http://127.0.0.1:{serving.server_port}/",
            ],
            capture_output=True,
            timeout=BROWSER,
            check=False,
        )
        serving.shutdown()
    if not out.exists():
        raise MissingError("the browser saved no picture")


def server(site: Site, port: int) -> http.server.ThreadingHTTPServer:
    """An HTTP server on loopback (port 0 = any free one) for the lab at ``site``; the caller serves and closes it."""
    handler = type("LabHandler", (Handler,), {"cgi_config": str(config(site))})
    made = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    made.daemon_threads = True
    return made
