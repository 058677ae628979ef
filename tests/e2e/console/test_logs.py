"""The log page: what a container writes is text, bounded, searchable, and never in the way."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.support.console import PHONE

MOST = 100_000
NOTHING = {"name": "painted", "state": "stopped", "image": "", "health": "none"}
BELOW = (
    "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)"
    "(document.querySelector('.log'))"
)
"""How many pixels of a log are below what is seen."""


@pytest.fixture
def log(visit: Visit, site: Site) -> Page:
    page = visit().page()
    page.goto(f"{site.url}/deployments/chatty/logs")
    expect(page.locator(".log")).to_contain_text("green")
    return page


def shown(page: Page) -> int:
    return int(page.evaluate("document.querySelector('.log').dataset.lines"))


def wait_shown(page: Page, least: int) -> None:
    page.locator(".log").wait_for()
    for _ in range(200):
        if shown(page) >= least:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{shown(page)} lines are shown, not {least}")


def test_markup_stays_text_and_only_colours_are_obeyed(log: Page) -> None:
    green = log.get_by_text("green", exact=True)

    expect(green).to_have_class("bold c2")
    expect(log.locator(".log")).to_contain_text(f"green {MARKUP}")
    expect(log.locator(".log")).to_contain_text("cleared over red end")
    expect(log.get_by_text("red", exact=True)).to_have_css("color", "rgb(200, 0, 0)")
    assert log.locator(".log img, .log script").count() == 0


def test_a_log_is_followed_paused_and_followed_again(log: Page) -> None:
    first = shown(log)
    wait_shown(log, first + 2)
    log.get_by_role("button", name="Pause").click()
    log.wait_for_timeout(300)
    paused = shown(log)
    log.wait_for_timeout(700)
    assert shown(log) == paused
    log.get_by_role("button", name="Pause").click()
    wait_shown(log, paused + 3)
    assert log.evaluate(BELOW) < 60


def test_the_end_of_long_lines_is_seen_whatever_their_wrapping(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE).page()
    text = "".join(f"{number} {'words ' * 40}\n" for number in range(4000))
    page.route("**/logs?*", lambda route: route.fulfill(body=text))
    page.goto(f"{site.url}/deployments/chatty/logs")
    wait_shown(page, 4000)

    page.wait_for_function(f"{BELOW} < 2")
    page.get_by_role("button", name="Wrap").click()
    page.wait_for_function(f"{BELOW} < 2")
    page.get_by_role("button", name="Wrap").click()
    page.wait_for_timeout(500)
    assert page.evaluate(BELOW) < 2
    expect(page.get_by_role("button", name="To the end")).to_have_count(0)

    page.locator(".log").hover()
    page.mouse.wheel(0, -30)
    expect(page.get_by_role("button", name="To the end")).to_be_visible()
    assert page.evaluate(BELOW) > 10
    page.get_by_role("button", name="To the end").click()
    page.wait_for_function(f"{BELOW} < 2")


def test_a_search_is_for_what_was_typed_and_moves_nothing(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.route("**/logs?*", lambda route: route.fulfill(body="one match\n" * 1500))
    page.goto(f"{site.url}/deployments/chatty/logs")
    wait_shown(page, 1500)
    place = page.locator(".log").bounding_box()

    page.get_by_role("searchbox").fill("match")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="1,500 of 1,500")).to_be_visible()
    assert page.locator(".log").bounding_box() == place


def test_a_log_appears_with_the_first_delivery(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.route("**/deployments/painted", lambda route: route.fulfill(json=NOTHING))
    page.goto(f"{site.url}/deployments/painted/logs")

    expect(page.get_by_text("There is no container yet")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    page.unroute("**/deployments/painted")
    expect(page.locator(".log")).to_contain_text("swapped")


def test_a_hundred_thousand_lines_are_bounded_and_searched(log: Page) -> None:
    log.select_option("select[aria-label='How many lines']", str(MOST))
    wait_shown(log, MOST - 250)

    log.wait_for_timeout(500)
    assert shown(log) <= MOST
    assert log.evaluate("document.querySelectorAll('.log .block > div').length") <= MOST
    log.fill("input[type=search]", "line 99321")
    expect(log.locator(".bar [role=status]")).to_have_text("1 line")
    log.keyboard.press("Enter")
    expect(log.locator(".bar [role=status]")).to_have_text("1 of 1")
    assert log.evaluate(
        "(row => { const box = document.querySelector('.log').getBoundingClientRect();"
        "const at = row.getBoundingClientRect(); return at.top > box.top && at.bottom < box.bottom;"
        "})(document.querySelector('.log .here'))"
    )
    log.get_by_role("button", name="To the end").click()
    expect(log.get_by_role("button", name="To the end")).to_have_count(0)


def test_a_part_of_a_log_is_read_to_its_end(log: Page) -> None:
    log.get_by_role("button", name="Follow", exact=True).click()
    log.select_option("select[aria-label='How many lines']", "500")

    expect(log.get_by_text(re.compile("500 lines, the end"))).to_be_visible()
    log.select_option("select[aria-label='Since when']", "600")
    expect(log.get_by_text(re.compile("500 lines, the end"))).to_be_visible()


def test_a_log_is_downloaded_as_it_is(log: Page) -> None:
    with log.expect_download() as waiting:
        log.get_by_role("link", name="Download").click()

    assert waiting.value.suggested_filename == "chatty.log"
    lines = waiting.value.path().read_bytes().splitlines()
    assert lines[:2] == [b"line 1", b"line 2"]
    assert lines[MOST] == f"\x1b[1;32mgreen\x1b[0m {MARKUP}".encode()


def test_a_log_that_never_ends_its_lines_is_cut_and_kept_bounded(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.goto(site.url)

    kept = page.evaluate(
        """async () => {
        const { LogView, MOST_LINES } = await import("/static/logview.js");
        await (await import("/static/late.js")).style("log.css");
        const box = document.createElement("div");
        box.className = "log";
        document.body.append(box);
        const view = new LogView(box, () => {});
        for (let part = 0; part < 150; part += 1)
          await view.add("\\x1b[31mred\\x1b[0m line\\n".repeat(1000));
        view.search("RED");
        await view.add("\\x1b[31mred\\x1b[0m line\\n".repeat(50_000));
        await view.add("x".repeat(300_000));
        view.end();
        while (view.waiting) await new Promise(requestAnimationFrame);
        const last = box.lastElementChild.lastElementChild.textContent;
        const sum = view.lines.slice(view.first).reduce((all, { text }) => all + text.length, 0);
        const nodes = box.querySelectorAll(".block > div").length;
        return { lines: view.count, most: MOST_LINES, nodes, last: last.length,
          right: sum === view.characters, marks: view.marks.every(({ row }) => row.isConnected) };
        }"""
    )

    assert kept["most"] - 200 <= kept["lines"] <= kept["most"]
    assert kept["nodes"] == kept["lines"]
    assert 16_000 < kept["last"] < 17_000
    assert kept["right"]
    assert kept["marks"]
