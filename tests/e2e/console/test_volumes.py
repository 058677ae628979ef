"""Volumes in the console: made, measured, read in every way there is, removed and pruned."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

from tests.conftest import cleaned
from tests.e2e.console.conftest import MARKUP, Site
from tests.support.console import Console, come_in, come_to, visiting, watched
from tests.support.daemon import Daemon
from tests.support.engine import EngineOf, TestEngine
from tests.support.engines import MIDDLE, Kind
from tests.support.processes import wait_until

IMAGE = "ed_website:latest"
LOAN = "edd.console.download"
BUSYBOX = "/bin/busybox"


@pytest.fixture
def docker(site: Site, engine: TestEngine) -> Iterator[TestEngine]:
    """The host's engine; what a test adds to it is removed again."""
    known = set(engine.docker("ps", "-aq").split())
    yield engine
    if made := set(engine.docker("ps", "-aq").split()) - known:
        engine.docker("rm", "-f", *made)
    if volumes := engine.docker("volume", "ls", "-q").split():
        engine.docker("volume", "rm", *volumes)


def volumes(engine: TestEngine) -> set[str]:
    return set(engine.docker("volume", "ls", "-q").split())


def fill(engine: TestEngine, volume: str, script: str) -> None:
    """Run ``script`` in a folder that is the volume."""
    words = (IMAGE, BUSYBOX, "sh", "-c", script)
    engine.docker("run", "--rm", "-v", f"{volume}:/v", "-w", "/v", *words)


def row(page: Page, label: str) -> Locator:
    return page.get_by_role("row").filter(has_text=label)


def content(download: Download) -> dict[str, bytes]:
    """The files of a downloaded archive by their names."""
    with tarfile.open(fileobj=io.BytesIO(Path(download.path()).read_bytes())) as archive:
        members = {each.name: archive.extractfile(each) for each in archive}
    return {name.removeprefix("./"): file.read() for name, file in members.items() if file}


def lent(engine: TestEngine) -> list[str]:
    """The containers that the console made to read a volume."""
    return engine.docker("ps", "-aq", "--filter", f"label={LOAN}").split()


def test_a_volume_is_made_as_it_was_described_and_removed_by_its_name(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker("volume", "create", "taken")
    come_to(page, f"{site.url}/volumes")
    page.get_by_role("link", name="New volume").click()

    for wrong, words in (("taken", "of this name"), ("a b", "Two or more letters")):
        page.get_by_label("Name").fill(wrong)
        expect(page.get_by_text(words)).to_be_visible()
    page.get_by_label("Name").fill("shelf")
    page.get_by_label("Options of the driver").fill("type=tmpfs\ndevice=tmpfs\no=size=1m")
    page.get_by_label("Labels").fill(f"purpose={MARKUP}")
    page.get_by_role("button", name="Make the volume").click()

    expect(page.get_by_role("heading", name="shelf")).to_be_visible()
    expect(page.get_by_text(MARKUP)).to_be_visible()
    (made,) = json.loads(docker.docker("volume", "inspect", "shelf"))
    assert made["Options"] == {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    assert made["Labels"] == {"purpose": MARKUP}
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("dialog", name="Remove the volume shelf?")
    expect(question).to_contain_text("gone for good")
    expect(question.get_by_role("button", name="Remove")).to_be_disabled()
    question.get_by_role("textbox").fill("shelf")
    question.get_by_role("button", name="Remove").click()
    expect(page).to_have_url(f"{site.url}/volumes")
    expect(row(page, "taken")).to_be_visible()
    assert volumes(docker) == {"taken"}


def test_a_volume_may_be_called_new_or_nothing(page: Page, site: Site, docker: TestEngine) -> None:
    docker.docker("volume", "create", "new")
    come_to(page, f"{site.url}/volumes")
    page.get_by_role("link", name="new", exact=True).click()
    expect(page.get_by_role("heading", name="new", exact=True)).to_be_visible()
    expect(page.get_by_text("No container mounts it")).to_be_visible()

    come_to(page, f"{site.url}/volumes/new")
    page.get_by_role("button", name="Make the volume").click()
    expect(page.locator("h1")).to_contain_text("…")
    assert len(volumes(docker)) == 2


def test_a_volume_in_use_says_by_whom_and_stays(page: Page, site: Site, docker: TestEngine) -> None:
    docker.docker("create", "--name", "keeper", "-v", "kept:/data:ro", IMAGE, BUSYBOX)
    come_to(page, f"{site.url}/volumes")
    expect(row(page, "kept")).to_contain_text("keeper stopped")
    page.get_by_role("button", name="Unused only").click()
    expect(page.get_by_text("Every volume is used")).to_be_visible()
    page.get_by_role("button", name="Unused only").click()
    page.get_by_role("link", name="kept").click()

    button = page.get_by_role("button", name="Remove")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "In use by keeper")
    expect(row(page, "keeper")).to_contain_text("/data")
    expect(row(page, "keeper")).to_contain_text("reads")
    expect(row(page, "keeper").get_by_role("link", name="Browse")).to_have_count(0)


def test_sizes_are_told_when_they_are_asked_for(page: Page, site: Site, docker: TestEngine) -> None:
    docker.docker("volume", "create", "small")
    docker.docker("volume", "create", "large")
    fill(docker, "large", f"{BUSYBOX} dd if=/dev/zero of=big bs=1000 count=2500")
    come_to(page, f"{site.url}/volumes")

    expect(row(page, "large")).not_to_contain_text("MB")
    page.get_by_role("button", name="Measure sizes").click()
    expect(row(page, "large")).to_contain_text("2.5 MB")
    expect(page.get_by_role("row").nth(1)).to_contain_text("large")
    page.get_by_role("link", name="large").click()
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("2.5 MB")


def test_a_volume_is_browsed_and_downloaded_by_a_container_that_mounts_it(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker(
        "run", "-d", "--name", "runner", "-v", "mine:/my data", IMAGE, BUSYBOX, "sleep", "999"
    )
    fill(docker, "mine", f"{BUSYBOX} mkdir -p a; echo deep >a/b; echo top >c")
    come_to(page, f"{site.url}/volumes/mine")

    browse = row(page, "runner").get_by_role("link", name="Browse in runner")
    short = docker.docker("ps", "-q", "--filter", "name=runner")
    expect(browse).to_have_attribute("href", f"/containers/{short}/files?path=%2Fmy%20data")
    for _ in ("running", "stopped"):
        with page.expect_download() as waiting:
            row(page, "runner").get_by_role("link", name="Download from runner").click()
        assert waiting.value.suggested_filename == "mine.tar"
        assert content(waiting.value) == {"a/b": b"deep\n", "c": b"top\n"}
        docker.docker("stop", "-t", "0", "runner")
    expect(row(page, "runner")).to_contain_text("exited")


def test_a_volume_that_nobody_mounts_is_downloaded_by_a_container_made_for_it(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker("volume", "create", "lonely")
    fill(docker, "lonely", f"{BUSYBOX} dd if=/dev/zero of=big bs=1000 count=9000; echo hi >hello")
    come_to(page, f"{site.url}/volumes/lonely")
    expect(page.get_by_text("No container mounts it.")).to_be_visible()

    page.get_by_label("Image").select_option(IMAGE)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as tar").click()

    assert waiting.value.suggested_filename == "lonely.tar"
    found = content(waiting.value)
    assert found["hello"] == b"hi\n"
    assert len(found["big"]) == 9_000_000
    expect(page.get_by_role("status").filter(has_text="removed again")).to_be_visible()
    assert lent(docker) == []
    assert volumes(docker) == {"lonely"}
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_container_made_to_read_goes_when_the_page_is_left(
    site: Site, browser: Browser, entered: str, docker: TestEngine
) -> None:
    docker.docker("volume", "create", "lonely")
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    come_to(page, f"{site.url}/volumes/lonely")
    # As of a browser that asks its user first, and so does not begin.
    page.evaluate("HTMLAnchorElement.prototype.click = () => {}")

    page.get_by_role("button", name="Download as tar").click()
    expect(page.get_by_text("The download begins")).to_be_visible()
    (made,) = lent(docker)
    (told,) = json.loads(docker.docker("inspect", made))
    assert told["Name"].startswith("/edd-download-")
    assert told["State"]["Status"] == "created"
    assert [(one["Name"], one["RW"]) for one in told["Mounts"]] == [("lonely", False)]
    page.goto("about:blank")
    wait_until(lambda: not lent(docker), 20, "the container is removed")
    seen.context.close()


def test_a_container_that_was_left_over_is_told_and_removed(
    page: Page, site: Site, docker: TestEngine
) -> None:
    mount = "type=volume,src=lonely,dst=/edd-volume,ro"
    label = f"{LOAN}=lonely"
    docker.docker("create", "--name", "edd-download-0", "--label", label, "--mount", mount, IMAGE)
    come_to(page, f"{site.url}/volumes/lonely")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("edd-download-0")
    alert.get_by_role("button", name="Remove it").click()
    expect(alert).to_have_count(0)
    assert lent(docker) == []
    expect(page.get_by_role("button", name="Download as tar")).to_be_enabled()


def test_a_volume_that_went_meanwhile_is_not_made_anew(
    site: Site, browser: Browser, entered: str, docker: TestEngine
) -> None:
    docker.docker("volume", "create", "going")
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    page = seen.page()
    come_to(page, f"{site.url}/volumes/going")
    expect(page.get_by_role("button", name="Download as tar")).to_be_enabled()
    docker.docker("volume", "rm", "going")
    page.get_by_role("button", name="Download as tar").click()

    expect(page.get_by_role("alert").first).to_contain_text("going")
    assert volumes(docker) == set()
    assert lent(docker) == []
    seen.context.close()


def hosts_name(page: Page) -> str:
    return page.locator(".brand").inner_text().strip()


def test_pruning_tells_sizes_first_and_an_old_engine_prunes_all(
    page: Page, site: Site, docker: TestEngine
) -> None:
    docker.docker("volume", "create", "first-idle")
    docker.docker("volume", "create", "second-idle")
    fill(docker, "second-idle", f"{BUSYBOX} dd if=/dev/zero of=big bs=1000 count=1500")
    docker.docker("create", "--name", "holder", "-v", "held:/data", IMAGE, BUSYBOX)
    come_to(page, f"{site.url}/volumes")
    expect(row(page, "held")).to_be_visible()
    expect(page.get_by_role("button", name="Prune anonymous")).to_have_count(0)

    page.get_by_role("button", name="Prune all unused").click()
    question = page.get_by_role("dialog", name="Prune 2 volumes")
    expect(question.get_by_role("listitem").first).to_contain_text("1.5 MB of files are gone")
    expect(question.get_by_role("listitem").nth(1)).to_contain_text("second-idle, 1.5 MB")
    expect(question).not_to_contain_text("held")
    question.get_by_role("textbox").fill(hosts_name(page))
    question.get_by_role("button", name="Prune").click()
    expect(page.get_by_role("status")).to_contain_text("2 volumes pruned, 1.5 MB freed")
    expect(row(page, "second-idle")).to_have_count(0)
    assert volumes(docker) == {"held"}


def test_a_newer_engine_prunes_what_nobody_named_unless_all_is_meant(
    browser: Browser, engine_of: EngineOf, tmp_path: Path
) -> None:
    with (
        cleaned(engine_of(Kind(MIDDLE, "graphdriver"))) as newer,
        Daemon(tmp_path / "edd", newer.socket) as daemon,
        Console(daemon) as console,
    ):
        newer.docker("volume", "create", "named")
        newer.docker("volume", "create")
        seen = watched(browser)
        page = seen.page()
        come_in(page, console)
        page.get_by_role("link", name="Volumes").click()
        expect(row(page, "anonymous")).to_have_count(1)
        for button, words, left in (
            ("Prune anonymous", "1 volume pruned", {"named"}),
            ("Prune all unused", "1 volume pruned", set()),
        ):
            page.get_by_role("button", name=button).click()
            question = page.get_by_role("dialog")
            question.get_by_role("textbox").fill(hosts_name(page))
            question.get_by_role("button", name="Prune").click()
            expect(page.get_by_role("status").get_by_text(words).first).to_be_visible()
            expect(page.get_by_role("dialog")).to_have_count(0)
            assert volumes(newer) == left
            page.reload()
        page.get_by_role("button", name="Prune anonymous").click()
        expect(page.get_by_role("status")).to_contain_text("nothing is there to prune")
        assert seen.complaints == []
        seen.context.close()


def test_what_lists_tell_of_volumes_is_understood(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/volumes")

    def asked(body: str) -> Any:
        script = "import('/static/pages/volumes/known.js').then((known) => {{ {} }})"
        return page.evaluate(script.format(body))

    versions = ["1.41", "1.42", "1.52", "2.0", "", None]
    told = asked(f"return {json.dumps(versions)}.map(known.knowsNames);".replace("None", "null"))
    assert told == [False, True, True, True, False, False]
    old = {"Volumes": [{"Name": "a", "UsageData": {"Size": 5, "RefCount": 0}}, {"Name": "b"}]}
    new = {"VolumeUsage": {"Items": old["Volumes"], "TotalCount": 2}}
    for usage in (old, new):
        assert asked(f"return [...known.sizes({json.dumps(usage)})];") == [["a", 5], ["b", -1]]
    assert (
        asked("return known.pageOf('new') + known.pageOf('a/b');") == "/volumes/%6eew/volumes/a%2Fb"
    )
    assert asked("return [known.typed('x'.repeat(64)), known.typed('data')];") == ["x" * 12, "data"]


def test_a_viewer_looks_and_reads_no_files(
    site: Site, browser: Browser, docker: TestEngine
) -> None:
    docker.docker("create", "--name", "holder", "-v", "seen:/data", IMAGE, BUSYBOX)
    docker.docker("volume", "create", "--label", "password=secret", "lonely")
    with visiting(site.daemon, browser, "guest") as (page, console, seen):
        page.get_by_role("link", name="Volumes").click()
        expect(row(page, "lonely")).not_to_contain_text("secret")
        expect(page.get_by_role("button", name="Prune all unused")).to_be_disabled()
        expect(page.get_by_role("link", name="New volume")).to_have_count(0)
        page.get_by_role("button", name="Measure sizes").click()
        expect(row(page, "lonely")).to_contain_text("0 B")
        page.get_by_role("link", name="seen").click()
        expect(row(page, "holder")).to_contain_text("needs the role admin")
        expect(page.get_by_role("button", name="Remove")).to_be_disabled()
        come_to(page, f"{console.url}/volumes/lonely")
        expect(page.get_by_text("It can be read once one does")).to_be_visible()
        expect(page.get_by_role("button", name="Remove")).to_be_disabled()
        assert seen.complaints == []
