"""What a container uses, runs and has changed, as its page shows it while it happens."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from edd.model.caller import Role
from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.support.changes import MANY, run_with_many_changes
from tests.support.console import Console, come_in, watched
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive

BOX = "/bin/busybox"
IDLE = f"trap 'exit 0' TERM; : '{MARKUP}'; busybox sleep 100000 & wait"
LIMIT = 64 << 20

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def box(site: Site, engine: TestEngine) -> Iterator[str]:
    """A running container with a limit of memory, and a process whose words are markup."""
    archive = write_archive(site.archives / "box.tar", website_image("box:1", "box", healthy=None))
    engine.load(archive)
    more = ("--memory", str(LIMIT), "--pids-limit", "50")
    engine.docker("run", "-d", "--name", "box", *more, "box:1", BOX, "sh", "-c", IDLE)
    yield "box"
    engine.docker("rm", "-f", "box")


@pytest.fixture(scope="module")
def many(site: Site, engine: TestEngine, box: str) -> Iterator[str]:
    """A container that has changed very many files."""
    run_with_many_changes(engine, "many", "box:1")
    yield "many"
    engine.docker("rm", "-f", "many")


def open_tab(visit: Visit, site: Site, name: str, tab: str) -> Page:
    page = visit().page()
    page.goto(f"{site.url}/containers/{name}/{tab}")
    return page


def samples(page: Page) -> int:
    return int(page.locator("[data-samples]").get_attribute("data-samples") or 0)


def wait_for(page: Page, true: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within a minute: {what}")


def wait_samples(page: Page, least: int) -> None:
    wait_for(page, lambda: samples(page) >= least, f"{least} samples")


def figure(page: Page, title: str) -> str:
    return page.locator("figure").filter(has_text=title).inner_text().replace("\xa0", " ")


def test_charts_say_what_a_container_uses_and_of_what(visit: Visit, site: Site, box: str) -> None:
    page = open_tab(visit, site, box, "stats")

    wait_samples(page, 3)
    assert re.search(r"\d\.\d\d %", figure(page, "CPU"))
    assert re.search(r"[0-9.]+ [kM]B\s+of 67\.1 MB", figure(page, "Memory"))
    assert re.search(r"of 50", figure(page, "Processes and threads"))
    assert re.search(r"B/s in\s+.*B/s out", figure(page, "Network"))
    expect(page.get_by_role("img", name=re.compile("CPU, the last minutes; now"))).to_be_visible()
    page.get_by_role("button", name="As a table").click()
    expect(page.get_by_role("table").get_by_role("row").nth(2)).to_contain_text("%")


def colours(page: Page) -> set[tuple[int, int, int]]:
    found: list[list[int]] = page.evaluate(
        """() => { const canvas = document.querySelector("canvas");
        const { width, height } = canvas;
        const often = { willReadFrequently: true };
        const copy = new OffscreenCanvas(width, height).getContext("2d", often);
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, width, height);
        const found = new Set();
        for (let at = 0; at < data.length; at += 4)
          if (data[at + 3] === 255) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        return [...found].map((one) => one.split(",").map(Number)); }"""
    )
    return {(red, green, blue) for red, green, blue in found}


def test_a_chart_follows_the_theme(visit: Visit, site: Site, box: str) -> None:
    page = open_tab(visit, site, box, "stats")
    dark, light = (0x2B, 0x2E, 0x33), (0xE2, 0xE2, 0xDC)  # lines of the grid

    wait_samples(page, 1)
    page.emulate_media(color_scheme="light")
    wait_for(page, lambda: light in colours(page), "it is light")
    assert dark not in colours(page)
    page.emulate_media(color_scheme="dark")
    wait_for(page, lambda: dark in colours(page), "it is dark")
    assert light not in colours(page)
    page.get_by_role("button", name="Theme").click()
    wait_for(page, lambda: light in colours(page), "it is light again")


def test_a_hidden_page_reads_nothing_and_goes_on_when_it_is_seen(
    visit: Visit, site: Site, box: str
) -> None:
    page = open_tab(visit, site, box, "stats")
    wait_samples(page, 2)

    page.evaluate(HIDE, arg=True)
    page.wait_for_timeout(500)
    first = samples(page)
    page.wait_for_timeout(2500)
    assert samples(page) == first
    page.evaluate(HIDE, arg=False)
    wait_samples(page, first + 2)


def test_a_stream_that_breaks_off_is_opened_again(visit: Visit, site: Site, box: str) -> None:
    page = visit().page()
    opened: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        opened.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/stats*", pass_on)
    page.goto(f"{site.url}/containers/{box}/stats")
    wait_samples(page, 2)
    opened[0].close(code=3000, reason="cut")
    expect(page.get_by_text("tried again")).to_be_visible()
    seen = samples(page)
    wait_samples(page, seen + 2)
    assert len(opened) == 2


def test_a_container_that_stops_says_so_and_begins_anew(
    visit: Visit, site: Site, box: str, engine: TestEngine
) -> None:
    page = open_tab(visit, site, box, "stats")
    wait_samples(page, 1)

    engine.docker("stop", "-t", "1", box)
    expect(page.get_by_text("The container does not run")).to_be_visible(timeout=20_000)
    page.goto(f"{site.url}/containers/{box}/processes")
    expect(page.get_by_text("The container does not run")).to_be_visible()
    page.goto(f"{site.url}/containers/{box}/stats")
    expect(page.get_by_text("The container does not run")).to_be_visible()
    engine.docker("start", box)
    expect(page.locator("figure").first).to_be_visible(timeout=20_000)
    wait_samples(page, 1)


def told(**more: Any) -> dict[str, Any]:
    """The engine's statistics of a second in which half a processor was used."""
    cpu = {"cpu_usage": {"total_usage": 5_500_000_000}, "system_cpu_usage": 102 * 10**9}
    before = {"cpu_usage": {"total_usage": 5_000_000_000}, "system_cpu_usage": 100 * 10**9}
    return {
        "read": "2026-01-01T00:00:10Z",
        "cpu_stats": cpu | {"online_cpus": 2},
        "precpu_stats": before,
        "memory_stats": {"usage": 900, "limit": 1000, "stats": {"inactive_file": 300}},
        "pids_stats": {"current": 3, "limit": 10},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 5}]},
        "networks": {
            "eth0": {"rx_bytes": 7, "tx_bytes": 8},
            "eth1": {"rx_bytes": 1, "tx_bytes": 1},
        },
    } | more


V1 = {"usage": 900, "limit": 2**63 - 4096, "stats": {"total_inactive_file": 400, "cache": 500}}
"""Memory as cgroup v1 has it, without a limit."""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"cpu": 50, "memory": 600, "limit": 1000, "pids": 3, "mostPids": 10}),
        ({}, {"received": 8, "sent": 9, "read": 5, "written": 0}),
        ({"memory_stats": V1}, {"memory": 500, "limit": None}),
        ({"memory_stats": {}}, {"memory": None, "limit": None}),
        ({"pids_stats": {"current": 3, "limit": 2**64 - 1}}, {"mostPids": None}),
        ({"pids_stats": {}}, {"pids": None, "mostPids": None}),
        ({"networks": None}, {"received": None, "sent": None}),
        ({"blkio_stats": {"io_service_bytes_recursive": None}}, {"read": None}),
        (
            {"blkio_stats": {"io_service_bytes_recursive": [{"op": "Write", "value": 6}]}},
            {"read": 0, "written": 6},
        ),
        ({"precpu_stats": {"cpu_usage": {"total_usage": 0}}}, {"cpu": None}),
        ({"precpu_stats": told()["cpu_stats"]}, {"cpu": None}),
    ],
)
def test_a_sample_is_read_whatever_the_host_measures(
    visit: Visit, site: Site, more: dict[str, Any], expected: dict[str, Any]
) -> None:
    page = visit().page()
    page.goto(site.url)

    sample = page.evaluate(
        "told => import('/static/samples.js').then(({ sampleOf }) => sampleOf(told))", told(**more)
    )
    assert {name: sample[name] for name in expected} == expected


def test_samples_are_rates_bounded_and_have_gaps(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.goto(site.url)

    found = page.evaluate(
        """async () => {
        const { Samples, sampleOf, MOST_SAMPLES } = await import("/static/samples.js");
        const one = { cpu: 1, memory: 1, pids: 1, read: 0, written: 0 };
        const all = new Samples();
        all.add({ ...one, at: 10, received: 100, sent: 0 });
        all.add({ ...one, at: 12, received: 300, sent: 0 });
        const rate = all.row(-1).received;
        all.add({ ...one, at: 13, received: 5, sent: 0 });
        const anew = all.row(-1).received;
        all.add({ ...one, at: 99, received: 900, sent: 0 });
        const gap = [all.row(-2).memory, all.row(-1).received];
        for (let at = 100; at < 2000; at += 1) all.add({ ...one, at, received: 0, sent: 0 });
        const stopped = sampleOf({ read: "0001-01-01T00:00:00Z" });
        return { rate, anew, gap, kept: all.length, most: MOST_SAMPLES, stopped };
        }"""
    )
    assert found == {
        "rate": 100,
        "anew": None,
        "gap": [None, None],
        "kept": 600,
        "most": 600,
        "stopped": None,
    }


def test_processes_are_sorted_filtered_and_asked_for_otherwise(
    visit: Visit, site: Site, box: str
) -> None:
    page = open_tab(visit, site, box, "processes")
    rows = page.get_by_role("table").locator("tbody tr")

    expect(rows).to_have_count(2)
    expect(rows.filter(has_text=MARKUP)).to_have_count(1)
    assert page.locator("main img").count() == 0
    page.get_by_role("button", name="PID", exact=True).click()
    expect(page.get_by_role("columnheader", name="PID", exact=True)).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(rows.first).to_contain_text("sh -c")
    page.get_by_role("button", name="PID", exact=True).click()
    expect(rows.last).to_contain_text("sh -c")
    page.get_by_label("Search processes").fill("ONERROR")
    expect(rows).to_have_count(1)
    page.get_by_label("Search processes").fill("")
    page.get_by_label("Options of ps").fill("-eo pid,args")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader")).to_have_count(2)


def test_options_that_ps_does_not_know_are_told_in_its_words(
    site: Site, box: str, browser: Browser, entered: str
) -> None:
    seen = watched(browser)  # the browser itself complains of the refusal
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    page.goto(f"{site.url}/containers/{box}/processes")

    page.get_by_label("Options of ps").fill("-o args")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("PID")
    seen.context.close()


SEEN = {
    Role.VIEWER: {
        "stats": "for looking only",
        "processes": "for looking only",
        "changes": "Nothing was changed",
        "files": "An administrator looks at files",
    },
    Role.DEPLOYER: {
        "stats": "One sample a second",
        "files": "An administrator looks at files",
        "processes": "2 processes",
    },
}
"""What a tab says to whom."""


@pytest.mark.parametrize("role", SEEN)
def test_a_role_sees_what_it_may(site: Site, box: str, browser: Browser, role: Role) -> None:
    site.daemon.client(f"live-{role}", role)
    with Console(site.daemon, host=f"live-{role}") as console:
        seen = watched(browser)
        page = seen.page()
        come_in(page, console)
        for tab, words in SEEN[role].items():
            page.goto(f"{console.url}/containers/{box}/{tab}")
            expect(page.locator("main")).to_contain_text(words, timeout=20_000)
        if role is Role.DEPLOYER:
            page.get_by_label("Options of ps").select_option("aux")
            expect(page.get_by_role("columnheader", name="%CPU")).to_be_visible()
        assert seen.complaints == []
        seen.context.close()


BEATS = """() => {
  window.longest = 0;
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
    setTimeout(beat, 10);
  };
  beat();
}"""
"""Notes in ``longest`` for how many milliseconds the page could do nothing."""


def test_200_000_changes_stall_neither_the_page_nor_the_eye(
    visit: Visit, site: Site, many: str
) -> None:
    page = visit().page()
    page.goto(f"{site.url}/containers/{many}")
    page.get_by_role("link", name="Changes").wait_for()
    page.evaluate(BEATS)

    page.get_by_role("link", name="Changes").click()
    list_ = page.get_by_role("table", name="Changes")
    list_.wait_for(timeout=120_000)
    assert int(list_.get_attribute("aria-rowcount") or 0) > MANY
    # It was 0.3 s with 7 runnable tasks on two processors, the page's first drawing included.
    assert page.evaluate("longest") < 1000
    assert page.locator(".longlist .row").count() < 80
    expect(page.locator(".longlist .row").first).to_contain_text("added/many")

    list_.evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator(".longlist .row").last).to_contain_text("/many/99999")
    assert page.locator(".longlist .row").count() < 80
    page.get_by_label("Search changes").fill("/many/19999")
    expect(page.locator("p[role=status]")).to_have_text("11 changes")
    page.get_by_role("button", name="added").click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()


@pytest.mark.parametrize("piece", [1, 7, 64, 4096])
def test_an_answer_is_taken_apart_wherever_it_is_split(
    visit: Visit, site: Site, piece: int
) -> None:
    page = visit().page()
    page.goto(site.url)
    paths = ['/},{"Kind":1', '/a"},{"Path":"/b', "/\\", "/ü\u202e", "/[]{},"]
    entries = [{"Kind": number % 3, "Path": path} for number, path in enumerate(paths * 3)]

    found = page.evaluate(
        """async ([entries, piece]) => {
        const { take } = await import("/static/changelist.js");
        const found = [];
        let rest = "";
        const text = JSON.stringify(entries);
        for (let at = 0; at < text.length; at += piece)
          rest = take(rest + text.slice(at, at + piece), found);
        return [...found, ...JSON.parse(rest)];
        }""",
        [entries, piece],
    )
    assert found == entries
