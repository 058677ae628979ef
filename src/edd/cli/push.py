"""Commands that deliver: push, pull and rollback."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from edd.cli.names import deployment_argument
from edd.cli.outcomes import plain, sentence, watched
from edd.cli.output import say, show
from edd.cli.progress import display
from edd.cli.session import ask
from edd.cli.text import span
from edd.cli.values import Whole
from edd.model.size import human_size

if TYPE_CHECKING:
    from edd.client.account import Account
    from edd.client.host import HostClient
    from edd.model.job import Outcome

_PIECE = 256 * 1024
"""Bytes at most that are on their way at once and may have arrived unnoticed."""


@click.command()
@click.argument("image")
@deployment_argument
def push(image: str, deployment: str) -> None:
    """Deliver an image to a deployment of a host.

    It runs there once it is healthy; if that fails, what ran before serves again.

    IMAGE is an image of this machine's engine, an archive file (docker save, BuildKit, skopeo,
    kaniko; plain, gzip or zstd), an OCI layout folder, or - for an archive on standard input.
    A name that begins with ./ or / is always a path; so is an existing one with a / in it or an
    archive's ending (.tar, .tar.gz, .tgz, .tar.zst, .oci). Everything else is an image.

    \b
    Example: edd push website:latest website
             edd -H shop push ./website.tar website
             docker save website | gzip | edd push - website
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    headway = Headway()
    try:
        outcome, account = _push(image, deployment, headway)
    except KeyboardInterrupt:
        say(headway.kept())
        raise
    shown = {**plain(outcome), **asdict(account)}
    show(shown, f"{sentence(deployment, outcome)}\n{_effort(account)}")


@click.command()
@click.argument("reference", metavar="IMAGE")
@deployment_argument
def pull(reference: str, deployment: str) -> None:
    """Let the host pull a public image itself and run it.

    IMAGE is a reference as `docker pull` takes it, in a public registry or another that needs no
    credentials: the host has none to show. Push what lies in a private one.

    Example: edd pull registry.example.org/website:2 website
    """
    outcome = watched(lambda host, report: host.pull(deployment, reference, report))
    show(plain(outcome), sentence(deployment, outcome))


@click.command()
@deployment_argument
@click.argument("release", type=Whole(min=1), required=False)
def rollback(deployment: str, release: int | None) -> None:
    """Return to an earlier release.

    To the one that served before, or to any kept RELEASE (`edd releases` lists them).

    \b
    Example: edd rollback website
             edd rollback website 3
    """  # noqa: D301
    outcome = watched(lambda host, report: host.rollback(deployment, release, report))
    show(plain(outcome), sentence(deployment, outcome))


class Headway:
    """How far a push got, for whoever interrupts it; ``left`` is none until something is sent."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.left: float | None = None
        self.ended = False
        self.resumes = False

    def begin(self, total: int | None, *, resumes: bool = False) -> None:
        """Take the exact size of what is about to be sent, if it has one.

        With ``resumes`` the host keeps what it gets, and loads nothing before it is told to.
        """
        self.total = total
        self.resumes = resumes
        self.sent(0)

    def sent(self, count: int) -> None:
        """Take the bytes that have surely been sent; one more piece may be on its way."""
        self.left = math.inf if self.total is None else self.total - count

    def end(self) -> None:
        """Take the archive's last byte as sent."""
        self.ended = True

    def kept(self) -> str:
        """Return what the host makes of what it got until now."""
        if self.ended:
            return "The whole image was sent: the host goes on with it. See how it ends: edd jobs."
        if self.left is None:
            return "Nothing was sent; what ran before still runs."
        if self.resumes:
            return (
                "What arrived waits on the host for a day: push again to go on. Nothing is loaded,"
                " what ran before still runs."
            )
        if self.left <= _PIECE:
            return "The host may have got the whole image. See what becomes of it: edd jobs."
        return "The image was not sent whole: nothing is loaded, what ran before still runs."


def _push(image: str, deployment: str, headway: Headway) -> "tuple[Outcome, Account]":
    from edd.client.host import Listeners  # noqa: PLC0415
    from edd.client.images import find_image  # noqa: PLC0415 - not needed for --help
    from edd.client.push import Push, push_whole  # noqa: PLC0415
    from edd.client.sources import open_source  # noqa: PLC0415
    from edd.memory import keep_memory_small  # noqa: PLC0415

    keep_memory_small()
    with display() as shown:

        def sent(count: int) -> None:
            headway.sent(count)
            shown.sent(count)

        def ended() -> None:
            headway.end()
            shown.ended()

        listeners = Listeners(shown.report, sent, ended)

        async def deliver(host: "HostClient") -> "tuple[Outcome, Account]":
            found = await find_image(image)
            if found is not None:
                shown.sending(found.name, None)
                headway.begin(None, resumes=True)
                push = Push(host, deployment, found, listeners)
                return await push.run(), push.account
            async with open_source(image) as source:
                shown.sending(source.name, source.size or source.estimate)
                headway.begin(source.size)
                return await push_whole(host, deployment, source, listeners)

        return ask(deliver)


def _effort(account: "Account") -> str:
    """Return in a line what a push cost."""
    whole = f" of {human_size(account.image_bytes)}" if account.image_bytes else ""
    took = span(sum(account.seconds.values()))
    return f"sent {human_size(account.sent_bytes)}{whole}; {took} in all"
