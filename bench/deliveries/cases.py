"""The changes that are delivered: an image before, and after."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.deliveries import content
from bench.deliveries.stored import StoredImage, StoredLayer

OLD, NEW = "website:old", "website:new"


@dataclass(frozen=True)
class Change:
    """What a host runs (nothing, if it is empty) and what is delivered to it.

    ``rounds`` is how often each way is measured where that is quick.
    """

    name: str
    what: str
    old: StoredImage | None
    new: StoredImage
    rounds: int = 1

    @property
    def missing(self) -> list[StoredLayer]:
        """The layers that the host has not."""
        known = {layer.digest for layer in self.old.layers} if self.old else set()
        return [layer for layer in self.new.layers if layer.digest not in known]

    @property
    def replaced(self) -> list[StoredLayer]:
        """The layers that the new image has no more."""
        kept = {layer.digest for layer in self.new.layers}
        return [layer for layer in self.old.layers if layer.digest not in kept] if self.old else []


@dataclass(frozen=True)
class Sizes:
    """How large the cases are."""

    few: bool = False
    image_mib: int = 1024
    file_megabytes: int = 600
    rounds: int = 3


def old(*layers: StoredLayer) -> StoredImage:
    return StoredImage(OLD, layers)


def new(*layers: StoredLayer) -> StoredImage:
    return StoredImage(NEW, layers)


def packages(sizes: Sizes) -> Change:
    """Upgrade two pip packages."""
    ages = [content.pip(age, few=sizes.few) for age in ("old", "new")]
    below = content.busybox()
    images = old(below, ages[0]), new(below, ages[1])
    return Change("a", "two pip packages upgraded", *images, sizes.rounds)


def base(sizes: Sizes) -> Change:
    """Upgrade a Debian base."""
    ages = [content.debian(age, few=sizes.few) for age in ("old", "new")]
    below = content.busybox()
    images = old(below, ages[0]), new(below, ages[1])
    return Change("b", "Debian base upgraded", *images, sizes.rounds)


def line_on_top(sizes: Sizes) -> Change:
    """Change a line in a small layer on a large one."""
    below = content.busybox(), content.many_files(sizes.image_mib)
    images = old(*below, content.page("one")), new(*below, content.page("two"))
    what = f"one line in a small layer on {sizes.image_mib} MiB"
    return Change("c", what, *images, sizes.rounds)


def line_within(sizes: Sizes) -> Change:
    """Insert a line in a large layer."""
    layers = [content.many_files(sizes.image_mib, line) for line in ("", "inserted")]
    below = content.busybox()
    what = f"one line within a layer of {sizes.image_mib} MiB"
    return Change("c2", what, old(below, layers[0]), new(below, layers[1]))


def byte(sizes: Sizes) -> Change:
    """Change a byte of a large file."""
    layers = [content.large_file(sizes.file_megabytes, changed=mark) for mark in (False, True)]
    below = content.busybox()
    what = f"one byte in a file of {sizes.file_megabytes} MB"
    return Change("d", what, old(below, layers[0]), new(below, layers[1]))


def squash(sizes: Sizes) -> Change:
    """Make one layer of two."""
    below, layers = content.busybox(), [content.pip("old", few=sizes.few), content.program("old")]
    images = old(below, *layers), new(below, content.squashed(*layers))
    return Change("e", "two layers squashed into one", *images)


def rebase(sizes: Sizes) -> Change:
    """Put a layer on another base."""
    bases = [content.debian(age, few=sizes.few) for age in ("old", "new")]
    below, upper = content.busybox(), content.pip("old", few=sizes.few)
    images = old(below, bases[0], upper), new(below, bases[1], upper)
    return Change("f", "pip layer rebased on an upgraded base", *images)


def nothing(sizes: Sizes) -> Change:
    """Change nothing."""
    layers = content.busybox(), content.pip("old", few=sizes.few)
    return Change("g", "nothing changed", old(*layers), old(*layers), sizes.rounds)


def first(sizes: Sizes) -> Change:
    """Push to a host that has nothing."""
    layers = content.busybox(), content.pip("old", few=sizes.few)
    return Change("h", "first push to an empty host", None, new(*layers), sizes.rounds)


def rebuilt(sizes: Sizes) -> Change:
    """Compile a program again."""
    below = content.busybox()
    images = [(below, content.program(age)) for age in ("old", "new")]
    return Change("i", "compiled program rebuilt", old(*images[0]), new(*images[1]), sizes.rounds)


CASES: dict[str, Callable[[Sizes], Change]] = {
    "a": packages,
    "b": base,
    "c": line_on_top,
    "c2": line_within,
    "d": byte,
    "e": squash,
    "f": rebase,
    "g": nothing,
    "h": first,
    "i": rebuilt,
}
