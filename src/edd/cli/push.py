"""Commands that deliver: push, pull and rollback."""

from typing import TYPE_CHECKING, Any

import click

from edd.cli.names import deployment_argument
from edd.cli.output import say, show
from edd.cli.progress import display
from edd.cli.session import ask
from edd.cli.text import digest, escape, size, span

if TYPE_CHECKING:
    from edd.client.host import Delivery, HostClient
    from edd.model.job import Outcome


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
    try:
        delivery = _push(image, deployment)
    except KeyboardInterrupt:
        say("If the archive had arrived whole, the host ends the delivery: edd jobs.")
        raise
    shown = {**_plain(delivery.outcome), "sent": delivery.bytes, "seconds": delivery.seconds}
    effort = f"{size(delivery.bytes)} sent; {span(delivery.seconds)} in all"
    show(shown, f"{_sentence(deployment, delivery.outcome)}\n{effort}")


@click.command()
@click.argument("reference", metavar="IMAGE")
@deployment_argument
def pull(reference: str, deployment: str) -> None:
    """Let the host pull a public image itself and run it.

    IMAGE is a reference as `docker pull` takes it, in a public registry or another that needs no
    credentials: the host has none to show. Push what lies in a private one.

    Example: edd pull registry.example.org/website:2 website
    """
    with display() as shown:
        outcome = ask(lambda host: host.pull(deployment, reference, shown.report))
    show(_plain(outcome), _sentence(deployment, outcome))


@click.command()
@deployment_argument
@click.argument("release", type=click.IntRange(min=1), required=False)
def rollback(deployment: str, release: int | None) -> None:
    """Return to an earlier release.

    To the one that served before, or to any kept RELEASE (`edd releases` lists them).

    \b
    Example: edd rollback website
             edd rollback website 3
    """  # noqa: D301
    with display() as shown:
        outcome = ask(lambda host: host.rollback(deployment, release, shown.report))
    show(_plain(outcome), _sentence(deployment, outcome))


def _push(image: str, deployment: str) -> "Delivery":
    from edd.client.host import Listeners  # noqa: PLC0415 - not needed for --help
    from edd.client.sources import open_source  # noqa: PLC0415

    with display() as shown:

        async def deliver(host: "HostClient") -> "Delivery":
            async with open_source(image) as source:
                shown.sending(source.name, source.size or source.estimate)
                return await host.load(deployment, source, Listeners(shown.report, shown.sent))

        return ask(deliver)


def _plain(outcome: "Outcome") -> dict[str, Any]:
    """Return the outcome without the mark that tells it apart in a stream of events."""
    return {name: getattr(outcome, name) for name in outcome.__struct_fields__}


def _sentence(deployment: str, outcome: "Outcome") -> str:
    release = f"release {outcome.release}" if outcome.release else "the release"
    state = escape(outcome.state) + (
        f", {escape(outcome.health)}" if outcome.health not in ("", "unknown") else ""
    )
    if outcome.outcome == "unchanged":
        return f"{escape(deployment)}: nothing to do, {release} runs this image already ({state})"
    image = f" {escape(digest(outcome.image))}" if outcome.image else ""
    away = f"; away for {span(outcome.downtime)}" if outcome.downtime else "; never away"
    return f"{escape(deployment)}: {release}{image} serves ({state}){away}"
