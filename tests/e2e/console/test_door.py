"""Attacks on the console's door: by programs of this machine, by foreign pages, by other names."""

import http.client
import http.server
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.console.conftest import Site
from tests.support.console import Console, come_in, watched
from tests.support.processes import wait_until

STOP = "/v1/deployments/website/stop"


@pytest.fixture
def attacked(site: Site) -> Iterator[Console]:
    with Console(site.daemon) as console:
        yield console


@pytest.fixture
def own(site: Site, entered: str) -> dict[str, str]:
    """The headers of a request that the console's own page makes."""
    return {"Cookie": f"edd={entered}"} | of_a_page(site.console)


def of_a_page(console: Console) -> dict[str, str]:
    return {"Origin": console.url, "Sec-Fetch-Site": "same-origin"}


def ask(
    console: Console, method: str, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    """Send one request to the door as a program would; return status, headers and body."""
    link = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
    given = {"Host": console.authority} | dict(headers or {})
    try:
        link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            link.putheader(name, value)
        link.endheaders()
        answer = link.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read().decode(errors="replace")
    finally:
        link.close()


def enter(console: Console) -> dict[str, str]:
    """Open the link as a browser would; return the headers of a page's requests."""
    status, told, _ = ask(console, "GET", target(console))
    assert status == 200
    return {"Cookie": told["set-cookie"].partition(";")[0]} | of_a_page(console)


def target(console: Console) -> str:
    parts = urlsplit(console.link)
    return f"{parts.path}?{parts.query}"


def stops(site: Site) -> int:
    """How often the host was asked to stop a deployment, heeded or not."""
    entries = site.daemon.get("/v1/audit?limit=1000")
    return sum(entry["action"].endswith("stop") for entry in entries)


def test_the_cookie_is_for_this_browser_and_its_pages_alone(attacked: Console) -> None:
    _, told, page = ask(attacked, "GET", target(attacked))

    parts = {part.strip().lower() for part in told["set-cookie"].split(";")[1:]}
    assert parts == {"httponly", "samesite=strict", "path=/"}
    assert told["cache-control"] == "no-store"
    assert "script" not in page


def test_who_was_not_let_in_gets_nothing(site: Site, entered: str) -> None:
    assert entered
    for path in ("/", "/static/app.js", "/v1/info", "/v1/deployments", "/jobs", "/_edd/host"):
        for headers in ({}, {"Cookie": "edd="}, {"Cookie": "edd=" + "a" * 43}):
            status, _, body = ask(site.console, "GET", path, headers)
            assert status == 401
            assert "script" not in body


def test_the_pages_learn_where_the_host_is(site: Site, own: dict[str, str]) -> None:
    status, told, body = ask(site.console, "GET", "/_edd/host", own)

    assert (status, json.loads(body)) == (200, {"address": "127.0.0.1"})
    assert told["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["127.0.0.1:{port}", "localhost:{port}", "evil.example", "edd.evil.example:{port}", ""]
)
def test_another_name_for_loopback_is_refused(site: Site, own: dict[str, str], name: str) -> None:
    foreign = own | {"Host": name.format(port=site.console.port)}

    assert ask(site.console, "GET", "/v1/info", own)[0] == 200
    assert ask(site.console, "GET", "/v1/info", foreign)[0] == 421
    assert ask(site.console, "GET", "/", foreign)[0] == 421


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": ""},
    ],
)
def test_what_a_foreign_page_asks_never_reaches_the_host(
    site: Site, own: dict[str, str], foreign: dict[str, str]
) -> None:
    before = stops(site)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}

    assert ask(site.console, "POST", STOP, own | foreign)[0] == 403
    assert ask(site.console, "DELETE", "/v1/deployments/website", own | foreign)[0] == 403
    assert ask(site.console, "GET", "/v1/info", own | foreign | upgrade)[0] == 403
    assert stops(site) == before


def test_without_an_origin_nothing_is_changed(site: Site, own: dict[str, str]) -> None:
    before = stops(site)

    assert ask(site.console, "POST", STOP, {"Cookie": own["Cookie"]})[0] == 403
    assert stops(site) == before


def test_guesses_do_not_open_and_do_not_spoil_the_link(attacked: Console) -> None:
    path = urlsplit(attacked.link).path
    secret = parse_qs(urlsplit(attacked.link).query)["t"][0]

    for guess in ("", secret[:-1], secret[::-1], secret + "x", *map(str, range(300))):
        assert ask(attacked, "GET", f"{path}?t={guess}")[0] == 403
    assert ask(attacked, "HEAD", target(attacked))[0] == 401
    assert ask(attacked, "POST", target(attacked), {"Origin": attacked.url})[0] == 401
    assert ask(attacked, "GET", target(attacked), {"Sec-Purpose": "prefetch"})[0] == 403
    enter(attacked)


def test_a_link_that_is_opened_twice_ends_the_console_and_says_so(attacked: Console) -> None:
    enter(attacked)

    assert ask(attacked, "GET", target(attacked))[0] == 403
    assert attacked.process.wait(10) == 1
    assert "opened a second time" in attacked.end()


def test_the_door_is_on_loopback_alone(site: Site) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f"{site.console.port:04X}"
    places = [line.split()[1] for line in listening if line.split()[3] == "0A"]

    assert [place for place in places if place.endswith(f":{port}")] == [f"0100007F:{port}"]
    every = Path("/proc/net/tcp6").read_text()
    assert f":{port} 00000000000000000000000000000000:0000 0A" not in every


def test_ctrl_c_ends_it_without_a_traceback(attacked: Console) -> None:
    words = attacked.end()

    assert attacked.process.returncode == 130
    assert "Traceback" not in words


def test_a_host_that_is_not_known_is_told_before_a_link_is_printed(site: Site) -> None:
    done = site.daemon.cli("console", "--no-open", host="nowhere", check=False)

    assert done.returncode == 2
    assert "http" not in done.stdout


class Evil(http.server.BaseHTTPRequestHandler):
    """An empty page of another site on this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title><body></body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def evil() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def victim(attacked: Console, browser: Browser, evil: str) -> Iterator[Page]:
    """A page of another site, in the browser that the console let in."""
    seen = watched(browser)
    page = seen.page()
    come_in(page, attacked)
    page.goto(evil)
    yield page
    seen.context.close()


def test_a_foreign_page_cannot_use_the_browser_that_was_let_in(
    site: Site, attacked: Console, victim: Page
) -> None:
    before = stops(site)
    place = attacked.url + STOP

    asked = "(url) => fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include'})"
    victim.evaluate(f"{asked}.then(() => 0, () => 0)", place)
    reached = victim.evaluate(
        "(url) => new Promise((done) => { const one = new WebSocket(url.replace('http', 'ws'));"
        "one.onopen = () => done(true); one.onerror = () => done(false); })",
        place,
    )
    readable = victim.evaluate(
        "(url) => fetch(url, {credentials: 'include'}).then(() => true, () => false)",
        f"{attacked.url}/v1/info",
    )
    victim.evaluate(
        "(url) => { const form = document.createElement('form'); form.method = 'POST';"
        "form.action = url; document.body.append(form); form.submit(); }",
        place,
    )
    victim.wait_for_url(place)

    assert (reached, readable) == (False, False)
    assert stops(site) == before


def test_a_foreign_page_cannot_frame_the_console(attacked: Console, victim: Page) -> None:
    victim.evaluate(
        "(url) => new Promise((done) => { const frame = document.createElement('iframe');"
        "frame.onload = done; frame.src = url; document.body.append(frame); })",
        attacked.url,
    )

    assert victim.frames[1].url == "chrome-error://chromewebdata/"


def test_the_browser_is_led_to_the_link_by_a_file_of_the_users_own(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    told, script = tmp_path / "told", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nstat -c "%a $1" "${{1#file://}}" >{told}\n')
    script.chmod(0o755)
    environment = {"BROWSER": f"{script} %s", "TMPDIR": str(tmp_path)}
    with Console(site.daemon, "--port", "0", environment=environment) as console:
        wait_until(lambda: told.exists() and told.read_text().endswith("\n"), 10, "a browser")
        mode, url = told.read_text().split()
        secret = console.link.partition("t=")[2]
        assert mode == "600"
        assert url.startswith(f"file://{tmp_path}/edd-console-")
        assert secret not in url
        command = Path(f"/proc/{console.process.pid}/cmdline").read_bytes()
        assert os.fsencode(secret) not in command

        seen = watched(browser)
        page = seen.page()
        page.goto(url)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        assert seen.complaints == []
        seen.context.close()
        assert not Path(urlsplit(url).path).exists()
