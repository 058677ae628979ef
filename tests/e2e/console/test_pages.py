"""The console's pages in a real browser, through a real tunnel, on a real host."""

import base64
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit, hold
from tests.support.console import PHONE, visiting, watched


def open_page(visit: Visit, site: Site, path: str) -> Page:
    page = visit().page()
    page.goto(site.url + path)
    return page


def row(page: Page, label: str) -> Locator:
    return page.get_by_role("row").filter(has_text=label)


def test_the_overview_says_how_the_host_is(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/")

    expect(page.get_by_text("3 running")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="website")).to_contain_text("healthy")
    expect(page.get_by_role("listitem").filter(has_text="shop")).to_contain_text("stopped")
    expect(page.get_by_role("listitem").filter(has_text="empty")).to_contain_text("nothing deliv")
    expect(page.get_by_role("table", name="Recent deliveries")).to_contain_text("release 2")
    expect(page.locator("nav")).to_contain_text("admin")


def test_pages_have_addresses_titles_and_a_way_back(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/deployments")

    page.get_by_role("link", name="website").click()
    expect(page).to_have_url(f"{site.url}/deployments/website")
    expect(page).to_have_title(re.compile("website"))
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("navigation", name="Parts of website").get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name=re.compile("load")).first.click()
    expect(page.get_by_text("wait-healthy")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{site.url}/deployments/website/jobs")
    page.goto(f"{site.url}/nowhere")
    expect(page.get_by_text("No such page")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "words", "way"),
    [
        ("/deployments/ghost", "There is no deployment", "See the deployments"),
        ("/deployments/ghost/push", "There is no deployment", "See the deployments"),
        ("/jobs/9999", "There is no job", "See the jobs"),
    ],
)
def test_what_is_not_there_is_said_once_with_a_way_on(
    site: Site, entered: str, browser: Browser, path: str, words: str, way: str
) -> None:
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    page.goto(site.url + path)

    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("button", name="Choose a file")).to_have_count(0)
    page.get_by_role("link", name=way).click()
    expect(page.get_by_role("table")).to_be_visible()
    seen.context.close()


def test_a_container_that_ended_by_itself_needs_attention(visit: Visit, site: Site) -> None:
    page = visit().page()
    all_of_them = site.daemon.get("/v1/deployments")
    stopped = {"state": "stopped"}
    changes = {"painted": stopped, "website": stopped | {"container": ""}}
    gone = [one | changes.get(one["name"], {}) for one in all_of_them]
    page.route("**/v1/deployments", lambda route: route.fulfill(json=gone))
    page.goto(site.url)

    concern = page.locator(".concerns").get_by_role("listitem")
    expect(concern.filter(has_text="painted is stopped")).to_be_visible()
    expect(concern.filter(has_text="website lost its container")).to_be_visible()
    expect(concern.filter(has_text="shop")).to_have_count(0)
    concern.get_by_role("link", name="log", exact=True).first.click()
    expect(page).to_have_url(f"{site.url}/deployments/painted/logs")


def test_a_container_that_ends_again_and_again_needs_attention(visit: Visit, site: Site) -> None:
    page = visit().page()
    just_now = {"restarts": 3, "since": datetime.now(UTC).isoformat()}
    long_ago = {"restarts": 3, "since": "2026-01-01T00:00:00Z"}
    changes = {"painted": just_now, "website": long_ago}
    found = [one | changes.get(one["name"], {}) for one in site.daemon.get("/v1/deployments")]
    page.route("**/v1/deployments", lambda route: route.fulfill(json=found))
    page.goto(site.url)

    concern = page.locator(".concerns").get_by_role("listitem")
    expect(concern.filter(has_text="painted is restarting")).to_be_visible()
    expect(concern.filter(has_text="website")).to_have_count(0)


def test_the_way_back_leads_to_the_place_that_was_left(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE).page()
    page.goto(f"{site.url}/jobs")
    link = page.get_by_role("link", name=re.compile("1 load")).last
    link.click()
    page.get_by_role("heading", name="Steps").wait_for()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    page.get_by_role("searchbox").wait_for()

    page.wait_for_function("scrollY > 100")
    expect(link).to_be_in_viewport()


def test_a_long_file_name_stays_in_its_place(visit: Visit, site: Site, tmp_path: Path) -> None:
    page = visit(viewport=PHONE).page()
    page.goto(f"{site.url}/deployments/website/push")
    archive = tmp_path / f"{'x' * 120}.tar"
    archive.write_bytes(b"")

    page.set_input_files("input[type=file]", str(archive))

    expect(page.get_by_role("button", name="Deliver")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_an_archive_is_delivered_watched_and_taken_back(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/deployments/website/push")

    page.set_input_files("input[type=file]", site.archive("three"))
    expect(page.get_by_text("Release 2 serves until")).to_be_visible()
    page.get_by_role("button", name="Deliver").click()
    panel = page.get_by_role("region", name="Delivery")
    expect(panel).to_contain_text("2.0 MB of 2.0 MB sent")
    expect(panel).to_contain_text("Release 3 serves (running, healthy)")
    assert panel.get_by_role("listitem").count() >= 3
    page.get_by_role("link", name="Releases").click()
    expect(row(page, "Release 3")).to_contain_text("current")

    page.get_by_role("button", name="Roll back to release 2").click()
    question = page.get_by_role("dialog", name="Roll website back to release 2?")
    expect(question).to_contain_text("Release 3 stops serving")
    expect(question).to_contain_text("outside volumes is gone")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(row(page, "Release 3")).to_contain_text("current")
    page.get_by_role("button", name="Roll back to release 2").click()
    question.get_by_role("button", name="Roll back").click()
    expect(row(page, "Release 2")).to_contain_text("current")
    expect(row(page, "Release 3")).to_contain_text("withdrawn")
    expect(page.get_by_role("status").filter(has_text="back at release 2")).to_be_visible()


def test_a_broken_release_says_what_its_container_wrote_and_what_serves(
    visit: Visit, site: Site
) -> None:
    page = open_page(visit, site, "/deployments/website/push")

    page.set_input_files("input[type=file]", site.archive("broken"))
    page.get_by_role("button", name="Deliver").click()

    panel = page.get_by_role("region", name="Delivery")
    expect(panel.get_by_role("alert")).to_contain_text("broken: cannot read /config")
    expect(panel).to_have_attribute("data-state", "failed")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text(re.compile("last delivery to website failed"))).to_be_visible()
    page.get_by_role("link", name="last delivery").click()
    expect(page.get_by_text("broken: cannot read /config")).to_be_visible()


def test_an_unhealthy_deployment_says_what_its_health_check_printed(
    visit: Visit, site: Site
) -> None:
    page = visit().page()
    printed = {"exit_code": 7, "output": f"no \x1b[2J\u202edatabase\n{MARKUP}"}
    sick = {"health": "unhealthy", "probe": printed}
    found = site.daemon.get("/v1/deployments/painted") | sick
    page.route("**/v1/deployments/painted", lambda route: route.fulfill(json=found))
    page.goto(f"{site.url}/deployments/painted")

    expect(page.get_by_role("heading", name="failed with exit code 7")).to_be_visible()
    expect(page.locator("pre")).to_have_text(f"no \\u001b[2J\\u202edatabase\n{MARKUP}")


def test_the_list_says_what_a_job_is_changing(visit: Visit, site: Site) -> None:
    page = visit().page()
    busy = [one | {"job": 12} for one in site.daemon.get("/v1/deployments")]
    page.route("**/v1/deployments", lambda route: route.fulfill(json=busy))
    page.goto(f"{site.url}/deployments")

    expect(row(page, "website")).to_contain_text("changing")


def test_what_is_no_archive_is_refused_with_the_reason(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    page = open_page(visit, site, "/deployments/website/push")
    noise = tmp_path / "noise.tar"
    noise.write_bytes(b"noise" * 5_000_000)

    page.set_input_files("input[type=file]", str(noise))
    page.get_by_role("button", name="Deliver").click()

    alert = page.get_by_role("region", name="Delivery").get_by_role("alert")
    expect(alert).to_contain_text("archive")
    expect(alert).not_to_contain_text("broke off")


def test_a_deployment_is_stopped_started_and_removed(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/deployments/shop")

    page.get_by_role("button", name="Start").click()
    expect(page.locator(".title .badge").first).to_have_text(re.compile("healthy|starting|running"))
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog", name="Stop shop?").get_by_role("button", name="Stop").click()
    expect(page.locator(".title .badge").first).to_have_text("stopped")
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("dialog", name="Remove shop?")
    expect(question).to_contain_text("kept releases stay")
    question.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)


def test_a_delivery_from_elsewhere_is_seen_while_it_runs(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/deployments/empty")
    expect(page.get_by_text("Nothing was delivered yet")).to_be_visible()
    site.daemon.settings["deployments"][-1]["stable"] = 2
    site.daemon.write_config()
    site.daemon.cli("reload")
    push = threading.Thread(target=site.daemon.cli, args=("push", site.archive("chatty"), "empty"))

    push.start()
    expect(page.get_by_text("is under way")).to_be_visible()
    page.get_by_role("link", name="Push").last.click()
    expect(page.get_by_text("deliver once it has ended")).to_be_visible()
    page.get_by_role("link", name="Releases").click()
    expect(row(page, "Release 1")).to_contain_text("current")
    push.join()


def test_a_dropped_file_is_asked_about(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/deployments/website")
    expect(page.get_by_role("link", name="Push", exact=True)).to_have_count(2)
    content = base64.b64encode(Path(site.archive("one")).read_bytes()[:2048]).decode()
    dropped = page.evaluate_handle(
        """(text) => { const all = new DataTransfer();
        const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt());
        all.items.add(new File([bytes], "dropped.tar")); return all; }""",
        content,
    )

    page.dispatch_event("main", "drop", {"dataTransfer": dropped})

    expect(page.get_by_text("Deliver dropped.tar to website?")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Drop an image archive here")).to_be_visible()


def test_an_upload_that_is_cancelled_says_so(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.route("**/v1/deployments/website/load", lambda _: None)  # it never gets anywhere
    page.goto(f"{site.url}/deployments/website/push")
    page.set_input_files("input[type=file]", site.archive("one"))
    page.get_by_role("button", name="Deliver").click()
    page.get_by_role("region", name="Delivery").get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("alert")).to_contain_text("The upload was cancelled.")
    expect(page.get_by_role("alert")).to_contain_text("what ran before still runs")


def test_everything_is_reached_by_keyboard(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/jobs")
    search = page.get_by_role("searchbox")

    expect(search).to_be_visible()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("no such thing")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    page.keyboard.type("wbslog")
    expect(page.get_by_role("option").first).to_have_text(re.compile("website: log"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/deployments/website/logs")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    for _ in range(11):
        page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("dialog").get_by_role("option", selected=True)
    expect(chosen).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_chosen_theme_stays(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/")

    page.get_by_role("button", name="Theme: as the system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()

    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_a_viewer_looks_and_changes_nothing(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, console, seen):
        page.get_by_role("link", name="Audit").click()
        expect(page.get_by_text("Administrators read this")).to_be_visible()
        page.goto(f"{console.url}/deployments/website")
        expect(page.get_by_role("button", name="Stop")).to_be_disabled()
        expect(page.get_by_role("button", name="Roll back", exact=False)).to_have_count(0)
        page.goto(f"{console.url}/deployments/website/push")
        expect(page.get_by_text("for looking only")).to_be_visible()
        assert seen.complaints == []


def test_a_console_that_ended_says_what_to_do(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser) as (page, console, _seen):
        console.end()
        expect(page.get_by_text("its command has ended").first).to_be_visible()
        expect(page.get_by_text("Run edd console again").first).to_be_visible()


def test_a_host_that_is_away_is_told_and_comes_back(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser) as (page, console, _seen):
        page.goto(f"{console.url}/deployments")
        expect(page.get_by_role("link", name="website")).to_be_visible()
        site.daemon.stop()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        page.goto(console.url)
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        page.get_by_role("link", name="Audit").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        page.goto(f"{console.url}/deployments")
        site.daemon.start()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("link", name="website")).to_be_visible()


@pytest.mark.parametrize("module", ["router.js", "pages/jobs.js"])
def test_a_page_that_lost_a_module_on_the_way_loads_again(
    site: Site, entered: str, browser: Browser, module: str
) -> None:
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    lost: list[Route] = []

    def lose_once(route: Route) -> None:
        lost.append(route)
        route.abort() if len(lost) == 1 else route.continue_()

    page.route(f"**/static/{module}", lose_once)
    page.goto(f"{site.url}/jobs")

    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    assert len(lost) == 2
    seen.context.close()


def test_a_page_that_comes_late_does_not_take_the_place_of_the_one_that_is_meant(
    visit: Visit, site: Site
) -> None:
    page = open_page(visit, site, "/jobs")
    expect(page.get_by_role("table")).to_be_visible()
    held = hold(page, "**/static/pages/sessions.js")

    page.get_by_role("link", name="Sessions").click()
    page.wait_for_function("location.pathname === '/sessions'")
    page.get_by_role("link", name="Deployments").click()
    expect(page.get_by_role("heading", name="Deployments")).to_be_visible()
    held[0].continue_()
    page.wait_for_timeout(500)

    expect(page.get_by_role("heading", name="Deployments")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


@pytest.mark.parametrize("answer", ["Cancel", "Escape"])
def test_after_a_question_the_keyboard_is_where_it_was(
    visit: Visit, site: Site, answer: str
) -> None:
    page = open_page(visit, site, "/deployments/website")
    button = page.get_by_role("button", name="Restart")

    button.click()
    question = page.get_by_role("dialog", name="Restart website?")
    expect(question).to_be_visible()
    if answer == "Cancel":
        question.get_by_role("button", name="Cancel").click()
    else:
        page.keyboard.press("Escape")

    expect(question).to_have_count(0)
    expect(button).to_be_focused()


def test_questions_and_notes_hide_nothing_and_are_not_asked_twice(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/jobs")
    name = "a\u202eb\u061cc\u200bd\ufeffe"
    page.evaluate(
        """async (name) => {
        const { ask } = await import("/static/ask.js");
        const { note } = await import("/static/notes.js");
        const question = () => ask({ title: `Remove ${name}?`, loses: [name], action: "Remove" });
        window.answers = Promise.all([question(), question()]);
        await note(name);
        }""",
        name,
    )

    question = page.get_by_role("dialog")
    expect(question).to_have_count(1)
    expect(question).to_contain_text(r"Remove a\u202eb\u061cc\u200bd\ufeffe?")
    expect(question.get_by_role("listitem")).to_have_text(r"a\u202eb\u061cc\u200bd\ufeffe")
    expect(page.locator("#notes")).to_have_text(r"a\u202eb\u061cc\u200bd\ufeffe")
    question.get_by_role("button", name="Remove").click()
    assert page.evaluate("answers") == ["yes", False]


def test_a_rollback_whose_line_breaks_is_not_said_to_have_failed(visit: Visit, site: Site) -> None:
    page = open_page(visit, site, "/jobs")

    problem = page.evaluate(
        """async () => {
        const { rollback } = await import("/static/deliveries.js");
        const part = new TextEncoder().encode('{"event": "progress", "step": "stop"}\\n');
        const broken = new ReadableStream({
          start(line) { line.enqueue(part); },
          pull(line) { line.error(new TypeError("network")); },
        });
        window.fetch = async () => new Response(broken);
        const { problem } = await rollback("ghost", 1);
        return `${problem.message} ${problem.advice}`;
        }"""
    )

    assert problem.startswith("The host's last word did not arrive. The delivery ends by itself")


@pytest.mark.parametrize(("what", "most"), [("jobs", 200), ("audit", 500)])
def test_a_list_that_is_cut_says_so(visit: Visit, site: Site, what: str, most: int) -> None:
    page = visit().page()
    one = site.daemon.get(f"/v1/{what}?limit=1")[0]
    told = [one | {"id": number} for number in range(most)]
    page.route(f"**/v1/{what}?limit={most}", lambda route: route.fulfill(json=told))
    page.goto(f"{site.url}/{what}")

    expect(page.get_by_text(f"The newest {most}")).to_be_visible()
    page.get_by_role("searchbox").fill("no such words")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(page.get_by_text(f"edd {what} --limit 1000")).to_be_visible()


def test_a_page_that_breaks_says_so_and_leaves_the_way_to_others(visit: Visit, site: Site) -> None:
    seen = visit()
    page = seen.page()
    page.route("**/v1/jobs*", lambda route: route.fulfill(json=[None]))
    page.goto(f"{site.url}/jobs")

    expect(page.get_by_text("This page broke")).to_be_visible()
    assert seen.complaints
    page.get_by_role("link", name="Deployments").click()
    expect(page.get_by_role("link", name="website")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("This page broke")).to_be_visible()
    page.unroute("**/v1/jobs*")
    page.get_by_role("button", name="Load it again").click()
    expect(page.get_by_role("table")).to_be_visible()
    seen.complaints.clear()
