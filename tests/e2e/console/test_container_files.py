"""A container's files in the browser: looked at, brought there and back, whatever their names."""

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests.e2e.console.conftest import Site, Visit, hold
from tests.support.console import watched
from tests.support.engine import TestEngine
from tests.support.hostile_files import (
    MARKUP,
    NAMES,
    bare_image,
    files_in,
    gnu_image,
    packed,
)
from tests.support.images import website_image, write_archive

BOX = "/bin/busybox"
IDLE = "trap 'exit 0' TERM; busybox sleep 100000 & wait"
MANY = 6000


@pytest.fixture(scope="module")
def containers(site: Site, engine: TestEngine) -> Iterator[TestEngine]:
    """The engine with containers of busybox, of GNU's tools, without a shell, and a stopped one."""
    box = website_image("box:1", "box", healthy=None)
    engine.load(write_archive(site.archives / "files.tar", box, gnu_image(), bare_image()))
    engine.docker("run", "-d", "--name", "box", "box:1", BOX, "sh", "-c", IDLE)
    engine.docker("run", "-d", "--name", "gnu", "gnu:1")
    engine.docker("run", "-d", "--name", "bare", "bare:1")
    engine.docker("create", "--name", "still", "box:1")
    yield engine
    engine.docker("rm", "-f", "box", "gnu", "bare", "still")


@pytest.fixture(params=["box", "gnu"])
def filled(containers: TestEngine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A container with the folder ``/t`` of hostile names, made anew for each test."""
    name: str = request.param
    archive = tmp_path / "t.tar"
    archive.write_bytes(packed("t"))
    with archive.open("rb") as stream:
        containers.docker("cp", "-", f"{name}:/", stdin=stream)
    yield name
    containers.docker("exec", name, *tool(name, "rm", "-rf", "/t"))


def tool(name: str, *words: str) -> tuple[str, ...]:
    return (BOX, *words) if name == "box" else words


def open_files(visit: Visit, site: Site, name: str, path: str = "/t") -> Page:
    page = visit().page()
    page.goto(f"{site.url}/containers/{name}/files?path={path}")
    listed(page)
    return page


def payload(name: str, body: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": body}


def listed(page: Page) -> None:
    page.locator("[data-state=listed]").wait_for(timeout=30_000)


def names(page: Page) -> set[str]:
    found = page.locator(".entries tbody th .entry > :nth-child(2)").all_inner_texts()
    return {name.removesuffix("\n") for name in found}


def row(page: Page, name: str) -> Locator:
    exact = page.get_by_role("checkbox", name=f"Select {name}", exact=True)
    return page.locator(".entries tbody tr").filter(has=exact)


def pick(page: Page, *wanted: str) -> None:
    for name in wanted:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def test_names_survive_and_stay_text(visit: Visit, site: Site, filled: str) -> None:
    page = open_files(visit, site, filled)

    assert names(page) == set(NAMES.values()) | {"sub/", "link/", "dead"}
    assert page.locator("main img, main script").count() == 0
    facts = row(page, "a b").locator("td")
    expect(facts.nth(0)).to_have_text("3 B")
    expect(facts.nth(1)).to_have_text("-rw-r-----")
    expect(facts.nth(2)).to_have_text("1234:1234")
    expect(row(page, "sub").locator("td").nth(1)).to_have_text("drwxr-xr-x")
    expect(row(page, "dead")).to_contain_text("→ /no where")
    expect(row(page, "link")).to_contain_text("→ sub")


def test_folders_are_walked_by_links_by_a_path_and_back(
    visit: Visit, site: Site, filled: str
) -> None:
    page = open_files(visit, site, filled, "/")

    page.get_by_role("link", name="t/", exact=True).click()
    expect(page.locator("[data-path='/t']")).to_be_visible()
    page.get_by_role("link", name="sub/", exact=True).click()
    page.get_by_role("link", name="bad\ufffd/").click()
    expect(page.get_by_role("button", name="inside")).to_be_visible()
    expect(page).to_have_url(re.compile(r"path=/t/sub/bad%ff$"))
    page.reload()
    expect(page.get_by_role("button", name="inside")).to_be_visible()
    page.get_by_role("link", name="t", exact=True).click()
    expect(page.get_by_role("button", name="a b", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="inside")).to_be_visible()
    page.get_by_label("Path").fill("/t/./sub//../../../t/sub/")
    page.keyboard.press("Enter")
    expect(page.locator("[data-path='/t/sub']")).to_be_visible()
    page.get_by_role("navigation", name="Folders").get_by_role("link", name="root folder").click()
    page.get_by_role("link", name="bin/").wait_for()


def test_a_folder_is_searched_and_ordered(visit: Visit, site: Site, filled: str) -> None:
    page = open_files(visit, site, filled)

    page.get_by_label("Order").select_option("largest")
    expect(page.locator(".entries tbody tr").first).to_contain_text("<img")
    page.get_by_label("Search this folder").fill("LINE")
    assert names(page) == {"new\\nline"}
    page.get_by_label("Search this folder").fill("no such thing")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_hostile_names_are_renamed_and_deleted_as_they_are(
    visit: Visit, site: Site, filled: str, containers: TestEngine
) -> None:
    page = open_files(visit, site, filled)
    before = set(files_in(containers, filled, "/t"))

    for old, new in [("-rf", "--help"), ("bad\ufffd\ufffd", "good"), ("new\\nline", "$(id)\"'")]:
        pick(page, old)
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("New name").fill(new)
        page.locator("dialog").get_by_role("button", name="Rename").click()
        expect(row(page, new)).to_have_count(1)
    gone = {"-rf", "bad\udcff\udcfe", "new\nline"}
    renamed = before - gone | {"--help", "good", "$(id)\"'"}
    assert set(files_in(containers, filled, "/t")) == renamed

    pick(page, "$(touch x)", "`id`;&|", "--help", "end\\n", "sub", "link", MARKUP)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("dialog")).to_contain_text("sub/ and everything in it")
    expect(page.locator("dialog")).to_contain_text("$(touch x)")
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(row(page, "sub")).to_have_count(0)
    lost = {"$(touch x)", "`id`;&|", "--help", "end\n", "link", MARKUP}
    kept = {name for name in renamed - lost if not name.startswith("sub/")}
    assert set(files_in(containers, filled, "/t")) == kept


def test_a_name_that_is_taken_or_none_is_refused_and_asked_again(
    visit: Visit, site: Site, filled: str
) -> None:
    page = open_files(visit, site, filled)

    pick(page, "a b")
    page.get_by_role("button", name="Rename").click()
    dialog = page.locator("dialog")
    for name, words in [("sub", "already"), ("x/y", "no slash"), ("..", "dots alone")]:
        page.get_by_label("New name").fill(name)
        dialog.get_by_role("button", name="Rename").click()
        expect(dialog.get_by_role("alert")).to_contain_text(words)
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="New folder").click()
    dialog.get_by_label("Name").fill("q\"uo'te")
    dialog.get_by_role("button", name="Make").click()
    expect(dialog.get_by_role("alert")).to_contain_text("already")
    dialog.get_by_label("Name").fill("$(id) ü")
    dialog.get_by_role("button", name="Make").click()
    expect(row(page, "$(id) ü").locator("td").nth(2)).to_have_text("1234:1234")


def test_files_are_uploaded_with_their_names_for_the_folders_owner(
    visit: Visit, site: Site, filled: str, containers: TestEngine
) -> None:
    page = open_files(visit, site, filled, "/t/sub")
    long = "l" * 180 + "ü.bin"
    sent = {"plain.txt": b"x" * 511, long: b"y" * 512, "empty": b"", MARKUP: b"z"}

    page.set_input_files(
        "input[type=file]",
        [payload(name, body) for name, body in sent.items()],
    )
    expect(row(page, "plain.txt").locator("td").nth(2)).to_have_text("1234:1234")
    there = files_in(containers, filled, "/t/sub")
    assert {name: there[name] for name in sent} == sent

    again = [payload("plain.txt", b"new")]
    page.set_input_files("input[type=file]", again)
    expect(page.locator("dialog")).to_contain_text("plain.txt")
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    assert files_in(containers, filled, "/t/sub")["plain.txt"] == b"x" * 511
    page.set_input_files("input[type=file]", again)
    page.locator("dialog").get_by_role("button", name="Replace").click()
    expect(row(page, "plain.txt").locator("td").nth(0)).to_have_text("3 B")


DROP = """names => {
  const carried = new DataTransfer();
  for (const name of names) carried.items.add(new File([name], name));
  const main = document.querySelector("main");
  for (const kind of ["dragover", "drop"])
    main.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true }));
}"""


def test_files_are_dropped_anywhere_and_none_leaves_its_folder(
    visit: Visit, site: Site, filled: str, containers: TestEngine
) -> None:
    page = open_files(visit, site, filled, "/t/sub")

    page.evaluate(DROP, ["one", "two"])
    expect(row(page, "two")).to_have_count(1)
    page.evaluate(DROP, ["../../escaped"])
    expect(page.locator("#notes")).to_contain_text("Nothing can be called ../../escaped")
    assert {"one", "two"} <= set(files_in(containers, filled, "/t/sub"))
    listing = containers.docker("exec", filled, *tool(filled, "ls", "/"))
    assert "escaped" not in listing


def test_a_large_file_goes_up_with_progress_and_comes_down_in_an_archive(
    visit: Visit, site: Site, filled: str, containers: TestEngine, tmp_path: Path
) -> None:
    page = open_files(visit, site, filled, "/t/sub")
    large = tmp_path / "large"
    block = hashlib.sha256(filled.encode()).digest() * 32768
    large.write_bytes(block * 80)

    page.set_input_files("input[type=file]", large)
    panel = page.get_by_role("region", name="Upload")
    expect(panel).to_have_attribute("data-state", "under way")
    expect(row(page, "large").locator("td").nth(0)).to_have_text("83.9 MB", timeout=60_000)
    expect(panel).to_have_count(0)
    pick(page, "large")
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "large.tar"
    with tarfile.open(waiting.value.path()) as tar:
        member = tar.extractfile("large")
        assert member is not None
        assert hashlib.sha256(member.read()).digest() == hashlib.sha256(block * 80).digest()


def test_an_upload_is_cancelled(visit: Visit, site: Site, filled: str) -> None:
    page = open_files(visit, site, filled, "/t/sub")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("noOverwriteDirNonDir"), hold)

    page.set_input_files("input[type=file]", [payload("x", b"x")])
    panel = page.get_by_role("region", name="Upload")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_role("alert")).to_contain_text("was cancelled")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_have_count(0)
    assert names(page) == {"bad\ufffd/"}


def test_a_second_upload_waits_for_the_first(visit: Visit, site: Site, filled: str) -> None:
    page = open_files(visit, site, filled, "/t/sub")
    held = hold(page, re.compile("noOverwriteDirNonDir"))
    panel = page.get_by_role("region", name="Upload")

    page.set_input_files("input[type=file]", [payload("first", b"1")])
    expect(panel).to_contain_text("first to /t/sub")
    page.set_input_files("input[type=file]", [payload("second", b"2")])

    expect(page.locator("#notes")).to_contain_text("An upload into this container is under way")
    expect(panel).to_contain_text("first to /t/sub")
    held[0].continue_()
    expect(row(page, "first")).to_have_count(1)
    assert names(page) == {"bad\ufffd/", "first"}


def test_a_time_beyond_all_dates_does_not_break_the_folder(
    visit: Visit, site: Site, containers: TestEngine
) -> None:
    script = "cd /dev/shm; busybox touch now; busybox touch -d @99999999999999 never"
    containers.docker("exec", "box", BOX, "sh", "-c", script)
    page = open_files(visit, site, "box", "/dev/shm")

    expect(row(page, "now")).to_contain_text("just now")
    expect(row(page, "never").locator("td").last).to_have_text("\N{EN DASH}")


def test_after_a_name_was_asked_for_the_keyboard_is_where_it_was(
    visit: Visit, site: Site, containers: TestEngine
) -> None:
    page = open_files(visit, site, "box", "/dev/shm")
    button = page.get_by_role("button", name="New folder")

    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_what_is_selected_is_downloaded_files_as_themselves(
    visit: Visit, site: Site, filled: str
) -> None:
    page = open_files(visit, site, filled)
    came: dict[str, bytes] = {}

    for name in ("a b", "new\\nline", "-rf", "sub"):
        pick(page, name)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        came[waiting.value.suggested_filename] = waiting.value.path().read_bytes()
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).uncheck()
    assert came["a b"] == b"a b"
    assert came["-rf"] == b"-rf"
    assert b"new\nline" in came.values()
    with tarfile.open(fileobj=io.BytesIO(came["sub.tar"])) as tar:
        assert tar.getnames()[0].rstrip("/") == "sub"
    pick(page, "bad\ufffd\ufffd")
    page.get_by_role("button", name="Download").click()
    expect(page.locator("#notes")).to_contain_text("not UTF-8")


def test_details_are_the_engines_and_a_path_may_be_a_file(
    visit: Visit, site: Site, filled: str
) -> None:
    page = open_files(visit, site, filled)

    page.get_by_role("button", name="dead", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("lrwxrwxrwx")
    expect(dialog).to_contain_text("/no where")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.goto(f"{site.url}/containers/{filled}/files?path=/t/a%20b")
    expect(page.locator("[data-state=found]")).to_contain_text("-rw-r-----")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download", exact=True).click()
    assert waiting.value.path().read_bytes() == b"a b"


@pytest.fixture
def quiet(site: Site, browser: Browser, entered: str) -> Iterator[Page]:
    """A page of a browser that may complain: it does where a path leads nowhere."""
    seen = watched(browser)
    seen.context.add_cookies([{"name": "edd", "value": entered, "url": site.url}])
    yield seen.page()
    seen.context.close()


@pytest.mark.parametrize("name", ["still", "bare"])
def test_where_nothing_is_listed_a_path_is_looked_up_brought_and_filled(
    quiet: Page, site: Site, containers: TestEngine, name: str
) -> None:
    page = quiet
    why = {"still": "only while it runs", "bare": "no shell"}[name]

    page.goto(f"{site.url}/containers/{name}/files?path=/")
    expect(page.get_by_text(why)).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="New folder").click()
    page.locator("dialog").get_by_label("Name").fill("made")
    page.locator("dialog").get_by_role("button", name="Make").click()
    page.locator("dialog").wait_for(state="detached")
    page.get_by_label("Path").fill("/made")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("drwxr-xr-x")).to_be_visible()
    page.set_input_files("input[type=file]", [payload("up", b"here")])
    expect(page.locator("#notes")).to_contain_text("up is in /made")
    page.get_by_label("Path").fill("/made/up")
    page.get_by_role("button", name="Go", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download", exact=True).click()
    assert waiting.value.path().read_bytes() == b"here"
    assert files_in(containers, name, "/made")["up"] == b"here"
    page.get_by_label("Path").fill("/made/no")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("Nothing is at /made/no")).to_be_visible()


def test_a_path_does_not_lead_out_of_the_container(quiet: Page, site: Site, filled: str) -> None:
    page = quiet
    page.goto(f"{site.url}/containers/{filled}/files?path=/t")
    listed(page)

    for path in (
        "../../../../etc/machine-id",
        "/t/link/../../../../../etc/machine-id",
        "%2e%2e/etc",
    ):
        found = page.evaluate(
            """async ([name, path]) => {
            const answer = await fetch(`/docker/containers/${name}/archive?path=${path}`);
            return [answer.status, await answer.text()];
            }""",
            [filled, path],
        )
        host = Path("/etc/machine-id")
        assert not host.exists() or host.read_text().strip() not in found[1]
    page.goto(f"{site.url}/containers/{filled}/files?path=/../../etc/../t/..%2f../t")
    expect(page.locator("[data-path='/t']")).to_be_visible()


def test_a_folder_of_very_many_is_cut_and_drawn_as_it_is_seen(
    visit: Visit, site: Site, containers: TestEngine
) -> None:
    fill = f"busybox mkdir -p /many; cd /many; busybox seq 1 {MANY} | busybox xargs busybox touch"
    containers.docker("exec", "box", BOX, "sh", "-c", fill)
    page = open_files(visit, site, "box", "/many")

    expect(page.get_by_text("The first 5,000 of 6,000 entries")).to_be_visible()
    rows = page.locator(".entries tbody tr")
    assert rows.count() <= 600
    before = rows.count()
    rows.last.scroll_into_view_if_needed()
    expect(rows.nth(before)).to_be_attached()
    page.get_by_label("Search this folder").fill("4999")
    expect(rows).to_have_count(1)
