"""Terminals and attach: many at once, at the pace of who looks, and no way out of their screen."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, WebSocketRoute, expect

from tests.e2e.console.conftest import MARKUP, Site, Visit
from tests.e2e.console.test_looks import DARK, LIGHT, TOO_SMALL, violations
from tests.support.console import PHONE, visiting
from tests.support.engine import TestEngine

BOX = "/bin/busybox"
SHELL = f"{BOX} sh"
PATIENCE = 30_000
"""Milliseconds for what a shell answers, on a machine that is busy."""
IDLE = float(os.environ.get("EDD_IDLE_SECONDS", "5"))
"""How long a terminal and its page are left alone; `EDD_IDLE_SECONDS=600` to be sure."""


def make(engine: TestEngine, name: str, *words: str) -> None:
    options, command = (words[0].split(), words[1:]) if words else ([], ())
    image = "ed_website:latest"
    engine.docker("run", "-d", "--no-healthcheck", "--name", name, *options, image, BOX, *command)


@pytest.fixture(scope="module", autouse=True)
def containers(site: Site, engine: TestEngine) -> Iterator[None]:
    """``box`` does nothing, ``talker`` writes both ways, ``parrot`` and ``shell`` take input."""
    names = ("box", "talker", "parrot", "shell")
    make(engine, "box", "", "sleep", "10000")
    make(engine, "talker", "", "sh", "-c", f"echo out; echo bad >&2; {BOX} sleep 10000")
    make(engine, "parrot", "-i", "cat")
    make(engine, "shell", "-it", "sh")
    yield
    engine.docker("rm", "-f", *names)


@pytest.fixture
def page(visit: Visit, site: Site) -> Page:
    """The page of a terminal in ``box``, which may be left without being asked."""
    made = visit(permissions=["clipboard-read", "clipboard-write"]).page()
    made.on("dialog", lambda dialog: dialog.accept())
    made.goto(f"{site.url}/containers/box/terminal")
    return made


def open_terminal(page: Page, shell: str = SHELL) -> None:
    page.get_by_label("Shell").select_option(shell)
    page.get_by_role("button", name="Open terminal").click()
    running(page)
    expect(screen(page)).to_contain_text("/ #", timeout=PATIENCE)


def running(page: Page) -> None:
    page.locator(".tty[data-state=running]").wait_for(timeout=PATIENCE)


def screen(page: Page) -> Locator:
    return page.locator(".xterm-rows")


def run(page: Page, line: str) -> None:
    page.keyboard.type(f"{line}\n")


def says(page: Page, words: str | re.Pattern[str]) -> None:
    expect(screen(page)).to_contain_text(words, timeout=PATIENCE)


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => { const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", text);
        document.querySelector(".tty textarea").dispatchEvent(
          new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })); }""",
        text,
    )


def told_size(page: Page) -> str:
    """Return what the shell says of its size once that is the screen's."""
    for turn in range(20):
        page.wait_for_timeout(500)
        page.locator(".tty textarea").focus()
        run(page, f"clear; {BOX} stty size; echo turn$(({turn}+100))")
        says(page, f"turn{turn + 100}")
        found = re.search(r"(\d+) (\d+)\n", screen(page).inner_text())
        if found and int(found[1]) == page.locator(".xterm-rows > div").count():
            return found[0]
    raise AssertionError(f"the shell has another size: {screen(page).inner_text()}")


def test_a_terminal_is_as_large_as_its_room_and_ends_with_its_exit_code(page: Page) -> None:
    open_terminal(page)
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: page.set_viewport_size({"width": 900, "height": 900}),
        lambda: page.get_by_role("button", name="Larger letters").click(),
    ]
    sizes = set()
    for change in changes:
        change()
        sizes.add(told_size(page))

    assert len(sizes) == 3
    run(page, "exit 7")
    expect(page.get_by_text("It ended with exit code 7.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Start again").click()
    running(page)
    says(page, "/ #")


def test_terminals_go_on_while_others_and_other_pages_are_looked_at(page: Page) -> None:
    open_terminal(page)
    run(page, "x=first; echo ready")
    page.get_by_role("button", name="New terminal").click()
    page.get_by_label("Working directory").fill("/www")
    page.get_by_label("User").fill("65534")
    page.get_by_role("button", name="Open terminal").click()
    running(page)
    says(page, "/www $")
    run(page, f"x=second; {BOX} id -u")
    says(page, "65534")

    page.get_by_role("tab").first.click()
    says(page, "ready")
    run(page, "echo $x-again")
    says(page, "first-again")
    page.keyboard.press("Control+Shift+X")
    page.get_by_role("link", name="Inspect").click()
    page.get_by_role("link", name="Deployments").click()
    page.get_by_role("heading", name="Deployments").wait_for()
    page.go_back()
    page.get_by_role("link", name="Terminal").click()
    expect(page.get_by_role("tab")).to_have_count(2)
    page.locator(".tty textarea").focus()
    run(page, "echo $x-still")
    says(page, "second-still")
    page.get_by_role("tab").nth(1).press("ArrowLeft")
    expect(page.get_by_role("tab").first).to_be_focused()
    says(page, "first-again")


def test_a_terminal_that_nobody_touches_stays(page: Page) -> None:
    open_terminal(page)
    run(page, "x=still")
    page.wait_for_timeout(IDLE * 1000)

    run(page, "echo $x here")
    says(page, "still here")
    page.get_by_role("link", name="Containers", exact=True).click()
    expect(page.get_by_role("link", name="box", exact=True)).to_be_visible()


def test_what_a_program_writes_stays_in_its_screen(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('mine')")
    open_terminal(page)
    title = page.title()
    run(page, f"printf '{MARKUP}\\033]0;owned\\007\\033]2;owned\\007\\033]52;c;b3duZWQ=\\007\\n'")
    run(
        page,
        r"printf '\377\376\200caf\303\251 \033[1;31mred\033[0m \033[38;2;9;200;9mrgb\033[0m\n'",
    )
    run(
        page,
        r"printf '\033]8;;javascript:alert(1)\007link\033]8;;\007\033[99999;99999H\033[8;1;1t\n'",
    )
    run(page, "echo whole$((40+2))")
    says(page, "whole42")

    expect(screen(page)).to_contain_text(MARKUP)
    expect(screen(page)).to_contain_text("café")
    red = page.locator(".xterm-rows span", has_text="red").last
    expect(red).not_to_have_css("color", screen(page).evaluate("it => getComputedStyle(it).color"))
    assert page.locator(".tty img, .tty script, .tty a").count() == 0
    assert page.title() == title
    assert page.evaluate("navigator.clipboard.readText()") == "mine"


def test_keys_are_the_terminals_until_it_is_left(page: Page) -> None:
    open_terminal(page)
    page.keyboard.type("echo typed wrong/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+u")
    run(page, "echo a/b")
    says(page, "\na/b")
    assert page.locator("dialog").count() == 0
    page.keyboard.press("Control+Shift+X")
    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Go to").wait_for()


def test_much_is_pasted_whole_and_presses_no_keys(page: Page) -> None:
    lines = 6000
    open_terminal(page)
    run(page, f"{BOX} stty -echo; {BOX} cat > /pasted; {BOX} stty echo")
    page.wait_for_timeout(500)
    paste(page, "".join(f"{n:050d}\n" for n in range(lines)))
    page.keyboard.press("Control+d")
    run(page, f"{BOX} wc -c /pasted; {BOX} tail -n 1 /pasted")
    expect(screen(page)).to_contain_text(f"{lines * 51} /pasted", timeout=60_000)
    says(page, f"{lines - 1:050d}")

    paste(page, "echo one\x03\x1b[201~\x1btwo")
    says(page, "echo one[201~two")


def test_the_clipboard_is_copied_to_and_pasted_from(page: Page) -> None:
    open_terminal(page)
    page.evaluate("navigator.clipboard.writeText('echo from$((1+1))board')")
    page.get_by_role("button", name="Paste").click()
    says(page, "board")
    page.keyboard.press("Enter")
    says(page, "from2board")
    told = page.locator(".xterm-rows > div", has_text="from2board").last.bounding_box()
    assert told is not None
    page.mouse.dblclick(told["x"] + 20, told["y"] + 8)
    page.keyboard.press("Control+Shift+C")
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "from2board"


def test_three_hundred_thousand_lines_pile_up_nowhere(page: Page) -> None:
    page.evaluate(
        """async () => { const { Screen } = await import("/static/terminal/screen.js");
        const write = Screen.prototype.write;
        window.most = 0;
        Screen.prototype.write = function (bytes) {
          write.call(this, bytes);
          window.most = Math.max(window.most, this.behind);
        };
        let last = performance.now();
        window.longest = 0;
        const frame = (now) => { window.longest = Math.max(window.longest, now - last); last = now;
          requestAnimationFrame(frame); };
        requestAnimationFrame(frame); }"""
    )
    open_terminal(page)
    run(page, f"{BOX} seq 1 300000; echo end$((1+1))")
    expect(screen(page)).to_contain_text("end2", timeout=120_000)
    says(page, "300000")
    run(page, f"{BOX} yes {'x' * 60}")
    page.wait_for_timeout(3000)
    page.keyboard.press("Control+c")
    run(page, "echo end$((1+2))")
    expect(screen(page)).to_contain_text("end3", timeout=60_000)
    assert page.evaluate("most") < 16 << 20


def test_twenty_terminals_at_once(page: Page) -> None:
    page.evaluate(
        """async () => { const { Session } = await import("/static/terminal/session.js");
        const { Id } = await (await fetch("/docker/containers/box/json")).json();
        const wish = { words: ["/bin/busybox", "sh"], user: "", folder: "" };
        window.made = Array.from({ length: 20 }, () => new Session(Id, "box", wish)); }"""
    )
    expect(page.get_by_role("tab")).to_have_count(20)
    for number in range(20):
        told = f"{number}$((6*7))is"
        for _ in range(100):
            if page.evaluate("number => made[number].begun", number):
                break
            page.wait_for_timeout(200)
        page.evaluate("([at, line]) => made[at].stream.send(line)", [number, f"echo {told}\n"])
    for number in (0, 7, 19):
        page.get_by_role("tab").nth(number).click()
        says(page, f"{number}42is")
    page.evaluate("made.forEach((session) => session.close())")
    expect(page.get_by_role("tab")).to_have_count(0)


def test_a_closed_terminal_leaves_no_shell_behind(page: Page, engine: TestEngine) -> None:
    open_terminal(page)
    run(page, "marker=here; echo begun$((1+1))")
    says(page, "begun2")
    before = engine.docker("top", "box").count("busybox sh")
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Open terminal").wait_for()

    def shells() -> int:
        return engine.docker("top", "box").count("busybox sh")

    wait_for(page, lambda: shells() == before - 1)


def wait_for(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(200)
    raise AssertionError("it did not come to hold")


def test_a_link_that_breaks_is_told_and_not_taken_up_again(page: Page) -> None:
    links: list[WebSocketRoute] = []

    def pass_on(link: WebSocketRoute) -> None:
        link.connect_to_server()
        links.append(link)

    page.route_web_socket(re.compile("/ws/exec/"), pass_on)
    page.reload()
    open_terminal(page)
    links[0].close(code=1011)
    expect(page.get_by_text("no terminal can take it up again")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("The engine broke off.")).to_be_visible()


def test_a_terminal_ends_with_its_container(visit: Visit, site: Site, engine: TestEngine) -> None:
    make(engine, "fleeting", "", "sleep", "10000")
    one = visit()
    page = one.page()
    page.goto(f"{site.url}/containers/fleeting/terminal")
    open_terminal(page)
    engine.docker("stop", "-t", "0", "fleeting")
    ended = re.compile("It ended with the container|exit code 137")
    expect(page.get_by_text(ended)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("is not running")).to_be_visible(timeout=PATIENCE)
    engine.docker("rm", "-f", "fleeting")
    one.complaints.clear()  # the browser complains of what the engine refuses


@pytest.mark.parametrize("command", ["/no/such/shell", "'not closed", " "])
def test_a_command_that_cannot_be_run_is_told(page: Page, command: str) -> None:
    page.get_by_label("Shell").select_option("other")
    page.get_by_label("Command", exact=True).fill(command)
    page.get_by_role("button", name="Open terminal").click()
    words = re.compile("no such|not found|no partner|Type a command", re.IGNORECASE)
    expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE)


def test_a_command_line_keeps_its_quoted_words(page: Page) -> None:
    page.get_by_label("Shell").select_option("other")
    page.get_by_label("Command", exact=True).fill(
        f"{BOX} sh -c 'echo \"two  words\"; exec {SHELL}'"
    )
    page.get_by_role("button", name="Open terminal").click()
    running(page)
    says(page, "two  words")


def test_leaving_with_a_running_terminal_asks(visit: Visit, site: Site) -> None:
    page = visit().page()
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto(f"{site.url}/containers/box/terminal")
    open_terminal(page)
    page.reload()
    assert asked == ["beforeunload"]
    with page.expect_response(lambda answer: "/resize?" in answer.url):
        open_terminal(page)
    run(page, "exit")
    page.get_by_text("It ended.").wait_for()
    page.reload()
    assert asked == ["beforeunload"]


def test_a_phone_has_the_keys_it_lacks(visit: Visit, site: Site) -> None:
    page = visit(viewport=PHONE, has_touch=True).page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{site.url}/containers/box/terminal")
    open_terminal(page)
    run(page, f"echo once$((1+1)); {BOX} sleep 1000")
    says(page, "once2")
    page.get_by_role("button", name="Ctrl").tap()
    page.keyboard.type("c")
    says(page, "^C")
    run(page, "clear")
    expect(screen(page)).not_to_contain_text("once2", timeout=PATIENCE)
    page.get_by_role("button", name="Up", exact=True).tap()
    says(page, "/ # clear")
    page.get_by_role("button", name="Up", exact=True).tap()
    says(page, "echo once$((1+1))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_terminal_is_light_or_dark_as_the_page_is(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    open_terminal(page)
    ground = page.locator(".xterm-scrollable-element")
    expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
    page.emulate_media(color_scheme="dark")
    expect(ground).to_have_css("background-color", "rgb(26, 28, 31)")


def test_a_container_that_does_not_run_has_no_terminal(
    page: Page, site: Site, engine: TestEngine
) -> None:
    engine.docker("create", "--name", "resting", "ed_website:latest", BOX, "true")
    try:
        page.goto(f"{site.url}/containers/resting/terminal")
        expect(page.get_by_text("The container does not run")).to_be_visible()
        page.goto(f"{site.url}/containers/resting/attach")
        expect(page.get_by_role("button", name="Attach", exact=True)).to_be_disabled()
    finally:
        engine.docker("rm", "resting")


def test_output_and_errors_of_a_container_are_attached_to(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/containers/talker/attach")
    page.get_by_role("button", name="Attach", exact=True).click()
    running(page)
    says(page, "out")
    expect(page.locator(".xterm-rows span", has_text="bad")).to_have_class(re.compile("fg-1"))
    expect(page.get_by_label("A line to send")).to_have_count(0)
    page.get_by_role("button", name="Detach", exact=True).click()
    expect(page.get_by_text("Not attached.")).to_be_visible()
    page.get_by_label("Errors").uncheck()
    page.get_by_role("button", name="Attach", exact=True).click()
    running(page)
    says(page, "out")
    expect(screen(page)).not_to_contain_text("bad")


def test_lines_are_sent_and_the_end_of_input_ends_the_container(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/containers/parrot/attach")
    page.get_by_role("button", name="Attach", exact=True).click()
    running(page)
    page.get_by_label("A line to send").fill("pretty bird")
    page.get_by_role("button", name="Send line").click()
    says(page, "pretty bird")
    page.get_by_role("button", name="Ctrl-D").click()
    expect(page.get_by_text("The container ended")).to_be_visible(timeout=PATIENCE)


def test_keys_reach_a_containers_own_terminal_and_detach_from_it(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/containers/shell/attach")
    page.get_by_label("Detach keys").fill("ctrl-x,x")
    page.get_by_role("button", name="Attach", exact=True).click()
    running(page)
    page.wait_for_timeout(500)
    run(page, f"clear; {BOX} stty size")
    says(page, re.compile(r"\d+ \d+"))
    page.keyboard.press("Control+x")
    page.keyboard.press("x")
    expect(page.locator(".tty[data-state=ended]")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("running").first).to_be_visible()


def test_terminals_are_an_administrators(site: Site, browser: Browser) -> None:
    with visiting(site.daemon, browser, "guest") as (page, console, seen):
        page.goto(f"{console.url}/containers/box/terminal")
        expect(page.get_by_text("Administrators open terminals")).to_be_visible()
        page.goto(f"{console.url}/containers/box/attach")
        expect(page.get_by_text("Administrators attach")).to_be_visible()
        page.goto(f"{console.url}/containers/box/logs")
        expect(page.get_by_text("Deployers read logs")).to_be_visible()
        assert seen.complaints == []


def test_an_open_terminal_is_fit_to_be_seen(page: Page) -> None:
    open_terminal(page)
    colours = "".join(
        f"\\033[3{n}mc{n} \\033[9{n}mb{n} \\033[0;4{n}mg{n}\\033[0m " for n in range(8)
    )
    run(page, f"printf '{colours}\\n'")
    says(page, "g7 ")
    page.get_by_role("button", name="New terminal").click()

    for scheme, width in ((LIGHT, 1280), (DARK, 360)):
        page.set_viewport_size({"width": width, "height": 780})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(500)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_SMALL) == []
