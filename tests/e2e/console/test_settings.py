"""Settings in the console: versions, certificates, what the host allows, disk use, the theme."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edd.console.files import VERSION
from tests.e2e.console.conftest import Site
from tests.support.console import come_to, visiting
from tests.support.engine import TestEngine


def fact(page: Page, name: str) -> Any:
    return page.locator(".facts > div").filter(has=page.get_by_text(name, exact=True))


def test_it_is_told_who_serves_whom_and_until_when(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/settings")

    info = json.loads(site.daemon.cli("info", "-o", "json").stdout)
    assert info["settings"]["container_prefix"] == "ed_"
    expect(fact(page, "ED on the host")).to_contain_text(info["version"])
    expect(fact(page, "This console")).to_contain_text(info["version"])
    expect(fact(page, "Docker's API")).to_contain_text(info["engine"]["api_version"])
    expect(fact(page, "Gateway to the engine")).to_contain_text("open to each as the role says")
    expect(fact(page, "Denied there")).to_contain_text("what roles forbid, and no more")
    expect(page.get_by_text("versions differ")).to_have_count(0)
    expect(fact(page, "CPUs")).to_contain_text(re.compile(r"\d"))
    expect(fact(page, "Registry mirrors")).to_contain_text("none")
    page.get_by_text("Everything it says of itself").click()
    expect(page.get_by_label("What the engine says")).to_contain_text('"NCPU"')
    certificates = page.get_by_role("table", name="Certificates")
    expect(certificates.get_by_role("row").filter(has_text="server.crt")).to_contain_text("valid")
    expect(page.locator("main")).to_contain_text("with the role admin")


def test_what_the_host_forbids_is_told_and_needs_no_try(page: Page, site: Site) -> None:
    settings = site.daemon.settings
    settings |= {"gateway": "read-only", "gateway_deny": ["* * /swarm/**"]}
    site.daemon.write_config()
    site.daemon.cli("reload")
    try:
        come_to(page, f"{site.url}/settings")
        expect(fact(page, "Gateway to the engine")).to_contain_text("for reading only")
        expect(fact(page, "Denied there")).to_contain_text("* * /swarm/**")
        come_to(page, f"{site.url}/volumes")
        why = re.compile("lets its engine be read only")
        expect(page.get_by_role("button", name="Prune all")).to_have_attribute("title", why)
    finally:
        del settings["gateway"], settings["gateway_deny"]
        site.daemon.write_config()
        site.daemon.cli("reload")


@pytest.mark.parametrize(
    ("own", "words"),
    [("0.0.1", "The host is newer"), ("99.1", "newer than the host"), ("0.1.0.dev3", "differ")],
)
def test_a_console_of_another_age_than_its_host_says_so(
    page: Page, site: Site, own: str, words: str
) -> None:
    page.route(f"**{VERSION}", lambda route: route.fulfill(json={"version": own}))
    come_to(page, f"{site.url}/settings")

    expect(page.get_by_text("versions differ")).to_be_visible()
    expect(page.locator("main")).to_contain_text(words)


def test_disk_use_is_what_docker_itself_tells(page: Page, site: Site, engine: TestEngine) -> None:
    engine.docker("volume", "create", "idle")
    come_to(page, f"{site.url}/settings")
    page.get_by_role("button", name="Measure").click()

    table = page.get_by_role("table", name="Disk use")
    expect(table).to_be_visible()
    shape = "{{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}"
    told = engine.docker("system", "df", "--format", shape).splitlines()
    for line, name in zip(told, ("Images", "Containers", "Volumes", "Build cache"), strict=True):
        total, active, size, free, *_ = line.split()
        cells = table.get_by_role("row").filter(has_text=name).get_by_role("cell").all_inner_texts()
        assert cells[:2] == [total, active], name
        assert [about(cell) for cell in cells[2:4]] == [about(size), about(free)], name
    expect(table.get_by_role("link", name="Prune volumes")).to_have_attribute("href", "/volumes")
    engine.docker("volume", "rm", "idle")


def about(size: str) -> float:
    """Bytes with two digits that count."""
    found = re.fullmatch(r"([\d.]+)\s?(B|kB|MB|GB)", size)
    assert found, size
    bytes_ = float(found[1]) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[found[2]]
    return float(f"{bytes_:.1e}")


def test_disk_use_is_understood_in_the_form_of_newer_engines(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/settings")
    usage = {"VolumeUsage": {"TotalCount": 3, "ActiveCount": 1, "TotalSize": 9, "Reclaimable": 4}}
    usage |= {"ImageUsage": {}, "ContainerUsage": {}, "BuildCacheUsage": {}}
    script = "(told) => import('/static/pages/settings/usage.js').then(({ kinds }) => kinds(told))"

    images, _, volumes, _ = page.evaluate(script, usage)
    told = [volumes[name] for name in ("count", "active", "bytes", "free")]
    assert (told, images["count"], images["free"]) == ([3, 1, 9, 4], 0, 0)


def test_a_theme_is_chosen_and_the_navigation_follows(page: Page, site: Site) -> None:
    come_to(page, f"{site.url}/settings")

    for words, scheme in (("Dark", "dark"), ("Light", "light"), ("As the system", "light dark")):
        page.get_by_role("radio", name=words).check()
        expect(page.get_by_role("radio", name=words)).to_be_checked()
        expect(page.locator("#theme")).to_contain_text(words.lower())
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("#theme")).to_contain_text("dark")
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()


def test_a_viewer_sees_the_settings_too(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, _console, seen):
        page.get_by_role("link", name="Settings").click()
        expect(page.locator("main")).to_contain_text("with the role viewer: looks at everything")
        page.get_by_role("button", name="Measure").click()
        expect(page.get_by_role("table", name="Disk use")).to_be_visible()
        assert seen.complaints == []
