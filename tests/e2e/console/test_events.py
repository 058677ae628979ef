"""The console's page of the engine's events, as they happen on a real engine."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.support.console import visiting
from tests.support.engine import TestEngine


@pytest.fixture
def events(visit: Visit, site: Site) -> Page:
    page = visit().page()
    page.goto(f"{site.url}/events")
    expect(page.locator("[data-state=live]")).to_be_visible()
    return page


@pytest.fixture
def tagging(engine: TestEngine) -> Iterator[TestEngine]:
    """The engine, which loses its tags of `told` in the end."""
    yield engine
    names = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "told").split()
    for name in names:
        engine.docker("rmi", name)


def tag(engine: TestEngine, word: str) -> None:
    engine.docker("tag", "ed_website:latest", f"told:{word}")


def rows(page: Page, words: str | re.Pattern[str] = "") -> Locator:
    return page.get_by_role("table", name="Events").locator("tbody tr").filter(has_text=words)


def module(page: Page, call: str, *given: object) -> object:
    """Return what comes of `call` with the module of the log of events."""
    script = f"(given) => import('/static/pages/events/log.js').then((all) => {{ {call} }})"
    return page.evaluate(script, list(given))


def line(number: int, **more: object) -> str:
    second = 1_800_000_000 + number
    return json.dumps({"Type": "image", "time": second, "timeNano": second * 10**9 + 7} | more)


def test_events_come_as_they_happen_and_lead_to_their_objects(
    events: Page, tagging: TestEngine
) -> None:
    tag(tagging, "live")

    told = rows(events, "told:live")
    expect(told).to_contain_text("tag")
    told.get_by_role("button", name="JSON").click()
    dialog = events.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r'"timeNano": \d{19}\b'))
    expect(dialog).to_contain_text('"name": "told:live"')
    events.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    told.get_by_role("link").click()
    expect(events.get_by_role("heading", level=1)).to_contain_text("ed_website")


def test_a_paused_list_stands_still_and_loses_nothing(events: Page, tagging: TestEngine) -> None:
    tag(tagging, "before")
    expect(rows(events, "told:before")).to_be_visible()

    events.get_by_role("button", name="Pause").click()
    tag(tagging, "meanwhile")
    expect(events.locator(".state")).to_contain_text(re.compile("paused, [1-9]"))
    expect(rows(events, "told:meanwhile")).to_have_count(0)
    events.get_by_role("button", name="Pause").click()
    expect(rows(events, "told:meanwhile")).to_have_count(1)


def test_events_are_chosen_by_type_action_time_and_words(events: Page, tagging: TestEngine) -> None:
    tag(tagging, "chosen")
    tagging.docker("rm", tagging.docker("create", "told:chosen"))
    expect(rows(events, "container").first).to_be_visible()

    events.get_by_label("Type").select_option("image")
    expect(rows(events, "container")).to_have_count(0)
    expect(rows(events, "told:chosen")).to_be_visible()
    events.get_by_label("Action").select_option("untag")
    tagging.docker("rmi", "told:chosen")
    expect(rows(events).first).to_contain_text("untag")
    expect(rows(events, re.compile(r"image\s*tag"))).to_have_count(0)
    events.get_by_label("Action").select_option("")
    events.get_by_role("searchbox").fill("told:chosen")
    expect(rows(events, "told:chosen").first).to_be_visible()
    expect(rows(events).filter(has_not_text="told:chosen")).to_have_count(0)
    events.get_by_role("searchbox").fill("no such words")
    expect(events.get_by_text("Nothing matches")).to_be_visible()
    events.get_by_role("searchbox").fill("")
    events.get_by_label("Of which time").select_option("0")
    expect(events.get_by_text("Nothing happened from now on")).to_be_visible()


def test_a_time_that_is_over_is_told_and_ends(events: Page, tagging: TestEngine) -> None:
    tag(tagging, "early")
    expect(rows(events, "told:early")).to_be_visible()

    events.get_by_label("Of which time").select_option("chosen")
    events.get_by_role("button", name="To now").click()
    expect(events.locator("[data-state=whole]")).to_be_visible()
    tag(tagging, "late")
    expect(rows(events, "told:early")).to_be_visible()
    events.get_by_label("From", exact=True).fill("2001-01-01T00:00:00")
    events.get_by_label("To", exact=True).fill("2001-01-02T00:00:00")
    expect(events.get_by_text("Nothing happened")).to_be_visible()
    expect(rows(events, "told:late")).to_have_count(0)
    events.get_by_role("button", name="No end").click()
    expect(events.locator("[data-state=live]")).to_be_visible()


def test_what_is_run_in_containers_is_shown_when_it_is_asked_for(
    events: Page, tagging: TestEngine
) -> None:
    tagging.docker("exec", "ed_website", "/bin/busybox", "echo", MARKUP)
    tag(tagging, "after")

    expect(rows(events, "told:after")).to_be_visible()
    expect(rows(events, "exec_start")).to_have_count(0)
    expect(events.locator(".state")).to_contain_text("of exec left out")
    events.get_by_role("button", name="exec", exact=True).click()
    expect(rows(events, f"exec_start: /bin/busybox echo {MARKUP}")).to_be_visible()
    assert events.locator("main img, main script").count() == 0


def test_a_host_that_was_away_tells_what_happened_meanwhile_once(
    site: Site, browser: Browser, tagging: TestEngine
) -> None:
    with visiting(site.daemon, browser) as (page, _console, _seen):
        page.get_by_role("link", name="Events").click()
        expect(page.locator("[data-state=live]")).to_be_visible()
        tag(tagging, "first")
        expect(rows(page, "told:first")).to_be_visible()
        site.daemon.stop()
        expect(page.locator("[data-state=away]")).to_be_visible()
        tag(tagging, "second")
        site.daemon.start()
        expect(page.locator("[data-state=live]")).to_be_visible(timeout=30_000)
        tag(tagging, "third")
        for word in ("first", "second", "third"):
            expect(rows(page, f"told:{word}")).to_have_count(1)
        expect(page.get_by_text("may be missing")).to_have_count(0)


def test_a_viewer_reads_events_without_what_was_run(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, _console, seen):
        page.get_by_role("link", name="Events").click()
        expect(rows(page).first).to_be_visible()
        page.get_by_role("button", name="exec", exact=True).click()
        expect(rows(page, "exec_").first).to_be_visible()
        expect(rows(page, "busybox")).to_have_count(0)
        assert seen.complaints == []


def test_lines_that_are_told_again_are_one_event(events: Page) -> None:
    call = """const log = new all.EventLog();
    for (const lines of given) { lines.forEach((line) => log.take(line)); log.join(); }
    return { since: log.since, names: log.events.map(({ gap, id }) => gap ? "gap" : id) };"""
    one, two, three, four = (line(n, Actor={"ID": str(n)}) for n in range(1, 5))

    again = module(events, call, [one, two], [two, three], [two, three])
    assert again == {"since": 1_800_000_002, "names": ["1", "2", "3"]}
    forgotten = module(events, call, [one, two], [four])
    assert forgotten == {"since": 1_800_000_003, "names": ["1", "2", "gap", "4"]}
    assert module(events, call, [], [one]) == {"since": 1_800_000_000, "names": ["1"]}


def test_of_many_events_the_newest_are_kept(events: Page) -> None:
    call = """const log = new all.EventLog();
    for (let one = 0; one < 12000; one += 1) log.take(`{"Actor":{"ID":"${one}"},"time":${one}}`);
    return [log.events.length, log.events[0].id, log.count];"""

    assert module(events, call) == [5000, "7000", 12000]


def test_events_with_very_long_labels_are_bounded_too(events: Page) -> None:
    call = """const log = new all.EventLog();
    const long = "x".repeat(900_000);
    const told = (ID) => JSON.stringify({ Actor: { ID, Attributes: { long } } });
    for (let one = 0; one < 100; one += 1) log.take(told(`${one}`));
    return [log.events.length, log.events.at(-1).id, log.lines.size];"""

    assert module(events, call) == [18, "99", 18]


def test_the_numbers_of_an_event_stay_exact(events: Page) -> None:
    text = line(1, Actor={"Attributes": {"word": '"timeNano": 5', "next": MARKUP}})

    set_out = module(events, "return all.setOut(given[0]);", text.replace(": ", ":"))
    assert isinstance(set_out, str)
    assert '  "timeNano": 1800000001000000007' in set_out
    assert json.loads(set_out)["Actor"]["Attributes"]["next"] == MARKUP
