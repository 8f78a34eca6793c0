"""The web pages of `make demo-web`: their own files and programs, and nothing else of the machine."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from hamon.lab.proof import web

Ask = Callable[..., tuple[int, str]]
SECRET = "resource.cfg: a password"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Asks for a path as it stands, without a client that tidies it up: status and body."""
    htdocs, styles, programs = tmp_path / "htdocs", tmp_path / "etc" / "stylesheets", tmp_path / "cgi"
    for folder in (htdocs / "images", styles, programs):
        folder.mkdir(parents=True)
    (tmp_path / "etc" / "resource.cfg").write_text(SECRET)
    (tmp_path / "etc" / "secret.css").write_text(SECRET)
    (styles / "common.css").write_text("body {}")
    (htdocs / "images" / "logo.png").write_text("logo")
    (htdocs / "config.inc.php").write_text(SECRET)
    (htdocs / "out.css").symlink_to(tmp_path / "etc" / "resource.cfg")
    (htdocs / "away.css").symlink_to(tmp_path / "etc" / "secret.css")
    (htdocs / "styles").symlink_to(styles)
    for name in ("tac.cgi", "cmd.cgi"):
        (programs / name).write_text(f"#!/bin/sh\nprintf 'Content-type: text/plain\\n\\n{name} %s' \"$QUERY_STRING\"\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(web, "HTDOCS", htdocs)
    monkeypatch.setattr(web, "STYLES", styles)
    monkeypatch.setattr(web, "CGI", programs)
    with ThreadingHTTPServer(("127.0.0.1", 0), web.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

        def put(path: str, host: str = "127.0.0.1:8080") -> tuple[int, str]:
            with socket.create_connection(server.server_address[:2], 5) as conn:  # type: ignore[arg-type]
                conn.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode("latin-1"))
                head, _, body = b"".join(iter(lambda: conn.recv(65536), b"")).partition(b"\r\n\r\n")
            return int(head.split()[1]), body.decode()

        yield put
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/nagios4/stylesheets/common.css", "body {}"),
        ("/stylesheets/common.css", "body {}"),
        ("/nagios4/styles/common.css", "body {}"),
        ("/nagios4/images/logo.png", "logo"),
        ("/images/logo.png?x", "logo"),
        ("/cgi-bin/nagios4/tac.cgi?host=all&x=%2F", "tac.cgi host=all&x=%2F"),
    ],
)
def test_its_own_files_are_served(ask: Ask, path: str, body: str) -> None:
    assert ask(path) == (200, body)


def test_the_start_page_is_a_frame(ask: Ask) -> None:
    code, body = ask("/")
    assert (code, body.startswith("<!doctype html><title>hamon lab</title>")) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        "/resource.cfg", "/nagios4/resource.cfg", "/nagios4/stylesheets/../resource.cfg", "/stylesheets/..%2fresource.cfg",
        "/stylesheets/%2e%2e/secret.css", "/nagios4/../etc/secret.css", "/nagios4/stylesheets/..\\resource.cfg",
        "//etc/passwd", "/nagios4//etc/passwd", "/%2fetc%2fpasswd", "/nagios4/%2fetc/passwd", "/etc/passwd%00.css", "/%00",
        "/out.css", "/away.css", "/config.inc.php", "/nagios4", "/nagios4/", "/nagios4/images", "/images/", "/stylesheets",
        "/cgi-bin/nagios4/", "/cgi-bin/nagios4", "/cgi-bin/nagios4/..", "/cgi-bin/nagios4/../cgi/tac.cgi",
        "/cgi-bin/nagios4/%2e%2e%2fetc%2fresource.cfg", "/cgi-bin/nagios4/tac.cgi/x", "/cgi-bin/nagios4/cmd.cgi?cmd_typ=13",
        "/cgi-bin/nagios4/tac.cgi%00",
    ],
)  # fmt: skip
def test_nothing_else_is(ask: Ask, path: str) -> None:
    """Nor is a directory listed, a link followed out, or a command given."""
    assert ask(path) == (404, "no such page\n")


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:8080", "", "127.0.0.1.evil.example.org"])
def test_a_page_of_the_world_that_resolves_to_loopback_is_refused(ask: Ask, host: str) -> None:
    assert ask("/stylesheets/common.css", host) == (403, "ask for 127.0.0.1\n")
