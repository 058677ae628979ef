"""How deliveries are waited for, and how their outcomes are told."""

from typing import TYPE_CHECKING, Any

from edd.cli.output import say
from edd.cli.progress import display
from edd.cli.session import ask
from edd.cli.text import digest, escape, span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from edd.client.host import HostClient
    from edd.model.job import Outcome, Progress, Report


def watched(
    call: "Callable[[HostClient, Report], Awaitable[Outcome]]",
) -> "Outcome":
    """Return how a delivery ended that needs nothing of this machine but its patience."""
    begun = False
    try:
        with display() as shown:

            def report(event: "Progress") -> None:
                nonlocal begun
                begun = True
                shown.report(event)

            return ask(lambda host: call(host, report))
    except KeyboardInterrupt:
        words = "goes on with it" if begun else "may have begun it, and goes on with it then"
        say(f"The host {words}. See how it ends: edd jobs.")
        raise


def plain(outcome: "Outcome") -> dict[str, Any]:
    """Return the outcome without the mark that tells it apart in a stream of events."""
    return {name: getattr(outcome, name) for name in outcome.__struct_fields__}


def sentence(deployment: str, outcome: "Outcome") -> str:
    """Say in a line what serves now, and how long nothing did."""
    release = f"release {outcome.release}" if outcome.release else "the release"
    state = escape(outcome.state) + (
        f", {escape(outcome.health)}" if outcome.health not in ("none", "unknown") else ""
    )
    if outcome.outcome == "unchanged":
        return f"{escape(deployment)}: nothing to do, {release} runs this image already ({state})"
    image = f" {escape(digest(outcome.image))}" if outcome.image else ""
    away = f"; away for {span(outcome.downtime)}" if outcome.downtime else "; never away"
    return f"{escape(deployment)}: {release}{image} serves ({state}){away}"
