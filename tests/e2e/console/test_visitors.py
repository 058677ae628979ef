"""A phone without a certificate: let in by a link, by nothing else, and out at a word."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from edd.model.caller import Role
from tests.support.daemon import Daemon


@pytest.fixture
def visited(host: Daemon) -> Daemon:
    """The host, which listens for browsers, too."""
    return host


def door(daemon: Daemon) -> str:
    return f"https://{daemon.settings['console_listen']}"


def link(daemon: Daemon, *words: str, host: str = "admin") -> str:
    made = json.loads(daemon.cli("-o", "json", "session", "link", *words, host=host).stdout)
    assert made["seconds"] == 300
    return str(made["link"])


def ask(
    daemon: Daemon,
    method: str,
    path: str,
    body: str = "",
    *,
    source: str = "127.0.0.1",
    **headers: str,
) -> tuple[int, dict[str, str], str]:
    """Send one request as a program would."""
    host, port = door(daemon).removeprefix("https://").split(":")
    given = {"Host": f"{host}:{port}", "Origin": door(daemon), "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    context = ssl.create_default_context(cafile=daemon.trust.paths.ca_certificate)
    context.check_hostname = False
    with (
        socket.create_connection((host, int(port)), 10, (source, 0)) as raw,
        context.wrap_socket(raw) as channel,
    ):
        channel.sendall(
            f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n{body}".encode()
        )
        answer = b""
        while piece := channel.recv(65536):
            answer += piece
    told, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = told.decode().split("\r\n")
    found = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), found, rest.decode(errors="replace")


def enter(
    daemon: Daemon, secret: str, source: str = "127.0.0.1"
) -> tuple[int, dict[str, str], str]:
    return ask(daemon, "POST", "/_edd/enter", json.dumps({"link": secret}), source=source)


def let_in(daemon: Daemon, *words: str, host: str = "admin") -> str:
    """Return the cookie of a browser that was let in."""
    status, told, _ = enter(daemon, link(daemon, *words, host=host).partition("#link=")[2])
    assert status == 200
    return told["set-cookie"].partition(";")[0]


def test_a_phone_comes_in_by_a_link_and_is_put_out(visited: Daemon, phone: Page) -> None:
    phone.goto(link(visited))
    expect(phone.get_by_role("heading", name="Overview")).to_be_visible()
    expect(phone.get_by_text(re.compile("[0-9] running"))).to_be_visible()
    assert "link=" not in phone.url

    newest = json.loads(visited.cli("-o", "json", "session", "list").stdout)[0]
    assert newest["caller"] == "admin"

    phone.goto(f"{door(visited)}/sessions")
    phone.get_by_role("button", name=f"End session {newest['id']}", exact=True).click()
    phone.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(phone).to_have_url(f"{door(visited)}/login")
    phone.goto(f"{door(visited)}/deployments")
    expect(phone).to_have_url(f"{door(visited)}/login")
    expect(phone.get_by_role("status")).to_contain_text("edd session link")


def test_a_link_opened_twice_closes_what_it_opened(visited: Daemon, phone: Page) -> None:
    made = link(visited)
    phone.goto(made)
    expect(phone.get_by_role("heading", name="Overview")).to_be_visible()

    status, _, body = enter(visited, made.partition("#link=")[2])
    assert status == 401
    assert "used before" in body
    phone.goto(f"{door(visited)}/")
    expect(phone).to_have_url(f"{door(visited)}/login")


def test_the_cookie_is_for_this_host_alone(visited: Daemon) -> None:
    _, told, _ = enter(visited, link(visited).partition("#link=")[2])

    name, *parts = [part.strip() for part in told["set-cookie"].split(";")]
    assert name.startswith("__Host-edd=")
    assert {part.lower() for part in parts} == {"secure", "httponly", "samesite=strict", "path=/"}
    assert told["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/info", "/v1/deployments", "/docker/version", "/metrics"])
def test_who_was_not_let_in_gets_nothing_but_the_door(visited: Daemon, path: str) -> None:
    for cookie in ("", "__Host-edd=", "__Host-edd=" + "a" * 43):
        assert ask(visited, "GET", path, Cookie=cookie)[0] == 401
    assert ask(visited, "GET", "/")[0] == 303
    assert ask(visited, "GET", "/login")[0] == 200
    assert ask(visited, "GET", "/static/app.js")[0] == 200
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "x" * 22 + "=="}
    assert ask(visited, "GET", "/ws/events", **upgrade, **key)[0] == 401


@pytest.mark.parametrize(
    "foreign",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:443"},
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_what_a_foreign_page_asks_is_refused(visited: Daemon, foreign: dict[str, str]) -> None:
    cookie = let_in(visited)
    stop = "/v1/deployments/website/stop"

    assert ask(visited, "GET", "/v1/info", Cookie=cookie)[0] == 200
    assert ask(visited, "POST", stop, Cookie=cookie, **foreign)[0] in {403, 421}
    assert visited.get("/v1/deployments/website")["state"] == "running"


def test_a_browser_may_do_what_its_link_says(visited: Daemon) -> None:
    looking, guest = let_in(visited, "--read-only"), let_in(visited, host="guest")
    stop = "/v1/deployments/website/stop"

    for cookie in (looking, guest):
        assert json.loads(ask(visited, "GET", "/v1/info", Cookie=cookie)[2])["role"] == "viewer"
        assert ask(visited, "POST", stop, Cookie=cookie)[0] == 403
    audit = visited.get("/v1/audit?limit=20")
    assert {"session_link", "session_begin"} <= {entry["action"] for entry in audit}


def test_a_session_ends_with_the_certificate_that_made_it(visited: Daemon) -> None:
    visited.client("lost", Role.VIEWER)
    cookie = let_in(visited, host="lost")
    assert ask(visited, "GET", "/v1/info", Cookie=cookie)[0] == 200

    visited.trust.authority.revoke("lost")
    visited.cli("reload")
    assert ask(visited, "GET", "/v1/info", Cookie=cookie)[0] == 401


def test_guesses_are_slowed_down_for_their_own_address(visited: Daemon) -> None:
    answers = [enter(visited, f"guess{number}", "127.0.0.9") for number in range(14)]

    assert answers[-1][0] == 429
    assert 1 <= int(answers[-1][1]["retry-after"]) <= 6
    assert re.search("Try again in [0-9] seconds", answers[-1][2])
    let_in(visited)
    time.sleep(int(answers[-1][1]["retry-after"]))
    assert enter(visited, "guess", "127.0.0.9")[0] == 401


def test_strangers_take_little_memory(visited: Daemon) -> None:
    host, port = door(visited).removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=visited.trust.paths.ca_certificate)
    context.check_hostname = False
    lines = "".join(f"X-{number}: {'x' * 8000}\r\n" for number in range(100)).encode()
    before = visited.resident()
    visited.forget_peak()
    with ExitStack() as ends:
        for _ in range(60):
            raw = ends.enter_context(socket.create_connection((host, int(port)), 10))
            channel = ends.enter_context(context.wrap_socket(raw))
            with suppress(OSError):
                channel.sendall(b"GET /login HTTP/1.1\r\nHost: x\r\n" + lines)
        time.sleep(0.5)
        assert visited.resident("VmHWM") - before < 16 * 1024


def test_no_answer_of_the_engine_is_a_page(visited: Daemon) -> None:
    cookie = let_in(visited)
    _, told, _ = ask(visited, "GET", "/docker/containers/json", Cookie=cookie)
    assert told["content-type"] == "application/json; charset=utf-8"
    assert "sandbox" in told["content-security-policy"]

    where = "/docker/containers/ed_website/archive?path=/www/index.html"
    _, told, _ = ask(visited, "GET", where, Cookie=cookie)
    assert told["content-type"] == "application/octet-stream"
    assert told["content-disposition"] == "attachment"


def test_leaving_ends_the_session(visited: Daemon) -> None:
    cookie = let_in(visited)

    assert ask(visited, "POST", "/_edd/leave", Cookie=cookie)[0] == 200
    assert ask(visited, "GET", "/v1/info", Cookie=cookie)[0] == 401


def test_a_session_that_is_ended_takes_its_streams_along(visited: Daemon) -> None:
    cookie = let_in(visited)
    newest = json.loads(visited.cli("-o", "json", "session", "list").stdout)[0]
    log = "/docker/containers/ed_website/logs?follow=1&stdout=1"
    with ThreadPoolExecutor(1) as thread:
        followed = thread.submit(ask, visited, "GET", log, Cookie=cookie)
        with pytest.raises(TimeoutError):
            followed.result(1.5)
        visited.cli("session", "end", str(newest["id"]))
        with suppress(ConnectionError):
            assert followed.result(5)[0] == 200


def test_a_revocation_takes_streams_along(visited: Daemon) -> None:
    visited.client("gone", Role.ADMIN)
    cookie = let_in(visited, host="gone")
    log = "/docker/containers/ed_website/logs?follow=1&stdout=1"
    with ThreadPoolExecutor(1) as thread:
        followed = thread.submit(ask, visited, "GET", log, Cookie=cookie)
        with pytest.raises(TimeoutError):
            followed.result(1.5)
        visited.trust.authority.revoke("gone")
        visited.cli("reload")
        with suppress(ConnectionError):
            assert followed.result(5)[0] == 200


def test_what_a_container_serves_beside_it_gets_the_cookie_and_nothing_by_it(
    visited: Daemon, phone: Page
) -> None:
    phone.goto(link(visited))
    expect(phone.get_by_role("heading", name="Overview")).to_be_visible()
    with beside(visited) as (port, cookies):
        phone.goto(f"https://127.0.0.1:{port}/")
    (stolen, *_) = cookies
    assert "__Host-edd=" in stolen

    assert ask(visited, "GET", "/v1/info", Cookie=stolen)[0] == 200
    assert ask(visited, "GET", "/v1/info", Cookie=stolen, source="127.0.0.9")[0] == 401


@contextmanager
def beside(daemon: Daemon) -> Iterator[tuple[int, list[str]]]:
    """Serve another site of the same address; what it gets of cookies is in the list."""
    cookies: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookies.append(self.headers.get("Cookie", ""))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        paths = daemon.trust.paths
        context.load_cert_chain(paths.server_certificate, paths.server_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, cookies
        server.shutdown()
        thread.join()


def test_who_came_by_a_link_makes_none(visited: Daemon) -> None:
    status, _, body = ask(visited, "POST", "/v1/sessions", Cookie=let_in(visited))

    assert status == 403
    assert "made with a certificate" in body


def test_a_link_is_also_a_picture(visited: Daemon) -> None:
    done = visited.cli("session", "link")

    *picture, link_line = done.stdout.splitlines()
    assert link_line.startswith(f"{door(visited)}/login#link=")
    assert len(picture) > 10
    assert set("".join(picture)) <= set(" ▀▄█\x1b[0;7m")
    assert "within 5 min" in done.stderr
