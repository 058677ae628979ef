"""Networks in the console: each kind made, connected, disconnected, removed and pruned."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.console.conftest import MARKUP, Site
from tests.support.console import come_to, visiting, watched
from tests.support.engine import TestEngine

LOGIC = "import('/static/pages/networks/{module}.js').then((logic) => {{ {body} }})"
BOX = ("ed_website:latest", "/bin/busybox", "sleep", "1000")


def subnet() -> str:
    """The first three numbers of a subnet that no other run is likely to have."""
    return f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}"


@pytest.fixture
def docker(site: Site, engine: TestEngine) -> Iterator[TestEngine]:
    """The host's engine; what a test adds to it is removed again."""
    known = set(engine.docker("ps", "-aq").split())
    yield engine
    if made := set(engine.docker("ps", "-aq").split()) - known:
        engine.docker("rm", "-f", *made)
    engine.docker("network", "prune", "-f")


@pytest.fixture
def loud_page(site: Site, browser: Browser, entered: str) -> Iterator[Page]:
    """A page that may complain: browsers do whenever a request fails."""
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    yield seen.page()
    seen.context.close()


def inspected(engine: TestEngine, name: str) -> dict[str, Any]:
    (found,) = json.loads(engine.docker("network", "inspect", name))
    assert isinstance(found, dict)
    return found


def names(engine: TestEngine) -> set[str]:
    return set(engine.docker("network", "ls", "--format", "{{.Name}}").split())


def row(page: Page, label: str) -> Locator:
    return page.get_by_role("row").filter(has_text=label)


def logic(page: Page, site: Site, module: str, body: str) -> Any:
    come_to(page, f"{site.url}/networks")
    return page.evaluate(LOGIC.format(module=module, body=body))


def test_a_network_is_made_as_it_was_described_and_removed(
    page: Page, site: Site, docker: TestEngine
) -> None:
    net = subnet()
    come_to(page, f"{site.url}/networks")
    page.get_by_role("link", name="New network").click()

    page.get_by_label("Name").fill("front")
    page.get_by_label("Internal").check()
    page.get_by_label("Attachable").check()
    page.get_by_label("Options of the driver").fill("com.docker.network.driver.mtu=1400")
    page.get_by_label("Labels").fill(f"purpose={MARKUP}\nempty=")
    page.get_by_label("Subnet", exact=True).fill(f"{net}.0/24")
    page.get_by_label("Gateway").fill(f"{net}.9")
    page.get_by_label("Range for containers").fill(f"{net}.128/25")
    page.get_by_label("Addresses not to be given").fill(f"printer={net}.130")
    page.get_by_role("button", name="Another subnet").click()
    second = page.get_by_role("group", name="Subnet 2")
    second.get_by_label("Subnet", exact=True).fill("fd00:e::/64")
    expect(second).to_contain_text("Switch IPv6 on")
    page.get_by_label("IPv6 as well").check()
    page.get_by_role("button", name="Make the network").click()

    expect(page.get_by_role("heading", name="front")).to_be_visible()
    expect(page.get_by_role("table", name="Subnets")).to_contain_text(f"printer={net}.130")
    expect(page.get_by_text(MARKUP)).to_be_visible()
    expect(page.get_by_text("No container is on this network")).to_be_visible()
    made = inspected(docker, "front")
    assert (made["Internal"], made["Attachable"], made["EnableIPv6"]) == (True, True, True)
    assert made["Options"] == {"com.docker.network.driver.mtu": "1400"}
    assert made["Labels"] == {"purpose": MARKUP, "empty": ""}
    first, other = made["IPAM"]["Config"]
    assert first["Subnet"] == f"{net}.0/24"
    assert first["Gateway"] == f"{net}.9"
    assert first["IPRange"] == f"{net}.128/25"
    assert first["AuxiliaryAddresses"] == {"printer": f"{net}.130"}
    assert other["Subnet"] == "fd00:e::/64"

    page.get_by_text("Inspect").click()
    expect(page.get_by_label("What the engine says")).to_contain_text('"Driver": "bridge"')
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("dialog", name="Remove the network front?")
    question.get_by_role("button", name="Remove").click()
    expect(page).to_have_url(f"{site.url}/networks")
    expect(row(page, "predefined").first).to_be_visible()
    assert "front" not in names(docker)


def test_a_wish_is_checked_field_by_field_and_not_sent_before(
    page: Page, site: Site, docker: TestEngine
) -> None:
    before = names(docker)
    come_to(page, f"{site.url}/networks/new")
    name, net = page.get_by_label("Name"), page.get_by_label("Subnet", exact=True)
    gateway = page.get_by_label("Gateway")
    page.get_by_role("button", name="Make the network").click()

    expect(page.get_by_text("It needs a name.")).to_be_visible()
    expect(name).to_be_focused()
    for wrong, words in (("bridge", "of this name"), ("a b", "Letters, digits")):
        name.fill(wrong)
        expect(page.get_by_text(words)).to_be_visible()
    name.fill("right")
    for wrong, words in (
        ("10.20.0.0", "ends with its length"),
        ("10.20.0.300/24", "This is no subnet"),
        ("10.20.0.7/24", "within 10.20.0.0/24"),
        ("fd00::1/64", "within fd00::/64"),
    ):
        net.fill(wrong)
        expect(page.get_by_text(words)).to_be_visible()
    net.fill("10.20.0.0/24")
    for wrong, words in (("10.20.1.1", "not within the subnet"), ("x", "This is no address")):
        gateway.fill(wrong)
        expect(page.get_by_text(words)).to_be_visible()
        expect(gateway).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Labels").fill("no-value")
    expect(page.get_by_text("is not KEY=VALUE")).to_be_visible()
    page.get_by_role("button", name="Make the network").click()
    expect(page.get_by_role("alert")).to_contain_text("not right yet")
    assert names(docker) == before


def test_what_the_engine_refuses_is_said_and_what_was_typed_stays(
    loud_page: Page, site: Site, docker: TestEngine
) -> None:
    page = loud_page
    come_to(page, f"{site.url}/networks/new")
    page.get_by_label("Name").fill("of-a-swarm")
    page.get_by_label("Driver").first.select_option("overlay")
    expect(page.get_by_label("Ingress")).to_be_visible()
    page.get_by_label("Driver").first.select_option("macvlan")
    expect(page.get_by_label("Ingress")).to_have_count(0)
    page.get_by_label("Parent interface").fill("no-such-interface-0")
    page.get_by_label("Mode").select_option("private")
    page.get_by_role("button", name="Make the network").click()

    expect(page.get_by_role("alert")).to_contain_text("No network was made.")
    expect(page.get_by_label("Name")).to_have_value("of-a-swarm")


def test_a_wish_becomes_what_the_engine_takes(page: Page, site: Site) -> None:
    sent = logic(
        page,
        site,
        "wish",
        """return logic.body({ ...logic.BLANK, name: "n", driver: "ipvlan", parent: "eth0.7",
          mode: "l3", options: "a=b=c", labels: "l=", ingress: true });""",
    )

    assert sent["Options"] == {"parent": "eth0.7", "ipvlan_mode": "l3", "a": "b=c"}
    assert sent["Labels"] == {"l": ""}
    assert sent["Ingress"] is False
    assert sent["IPAM"] == {"Driver": "default", "Config": []}


def test_addresses_and_subnets_are_read_as_they_are_written(page: Page, site: Site) -> None:
    right = ["0.0.0.0", "255.255.255.255", "::", "::1", "fd00::", "1:2:3:4:5:6:7:8", "::1.2.3.4"]
    wrong = ["", "1.2.3", "01.2.3.4", "1.2.3.4.5", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::"]
    wrong += ["1:2:3:4:5:6:7::8", "::1.2.3.400", "1.2.3.4::", "12345::"]
    found = logic(
        page,
        site,
        "addresses",
        f"return {json.dumps(right + wrong)}.map((text) => logic.address(text) !== null);",
    )
    assert found == [True] * len(right) + [False] * len(wrong)
    subnets = [
        "10.0.0.0/8",
        "0.0.0.0/0",
        "fd00::/64",
        "1:0:0:2::/64",
        "10.0.0.0/33",
        "10.0.0.0/",
        "fd00::/129",
    ]
    told = logic(
        page,
        site,
        "addresses",
        f"""return {json.dumps(subnets)}.map((text) => {{ const one = logic.subnet(text);
          return one && logic.written(one); }});""",
    )
    assert told == ["10.0.0.0/8", "0.0.0.0/0", "fd00::/64", "1:0:0:2::/64", None, None, None]


def test_containers_are_connected_and_disconnected(
    page: Page, site: Site, docker: TestEngine
) -> None:
    net = subnet()
    docker.docker("network", "create", "--subnet", f"{net}.0/24", "meeting")
    docker.docker("run", "-d", "--name", "guest-box", *BOX)
    come_to(page, f"{site.url}/networks/meeting")
    form = page.get_by_role("form", name="Connect a container")

    expect(form.get_by_role("button", name="Connect")).to_be_disabled()
    form.get_by_label("Container").select_option(label="guest-box")
    form.get_by_label("IPv4").fill("10.99.99.99")
    expect(form).to_contain_text("not within a subnet of this network")
    form.get_by_label("IPv4").fill(f"{net}.77")
    form.get_by_label("Further names there").fill("web, shop")
    form.get_by_role("button", name="Connect").click()

    expect(row(page, "guest-box")).to_contain_text(f"{net}.77/24")
    end = json.loads(docker.docker("inspect", "guest-box"))[0]["NetworkSettings"]["Networks"]
    assert {"web", "shop"} <= set(end["meeting"]["Aliases"])
    assert end["meeting"]["MacAddress"] in row(page, "guest-box").inner_text()
    page.get_by_role("button", name="Disconnect guest-box").click()
    question = page.get_by_role("dialog", name="Disconnect guest-box from meeting?")
    expect(question).to_contain_text("loses its address")
    question.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("No container is on this network")).to_be_visible()


def test_a_network_in_use_says_by_whom_and_is_removed_after_disconnecting_them(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker("network", "create", "busy")
    docker.docker("run", "-d", "--name", "first-box", "--network", "busy", *BOX)
    docker.docker("run", "-d", "--name", "second-box", "--network", "busy", *BOX)
    docker.docker("create", "--name", "third-box", "--network", "busy", *BOX)
    come_to(page, f"{site.url}/networks")
    expect(row(page, "busy")).to_contain_text("third-box stopped")
    page.get_by_role("link", name="busy").click()

    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("dialog", name="Remove the network busy?")
    expect(question).to_contain_text("disconnected first: first-box, second-box")
    expect(question).to_contain_text("not able to start again without it: third-box")
    page.keyboard.press("Escape")
    assert len(inspected(docker, "busy")["Containers"]) == 2
    page.get_by_role("button", name="Remove").click()
    question.get_by_role("button", name="Disconnect all and remove").click()

    expect(page).to_have_url(f"{site.url}/networks")
    assert "busy" not in names(docker)
    running = docker.docker("ps", "--format", "{{.Names}}").split()
    assert {"first-box", "second-box"} <= set(running)


def test_what_an_engine_has_by_itself_stays(page: Page, site: Site) -> None:
    for name in ("bridge", "host", "none"):
        come_to(page, f"{site.url}/networks/{name}")
        button = page.get_by_role("button", name="Remove")
        expect(button).to_be_disabled()
        expect(button).to_have_attribute(
            "title", "The engine has this network by itself, and keeps it"
        )


def test_pruning_names_what_goes_and_wants_the_hosts_name(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker("network", "create", "idle")
    docker.docker("network", "create", "asleep")
    docker.docker("network", "create", "at-work")
    docker.docker("create", "--name", "sleeper", "--network", "asleep", *BOX)
    docker.docker("run", "-d", "--name", "worker", "--network", "at-work", *BOX)
    come_to(page, f"{site.url}/networks")
    expect(row(page, "at-work")).to_contain_text("worker")

    page.get_by_role("button", name="Prune").click()
    question = page.get_by_role("dialog", name="Prune 2 networks")
    expect(question.get_by_role("listitem").filter(has_text="asleep")).to_contain_text("sleeper")
    expect(question).not_to_contain_text("at-work")
    expect(question.get_by_role("button", name="Prune")).to_be_disabled()
    question.get_by_role("textbox").fill(page.locator(".brand").inner_text().strip())
    question.get_by_role("button", name="Prune").click()

    expect(page.get_by_role("status")).to_contain_text("Pruned: ")
    expect(row(page, "idle")).to_have_count(0)
    assert names(docker) & {"idle", "asleep", "at-work"} == {"at-work"}
    page.get_by_role("button", name="Prune").click()
    expect(page.get_by_role("status").last).to_contain_text("nothing is there to prune")


def test_a_list_is_searched_in_all_that_it_shows(
    page: Page, site: Site, docker: TestEngine
) -> None:
    net = subnet()
    docker.docker("network", "create", "--subnet", f"{net}.0/24", "--label", "team=blue", "sought")
    come_to(page, f"{site.url}/networks")
    search = page.get_by_role("searchbox")

    for words in ("soug", "team", f"{net}.0", "BLUE"):
        search.fill(words)
        expect(row(page, "sought")).to_be_visible()
        expect(page.get_by_role("link", name="host", exact=True)).to_have_count(0)
    search.fill("no such thing")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_a_change_that_cuts_its_own_line_is_seen_to_be_made(
    loud_page: Page, site: Site, docker: TestEngine
) -> None:
    page = loud_page
    come_to(page, f"{site.url}/networks/new")
    page.route(
        "**/docker/networks/create",
        lambda route: (docker.docker("network", "create", "cut-off"), route.abort()),
    )
    page.get_by_label("Name").fill("cut-off")
    page.get_by_role("button", name="Make the network").click()

    expect(page.get_by_role("heading", name="cut-off")).to_be_visible()


def test_a_viewer_looks_and_changes_nothing(
    site: Site, browser: Browser, docker: TestEngine
) -> None:
    docker.docker("network", "create", "--label", "password=secret", "seen")
    with visiting(site.daemon, browser, "guest") as (page, console, seen):
        page.get_by_role("link", name="Networks").click()
        expect(row(page, "seen")).not_to_contain_text("secret")
        expect(page.get_by_role("button", name="Prune")).to_be_disabled()
        expect(page.get_by_role("link", name="New network")).to_have_count(0)
        page.get_by_role("link", name="seen").click()
        expect(page.get_by_role("button", name="Remove")).to_be_disabled()
        expect(page.get_by_role("form")).to_have_count(0)
        come_to(page, f"{console.url}/networks/new")
        expect(page.get_by_text("It needs the role admin")).to_be_visible()
        assert seen.complaints == []
