"""The page of one container: its actions, and what its tabs show and change."""

import json
import re
import secrets
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.e2e.console.conftest import Site, Visit, hold, note
from tests.support.boxes import Boxes
from tests.support.console import come_to
from tests.support.ports import free_port

MODULE = "import('/static/pages/containers/tabs/{name}.js').then((it) => {body})"


def press(page: Page, word: str, *, sure: bool = False) -> None:
    page.locator(".bar").get_by_role("button", name=word, exact=True).click()
    if sure:
        page.get_by_role("dialog").get_by_role("button", name=word, exact=True).click()


def sent(page: Page, ending: str) -> list[Request]:
    """The requests by which the page changes something, as they come."""
    heard: list[Request] = []

    def hear(request: Request) -> None:
        if request.method != "GET" and re.search(ending, request.url):
            heard.append(request)

    page.on("request", hear)
    return heard


def said(request: Request) -> Any:
    return json.loads(request.post_data or "null")


def test_a_container_is_operated_from_its_page(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.create("engineroom", "--network", "none")
    come_to(page, f"{site.url}/containers/engineroom")
    badge = page.locator(".title .badge")
    expect(badge).to_have_text("created")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    expect(page.get_by_role("button", name="Stop")).to_have_attribute("title", "It does not run")

    for word, sure, said_then, state in [
        ("Start", False, "started", "running"),
        ("Pause", False, "paused", "paused"),
        ("Unpause", False, "unpaused", "running"),
        ("Restart", True, "restarted", "running"),
        ("Stop", True, "stopped", "exited"),
        ("Start", False, "started", "running"),
        ("Kill", True, "killed", "exited"),
    ]:
        press(page, word, sure=sure)
        note(page, f"engineroom: {said_then}.")
        assert boxes.state("engineroom") == state
        expect(badge).to_contain_text(state)
    expect(page.get_by_role("link", name="Duplicate")).to_have_attribute(
        "href", "/containers/new?from=engineroom"
    )


def test_a_container_is_saved_and_removed_with_its_volumes(
    page: Page, site: Site, boxes: Boxes, tmp_path: Path
) -> None:
    boxes.run("ballast", "--network", "none", "-v", "/data", "-v", "kept:/kept")
    volumes = {one["Name"] for one in boxes.engine.inspect("ballast")["Mounts"]}
    come_to(page, f"{site.url}/containers/ballast")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Export").click()
    assert saving.value.suggested_filename == "ballast.tar"
    saving.value.save_as(tmp_path / "ballast.tar")
    assert b"bin/busybox" in (tmp_path / "ballast.tar").read_bytes()

    press(page, "Remove")
    question = page.get_by_role("dialog", name="Remove ballast?")
    expect(question).to_contain_text("Still running, and killed first: ballast.")
    expect(question).to_contain_text("Volumes with a name of their own stay.")
    remove = question.get_by_role("button", name="Remove")
    expect(remove).to_be_enabled()
    question.get_by_role("checkbox").check()
    expect(remove).to_be_disabled()
    question.get_by_role("textbox").fill("balast")
    expect(remove).to_be_disabled()
    question.get_by_role("textbox").fill("ballast")
    remove.click()

    expect(page).to_have_url(f"{site.url}/containers")
    note(page, "ballast: removed.")
    left = set(boxes.engine.docker("volume", "ls", "-q").split())
    assert volumes & left == {"kept"}


def test_who_has_left_meanwhile_is_not_taken_elsewhere(
    page: Page, site: Site, boxes: Boxes
) -> None:
    boxes.create("slow", "--network", "none")
    come_to(page, f"{site.url}/containers/slow")
    removal = re.compile(r"/docker/containers/[0-9a-f]{64}\?")
    held = hold(page, removal)

    with page.expect_request(removal):
        press(page, "Remove", sure=True)
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    held[0].continue_()

    note(page, "slow: removed.")
    expect(page).to_have_url(f"{site.url}/jobs")


def test_a_deployments_own_container_says_so(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/containers/ed_website")

    expect(page.get_by_text("its page is the place to change it")).to_be_visible()
    press(page, "Remove")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Made by a deployment of ED")
    expect(question).to_contain_text("ed_website (deployment website)")
    question.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="website", exact=True).first.click()
    expect(page).to_have_url(f"{site.url}/deployments/website")


def test_an_image_cannot_make_a_container_pass_for_a_deployments(
    page: Page, site: Site, boxes: Boxes
) -> None:
    boxes.create("impostor", "--network", "none", "--label", "edd.deployment=website")
    come_to(page, f"{site.url}/containers/impostor")

    expect(page.get_by_role("heading", name="Mounts")).to_be_visible()
    expect(page.get_by_text("its page is the place")).to_have_count(0)


def test_all_of_a_container_is_shown(page: Page, site: Site, boxes: Boxes) -> None:
    first, second, udp = free_port(), free_port(), free_port()
    boxes.engine.docker(
        *("run", "-d", "--name", "shown", "--hostname", "galley", "--user", "7", "--restart"),
        *("on-failure:4", "-p", f"127.0.0.1:{first}:80", "-p", f"127.0.0.1:{second}:80"),
        *("-p", f"127.0.0.1:{udp}:53/udp", "-e", "A=b c", "--dns", "192.0.2.53"),
        *("--tmpfs", "/scratch:size=1m", "--device", "/dev/null:/dev/nothing"),
        *("--sysctl", "net.ipv4.ip_unprivileged_port_start=0", "-v", "kept:/kept:ro"),
        *("ed_chatty:latest", "/bin/busybox", "sh", "-c", "exec busybox sleep '100'"),
    )
    come_to(page, f"{site.url}/containers/shown")

    main = page.locator("main")
    for words in (
        "galley",
        "on-failure, at most 4 times",
        """/bin/busybox sh -c 'exec busybox sleep '\\''100'\\'''""",
        "A=b c",
        "192.0.2.53",
        "/scratch:size=1m",
        "/dev/null:/dev/nothing:rwm",
        "net.ipv4.ip_unprivileged_port_start=0",
        "read only",
    ):
        expect(main).to_contain_text(words)
    ports = page.get_by_role("table", name="Ports")
    for port in (first, second):
        link = ports.get_by_role("link", name=f"127.0.0.1:{port}")
        expect(link).to_have_attribute("href", f"http://127.0.0.1:{port}/")
    expect(ports).to_contain_text(f"127.0.0.1:{udp} → 53/udp")
    expect(page.get_by_role("link", name="kept")).to_have_attribute("href", "/volumes/kept")


def test_a_name_is_sent_only_when_it_was_changed_and_last(
    page: Page, site: Site, boxes: Boxes
) -> None:
    boxes.run("before", "--network", "none")
    come_to(page, f"{site.url}/containers/before")
    requests = sent(page, "/(update|rename)")

    page.get_by_label("Restart").select_option("on-failure")
    page.get_by_label("At most, times").fill("5")
    page.get_by_role("button", name="Save").click()
    note(page, "before: saved.")
    assert [said(one) for one in requests] == [
        {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}
    ]

    page.get_by_label("Name", exact=True).fill("x/y")
    expect(page.get_by_text("A name has letters")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("after")
    page.get_by_label("Restart").select_option("always")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{site.url}/containers/after")
    expect(page.get_by_role("heading", name="after", level=1)).to_be_visible()
    assert [one.url.rpartition("/")[2] for one in requests[1:]] == ["update", "rename?name=after"]
    first, last = requests[1].timing, requests[2].timing
    assert last["startTime"] >= first["startTime"] + first["responseStart"]
    assert boxes.host_config("after")["RestartPolicy"]["Name"] == "always"


def test_a_refused_policy_leaves_the_name_alone(visit: Visit, site: Site, boxes: Boxes) -> None:
    seen = visit()
    page = seen.page()
    boxes.run("brief", "--network", "none", "--rm")
    come_to(page, f"{site.url}/containers/brief")
    requests = sent(page, "/rename")

    page.get_by_label("Restart").select_option("always")
    page.get_by_label("Name", exact=True).fill("long")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text(
        re.compile("AutoRemove|auto-?remove", re.IGNORECASE)
    )
    assert requests == []
    assert boxes.state("brief") == "running"
    seen.forgive("/update")


def test_a_container_is_connected_and_disconnected(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.run("pier")
    net = f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}"
    boxes.engine.docker("network", "create", "--subnet", f"{net}.0/24", "harbour")
    come_to(page, f"{site.url}/containers/pier/networks")
    table = page.get_by_role("table", name="Networks")
    expect(table.get_by_role("row").filter(has_text="bridge")).to_contain_text("/")

    page.get_by_role("combobox", name="Network").select_option(label="harbour (bridge)")
    page.get_by_label("IPv4 address").fill("no address")
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_disabled()
    page.get_by_label("IPv4 address").fill(f"{net}.77")
    page.get_by_label("More names").fill("quay, jetty")
    page.get_by_role("button", name="Connect", exact=True).click()

    line = table.get_by_role("row").filter(has_text="harbour")
    expect(line).to_contain_text(f"{net}.77/24")
    expect(line).to_contain_text("quay")
    expect(line).to_contain_text("jetty")
    line.get_by_role("button", name="Disconnect from harbour").click()
    question = page.get_by_role("dialog", name="Disconnect pier from harbour?")
    expect(question).to_contain_text("Open connections break")
    question.get_by_role("button", name="Disconnect").click()
    expect(line).to_have_count(0)
    assert set(boxes.engine.inspect("pier")["NetworkSettings"]["Networks"]) == {"bridge"}


def test_a_wish_that_is_refused_stays_in_its_fields(visit: Visit, site: Site, boxes: Boxes) -> None:
    seen = visit()
    page = seen.page()
    boxes.run("raft")
    boxes.engine.docker("network", "create", "lagoon")
    come_to(page, f"{site.url}/containers/raft/networks")

    page.get_by_role("combobox", name="Network").select_option(label="lagoon (bridge)")
    page.get_by_label("IPv4 address").fill("203.0.113.77")
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("IPv4 address")).to_have_value("203.0.113.77")
    seen.forgive("/connect")


def test_only_limits_that_were_changed_are_sent(visit: Visit, site: Site, boxes: Boxes) -> None:
    seen = visit()
    page = seen.page()
    boxes.run("frugal", "--network", "none", "--memory", "64m", "--memory-swap", "128m")
    come_to(page, f"{site.url}/containers/frugal/resources")
    requests = sent(page, "/update$")
    fields = {name: page.locator(f"input[name={name}]") for name in ("NanoCpus", "CpuShares")}
    fields |= {name: page.locator(f"input[name={name}]") for name in ("Memory", "MemorySwap")}
    save = page.get_by_role("button", name="Save")
    expect(fields["Memory"]).to_have_value("64m")
    expect(fields["MemorySwap"]).to_have_value("128m")
    expect(save).to_be_disabled()

    fields["NanoCpus"].fill("0.25")
    fields["CpuShares"].fill("512")
    save.click()
    note(page, "frugal: limits changed.")
    expect(fields["NanoCpus"]).to_have_value("0.25")
    assert said(requests[0]) == {"NanoCpus": 250_000_000, "CpuShares": 512}

    fields["Memory"].fill("")
    expect(page.get_by_text("cannot take a limit away")).to_be_visible()
    expect(save).to_be_disabled()
    fields["Memory"].fill("1g")
    save.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Fill in memory with swap as well")
    expect(alert).to_contain_text("The engine keeps the limits it had")
    fields["MemorySwap"].fill("2g")
    save.click()
    expect(page.get_by_text("Only what you change is sent")).to_be_visible()
    expect(alert).to_have_count(0)
    expect(fields["MemorySwap"]).to_have_value("2g")
    assert said(requests[2]) == {"Memory": 1 << 30, "MemorySwap": 2 << 30}
    kept = boxes.host_config("frugal")
    assert (kept["Memory"], kept["NanoCpus"], kept["BlkioWeight"]) == (1 << 30, 250_000_000, 0)
    seen.forgive("/update")


def test_what_the_engine_says_is_searched_and_saved(page: Page, site: Site, boxes: Boxes) -> None:
    boxes.create("ledger", "--network", "none", "--label", "needle=one", "--label", "other=NEEDLE")
    come_to(page, f"{site.url}/containers/ledger/inspect")

    expect(page.get_by_role("searchbox")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("needle")
    expect(page.get_by_text("1 of 2 places")).to_be_visible()
    expect(page.locator("mark")).to_have_text(["needle", "NEEDLE"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 2 places")).to_be_visible()
    expect(page.locator("mark.here")).to_have_text("NEEDLE")
    expect(page.locator("mark.here")).to_be_in_viewport()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Download").click()
    assert saving.value.suggested_filename == "ledger.json"
    assert json.loads(Path(saving.value.path()).read_text())["Name"] == "/ledger"


def test_a_container_that_is_gone_or_never_was_is_said_to_be(
    visit: Visit, site: Site, boxes: Boxes
) -> None:
    seen = visit()
    page = seen.page()
    boxes.create("ghost", "--network", "none")
    come_to(page, f"{site.url}/containers/ghost")
    expect(page.locator(".title .badge")).to_have_text("created")
    boxes.engine.docker("rm", "ghost")

    expect(page.get_by_role("alert")).to_contain_text("No such container: ghost")
    page.get_by_role("link", name="All containers").click()
    expect(page.get_by_role("heading", name="Containers")).to_be_visible()
    come_to(page, f"{site.url}/containers/ed_website/nothing")
    expect(page.get_by_text("A container has no such part")).to_be_visible()
    come_to(page, f"{site.url}/containers/never-was")
    expect(page.get_by_role("alert")).to_contain_text("No such container: never-was")
    for word in ("Start", "Export", "Duplicate", "Remove"):
        expect(page.get_by_role("button", name=word, exact=True)).to_be_disabled()
    seen.forgive("/ghost/json")
    seen.forgive("/never-was/json")


def test_limits_are_read_and_written_as_docker_does(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/containers")

    def run(expression: str) -> Any:
        return page.evaluate(MODULE.format(name="limits", body=expression))

    assert run("['512m', '1.5 GiB', '1024', '6MB', 'x', '-1'].map(it.sizeOf)")[:4] == [
        512 << 20,
        3 << 29,
        1024,
        6 << 20,
    ]
    assert run("[0, -1, 1000, 1024, 3 * 2 ** 29, 2 ** 40].map(it.sizeText)") == [
        *("", "-1", "1000", "1k", "1536m", "1t"),
    ]
    swap = "it.FIELDS.find((one) => one.name === 'MemorySwap')"
    for text in ("99999999t", "1e3", "many", "-2", "0x10"):
        assert run(f"it.complaint({swap}, '{text}', '')") != "", text
    assert run(f"it.complaint({swap}, '-1', '')") == ""
    assert run("it.changes({ CpuShares: '5' }, { CpuShares: '5' })") == {}


def test_numbers_that_a_host_does_not_measure_are_not_made_up(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/containers")
    body = """[
        it.percent(null, it.reading({})),
        it.percent(it.reading({}), it.reading({})),
        it.percent(it.reading(one), it.reading(one)),
        it.percent(it.reading(one), it.reading(two)),
        it.reading(two).memory,
        it.reading({ memory_stats: {} }).memory,
    ]"""

    def at(used: int, passed: int) -> dict[str, Any]:
        cpu = {"cpu_usage": {"total_usage": used}, "system_cpu_usage": passed, "online_cpus": 4}
        return {"cpu_stats": cpu, "memory_stats": {"usage": 900, "stats": {"inactive_file": 300}}}

    one, two = json.dumps(at(100, 1000)), json.dumps(at(200, 1400))
    found = page.evaluate(
        "import('/static/pages/containers/readings.js')"
        f".then((it) => {{ const one = {one}, two = {two}; return {body}; }})"
    )

    assert found == [None, None, None, 100, 600, None]
