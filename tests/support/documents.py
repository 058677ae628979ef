"""The project's hand-written pages: their commands, links and headings."""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[2]

FENCE = re.compile(r"^( *)```(\S*)([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


class Block(Struct, frozen=True):
    """A fenced block: ``language``, then the words behind it, such as ``host`` and ``fails``."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as an editor jumps to it."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Return the pages people write, by their paths from the project's root."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = read(page)
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found[2],
            tuple(found[3].split()),
            re.sub(rf"^{found[1]}", "", found[4], flags=re.MULTILINE),
        )
        for found in FENCE.finditer(text)
    ]


def shell_blocks(page: str) -> list[Block]:
    """Return the blocks of commands."""
    return [block for block in blocks(page) if block.language == "sh"]


def commands_in(page: str, program: str) -> Iterator[str]:
    """Yield every command line of ``program`` that the page shows, in blocks and in its text."""
    text = read(page)
    for block in shell_blocks(page):
        joined = block.text.replace("\\\n", " ")
        for line in joined.splitlines():
            for part in re.split(r"\|\||&&|[|;]", line.partition(" #")[0]):
                if part.strip().startswith(f"{program} "):
                    yield part.strip()
    for found in INLINE.findall(FENCE.sub("", text)):
        if found.startswith(f"{program} "):
            yield " ".join(found.split())


def links(page: str) -> list[str]:
    """Return where the page's links lead."""
    return LINK.findall(FENCE.sub("", read(page)))


def anchors(page: str) -> set[str]:
    """Return the fragments that links may end with, as GitHub makes them from headings."""
    headings = HEADING.findall(FENCE.sub("", read(page)))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def read(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")
