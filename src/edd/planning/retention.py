"""Which releases stay reachable, and which one a rollback means."""

from collections.abc import Sequence

from edd.errors import UnknownReleaseError
from edd.model.release import Release, ReleaseState

GOOD = {ReleaseState.CURRENT, ReleaseState.SUPERSEDED, ReleaseState.WITHDRAWN}


def releases_to_drop(releases: Sequence[Release], keep: int) -> list[Release]:
    """Return the kept releases whose images may go: all but the ``keep`` latest that served.

    The current release stays whatever its number, and so does the one a plain rollback would
    return to.
    """
    served = sorted(
        (r for r in releases if r.kept and r.state in GOOD), key=lambda r: r.number, reverse=True
    )
    safe = {r.number for r in served if r.state is ReleaseState.CURRENT}
    target = rollback_target(releases)
    if target is not None and keep > 1:
        safe.add(target.number)
    room = max(keep, 1) - len(safe)
    for release in served:
        if release.number not in safe and room > 0:
            safe.add(release.number)
            room -= 1
    return [r for r in served if r.number not in safe]


def rollback_target(releases: Sequence[Release]) -> Release | None:
    """Return the release a rollback without a number goes to, or None.

    It is the latest kept one before the current that served, holds another image and was not
    rolled back from.
    """
    current = current_release(releases)
    earlier = [
        r
        for r in releases
        if r.kept
        and r.state is ReleaseState.SUPERSEDED
        and (current is None or (r.number < current.number and r.image != current.image))
    ]
    return max(earlier, key=lambda r: r.number, default=None)


def choose_release(releases: Sequence[Release], number: int | None) -> Release:
    """Return the release a rollback goes to; raise UnknownReleaseError where there is none.

    A number may name any release that is kept, the one that was rolled back from included.
    """
    if number is None:
        target = rollback_target(releases)
        if target is None:
            raise UnknownReleaseError("There is no earlier release to return to.")
        return target
    for release in releases:
        if release.number == number and release.kept and release.state in GOOD:
            return release
    kept = ", ".join(str(r.number) for r in releases if r.kept and r.state in GOOD) or "none"
    raise UnknownReleaseError(f"Release {number} is not kept; these are: {kept}.")


def current_release(releases: Sequence[Release]) -> Release | None:
    """Return the release that serves, or None."""
    return next((r for r in releases if r.state is ReleaseState.CURRENT), None)
