"""What a push would do, as far as host and sender can tell together before a byte is sent."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from edd.client.host import HostClient
from edd.client.images import describe
from edd.client.links import Links
from edd.client.places import cache_folder
from edd.model.plan import Forecast
from edd.model.release import ReleaseState
from edd.planning.offers import worth_patching


@dataclass(frozen=True)
class Foretold:
    """A host's forecast, and the image's layers counted by how they would travel.

    ``present`` ones would not, ``patchable`` ones as patches if those turn out small, ``whole``
    ones as they are. There is no count where the image would be sent as a whole.
    """

    forecast: Forecast
    layers: dict[str, int]

    def document(self) -> dict[str, Any]:
        """Return it as `edd plan -o json` prints it."""
        told: dict[str, Any] = msgspec.to_builtins(self.forecast)
        return {**told, "layers": self.layers}


async def foretell(host: HostClient, deployment: str, image: str) -> Foretold:
    """Return what a push of IMAGE to ``deployment`` would do; nothing is changed by asking.

    Raises EddError when there is no such image or deployment, or it cannot be planned for.
    """
    asked = await describe(image)
    forecast = await host.plan(deployment, asked)
    sizes = {layer.diff_id: layer.size for layer in asked.layers}
    if not sizes:
        return Foretold(forecast, {})
    missing = [sizes[layer] for layer in forecast.missing]
    patchable = await _patchable(host, deployment, missing) if missing else 0
    layers = {"present": len(sizes) - len(missing), "patchable": patchable}
    return Foretold(forecast, {**layers, "whole": len(missing) - patchable})


async def _patchable(host: HostClient, deployment: str, sizes: Sequence[int]) -> int:
    """Return how many layers of these ``sizes`` are worth a patch against what serves."""
    releases = await host.releases(deployment)
    serving = [one.size for one in releases if one.state is ReleaseState.CURRENT]
    link = Links(cache_folder(os.environ)).link(host.place, host.trip)
    return sum(worth_patching(size, rest, link) for size in sizes for rest in serving)
