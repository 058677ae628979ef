"""One host, one `edd console` and one browser for all tests of the console."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from edd.model.caller import Role
from tests.conftest import cleaned
from tests.support.boxes import Boxes, boxes_of
from tests.support.console import (
    CHROMIUM,
    DESKTOP,
    PHONE,
    Console,
    Watched,
    come_in,
    start_browser,
    watched,
)
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, website_image, write_archive
from tests.support.ports import free_port

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"

CHATTER = f"""\
trap 'exit 0' TERM
busybox awk 'BEGIN {{ for (i = 1; i <= 100000; i++) print "line", i }}'
printf '\\033[1;32mgreen\\033[0m {MARKUP}\\n'
printf '\\033]0;title\\007\\033[2Jcleared \\342\\200\\256over\\342\\200\\254 '
printf '\\033[38;2;200;0;0mred\\033[0m end\\n'
while busybox sleep 0.2; do echo tick; done
"""

COLOURS = """\
trap 'exit 0' TERM
for c in 0 1 2 3 4 5 6 7; do
    printf "\\033[3${c}mdark\\033[9${c}m light\\033[0;4${c}m ground\\033[0;7m swapped\\033[0m\\n"
done
while busybox sleep 1; do :; done
"""


def running(image: Image, script: str) -> Image:
    """Return ``image`` with another script as its command."""
    return replace(image, config=image.config | {"Cmd": ["/bin/busybox", "sh", "-c", script]})


@dataclass(frozen=True)
class Site:
    """The host, its console, and image archives to deliver."""

    daemon: Daemon
    console: Console
    archives: Path

    @property
    def url(self) -> str:
        return self.console.url

    def archive(self, name: str) -> str:
        return str(self.archives / f"{name}.tar")


@pytest.fixture(scope="package")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives")
    for text in ("one", "two", "three"):
        write_archive(folder / f"{text}.tar", website_image("website:1", text))
    write_archive(folder / "broken.tar", website_image("website:1", "broken", broken="exits"))
    painted = running(website_image("painted:1", "painted", healthy=None), COLOURS)
    write_archive(folder / "painted.tar", painted)
    quiet = website_image("chatty:1", "chatty", healthy=None)
    write_archive(folder / "chatty.tar", running(quiet, CHATTER))
    return folder


@pytest.fixture(scope="package")
def host(
    engine: TestEngine, archives: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """A host with a deployment of each kind: healthy, stopped, talkative, empty."""
    places = [Place(name, stable=0.3) for name in ("website", "shop", "chatty", "painted", "empty")]
    root = tmp_path_factory.mktemp("host") / "edd"
    listen = f"127.0.0.1:{free_port()}"
    engine.clean()
    with (
        cleaned(engine),
        Daemon(root, engine.socket, places, console_listen=listen) as daemon,
    ):
        daemon.client("guest", Role.VIEWER)
        for archive, place in [
            ("one", "website"),
            ("two", "website"),
            ("one", "shop"),
            ("chatty", "chatty"),
            ("painted", "painted"),
        ]:
            daemon.cli("push", str(archives / f"{archive}.tar"), place)
        daemon.cli("stop", "shop")
        yield daemon


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with this folder's tests: others need the event loop."""
    if not CHROMIUM.exists():
        if os.environ.get("EDD_REQUIRE_ENGINE") == "1":
            pytest.fail(f"there is no {CHROMIUM}: run scripts/setup test")
        pytest.skip("no Chromium")
    expect.set_options(timeout=20_000)  # a machine that also runs engines is slow at times
    with sync_playwright() as playwright:
        started = start_browser(playwright)
        yield started
        started.close()


@pytest.fixture(scope="package")
def site(host: Daemon, archives: Path) -> Iterator[Site]:
    with Console(host) as console:
        yield Site(host, console, archives)


@pytest.fixture(scope="package")
def entered(site: Site, browser: Browser) -> str:
    """The cookie of the one browser that opened the console's link."""
    came = watched(browser)
    page = came.page()
    come_in(page, site.console)
    cookie = next(each["value"] for each in came.context.cookies() if each["name"] == "edd")
    assert came.complaints == []
    came.context.close()
    return str(cookie)


Visit = Callable[..., Watched]


@pytest.fixture
def visit(site: Site, browser: Browser, entered: str) -> Iterator[Visit]:
    """Return fresh contexts of the browser that was let in; their pages may complain of nothing."""
    contexts: list[Watched] = []
    with ExitStack() as ends:

        def fresh(**options: object) -> Watched:
            one = watched(browser, **({"viewport": DESKTOP} | options))
            ends.callback(one.context.close)
            one.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
            contexts.append(one)
            return one

        yield fresh
    assert [complaint for one in contexts for complaint in one.complaints] == []


Ask = Callable[..., Any]


@pytest.fixture(scope="package")
def ask(site: Site, entered: str, browser: Browser) -> Iterator[Ask]:
    """Return what a function of a module of the console answers, in the browser."""
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    page.goto(f"{site.url}/jobs")

    def answer(module: str, name: str, *given: object) -> Any:
        return page.evaluate(
            "async ([module, name, given]) => {"
            "const found = (await import(`/static/${module}.js`))[name];"
            "const answer = typeof found === 'function' ? found(...given) : found;"
            "return JSON.parse(JSON.stringify(answer instanceof Set ? [...answer] : answer)); }",
            [module, name, list(given)],
        )

    yield answer
    assert seen.complaints == []
    seen.context.close()


BodyOf = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="package")
def body_of(ask: Ask) -> BodyOf:
    """Return the creation that a command line means; nothing of the line may be left out."""

    def made(line: str) -> dict[str, Any]:
        found = ask("create/runline", "formOfLine", line)
        assert (found["problem"], found["notes"]) == ("", []), line
        body: dict[str, Any] = ask("create/containerform", "bodyOf", found["form"])
        return body

    return made


@pytest.fixture
def page(visit: Visit) -> Page:
    """A fresh page on a desktop."""
    return visit().page()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of a phone that trusts the host's certificate, as its user said it should."""
    seen = watched(browser, viewport=PHONE, ignore_https_errors=True)
    yield seen.page()
    assert [each for each in seen.complaints if "status of 401" not in each] == []
    seen.context.close()


@pytest.fixture
def boxes(site: Site, engine: TestEngine) -> Iterator[Boxes]:
    """Containers of a test's own on the host's engine; they go with it."""
    with boxes_of(engine, "ed_chatty:latest") as made:
        yield made


def hold(page: Page, path: str | re.Pattern[str]) -> list[Route]:
    """Return the requests to ``path`` as they come: each waits until somebody lets it go on."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(path, keep)
    return held


def note(page: Page, words: str) -> None:
    """Wait until the page says ``words`` in its corner."""
    expect(page.locator("#notes")).to_contain_text(words, timeout=60_000)
