"""A running `edd console`, and the browser that opens its link."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright

from tests.support.daemon import EDD, Daemon

CHROMIUM = Path(os.environ.get("EDD_CHROMIUM", "/usr/bin/chromium"))

OFFLINE = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""What keeps Chromium from looking for its makers."""

WATCH = """\
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
window.shifts = [];
const named = ({ node, previousRect, currentRect }) =>
  `${node?.nodeName} "${node?.textContent.slice(0, 20)}" ${previousRect.y} ${currentRect.y}`;
new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources, hadRecentInput }) =>
  hadRecentInput || shifts.push([value, ...sources.map(named)])
)).observe({ type: "layout-shift", buffered: true });
"""
"""Makes breaches of the page's rules complaints, and keeps what jumped in ``shifts``."""


class Console:
    """`edd console HOST` as a process; ``link`` opens it, once."""

    def __init__(
        self,
        daemon: Daemon,
        *words: str,
        host: str = "admin",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [EDD, "console", host, *(words or ["--no-open"])],
            env=daemon.environment | {"PYTHONUNBUFFERED": "1"} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError(f"edd console did not open: {line}{self.end()}")
        self.link = line.split()[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def authority(self) -> str:
        """Its name and port."""
        return urlsplit(self.link).netloc

    @property
    def url(self) -> str:
        """Its address, as its pages have it."""
        return f"http://{self.authority}"

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1."""
        return int(self.authority.rpartition(":")[2])

    def end(self) -> str:
        """Press Ctrl-C, unless it has ended, and return what it wrote to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=20)[1]


@dataclass
class Watched:
    """A browser context whose pages' complaints are written down."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """Return a new page that is watched."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        return page

    def forgive(self, path: str) -> None:
        """Drop the browser's complaints about refused requests to ``path``; there has to be one."""
        refused = [one for one in self.complaints if "status of 4" in one and path in one]
        assert refused, self.complaints
        self.complaints[:] = [one for one in self.complaints if one not in refused]

    def _heard(self, message: ConsoleMessage) -> None:
        # Engines of other runs on this machine add and remove bridges, and Chromium starts anew.
        if message.type in {"error", "warning"} and "ERR_NETWORK_CHANGED" not in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({message.location})")


def come_in(page: Page, console: Console) -> None:
    """Open the link of ``console`` and wait for its first page."""
    page.goto(console.link)
    page.get_by_role("heading", name="Overview").wait_for()


def come_to(page: Page, url: str) -> None:
    """Open ``url``, also while bridges of engines on this machine come and go."""
    for tries_left in (2, 1, 0):
        try:
            page.goto(url)
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in str(error) or not tries_left:
                raise
        else:
            return


def start_browser(playwright: Playwright) -> Browser:
    """Start Debian's Chromium without a window."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))


def watched(browser: Browser, **options: Any) -> Watched:
    """Return a fresh context; ``options`` are Playwright's, such as ``color_scheme``."""
    context = browser.new_context(**options)
    context.set_default_timeout(10_000)
    context.add_init_script(WATCH)
    return Watched(context)


@contextmanager
def visiting(
    daemon: Daemon, browser: Browser, host: str = "admin", **options: Any
) -> Iterator[tuple[Page, Console, Watched]]:
    """Open the console of a daemon as one of its clients: its first page, in a context of its own.

    The page's complaints are for the test to look at.
    """
    with Console(daemon, host=host) as console:
        seen = watched(browser, **options)
        try:
            page = seen.page()
            come_in(page, console)
            yield page, console, seen
        finally:
            seen.context.close()


DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
