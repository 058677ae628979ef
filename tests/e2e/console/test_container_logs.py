"""Logs of containers: taken out of the engine's frames, of any time, and two side by side."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.support.engine import TestEngine

BOX = "/bin/busybox"
MOST = 100_000

MIXED = f"""\
echo 'plain {MARKUP}'
{BOX} sleep 0.2
echo 'bad {MARKUP}' >&2
printf 'no utf \\377\\376 \\303\\251\\n'
printf '\\033[31mred\\033[0m \\033]0;title\\007end\\n' >&2
while {BOX} sleep 0.3; do echo tick; done
"""


@pytest.fixture(scope="module", autouse=True)
def containers(site: Site, engine: TestEngine) -> Iterator[None]:
    """``mixed`` goes on writing both ways, ``ended`` wrote much, ``tty`` has a terminal."""
    start = ("run", "-d", "--no-healthcheck")
    shell = ("ed_website:latest", BOX, "sh", "-c")
    engine.docker(*start, "--name", "mixed", *shell, MIXED)
    much = f"{BOX} seq 1 {MOST}; {BOX} seq 1 50 >&2"
    engine.docker(*start, "--name", "ended", *shell, much)
    engine.docker(
        *start, "-t", "--name", "tty", *shell, f"echo with; echo {MARKUP!r}; {BOX} sleep 1000"
    )
    yield
    engine.docker("rm", "-f", "mixed", "ended", "tty")


def opened(visit: Visit, site: Site, name: str, **options: object) -> Page:
    page = visit(**options).page()
    page.goto(f"{site.url}/containers/{name}/logs")
    return page


def words(row: Locator) -> str:
    return row.text_content() or ""


def shown(page: Page) -> int:
    return int(page.evaluate("document.querySelector('.log').dataset.lines"))


def test_output_and_errors_are_told_apart_and_stay_text(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "mixed")
    log = page.get_by_role("log")
    expect(log).to_contain_text("tick")

    expect(log.locator(".errors")).to_have_count(2)
    expect(log.locator(".errors").first).to_have_text(f"bad {MARKUP}")
    expect(log.locator(".errors").last).to_have_text("red end")
    expect(log.get_by_text("red", exact=True)).to_have_class("c1")
    expect(log).to_contain_text(f"plain {MARKUP}")
    expect(log).to_contain_text("no utf �� é")
    assert log.locator("img, script").count() == 0


def test_a_containers_log_is_followed_and_paused(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "mixed")
    expect(page.get_by_text(re.compile(r"lines, following"))).to_be_visible()
    first = shown(page)
    page.wait_for_timeout(1500)
    assert shown(page) > first
    page.get_by_role("button", name="Pause the log").click()
    page.wait_for_timeout(300)
    paused = shown(page)
    page.wait_for_timeout(900)
    assert shown(page) == paused


def test_a_log_with_a_terminal_has_no_frames(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "tty")

    expect(page.get_by_role("log")).to_have_text(f"with{MARKUP}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.path().read_bytes() == f"with\r\n{MARKUP}\r\n".encode()


def test_a_log_is_downloaded_without_frames(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "ended")
    expect(page.get_by_text("5,000 lines, the container is stopped")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()

    assert waiting.value.suggested_filename == "ended.log"
    lines = waiting.value.path().read_bytes().splitlines()
    assert len(lines) == MOST + 50
    assert set(lines) == {b"%d" % number for number in range(1, MOST + 1)}


def test_a_hundred_thousand_lines_in_frames_are_shown(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "ended")
    page.select_option("select[aria-label='How many lines']", str(MOST))
    for _ in range(300):
        if shown(page) >= MOST - 200:
            break
        page.wait_for_timeout(200)

    assert MOST - 200 <= shown(page) <= MOST
    page.fill("input[type=search]", "99321")
    expect(page.locator(".bar [role=status]")).to_have_text("1 line", timeout=20_000)
    page.keyboard.press("Enter")
    expect(page.locator(".log .here")).to_be_in_viewport()


def test_lines_have_their_times_as_written_and_as_on_the_wall(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "mixed", timezone_id="Asia/Tokyo")
    first = page.locator(".log .block > div").first
    page.select_option("select[aria-label='Times']", "written")
    expect(first).to_have_text(re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z plain "))
    written = datetime.fromisoformat(words(first).split(" ")[0][:23] + "+00:00")
    page.select_option("select[aria-label='Times']", "local")
    expect(first).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} plain "))
    there = datetime.fromisoformat(words(first)[:23] + "+09:00")
    assert abs(there - written) < timedelta(milliseconds=2)
    expect(page.locator(".log .errors").first).to_have_text(re.compile(r"^\d{4}-.* bad "))


@pytest.mark.parametrize("address", ["containers/mixed", "deployments/chatty"])
def test_a_log_is_read_between_two_times(visit: Visit, site: Site, address: str) -> None:
    page = visit(timezone_id="UTC").page()
    page.goto(f"{site.url}/{address}/logs")
    expect(page.get_by_role("log")).to_contain_text("tick")

    def at(hours: int) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")

    page.select_option("select[aria-label='Since when']", "between")
    expect(page.get_by_label("Since", exact=True)).to_have_value(re.compile("T"))
    expect(page.get_by_role("log")).to_contain_text("tick")
    page.get_by_label("Until", exact=True).fill(at(-2))
    page.get_by_label("Since", exact=True).fill(at(-5))
    expect(page.get_by_text("0 lines, the end")).to_be_visible()
    page.get_by_label("Until", exact=True).fill(at(2))
    expect(page.get_by_role("log")).to_contain_text("tick")
    page.select_option("select[aria-label='Times']", "local")
    expect(page.locator(".log .when").first).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d "))


def test_two_logs_stand_side_by_side_by_their_address(visit: Visit, site: Site) -> None:
    page = opened(visit, site, "mixed")
    page.get_by_role("button", name="Beside").click()
    page.get_by_label("Log beside", exact=True).select_option("deployments/chatty")
    expect(page.get_by_role("log", name="Log of chatty")).to_contain_text("tick")
    assert page.url.endswith("/containers/mixed/logs?with=deployments/chatty")

    page.goto(f"{site.url}/deployments/chatty/logs?with=containers/ended")
    left = page.get_by_role("log", name="Log of chatty")
    right = page.get_by_role("log", name="Log of ended")
    expect(left).to_contain_text("tick")
    expect(right).to_contain_text("99999")
    boxes = left.bounding_box(), right.bounding_box()
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[0]["y"] == boxes[1]["y"]
    page.wait_for_timeout(500)
    before = right.evaluate("box => box.scrollTop")
    left.evaluate("box => box.scrollTop = 0")
    page.wait_for_timeout(500)
    assert left.evaluate("box => box.scrollTop") < 100
    assert right.evaluate("box => box.scrollTop") == before > 0
    page.get_by_role("button", name="Close the log beside").click()
    expect(right).to_have_count(0)
    assert page.url.endswith("/deployments/chatty/logs")


@pytest.mark.parametrize("address", ["nowhere", "containers/../../v1/info", "containers/gone"])
def test_a_log_beside_that_is_none_does_no_harm(visit: Visit, site: Site, address: str) -> None:
    one = visit()
    page = one.page()
    page.goto(f"{site.url}/deployments/chatty/logs?with={address}")
    expect(page.get_by_role("log", name="Log of chatty")).to_contain_text("tick")
    if address == "containers/gone":
        expect(page.get_by_text("No such container: gone")).to_be_visible()
        one.complaints.clear()  # the browser complains of the 404
    else:
        expect(page.get_by_role("log")).to_have_count(1)


def test_a_link_that_breaks_is_followed_anew(visit: Visit, site: Site) -> None:
    one = visit()
    page = one.page()
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort("connectionreset")

    page.route("**/docker/containers/mixed/logs*", break_once)
    page.goto(f"{site.url}/containers/mixed/logs")
    expect(page.get_by_role("log")).to_contain_text("tick")
    assert "follow=1" in broken[0]
    one.complaints.clear()  # the browser complains of the link


def test_frames_may_be_split_anywhere(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.goto(site.url)

    found = page.evaluate(
        """async () => {
        const { ERRORS, Sides } = await import("/static/log/frames.js");
        const frame = (source, words) => {
          const body = typeof words === "string" ? new TextEncoder().encode(words) : words;
          return [source, 0, 0, 0, 0, 0, body.length >> 8, body.length & 255, ...body];
        };
        const all = new Uint8Array([...frame(1, "one\\ntw"), ...frame(2, "bad\\nworse\\n"),
          ...frame(1, [111, 10, 195]), ...frame(2, "x".repeat(300)), ...frame(1, [169, 10]),
          ...frame(1, "rest")]);
        return [1, 2, 3, 7, 8, 9, 13, 1000].map((size) => {
          const sides = new Sides();
          let text = "";
          for (let at = 0; at < all.length; at += size)
            text += sides.take(all.subarray(at, at + size));
          return (text + sides.rest()).replaceAll(ERRORS, "!");
        });
        }"""
    )

    rest = "rest\n!" + "x" * 300 + "\n"
    assert {words.replace("!bad\n!worse\n", "", 1) for words in found} == {f"one\ntwo\né\n{rest}"}
    refused = page.evaluate(
        """async () => { const { Sides } = await import("/static/log/frames.js");
        try { new Sides().take(new TextEncoder().encode("no frames here")); return ""; }
        catch (error) { return error.message; } }"""
    )
    assert refused == "The engine's log makes no sense."
