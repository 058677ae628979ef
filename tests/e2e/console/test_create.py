"""Containers created in the browser, on a real engine; the docker command line beside it."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from edd.model.caller import Role
from tests.e2e.console.conftest import Site, Visit
from tests.e2e.console.test_looks import TOO_SMALL, violations
from tests.e2e.console.test_run_engines import described
from tests.support.console import PHONE, visiting, watched
from tests.support.engine import TestEngine
from tests.support.ports import free_port
from tests.support.registry import Registry

SLEEP = "/bin/busybox sleep 1000"
IMAGE = "created:1"


@pytest.fixture(scope="module")
def image(engine: TestEngine, site: Site) -> Iterator[str]:
    """An image of the host's engine that no deployment has."""
    engine.docker("tag", "ed_website:latest", IMAGE)
    yield IMAGE
    engine.docker("rmi", IMAGE)


@pytest.fixture
def mine(engine: TestEngine, image: str) -> Iterator[str]:
    """The image; whatever the test made of it is removed, with networks and volumes of its own."""
    yield image
    names = [name for name in engine.containers() if name.startswith("my-")]
    if names:
        engine.docker("rm", "--force", "--volumes", *names)
    for kind in ("network", "volume"):
        left = engine.docker(kind, "ls", "--quiet", "--filter", "name=my-").split()
        if left:
            engine.docker(kind, "rm", *left)


@pytest.fixture
def form(mine: str, visit: Visit, site: Site) -> Callable[..., Page]:
    """Open the form at an address below /containers/new; its pages go before what they made."""

    def opened(query: str = "", **options: Any) -> Page:
        page = visit(**options).page()
        page.goto(f"{site.url}/containers/new{query}")
        expect(page.get_by_label("Image", exact=True)).to_be_visible()
        return page

    return opened


@pytest.fixture
def heedless(site: Site, browser: Browser, entered: str) -> Iterator[Page]:
    """An empty form whose page may complain: browsers do when an engine refuses something."""
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    page.goto(f"{site.url}/containers/new")
    expect(page.get_by_label("Image", exact=True)).to_be_visible()
    yield page
    seen.context.close()


def fill(page: Page, **values: str) -> None:
    """Fill fields by their names, with blanks for underscores."""
    for name, value in values.items():
        page.get_by_label(name.replace("_", " ").capitalize(), exact=True).fill(value)


def opened(page: Page, title: str) -> Locator:
    """Open a part of the form that is closed."""
    part = page.locator("details.group").filter(has=page.get_by_role("heading", name=title))
    part.locator("summary").first.click()
    return part


def send(page: Page, *, start: bool = True) -> None:
    page.get_by_role("button", name="Create and start" if start else "Create only").click()


def arrived(page: Page) -> None:
    """Wait until the new container's own page is asked for."""
    expect(page).to_have_url(re.compile(r"/containers/[0-9a-f]{12}$"), timeout=20_000)


def row(page: Page, part: str, at: int = 0) -> Locator:
    return page.locator(f"#part-{part} .row").nth(at)


def test_the_common_case_is_one_screen_and_is_created_started_and_opened(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    ports = [free_port(), free_port()]
    page = form()
    fill(page, image=mine, name="my-web", command=f"{SLEEP} 'two words' \"\"")
    words = page.get_by_role("list", name="The words that it becomes").get_by_role("listitem")
    expect(words).to_have_text(["/bin/busybox", "sleep", "1000", "two words", " "])
    for at, port in enumerate(ports):
        page.get_by_role("button", name="Add a port").click()
        fields = row(page, "ports", at)
        fields.get_by_label("Address of the host").fill("127.0.0.1")
        fields.get_by_label("Port of the host").fill(str(port))
        fields.get_by_label("Port of the container").fill("8080")
    page.get_by_role("button", name="Add a variable").click()
    expect(row(page, "env").get_by_label("Name of")).to_be_focused()
    row(page, "env").get_by_label("Name of").fill("MESSAGE")
    row(page, "env").get_by_label("Value of").fill("one=1\ntwo")
    page.get_by_label("Restart it").select_option("on-failure")
    page.get_by_label("at most, times").fill("3")
    assert page.get_by_role("button", name="Create and start").is_visible()
    fill(page, command=SLEEP)
    send(page)
    arrived(page)

    found = engine.inspect("my-web")
    assert found["State"]["Running"]
    assert found["Config"]["Cmd"] == SLEEP.split()
    assert "MESSAGE=one=1\ntwo" in found["Config"]["Env"]
    assert found["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    places = found["HostConfig"]["PortBindings"]["8080/tcp"]
    assert [place["HostPort"] for place in places] == [str(port) for port in ports]


EVERYTHING = """\
docker run -dit --name my-all --entrypoint /bin/busybox -w /www -u 0:0 --init --stop-signal SIGINT
 --stop-timeout 3 -h here -e A=1 -l keep=this -l 'and=a b' --health-cmd 'exit 0'
 --health-interval 1m -p 127.0.0.1:{port}:8080 --expose 77 -v my-cache:/cache -v /tmp:/t:ro -v /anon
 --tmpfs /run:size=1m,mode=1777 --mount type=volume,src=my-other,dst=/other,volume-nocopy
 --cap-drop ALL --cap-add KILL --security-opt no-new-privileges --read-only
 --sysctl net.core.somaxconn=64 --ulimit nofile=100:200 -m 64m --shm-size 8m --pids-limit 50
 --cpus 0.5 --log-driver local --log-opt max-size=1m --add-host a:192.0.2.2 --dns 192.0.2.3
 --device /dev/null:/dev/nothing:r --runtime io.containerd.runc.v2
 --network name=my-front,alias=first {image} sleep 1000"""


def everything(image: str) -> str:
    return EVERYTHING.format(image=image, port=free_port())


def test_a_pasted_line_makes_what_docker_makes_of_it_and_is_shown_again(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    engine.docker("network", "create", "my-front")
    line = everything(mine)
    page = form()
    page.get_by_role("button", name="Paste a docker run line").click()
    page.get_by_label("A command line of").fill(line.replace("\n", " \\\n") + " # and more")
    page.get_by_role("button", name="Fill the form").click()
    expect(page.get_by_role("status").filter(has_text="The form is filled")).to_contain_text(
        "# and"
    )
    expect(page.get_by_label("Name", exact=True)).to_have_value("my-all")
    page.get_by_role("button", name="Show as docker run").click()
    shown = page.get_by_role("region", name="As docker run").locator("pre").inner_text()
    send(page, start=False)
    arrived(page)
    page.close()

    ours = described(engine, "my-all")
    for words in (line.replace("\n", " "), shown.replace("\\\n", " ")):
        engine.docker("rm", "--volumes", "my-all")
        create = ["create" if word == "run" else word for word in shlex.split(words)[1:]]
        engine.docker(*(word.replace("-dit", "-it") for word in create if word != "-d"))
        assert described(engine, "my-all") == ours


def test_a_duplicate_has_everything_and_a_name_of_its_own(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    for name in ("my-front", "my-back"):
        engine.docker("network", "create", name)
    engine.docker(*shlex.split(everything(mine).replace("\n", " "))[1:])
    engine.docker("network", "connect", "--alias", "second", "my-back", "my-all")
    engine.docker("create", "--name", "my-all-2", mine)
    page = form("?from=my-all")
    expect(page.get_by_role("heading", name="Duplicate my-all")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("my-all-3")
    expect(page.get_by_text("Both publish on the host")).to_be_visible()
    send(page, start=False)
    arrived(page)

    assert described(engine, "my-all-3") == described(engine, "my-all")
    second = engine.inspect("my-all-3")
    for name, alias in (("my-front", "first"), ("my-back", "second")):
        assert alias in second["NetworkSettings"]["Networks"][name]["Aliases"]


def test_a_duplicate_of_a_deployments_container_is_not_the_deployments(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    page = form("?from=ed_website")
    expect(page.get_by_text("belongs to a deployment")).to_be_visible()
    expect(page.get_by_text("is another image by now")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("ed_website-2")
    fill(page, name="my-copy")
    send(page, start=False)
    arrived(page)

    labels = engine.inspect("my-copy")["Config"]["Labels"]
    assert not [name for name in labels if name.startswith("edd.")]


def test_a_duplicate_tells_that_its_images_name_has_moved_on(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    engine.docker("tag", mine, "my-moving:1")
    engine.docker("create", "--name", "my-first", "my-moving:1")
    engine.docker("tag", "ed_shop:latest", "my-moving:1")
    page = form("?from=my-first")
    expect(page.get_by_text("my-moving:1 is another image by now")).to_be_visible()
    page.close()  # it would ask for the image again
    engine.docker("rmi", "my-moving:1")


def test_pull_first_pulls_and_waits_and_a_missing_image_is_pulled(
    form: Callable[..., Page], engine: TestEngine, mine: str, tmp_path: Path
) -> None:
    if not Registry.installed():
        pytest.skip("no docker-registry")
    with Registry(tmp_path) as registry:
        name = f"{registry.address}/team/pulled"
        engine.docker("tag", "ed_shop:latest", name)
        engine.docker("push", name)
        newest = engine.inspect(name)["Id"]
        engine.docker("tag", IMAGE, name)
        assert engine.inspect(name)["Id"] != newest
        page = form(f"?image={name}")
        fill(page, name="my-pulled", command=SLEEP)
        page.get_by_label("Pull", exact=True).select_option("always")
        send(page)
        arrived(page)
        assert engine.inspect("my-pulled")["Image"] == newest

        page.close()
        engine.docker("rm", "--force", "my-pulled")
        engine.docker("rmi", name)
        page = form(f"?image={name}")
        fill(page, name="my-pulled", command=SLEEP)
        send(page)
        arrived(page)
        assert engine.inspect("my-pulled")["Image"] == newest
        page.close()
        engine.docker("rm", "--force", "my-pulled")
        engine.docker("rmi", name)


def test_a_pull_that_fails_is_told_and_nothing_is_created(
    heedless: Page, engine: TestEngine, mine: str
) -> None:
    page = heedless
    fill(page, image="127.0.0.1:1/no/such:1", name="my-none")
    page.get_by_label("Pull", exact=True).select_option("always")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("No container was created", timeout=20_000)
    assert "my-none" not in engine.containers()


def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_sent(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    engine.docker("create", "--name", "my-taken", mine)
    page = form()
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.method) if is_change(asked) else None)
    fill(page, image=mine, name="my-taken", command="sh -c 'open")
    expect(page.locator("#wrong-name")).to_have_text("There is a container my-taken already.")
    expect(page.locator("#wrong-command")).to_have_text("A ' has no partner.")
    page.get_by_role("button", name="Add a port").click()
    row(page, "ports").get_by_label("Port of the container").fill("99999")
    expect(page.locator("#wrong-ports")).to_contain_text("99999 is not a port")
    limits = opened(page, "Memory, processors and limits")
    limits.get_by_label("Processors", exact=True).fill("4000")
    expect(page.locator("#wrong-cpus")).to_contain_text("The host has")
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    send(page)
    expect(page.get_by_text("4 parts are not right yet")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    assert sent == []


def is_change(asked: Request) -> bool:
    return asked.method != "GET"


def test_a_refusal_is_told_beside_the_form_and_what_was_typed_stays(
    heedless: Page, engine: TestEngine, mine: str
) -> None:
    page = heedless
    fill(page, image="no-such-image:9", name="my-web", command=SLEEP)
    page.get_by_label("Pull", exact=True).select_option("never")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("No such image")
    expect(page.get_by_role("alert")).to_contain_text("No container was created")
    expect(page.get_by_label("Name", exact=True)).to_have_value("my-web")
    fill(page, image=mine)
    send(page, start=False)
    arrived(page)
    assert engine.inspect("my-web")["State"]["Status"] == "created"


def test_what_was_created_and_does_not_start_is_told_and_can_be_removed_again(
    heedless: Page, engine: TestEngine, mine: str
) -> None:
    page = heedless
    fill(page, image=mine, name="my-odd", command="/no/such/program")
    send(page)
    told = page.get_by_role("alert", name="Created")
    expect(told).to_contain_text("my-odd was created, but not all of it worked")
    expect(told).to_contain_text("/no/such/program")
    told.get_by_role("button", name="Remove it and change the form").click()
    expect(told).to_have_count(0)
    assert "my-odd" not in engine.containers()
    fill(page, command=SLEEP)
    send(page)
    arrived(page)


def test_what_the_engine_warns_of_is_shown_before_the_container_opens(
    form: Callable[..., Page], mine: str
) -> None:
    page = form()
    fill(page, image=mine, name="my-warned", command=SLEEP)
    row(page, "networks").get_by_label("Docker's own").fill("host")
    page.get_by_role("button", name="Publish 8080/tcp of the image").click()
    send(page)
    told = page.get_by_role("alert", name="Created")
    expect(told).to_contain_text("The engine warns")
    expect(told).to_contain_text(re.compile("ports are discarded"))
    told.get_by_role("link", name="Open my-warned").click()
    arrived(page)


def test_each_kind_of_mount_is_made_in_the_dialog(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    page = form()
    fill(page, image=mine, name="my-mounts", command=SLEEP)
    dialog = page.get_by_role("dialog")

    def mount(kind: str, *ticks: str, **values: str) -> None:
        page.get_by_role("button", name="Add a mount").click()
        dialog.get_by_label("Type").select_option(kind)
        for name, value in values.items():
            words = re.compile(name.replace("_", " "), re.IGNORECASE)
            dialog.locator("input").and_(dialog.get_by_label(words)).fill(value)
        for name in ticks:
            dialog.get_by_label(name).click()
        dialog.get_by_role("button", name="Add").click()

    page.get_by_role("button", name="Add a mount").click()
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("a path from the root")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    mount("bind", "Read only", file_of_the_host="/tmp", where_it_appears="/host")
    expect(page.get_by_role("button", name="Add a mount")).to_be_focused()
    mount("volume", existing_or_new="my-volume", where_it_appears="/data")
    mount("volume", where_it_appears="/own")
    mount("tmpfs", where_it_appears="/memory", size="1m", mode="rwxr-x--T")
    expect(page.locator(".row.mount")).to_have_count(4)
    page.get_by_role("button", name="Change mount 1").click()
    dialog.get_by_label("Mounts below it").select_option("private")
    dialog.get_by_role("button", name="Change").click()
    expect(page.locator(".row.mount").first).to_contain_text("read only, private")
    send(page)
    arrived(page)

    found = engine.inspect("my-mounts")
    mounts = {each["Destination"]: each for each in found["Mounts"]}
    assert (mounts["/host"]["RW"], mounts["/host"]["Propagation"]) == (False, "private")
    assert (mounts["/data"]["Type"], mounts["/data"]["Name"]) == ("volume", "my-volume")
    assert mounts["/own"]["Type"] == "volume"
    assert found["HostConfig"]["Tmpfs"] == {"/memory": "size=1m,mode=1750"}
    assert "size=1024k,mode=1750" in engine.docker("exec", "my-mounts", "/bin/busybox", "mount")


def test_an_environment_is_pasted_as_lines(
    form: Callable[..., Page], engine: TestEngine, mine: str
) -> None:
    page = form(f"?image={mine}")
    fill(page, name="my-env", command=SLEEP)
    adder = page.get_by_role("button", name="Add a variable")
    adder.click()
    page.get_by_role("button", name="Remove a variable (1)").click()
    expect(adder).to_be_focused()
    adder.click()
    page.evaluate(
        "(text) => { const data = new DataTransfer(); data.setData('text', text);"
        "const field = document.querySelector('#part-env input');"
        "field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true,"
        "cancelable: true})); }",
        "# a file\nexport A=1\nB='two words'\n\nC=x=y\n",
    )
    expect(page.locator("#part-env .row")).to_have_count(3)
    send(page, start=False)
    arrived(page)
    assert {"A=1", "B=two words", "C=x=y"} <= set(engine.inspect("my-env")["Config"]["Env"])


def test_a_deployer_may_create_what_does_not_reach_into_the_host(
    site: Site, browser: Browser, engine: TestEngine, mine: str
) -> None:
    site.daemon.client("dora", Role.DEPLOYER)
    with visiting(site.daemon, browser, "dora") as (page, console, seen):
        page.goto(f"{console.url}/containers/new?image={mine}")
        fill(page, name="my-own", command=SLEEP)
        expect(page.get_by_label("Pull", exact=True)).to_be_disabled()
        rights = opened(page, "Rights and isolation")
        barred = rights.get_by_label("Privileged")
        expect(barred).to_be_disabled()
        expect(barred).to_have_attribute("title", re.compile("only an administrator"))
        rights.get_by_label("Its own files are read only").check()
        page.get_by_role("button", name="Add a mount").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Type")).to_have_value("tmpfs")
        dialog.get_by_label("Where it appears").fill("/memory")
        dialog.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Paste a docker run line").click()
        assert engine.docker("ps", "--all", "--quiet", "--filter", "name=my-own") == ""
        send(page)
        arrived(page)
        page.goto(f"{console.url}/containers/new?from=my-own")
        page.get_by_role("button", name="Paste a docker run line").click()
        page.get_by_label("A command line of").fill(f"docker run -v /:/host --privileged {mine}")
        page.get_by_role("button", name="Fill the form").click()
        expect(page.locator("#wrong-mounts")).to_contain_text("need an administrator")
        expect(page.get_by_label("Privileged")).to_have_count(0)
        send(page)
        expect(page.locator("#wrong-privileged")).to_contain_text("only an administrator")
        page.get_by_label("Privileged").uncheck()
        expect(page.get_by_label("Privileged")).to_be_disabled()
        assert seen.complaints == []
    assert engine.inspect("my-own")["State"]["Running"]
    assert engine.inspect("my-own")["HostConfig"]["ReadonlyRootfs"]


def test_a_viewer_is_told_that_others_create(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, console, _seen):
        page.goto(f"{console.url}/containers/new")
        expect(page.get_by_text("Your certificate is for looking only")).to_be_visible()
        expect(page.get_by_label("Image", exact=True)).to_have_count(0)


def test_names_of_the_engine_are_text(form: Callable[..., Page], mine: str) -> None:
    page = form("?image=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    fill(page, command="<b>bold</b> '\u202eover'")
    expect(page.get_by_role("listitem").filter(has_text="<b>bold</b>")).to_be_visible()
    page.get_by_role("button", name="Show as docker run").click()
    expect(page.get_by_role("region", name="As docker run")).to_contain_text("\\u202eover")


def test_the_form_fits_a_phone_with_everything_open(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE).page()
    page.goto(f"{site.url}/containers/new?from=ed_website")
    expect(page.get_by_label("Image", exact=True)).to_be_visible()
    for part in page.locator("details.group > summary").all():
        part.click()
    page.get_by_role("button", name="Show as docker run").click()
    page.locator("details.more > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(TOO_SMALL) == []
    assert violations(page) == []


def test_a_form_that_was_left_is_found_again_until_a_container_came_of_it(
    form: Callable[..., Page], mine: str
) -> None:
    page = form()
    name = page.get_by_label("Name", exact=True)
    fill(page, image=mine, name="my-draft")

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Images").click()
    expect(page.get_by_role("heading", name="Images")).to_be_visible()
    page.go_back()
    expect(name).to_have_value("my-draft")
    page.get_by_role("button", name="Start over").click()
    expect(name).to_have_value("")
    expect(page.get_by_text("This is as you left it")).to_have_count(0)

    fill(page, image=mine, name="my-draft")
    page.get_by_role("button", name="Create only").click()
    expect(page.get_by_role("heading", name="my-draft", exact=True)).to_be_visible()
    page.go_back()
    expect(name).to_have_value("")
