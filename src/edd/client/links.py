"""How fast the links to hosts were when something large last went over them.

A round trip alone does not tell a slow link from a long one. Losing the file costs a guess.
"""

from pathlib import Path

from edd.client.notes import read_note, write_note
from edd.model.link import Link

ENOUGH = 4 << 20
"""Bytes sent at a time that tell of a link; less is over before the link is full."""

MOST = 100
LIKE = 3.0
"""A workstation moves: with a round trip so many times longer or shorter it is another link."""

_NAME = "links.json"
_LARGEST = 1 << 16


class Links:
    """The links known to this user, by host, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def link(self, host: str, seconds: float) -> Link:
        """Return the link to ``host`` over which a round trip takes ``seconds`` now."""
        known = self._read().get(host)
        if known is None or not known.seconds / LIKE <= seconds <= known.seconds * LIKE:
            return Link(seconds)
        return Link(seconds, known.rate)

    def note(self, host: str, link: Link, sent: int, seconds: float) -> None:
        """Remember that ``sent`` bytes took ``seconds`` over ``link``, if that tells anything."""
        if sent < ENOUGH or seconds <= 0:
            return
        links = self._read()
        links.pop(host, None)
        links[host] = Link(link.seconds, sent / seconds)
        write_note(self._folder / _NAME, dict(list(links.items())[-MOST:]))

    def _read(self) -> dict[str, Link]:
        found = read_note(self._folder / _NAME, dict[str, Link], _LARGEST) or {}
        return {host: link for host, link in found.items() if _sound(link)}


def _sound(link: Link) -> bool:
    return link.seconds > 0 and link.rate is not None and link.rate > 0
