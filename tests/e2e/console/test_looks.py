"""Every page, light and dark, on a desktop and a phone: for all eyes, and without jumps."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.support.console import PHONE
from tests.support.engine import TestEngine

PAGES = (
    "/",
    "/deployments",
    "/deployments/website",
    "/deployments/painted/logs",
    "/deployments/painted/logs?with=containers/ed_website",
    "/deployments/website/push",
    "/containers",
    "/containers/ed_website",
    "/containers/ed_website/networks",
    "/containers/ed_website/resources",
    "/containers/ed_website/stats",
    "/containers/ed_website/processes",
    "/containers/ed_website/changes",
    "/containers/ed_website/files",
    "/containers/ed_website/terminal",
    "/containers/ed_website/attach",
    "/containers/ed_website/logs",
    "/containers/ed_website/inspect",
    "/images",
    "/images/ed_website:latest",
    "/events",
    "/containers/new",
    "/containers/new?from=ed_website",
    "/jobs",
    "/jobs/1",
    "/networks",
    "/networks/new",
    "/networks/bridge",
    "/volumes",
    "/volumes/new",
    "/volumes/shelf",
    "/settings",
    "/audit",
    "/sessions",
    "/nowhere",
)

LIGHT: Literal["light"] = "light"
DARK: Literal["dark"] = "dark"

TOO_SMALL = """() => [...document.querySelectorAll("a, button, select, input:not([type=file])")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip, p a"))
  .filter((one) => { const { height } = one.getBoundingClientRect(); return height < 24; })
  .map((one) => one.outerHTML)"""


@pytest.fixture(scope="module", autouse=True)
def shelf(site: Site, engine: TestEngine) -> Iterator[None]:
    """A volume to be seen, with a label that is markup and too long for its place."""
    engine.docker("volume", "create", "--label", f"words={MARKUP}{'x' * 200}", "shelf")
    yield
    engine.docker("volume", "rm", "shelf")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_fit_to_be_seen(visit: Visit, site: Site, path: str) -> None:
    page = visit(color_scheme="light").page()
    page.goto(site.url + path)
    settle(page)
    assert [shift for shift in page.evaluate("shifts") if shift[0] > 0.01] == []

    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 780})
        for scheme in (DARK, LIGHT):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_SMALL) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/deployments/website", "/containers", "/containers/ed_website", "/jobs/1"),
        *("/networks", "/volumes/shelf"),
    ],
)
def test_a_page_does_not_jump_on_a_phone(visit: Visit, site: Site, path: str) -> None:
    page = visit(viewport=PHONE).page()
    page.goto(site.url + path)
    settle(page)

    assert [shift for shift in page.evaluate("shifts") if shift[0] > 0.01] == []


CUT = """() => [...document.querySelectorAll(".table")]
  .map((one) => one.scrollWidth - one.clientWidth)"""
BROKEN = """() => [...document.querySelectorAll("thead th, td code, td time, [data-label=By]")]
  .filter((one) => {
    const range = new Range();
    range.selectNodeContents(one);
    return one.checkVisibility() && range.getBoundingClientRect().height > 30;
  })
  .map((one) => one.outerHTML)"""


@pytest.mark.parametrize("width", [768, 1024, 1100, 1280])
@pytest.mark.parametrize(
    "path", ["/deployments", "/deployments/website", "/images", "/events", "/jobs", "/audit"]
)
def test_a_table_is_whole_at_any_width(
    visit: Visit, site: Site, engine: TestEngine, path: str, width: int
) -> None:
    engine.docker("volume", "create", "told")  # the engine forgets events of long ago
    engine.docker("volume", "rm", "told")
    page = visit(viewport={"width": width, "height": 800}).page()
    jobs = [job | {"deployment": "long-" * 12 + "name"} for job in site.daemon.get("/v1/jobs")]
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json=jobs))
    page.goto(site.url + path)
    page.get_by_role("table").wait_for()
    settle(page)

    assert page.evaluate(CUT) == [0]
    assert page.evaluate(BROKEN) == []


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def settle(page: Page) -> None:
    page.get_by_role("heading", level=1).or_(page.locator(".empty")).first.wait_for()
    page.locator("[aria-busy]").first.wait_for(state="detached")
    page.wait_for_timeout(150)


def test_a_phones_menu_opens_and_closes_by_going_somewhere(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE).page()
    page.goto(site.url)

    assert not page.get_by_role("link", name="Audit").is_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("heading", name="Audit").wait_for()
    page.get_by_role("link", name="Audit").wait_for(state="hidden")
