"""Every command that README and guide show is run here, as a reader would: in order, verbatim.

A block says where it belongs: ``sh host``, ``sh workstation``, or ``sh checkout`` (the project's
own commands, which are tested elsewhere); ``fails`` marks one that is meant to fail.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edd.cli.main import edd
from tests.conftest import require_engine
from tests.support import machines
from tests.support.documents import (
    ROOT,
    Block,
    anchors,
    commands_in,
    links,
    pages,
    read,
    shell_blocks,
)
from tests.support.machines import Machines

GUIDE = "docs/guide"

STORIES = [
    ["README.md"],
    [f"{GUIDE}/install.md"],
    [
        f"{GUIDE}/first-deployment.md",
        f"{GUIDE}/deliveries.md",
        f"{GUIDE}/configuration.md",
        f"{GUIDE}/certificates.md",
        f"{GUIDE}/security.md",
        f"{GUIDE}/operations.md",
        f"{GUIDE}/docker.md",
        f"{GUIDE}/console.md",
        f"{GUIDE}/upgrade.md",
    ],
]
"""Pages whose commands follow one another on the same two machines; each story begins afresh."""

NOT_RUN = {
    "apt-get ": "there is no package registry in the machines' network",
    "python3 -m venv ": "needs a package registry; /opt/edd/bin/edd is there already",
    "/opt/edd/bin/pip ": "needs a package registry",
    "edd console ": "serves until Ctrl-C; tests/e2e/console",
    "ssh -L ": "there is no second machine to forward to",
    "docker push ": "the engine looks for certificates outside the machines; test_registry_door.py",
}
"""Lines that begin so are left out of a block, and why. Beside these, systemctl, journalctl and
scp are stand-ins (tests/support/standins); systemctl runs the unit that `edd init` wrote."""

PLACES = {"host", "workstation", "checkout"}


@pytest.fixture
def two_machines(tmp_path: Path) -> Iterator[Machines]:
    require_engine()
    if reason := machines.why_unavailable():
        pytest.fail(reason)
    with Machines(tmp_path) as both:
        yield both


@pytest.mark.parametrize("story", STORIES, ids=lambda story: Path(story[0]).stem)
def test_the_commands_of_a_story_work_as_shown(two_machines: Machines, story: list[str]) -> None:
    for page in story:
        for block in shell_blocks(page):
            perform(two_machines, block)


def perform(both: Machines, block: Block) -> None:
    place, *marks = block.words
    script = runnable(block.text)
    if place == "checkout" or not script.strip():
        return
    done = both.named(place).run(script)
    print(f"--- {block.place} on the {place}\n{done.stdout}")  # `pytest -s` shows the story
    if (done.returncode != 0) is not ("fails" in marks):
        log = both.host.run("cat /run/edd.log || true").stdout[-3000:]
        pytest.fail(
            f"{block.place} on the {place} ended with {done.returncode}:\n{script}\n"
            f"--- it printed\n{done.stdout}\n--- the daemon wrote\n{log}",
            pytrace=False,
        )


def runnable(script: str) -> str:
    lines = script.splitlines()
    return "\n".join(line for line in lines if not line.startswith(tuple(NOT_RUN)))


def test_every_block_of_commands_says_where_it_runs_and_belongs_to_a_story() -> None:
    told = {page for story in STORIES for page in story}
    found = [block for page in ["README.md", *guide()] for block in shell_blocks(page)]

    assert [b.place for b in found if not b.words or b.words[0] not in PLACES] == []
    assert [b.place for b in found if b.page not in told] == []


@pytest.mark.parametrize("page", pages())
def test_every_edd_command_shown_exists_with_its_options(page: str) -> None:
    assert [line for line in commands_in(page, "edd") if problem_of(line)] == []


@pytest.mark.parametrize(
    "line", ["edd psh", "edd push --fast", "edd cert isue alice", "edd -H web cert list --all"]
)
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    assert problem_of(line)


def problem_of(line: str) -> str:
    """Say which command or option of ``line`` does not exist; nothing when all do."""
    command: click.Command = edd
    for word in line.split()[1:]:
        known = {name for one in (edd, command) for p in one.params for name in p.opts}
        option = word.partition("=")[0]
        if option.startswith("-") and option not in {"-", *known, "-h", "--help", "-V"}:
            return f"{word} is no option of {command.name}"
        if isinstance(command, click.Group) and option[:1] not in {"-", ""}:
            found = command.get_command(click.Context(command), word)
            if found is None and not (previous_is_option(line, word) or word == "…"):
                return f"{word} is no command of {command.name}"
            command = found or command
    return ""


def previous_is_option(line: str, word: str) -> bool:
    words = line.split()
    return words[words.index(word) - 1] in {"-H", "--host", "-o", "--output"}


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_somewhere(page: str) -> None:
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


def leads_somewhere(page: str, link: str) -> bool:
    if "://" in link:
        return link.startswith("https://")
    path, _, fragment = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    if not target.resolve().exists():
        return False
    name = str(target.resolve().relative_to(ROOT))
    return not fragment or fragment in anchors(name)


@pytest.mark.parametrize("page", ["README.md", *sorted(map(str, Path(ROOT, GUIDE).glob("*.md")))])
def test_a_page_begins_with_its_title(page: str) -> None:
    assert read(page).startswith("# ")


def guide() -> list[str]:
    return [page for page in pages() if page.startswith(GUIDE)]
