"""The console's pages about images, on a real engine and with a real registry."""

import functools
import http.server
import io
import json
import os
import re
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.e2e.console.test_looks import TOO_SMALL, violations
from tests.support.console import PHONE, Console, come_in, visiting, watched
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import (
    Image,
    files_layer,
    website_image,
    write_archive,
)
from tests.support.registry import Registry

OVER = "\u202e"
DOCKERFILE = 'FROM scratch\nARG WORD=none\nCOPY . /in/\nLABEL word="$WORD"\n'


@pytest.fixture(autouse=True)
def leaving_no_image(engine: TestEngine) -> Iterator[None]:
    before = set(references(engine))
    yield
    for name in set(references(engine)) - before:
        engine.docker("rmi", "--force", name, check=False)
    engine.docker("image", "prune", "--force")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    if not Registry.installed():
        pytest.skip("no docker-registry")
    with Registry(tmp_path) as running:
        yield running


@pytest.fixture
def images(visit: Visit, site: Site) -> Page:
    return open_page(visit, site, "/images")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address of a web server for the files of a folder."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def references(engine: TestEngine) -> list[str]:
    return engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()


def open_page(visit: Visit, site: Site, path: str) -> Page:
    page = visit().page()
    page.goto(site.url + path)
    return page


def add(engine: TestEngine, tmp_path: Path, *images: Image) -> None:
    engine.load(write_archive(tmp_path / "added.tar", *images))


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Images").get_by_role("row").filter(has_text=name)


def form(page: Page, button: str) -> Locator:
    page.locator(".title").get_by_role("button", name=button, exact=True).click()
    return page.locator(".sheet")


def field(sheet: Locator, name: str) -> Locator:
    return sheet.locator(f"[name={name}]")


def work(page: Page, title: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("region", name=title)


def page_of(image: Image) -> str:
    return f"/images/{image.tags[0]}"


def tar_of(**files: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def test_the_list_says_what_there_is_and_what_needs_it(images: Page, site: Site) -> None:
    used = row(images, "ed_website:latest")
    expect(used).to_contain_text("2.0 MB")
    expect(used.get_by_role("link", name="ed_website", exact=True)).to_be_visible()
    expect(row(images, "ed_website:release-1")).to_contain_text("website: release 1")
    expect(images.locator(".total")).to_contain_text(
        re.compile(r"\d images, .*\sMB by their sizes")
    )
    images.get_by_role("button", name="Count shared layers once").click()
    expect(images.locator(".total")).to_contain_text("MB on the disk")
    images.get_by_role("searchbox").fill("painted")
    expect(row(images, "ed_website")).to_have_count(0)
    expect(row(images, "ed_painted:latest")).to_be_visible()
    images.get_by_role("searchbox").fill("no such image")
    expect(images.get_by_text("Nothing matches")).to_be_visible()


def test_an_image_is_pushed_and_pulled_layer_by_layer(
    visit: Visit, site: Site, engine: TestEngine, registry: Registry, tmp_path: Path
) -> None:
    image = website_image(f"{registry.address}/team/app:1.0", "pushed")
    add(engine, tmp_path, image)
    page = open_page(visit, site, page_of(image))

    form(page, "Push").get_by_role("button", name="Push").click()
    pushed = work(page, f"Push of {registry.address}/team/app:1.0")
    expect(pushed).to_contain_text("The registry has it as sha256:")
    expect(pushed.get_by_role("list", name="Layers")).to_contain_text("Pushed")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 800})
    engine.docker("rmi", f"{registry.address}/team/app:1.0")
    page.get_by_role("link", name="Images").click()
    for said in ("Downloaded newer image", "Image is up to date"):
        sheet = form(page, "Pull")
        field(sheet, "image").fill(f"{registry.address}/team/app:1.0")
        sheet.get_by_role("button", name="Pull").click()
        pulled = work(page, f"Pull of {registry.address}/team/app:1.0").first
        expect(pulled).to_contain_text(said)
        expect(row(page, "team/app:1.0")).to_be_visible()
    first = work(page, f"Pull of {registry.address}/team/app:1.0").last
    expect(first.get_by_role("list", name="Layers")).to_contain_text("Pull complete")


def test_a_password_for_a_registry_goes_along_once_and_is_kept_nowhere(
    visit: Visit, site: Site, engine: TestEngine, tmp_path: Path
) -> None:
    if not Registry.installed():
        pytest.skip("no docker-registry")
    with Registry(tmp_path, locked=True) as registry:
        name = f"{registry.address}/own/app:1"
        image = website_image(name, "secret")
        add(engine, tmp_path, image)
        page = open_page(visit, site, page_of(image))
        form(page, "Push").get_by_role("button", name="Push").click()
        refused = work(page, f"Push of {name}")
        expect(refused.get_by_role("alert")).to_contain_text(re.compile("auth|denied"))
        refused.get_by_role("button", name="Close").click()
        sheet = form(page, "Push")
        log_in(sheet)
        sheet.get_by_role("button", name="Push").click()
        expect(work(page, f"Push of {name}")).to_contain_text("The registry has it")
        engine.docker("rmi", name)
        page.goto(f"{site.url}/images")
        sheet = form(page, "Pull")
        field(sheet, "image").fill(name)
        log_in(sheet)
        sheet.get_by_role("button", name="Pull").click()
        expect(row(page, "own/app:1")).to_be_visible()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "cret" not in kept
    expect(form(page, "Pull").locator("input[name=password]")).to_have_value("")


def log_in(sheet: Locator) -> None:
    sheet.get_by_text("asks for a password").click()
    field(sheet, "user").fill("dora")
    field(sheet, "password").fill("sécret")


def test_a_folder_is_built_without_what_it_leaves_out(
    images: Page, engine: TestEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "app"
    deep = folder / "deep" / ("long-" * 30)
    deep.mkdir(parents=True)
    (deep / "grüße").write_text("hello")
    (folder / ".env").write_text("PASSWORD=1")
    (folder / ".dockerignore").write_text("# secrets\n.env\n**/*.log\n!deep/keep.log\n")
    (folder / "deep" / "gone.log").write_text("")
    (folder / "deep" / "keep.log").write_text("")
    (folder / "Dockerfile").write_text(DOCKERFILE)

    sheet = form(images, "Build")
    sheet.locator("input[type=file]").set_input_files(folder)
    expect(sheet.get_by_text("4 files to send")).to_be_visible()
    field(sheet, "tag").fill("built:1")
    field(sheet, "arguments").fill(f"WORD={MARKUP}")
    sheet.get_by_role("button", name="Build").click()

    built = work(images, "Build of built:1")
    expect(built.get_by_role("log")).to_contain_text("Step 1/4 : FROM scratch")
    expect(built).to_contain_text("It is image")
    assert inside(engine, "built:1", tmp_path) == {
        "in/.dockerignore",
        "in/Dockerfile",
        "in/deep/keep.log",
        f"in/deep/{'long-' * 30}/grüße",
    }
    built.get_by_role("link", name="Look at it").click()
    expect(images.locator(".settings")).to_contain_text(f"word={MARKUP}")
    expect(images.get_by_role("table", name="History")).to_contain_text("LABEL word=")
    images.get_by_text("as JSON").click()
    expect(images.locator("pre.raw")).to_contain_text('"RepoTags": [')


def inside(engine: TestEngine, name: str, tmp_path: Path) -> set[str]:
    """Return the files below /in of an image."""
    container = engine.docker("create", name, "nothing")
    engine.docker("export", "--output", str(tmp_path / "inside.tar"), container)
    engine.docker("rm", container)
    with tarfile.open(tmp_path / "inside.tar") as tar:
        return {each.name for each in tar if each.isfile() and each.name.startswith("in/")}


@pytest.mark.parametrize("source", ["a tar file", "an address"])
def test_a_tar_is_built_with_a_dockerfile_of_another_name(
    images: Page, engine: TestEngine, tmp_path: Path, web: str, source: str
) -> None:
    (tmp_path / "context.tar").write_bytes(tar_of(Own=DOCKERFILE, file="1"))
    sheet = form(images, "Build")
    sheet.get_by_role("combobox", name="From").select_option(source)
    if source == "a tar file":
        field(sheet, "file").set_input_files(tmp_path / "context.tar")
    else:
        field(sheet, "address").fill(f"{web}/context.tar")
    field(sheet, "dockerfile").fill("Own")
    field(sheet, "tag").fill("own:1")
    sheet.get_by_role("button", name="Build").click()

    expect(work(images, "Build of own:1")).to_contain_text("It is image")
    assert "in/file" in inside(engine, "own:1", tmp_path)


def test_a_build_that_fails_says_where(images: Page, tmp_path: Path) -> None:
    context = tar_of(Dockerfile="FROM scratch\nCOPY nothing /\n")
    (tmp_path / "context.tar").write_bytes(context)
    sheet = form(images, "Build")
    sheet.get_by_role("combobox", name="From").select_option("a tar file")
    field(sheet, "file").set_input_files(tmp_path / "context.tar")
    field(sheet, "arguments").fill("no argument")
    sheet.get_by_role("button", name="Build").click()
    expect(sheet.get_by_role("alert")).to_contain_text("NAME=value")
    field(sheet, "arguments").fill("")
    sheet.get_by_role("button", name="Build").click()

    failed = work(images, "Build of Dockerfile")
    expect(failed.get_by_role("alert")).to_contain_text("COPY failed")
    expect(failed).to_have_attribute("data-state", "failed")


def test_an_archive_is_loaded_and_what_is_none_is_refused(
    images: Page, engine: TestEngine, tmp_path: Path
) -> None:
    images_of_it = [website_image("loaded:1", "1"), website_image("loaded:2", "2")]
    write_archive(tmp_path / "two.tar", *images_of_it)
    sheet = form(images, "Load")
    field(sheet, "file").set_input_files(tmp_path / "two.tar")
    sheet.get_by_role("button", name="Load").click()
    loaded = work(images, "Load of two.tar")
    expect(loaded).to_contain_text("Loaded: loaded:1, loaded:2")
    expect(loaded).to_contain_text("2.0 MB of 2.0 MB sent")
    expect(row(images, "loaded:2")).to_be_visible()

    (tmp_path / "noise.tar").write_bytes(b"noise" * 100_000)
    sheet = form(images, "Load")
    field(sheet, "file").set_input_files(tmp_path / "noise.tar")
    sheet.get_by_role("button", name="Load").click()
    refused = work(images, "Load of noise.tar").get_by_role("alert")
    expect(refused).to_be_visible()
    expect(refused).not_to_contain_text("broke off")


def test_an_archive_that_would_move_a_tag_is_asked_about(
    images: Page, engine: TestEngine, tmp_path: Path
) -> None:
    was = engine.inspect("ed_website:release-1")["Id"]
    write_archive(tmp_path / "foreign.tar", website_image("ed_website:release-1", "foreign"))
    sheet = form(images, "Load")
    field(sheet, "file").set_input_files(tmp_path / "foreign.tar")
    sheet.get_by_role("button", name="Load").click()

    question = images.get_by_role("dialog", name="Load foreign.tar?")
    expect(question).to_contain_text("another image has that tag here and loses it")
    expect(question).to_contain_text("no longer be rolled back to release 1")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    assert engine.inspect("ed_website:release-1")["Id"] == was


def test_an_upload_is_cancelled(images: Page, tmp_path: Path) -> None:
    big = tarfile.TarInfo("layer.tar")
    big.size = 1 << 31
    (tmp_path / "big.tar").write_bytes(big.tobuf())
    os.truncate(tmp_path / "big.tar", big.size + 1536)
    sheet = form(images, "Load")
    field(sheet, "file").set_input_files(tmp_path / "big.tar")
    sheet.get_by_role("button", name="Load").click()
    going = work(images, "Load of big.tar")
    going.get_by_role("button", name="Cancel").click()

    expect(going.get_by_role("alert")).to_contain_text("It was cancelled")


@pytest.mark.parametrize("source", ["this computer", "an address"])
def test_a_file_system_is_imported_under_its_repository_and_tag(
    images: Page, engine: TestEngine, tmp_path: Path, web: str, source: str
) -> None:
    (tmp_path / "root.tar").write_bytes(tar_of(hello="1"))
    sheet = form(images, "Import")
    sheet.get_by_role("combobox", name="From").select_option(source)
    if source == "this computer":
        field(sheet, "file").set_input_files(tmp_path / "root.tar")
    else:
        field(sheet, "address").fill(f"{web}/root.tar")
    field(sheet, "repository").fill("team/base")
    field(sheet, "tag").fill("9.1")
    sheet.get_by_role("button", name="Import").click()

    expect(work(images, "Import of team/base:9.1")).to_contain_text("It is image")
    expect(row(images, "team/base:9.1")).to_be_visible()
    assert "team/base:9.1" in references(engine)


def test_several_images_are_saved_into_one_archive(
    images: Page, engine: TestEngine, tmp_path: Path
) -> None:
    add(engine, tmp_path, website_image("saved:1", "1"), website_image("saved:2", "2"))
    for name in ("saved:1", "saved:2"):
        images.get_by_role("checkbox", name=f"Select {name}").check()
    expect(images.get_by_text("2 chosen")).to_be_visible()
    images.get_by_role("button", name="Clear").click()
    images.get_by_role("searchbox").fill("saved:")
    images.get_by_role("button", name="Choose all").click()
    expect(images.get_by_text("2 chosen")).to_be_visible()
    with images.expect_download() as download:
        images.get_by_role("link", name="Save", exact=True).click()

    with tarfile.open(download.value.path()) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        tags = [tag for each in json.load(manifest) for tag in each["RepoTags"]]
    assert sorted(tags) == ["saved:1", "saved:2"]


def test_tags_are_given_moved_and_taken_away_but_not_the_last_one_unasked(
    visit: Visit, site: Site, engine: TestEngine, tmp_path: Path
) -> None:
    image = website_image("tagged:1", "tagged")
    other = website_image("other:1", "other")
    add(engine, tmp_path, image, other)
    page = open_page(visit, site, page_of(image))
    tags = page.get_by_role("list", name="Tags")

    give_tag(page, "registry.example.org:5000/team/tagged")
    expect(tags).to_contain_text("registry.example.org:5000/team/tagged:latest")
    give_tag(page, "other:1")
    question = page.get_by_role("dialog", name="Move other:1?")
    expect(question).to_contain_text("loses this tag")
    question.get_by_role("button", name="Move the tag").click()
    expect(tags).to_contain_text("other:1")
    for name in ("other:1", "registry.example.org:5000/team/tagged:latest"):
        page.get_by_role("button", name=f"Untag {name}").click()
        expect(page.get_by_role("button", name=f"Untag {name}")).to_have_count(0)
    page.get_by_role("button", name="Untag tagged:1").click()
    question = page.get_by_role("dialog", name="Remove tagged:1?")
    expect(question).to_contain_text("brings it back")
    question.get_by_role("button", name="Cancel").click()
    assert "tagged:1" in references(engine)


def give_tag(page: Page, name: str) -> None:
    sheet = form(page, "Tag")
    field(sheet, "tag").fill(name)
    sheet.get_by_role("button", name="Tag").click()


def test_removing_names_the_rollback_that_is_lost(
    visit: Visit, site: Site, engine: TestEngine
) -> None:
    page = open_page(visit, site, "/images/ed_website:release-1")
    expect(page.locator("main")).to_contain_text("website: release 1")

    page.get_by_role("button", name="Untag ed_website:release-1").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("website can no longer be rolled back to release 1.")
    question.get_by_role("button", name="Cancel").click()
    assert "ed_website:release-1" in references(engine)
    page.goto(f"{site.url}/images/ed_website:release-2")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="containers use it")).to_be_visible()
    page.get_by_role("button", name="Remove by force").click()
    expect(page.get_by_role("status").filter(has_text="running containers")).to_be_visible()
    assert "ed_website:release-2" in references(engine)


def test_images_are_removed_and_those_in_use_only_by_force(
    images: Page, engine: TestEngine, tmp_path: Path
) -> None:
    free = replace(website_image("free:1", "free"), tags=["free:1", "free:2"])
    add(engine, tmp_path, free, website_image("held:1", "held"))
    container = engine.docker("create", "--name", "holder", "held:1")
    for name in ("free:1", "held:1"):
        images.get_by_role("checkbox", name=f"Select {name}").check()

    images.get_by_role("button", name="Remove", exact=True).click()
    question = images.get_by_role("dialog", name="Remove free:1?")
    expect(question).to_contain_text("free:1, free:2: only a pull")
    expect(question).to_contain_text("held:1 stays: containers use it")
    question.get_by_role("button", name="Remove").click()
    expect(row(images, "free:1")).to_have_count(0)
    images.get_by_role("checkbox", name="Select held:1").check()
    images.get_by_role("button", name="Remove by force").click()
    question = images.get_by_role("dialog", name="Remove held:1?")
    expect(question).to_contain_text("The container holder keeps its files")
    question.get_by_role("button", name="Remove by force").click()
    expect(row(images, "held:1")).to_have_count(0)
    engine.docker("rm", container)


@pytest.fixture
def own_console(engine: TestEngine, archives: Path, tmp_path: Path) -> Iterator[Console]:
    """The console of a host whose first release nothing but a rollback needs."""
    settings = {"container_prefix": "own_"}
    with Daemon(tmp_path / "own", engine.socket, [Place("site", stable=0.3)], **settings) as daemon:
        for archive in ("three", "two"):
            daemon.cli("push", str(archives / f"{archive}.tar"), "site")
        with Console(daemon) as console:
            yield console
    engine.docker("rm", "--force", "own_site")


def test_cleaning_up_shows_sizes_first_and_spares_what_rollbacks_need(
    own_console: Console, browser: Browser, engine: TestEngine, tmp_path: Path
) -> None:
    add(engine, tmp_path, website_image("idle:1", "idle"))
    add(engine, tmp_path, replace(website_image("x", "dangling"), tags=[]))
    seen = watched(browser)
    page = seen.page()
    come_in(page, own_console)
    page.get_by_role("link", name="Images").click()
    expect(page.get_by_text("dangling")).to_be_visible()

    sheet = form(page, "Clean up")
    expect(sheet).to_contain_text("1 image of a kept release stays")
    expect(sheet).to_contain_text("idle:1")
    sheet.get_by_role("checkbox", name="Images without a name").check()
    sheet.get_by_role("checkbox", name="Images that no container uses").check()
    sheet.get_by_role("button", name="Clean up").click()
    question = page.get_by_role("dialog", name="Clean up images?")
    expect(question).to_contain_text("idle:1")
    assert not question.get_by_role("button", name="Clean up").is_enabled()
    question.get_by_role("textbox").fill("images")
    question.get_by_role("button", name="Clean up").click()

    expect(page.get_by_role("status").filter(has_text="freed")).to_be_visible()
    left = references(engine)
    assert "idle:1" not in left
    assert "own_site:release-1" in left
    assert engine.docker("images", "--filter", "dangling=true", "--quiet") == ""
    assert seen.complaints == []
    seen.context.close()


@pytest.mark.parametrize("moved", [False, True])
def test_cleaning_up_removes_what_was_named_and_not_what_has_its_name_now(
    images: Page, moved: bool
) -> None:
    was, now = ({"Id": f"sha256:{digit * 64}", "RepoTags": ["idle:1"]} for digit in "ab")
    usage = {"Images": [was | {"Size": 5, "SharedSize": 0}]}
    images.route("**/docker/system/df?*", lambda route: route.fulfill(json=usage))
    sheet = form(images, "Clean up")
    sheet.get_by_role("checkbox", name="Images that no container uses").check()
    removed: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "DELETE":
            removed.append(route.request.url.rpartition("/docker")[2])
        route.fulfill(json=[(now if moved else was) | {"Size": 5, "Created": 1}])

    images.route("**/docker/images/**", answer)
    sheet.get_by_role("button", name="Clean up").click()
    question = images.get_by_role("dialog", name="Clean up images?")
    question.get_by_role("textbox").fill("images")
    question.get_by_role("button", name="Clean up").click()

    freed = "0 B" if moved else "5 B"
    expect(images.get_by_role("status").filter(has_text=f"{freed} freed")).to_be_visible()
    assert removed == ([] if moved else ["/images/idle%3A1"])


def test_a_layer_of_which_nothing_has_come_yet_has_a_size(images: Page) -> None:
    report = {"id": "a", "status": "Downloading", "progressDetail": {"total": 5_000_000}}
    images.route("**/images/create?*", lambda route: route.fulfill(body=json.dumps(report)))
    sheet = form(images, "Pull")
    field(sheet, "image").fill("slow:1")
    sheet.get_by_role("button", name="Pull").click()

    layers = work(images, "Pull of slow:1").get_by_role("list", name="Layers")
    expect(layers).to_contain_text("0 B of 5.0 MB")


def test_what_builds_kept_is_told_as_engines_to_come_tell_it_and_pruned(images: Page) -> None:
    usage = {
        "ImageUsage": {"TotalSize": 5_000_000, "Items": []},
        "BuildCacheUsage": {"Items": [{"Size": 1_500_000, "InUse": False}]},
    }
    images.route("**/docker/system/df?*", lambda route: route.fulfill(json=usage))
    images.get_by_role("button", name="Count shared layers once").click()
    expect(images.locator(".total")).to_contain_text("5.0 MB on the disk")

    sheet = form(images, "Clean up")
    sheet.get_by_role("checkbox", name="What builds kept 1, 1.5 MB").check()
    sheet.get_by_role("button", name="Clean up").click()
    question = images.get_by_role("dialog", name="Clean up images?")
    question.get_by_role("textbox").fill("images")
    with images.expect_request("**/docker/build/prune?all=1"):
        question.get_by_role("button", name="Clean up").click()
    expect(images.get_by_role("status").filter(has_text="0 B freed")).to_be_visible()


def test_what_an_image_says_of_itself_is_text(
    visit: Visit, site: Site, engine: TestEngine, tmp_path: Path
) -> None:
    hostile = {"Labels": {MARKUP: f"{MARKUP}{OVER}"}, "Env": [f"{MARKUP}=\x1b[31m"], "User": MARKUP}
    image = Image(["a" * 100 + ":" + "b" * 120], hostile, [files_layer({"file": b"1"})])
    add(engine, tmp_path, image)
    page = open_page(visit, site, page_of(image))

    settings = page.locator(".settings")
    expect(settings).to_contain_text(f"{MARKUP}={MARKUP}\\u202e")
    expect(settings).to_contain_text(f"{MARKUP}=\\u001b[31m")
    assert page.locator("main img, main script").count() == 0
    page.goto(f"{site.url}/images")
    expect(row(page, "a" * 100)).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_the_engine_refuses_is_told(visit: Visit, site: Site, browser: Browser) -> None:
    seen = watched(browser)
    cookie = visit().context.cookies()[0]["value"]
    seen.context.add_cookies([{"name": "edd", "value": cookie, "url": site.url}])
    page = seen.page()
    page.goto(f"{site.url}/images/no/such:image")

    expect(page.get_by_role("alert")).to_contain_text("No such image")
    expect(page.get_by_role("link", name="all images")).to_be_visible()
    page.get_by_role("link", name="all images").click()
    sheet = form(page, "Pull")
    field(sheet, "image").fill("127.0.0.1:1/team/none")
    sheet.get_by_role("button", name="Pull").click()
    gone = work(page, "Pull of 127.0.0.1:1/team/none")
    expect(gone.get_by_role("alert")).to_contain_text("connection refused")
    page.goto(f"{site.url}/images/ed_website:release-1")
    give_tag(page, "no Good:Tag")
    expect(page.get_by_role("status").filter(has_text="invalid")).to_be_visible()
    seen.context.close()


def test_a_viewer_looks_at_images_and_changes_none(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, _console, seen):
        page.get_by_role("link", name="Images").click()
        row(page, "ed_website:latest").get_by_role("link").first.click()
        expect(page.locator(".settings")).to_contain_text("8080/tcp")
        for name in ("Tag", "Push", "Remove", "Untag ed_website:latest"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
        expect(page.get_by_role("link", name="Save")).to_have_count(0)
        page.get_by_role("link", name="Images").click()
        for name in ("Pull", "Build", "Import", "Load", "Clean up"):
            expect(page.get_by_role("button", name=name)).to_be_disabled()
        assert seen.complaints == []


def test_every_form_is_fit_to_be_seen(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE, color_scheme="dark").page()
    for path, buttons in (
        ("/images", ("Pull", "Build", "Import", "Load", "Clean up")),
        ("/images/ed_website:latest", ("Tag", "Push")),
    ):
        page.goto(site.url + path)
        for button in buttons:
            sheet = form(page, button)
            sheet.get_by_role("button", name="Cancel").wait_for()
            for closed in sheet.locator("details").all():
                closed.locator("summary").click()
            assert violations(page) == []
            assert page.evaluate(TOO_SMALL) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def module(page: Page, name: str, call: str, *given: object) -> object:
    """Return what a function of a module of the console returns."""
    script = f"(given) => import('/static/{name}').then(async (all) => {call})"
    return page.evaluate(script, list(given))


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("app", ("app", "", "")),
        ("team/app:1.2", ("team/app", "1.2", "")),
        ("localhost:5000/app", ("localhost:5000/app", "", "")),
        ("localhost:5000/app:1", ("localhost:5000/app", "1", "")),
        ("app:1@sha256:ab", ("app", "1", "sha256:ab")),
    ],
)
def test_a_reference_has_parts(images: Page, reference: str, parts: tuple[str, str, str]) -> None:
    found = module(images, "pages/images/names.js", "all.parted(given[0])", reference)

    assert found == dict(zip(("repository", "tag", "digest"), parts, strict=True))


@pytest.mark.parametrize(
    ("lines", "path", "gone"),
    [
        ("node_modules", "node_modules/a/b.js", True),
        ("node_modules", "src/node_modules/a.js", False),
        ("**/node_modules", "src/node_modules/a.js", True),
        ("**/node_modules", "node_modules/a.js", True),
        ("/*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("*\n!src", "src/a.js", False),
        ("*\n!src\nsrc/b*", "src/b.js", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "b.txt", True),
        ("a.b", "axb", False),
        ("./out/", "out/file", True),
        ("# src\r\n\r\nout\r\n", "out", True),
        (".", "a", False),
        ("src/**/*.o", "src/a/b/c.o", True),
        ("src/**/*.o", "src/c.o", True),
        ("+(a)", "+(a)", True),
    ],
)
def test_a_dockerignore_means_what_it_means_to_docker(
    images: Page, lines: str, path: str, gone: bool
) -> None:
    call = "all.ignoring(given[0])(given[1])"

    assert module(images, "pages/images/context.js", call, lines, path) is gone
