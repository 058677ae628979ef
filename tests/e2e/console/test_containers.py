"""The list of containers: what it shows, what is done to several at once, who may do it."""

import json
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from edd.model.caller import Role
from tests.e2e.console.conftest import MARKUP, Site, Visit, note
from tests.support.boxes import Boxes
from tests.support.console import Console, come_in, come_to, watched
from tests.support.ports import free_port

NOTHING = "\N{EN DASH}"
ESCAPES = "\x1b[31mred\x1b]0;title\x07 \u202eback"
SHOWN = "\\u001b[31mred\\u001b]0;title\\u0007 \\u202eback"


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def tick(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def act(page: Page, word: str, *, sure: bool = True) -> None:
    """Press a button of the selection, and the same one in the question."""
    page.locator(".bulk").get_by_role("button", name=word, exact=True).click()
    if sure:
        page.get_by_role("dialog").get_by_role("button", name=word, exact=True).click()


def test_the_list_says_how_each_container_is_and_whose(
    page: Page, site: Site, boxes: Boxes
) -> None:
    port = free_port()
    boxes.run("listed", "-p", f"127.0.0.1:{port}:8080", "-p", f"{free_port()}:53/udp")
    boxes.create("waiting", "--network", "host")
    come_to(page, f"{site.url}/containers")

    listed = row(page, "listed")
    expect(listed).to_contain_text("running")
    expect(listed).to_contain_text("ed_chatty:latest")
    expect(listed).to_contain_text("/bin/busybox sh -c")
    expect(listed.get_by_role("link", name="bridge")).to_have_attribute("href", "/networks/bridge")
    expect(listed.get_by_role("link", name=f"127.0.0.1:{port} → 8080")).to_have_attribute(
        "href", f"http://127.0.0.1:{port}/"
    )
    expect(listed).to_contain_text("53/udp")
    expect(listed.get_by_role("link", name="53/udp")).to_have_count(0)
    expect(listed.locator(".usage")).to_contain_text(re.compile(r"[\d.]+ %.*[kM]B"), timeout=30_000)
    expect(row(page, "waiting")).to_contain_text("created")
    expect(
        row(page, "ed_website").get_by_role("link", name="website", exact=True)
    ).to_have_attribute("href", "/deployments/website")
    expect(row(page, "ed_shop")).to_contain_text("exited")
    listed.get_by_role("link", name="listed", exact=True).click()
    expect(page.get_by_role("heading", name="listed", level=1)).to_be_visible()


def test_containers_are_found_by_words_and_states(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.create("sought", "--label", "place=cellar")
    come_to(page, f"{site.url}/containers")
    names = page.locator("tbody th a[href^='/containers/']")
    expect(names.filter(has_text="sought")).to_have_count(1)

    created = page.get_by_role("button", name=re.compile("^created"))
    expect(created).to_have_text("created 1")
    created.click()
    expect(names).to_have_text(["sought"])
    page.keyboard.press("/")
    page.keyboard.type("nothing at all")
    expect(page.get_by_text("No container is like that")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("searchbox").fill("CELLAR")
    expect(names).to_have_text(["sought"])
    expect(page.get_by_role("button", name=re.compile("^all"))).to_have_text("all 1")


def test_each_action_works_on_all_that_are_selected(page: Page, site: Site, boxes: Boxes) -> None:
    pair = ("left", "right")
    for name in pair:
        boxes.create(name, "--network", "none", "-v", "/data")
    volumes = {mount["Name"] for name in pair for mount in boxes.engine.inspect(name)["Mounts"]}
    come_to(page, f"{site.url}/containers")
    tick(page, *pair)
    expect(page.locator(".bulk")).to_contain_text("2 selected")

    for word, sure, said, state in [
        ("Start", False, "started", "running"),
        ("Pause", False, "paused", "paused"),
        ("Unpause", False, "unpaused", "running"),
        ("Restart", True, "restarted", "running"),
        ("Stop", True, "stopped", "exited"),
        ("Start", False, "started", "running"),
        ("Kill", True, "killed", "exited"),
    ]:
        act(page, word, sure=sure)
        note(page, f": {said}.")
        assert [boxes.state(name) for name in pair] == [state, state], word
        for name in pair:
            expect(row(page, name).locator(".badge")).to_contain_text(state)
        expect(page.locator("#notes p")).to_have_count(0, timeout=15_000)

    page.locator(".bulk").get_by_role("button", name="Remove", exact=True).click()
    question = page.get_by_role("dialog", name="Remove 2 containers?")
    expect(question).to_contain_text(re.compile("These are removed: (left, right|right, left)"))
    question.get_by_role("checkbox").check()
    expect(question.get_by_role("button", name="Remove")).to_be_disabled()
    question.get_by_role("textbox").fill("remove")
    question.get_by_role("button", name="Remove").click()
    note(page, ": removed.")
    assert [boxes.state(name) for name in pair] == ["", ""]
    assert volumes
    assert not volumes & set(boxes.engine.docker("volume", "ls", "-q").split())


def test_what_fails_for_some_is_told_by_name(visit: Visit, site: Site, boxes: Boxes) -> None:
    seen = visit()
    page = seen.page()
    boxes.run("runs", "--network", "none")
    boxes.create("idles", "--network", "none")
    boxes.create("vanishes", "--network", "none")
    come_to(page, f"{site.url}/containers")
    tick(page, "runs", "idles", "vanishes")
    boxes.engine.docker("rm", "vanishes")

    act(page, "Kill")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"Kill did not work for \d of \d containers"))
    expect(alert.get_by_role("listitem").filter(has_text="idles")).to_contain_text("not running")
    expect(alert).to_contain_text("It worked for runs.")
    assert boxes.state("runs") == "exited"
    alert.get_by_role("button", name="Close").click()
    expect(alert).to_have_count(0)
    seen.forgive("/kill")


def test_nothing_is_removed_while_the_answer_is_no(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.run("precious", "--network", "none")
    come_to(page, f"{site.url}/containers")
    tick(page, "precious", "ed_website")

    page.locator(".bulk").get_by_role("button", name="Remove", exact=True).click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Still running, and killed first")
    expect(question).to_contain_text("ed_website (deployment website)")
    expect(question).to_contain_text("outside volumes is gone for good")
    page.keyboard.press("Escape")

    expect(question).to_have_count(0)
    assert (boxes.state("precious"), boxes.state("ed_website")) == ("running", "running")


def test_prune_names_what_goes_and_spares_deployments(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.create("rubbish", "--network", "none")
    boxes.run("stays", "--network", "none")
    host = site.daemon.get("/v1/info")["name"]
    come_to(page, f"{site.url}/containers")
    page.get_by_role("button", name="Prune").click()
    question = page.get_by_role("dialog", name="Remove 1 stopped container?")
    expect(question).to_contain_text("rubbish")
    expect(question).not_to_contain_text("ed_shop")
    boxes.create("later", "--network", "none")

    question.get_by_role("textbox").fill(host)
    question.get_by_role("button", name="Prune").click()
    again = page.get_by_role("dialog", name="Remove 2 stopped containers?")
    expect(again).to_contain_text("later")
    assert boxes.state("rubbish") == "created"
    again.get_by_role("textbox").fill(host)
    page.keyboard.press("Enter")

    note(page, "2 containers removed")
    assert [boxes.state(name) for name in ("rubbish", "later")] == ["", ""]
    assert boxes.state("stays") == "running"
    assert boxes.state("ed_shop") == "exited"


@pytest.mark.parametrize("name", ["guest", "operator"])
def test_who_may_not_sees_and_cannot(site: Site, browser: Browser, boxes: Boxes, name: str) -> None:
    if name == "operator":
        site.daemon.client(name, Role.DEPLOYER)
    boxes.run("watched", "--network", "none", "-e", "PASSWORD=hunter2")
    with Console(site.daemon, host=name) as console:
        seen = watched(browser)
        page = seen.page()
        come_in(page, console)
        come_to(page, f"{console.url}/containers")

        expect(row(page, "watched")).to_contain_text("running")
        expect(page.get_by_role("button", name="Prune")).to_be_disabled()
        box = page.get_by_role("checkbox", name="Select watched")
        if name == "guest":
            expect(box).to_be_disabled()
            expect(row(page, "watched").locator(".usage")).to_have_count(0)
        else:
            box.check()
            remove = page.locator(".bulk").get_by_role("button", name="Remove")
            expect(remove).to_be_disabled()
            expect(remove).to_have_attribute("title", "Only an administrator may do this")
            act(page, "Stop")
            note(page, "watched: stopped.")

        come_to(page, f"{console.url}/containers/watched")
        expect(page.get_by_role("heading", name="Environment")).to_be_visible()
        hunted = page.get_by_text("hunter2")
        expect(hunted).to_have_count(0 if name == "guest" else 1)
        expect(page.get_by_role("heading", name="Change")).to_have_count(0)
        for word in ("Export", "Remove"):
            expect(page.get_by_role("button", name=word)).to_be_disabled()
        duplicate = page.get_by_role("link", name="Duplicate")
        expect(duplicate).to_have_count(0 if name == "guest" else 1)
        assert seen.complaints == []
        seen.context.close()


def test_what_containers_are_given_stays_text(page: Page, site: Site, boxes: Boxes) -> None:
    words = ["--label", f"say={MARKUP}{ESCAPES}", "-e", f"SAY={MARKUP}{ESCAPES}"]
    image = "ed_chatty:latest"
    boxes.engine.docker(
        *("create", "--name", "hostile", "--network", "none", *words, "--hostname", "h"),
        *(image, "/bin/busybox", "echo", f"{MARKUP}{ESCAPES}"),
    )
    come_to(page, f"{site.url}/containers")
    expect(row(page, "hostile").locator("code")).to_contain_text(MARKUP[:20])
    assert page.locator("main img, main script").count() == 0

    for tab in ("", "/inspect"):
        come_to(page, f"{site.url}/containers/hostile{tab}")
        expect(page.get_by_text(MARKUP.replace('"', '\\"')).first).to_be_visible()
        expect(page.get_by_text(SHOWN).first).to_be_visible()
        assert page.locator("main img, main script").count() == 0
        assert "\u202e" not in page.locator("main").inner_text()


def test_two_hundred_containers_are_listed_and_searched(
    page: Page, site: Site, boxes: Boxes
) -> None:
    boxes.create_many([f"many-{number:03}" for number in range(200)])
    come_to(page, f"{site.url}/containers")

    rows = page.locator("tbody tr")
    expect(rows.filter(has_text="many-")).to_have_count(200)
    assert [shift for shift in page.evaluate("shifts") if shift[0] > 0.01] == []
    page.get_by_role("searchbox").fill("many-1")
    expect(rows).to_have_count(100)
    page.get_by_label("Select all").check()
    expect(page.locator(".bulk")).to_contain_text("100 selected")
    page.get_by_role("searchbox").fill("many-07")
    expect(rows).to_have_count(10)
    expect(page.locator(".bulk")).to_contain_text("100 selected, 100 of them not shown")
    expect(page.locator(".bulk").get_by_role("checkbox")).not_to_be_checked()
    page.get_by_label("Order").select_option("name")
    expect(rows.first).to_contain_text("many-070")


def test_only_rows_in_sight_are_measured_and_few_at_a_time(page: Page, site: Site) -> None:
    # Sixty running containers would be the machine's load, not the page's.
    asked: list[str] = []

    def answer(route: Route) -> None:
        if "/stats" in route.request.url:
            asked.append(route.request.url.split("/")[-2])
            route.fulfill(json={"cpu_stats": {"cpu_usage": {}}, "memory_stats": {}})
        else:
            route.fulfill(json=[running(number) for number in range(60)])

    page.route("**/docker/containers/**", answer)
    page.set_viewport_size({"width": 1280, "height": 3000})
    come_to(page, f"{site.url}/containers")
    expect(page.locator(".usage").first).to_contain_text(NOTHING)
    page.wait_for_timeout(1500)

    assert 0 < len(asked) <= 20
    assert len(set(asked)) == len(asked)
    page.evaluate("document.querySelector('tbody tr:last-child').scrollIntoView()")
    expect(page.locator(".usage").last).to_contain_text(NOTHING, timeout=20_000)
    assert "NaN" not in page.locator("main").inner_text()


def test_an_answer_that_was_overtaken_is_not_shown(page: Page, site: Site) -> None:
    held: list[Route] = []
    lists = iter(([running(1)], None, [running(2)]))

    def answer(route: Route) -> None:
        found = next(lists, [running(2)])
        held.append(route) if found is None else route.fulfill(json=found)

    page.route("**/docker/containers/json?all=1", answer)
    page.route("**/docker/containers/*/start", lambda route: route.fulfill(status=204))
    page.route("**/stats?*", lambda route: route.fulfill(json={}))
    come_to(page, f"{site.url}/containers")
    tick(page, "busy-1")
    with page.expect_request("**/docker/containers/json?all=1"):
        pass

    act(page, "Start", sure=False)
    expect(row(page, "busy-2")).to_be_visible()
    held[0].fulfill(json=[running(1)])
    page.wait_for_timeout(500)
    assert [row(page, name).count() for name in ("busy-1", "busy-2")] == [0, 1]


@pytest.mark.parametrize("gateway", ["on", "read-only"])
def test_an_engine_that_is_for_reading_only_has_no_buttons_that_fail(
    page: Page, site: Site, gateway: str
) -> None:
    info = site.daemon.get("/v1/info")
    told = info | {"settings": info["settings"] | {"gateway": gateway}}
    page.route("**/v1/info", lambda route: route.fulfill(json=told))
    come_to(page, f"{site.url}/containers/ed_website")
    stop = page.get_by_role("button", name="Stop")

    if gateway == "on":
        expect(stop).to_be_enabled()
    else:
        expect(stop).to_have_attribute("title", re.compile("be read only"))
        expect(stop).to_be_disabled()
        come_to(page, f"{site.url}/containers/ed_website/terminal")
        expect(page.get_by_text("No terminal can be opened")).to_be_visible()
        come_to(page, f"{site.url}/images")
        pull = page.get_by_role("button", name="Pull")
        expect(pull).to_have_attribute("title", re.compile("be read only"))
        expect(pull).to_be_disabled()


def running(number: int) -> dict[str, object]:
    return {
        "Id": f"{number:064x}",
        "Names": [f"/busy-{number}"],
        "Image": "busy",
        "Command": "",
        "Created": 1_700_000_000,
        "State": "running",
        "Status": "Up 2 hours",
    }


def test_ports_lead_to_the_host_and_nowhere_else(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/containers")
    ports = [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8081, "Type": "tcp"},
        {"IP": "fd00::1", "PrivatePort": 443, "PublicPort": 8443, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"},
        {"PrivatePort": 9000, "Type": "tcp"},
    ]
    found = page.evaluate(
        "import('/static/pages/containers/facts.js').then(({ portsOf }) =>"
        f"portsOf({{ Ports: {json.dumps(ports)} }}, 'host.example.org'))"
    )

    assert [(one["words"], one.get("href")) for one in found] == [
        ("53 → 53/udp", None),
        ("8080 → 80", "http://host.example.org:8080/"),
        ("127.0.0.1:8081 → 80", None),
        ("[fd00::1]:8443 → 443", "https://[fd00::1]:8443/"),
        ("9000", None),
    ]
