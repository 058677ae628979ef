"""Which lines of an image's history made its layers, and so how large each layer is."""

import re
from collections.abc import Sequence

from msgspec import Struct

_SETTINGS = (
    "CMD|ENTRYPOINT|ENV|EXPOSE|LABEL|USER|VOLUME|STOPSIGNAL|HEALTHCHECK|ARG|SHELL"
    "|ONBUILD|MAINTAINER"
)
_SETS = re.compile(rf"(?:.*#\(nop\) +)?(?:{_SETTINGS})\b", re.DOTALL)
"""How lines about settings begin: BuildKit's with the word, the older builder's with a mark."""


class Step(Struct, rename="pascal"):
    """A line of an image's history; ``size`` are the bytes of the files it added or changed."""

    size: int = 0
    created_by: str = ""


def layer_sizes(steps: Sequence[Step], layers: int) -> tuple[int, ...]:
    """Return the sizes of an image's ``layers``, in the order of ``steps``.

    The engine does not tell which steps made layers. Those with bytes did; one without may be an
    empty folder, which is a layer, or a setting, which is none. Nothing is returned where that
    stays in doubt: a size that stands with another layer is worse than no size.
    """
    for belongs in (_has_bytes, _makes_files, _any):
        sizes = tuple(step.size for step in steps if belongs(step))
        if len(sizes) == layers:
            return sizes
    return ()


def _has_bytes(step: Step) -> bool:
    return step.size > 0


def _makes_files(step: Step) -> bool:
    return step.size > 0 or _SETS.match(step.created_by) is None


def _any(_: Step) -> bool:
    return True
