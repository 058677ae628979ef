"""Which releases are kept, and where a rollback goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.errors import UnknownReleaseError
from edd.model.release import Release, ReleaseState
from edd.planning.retention import choose_release, releases_to_drop, rollback_target

S = ReleaseState


def release(number: int, state: ReleaseState, *, kept: bool = True) -> Release:
    return Release("website", number, f"sha256:{number}", f"w:{number}", "me", "", state, kept=kept)


def test_a_rollback_goes_to_the_release_before_the_current() -> None:
    target = rollback_target(
        [release(1, S.SUPERSEDED), release(2, S.SUPERSEDED), release(3, S.CURRENT)]
    )

    assert target is not None
    assert target.number == 2


def test_a_second_rollback_goes_further_back() -> None:
    target = rollback_target(
        [release(1, S.SUPERSEDED), release(2, S.CURRENT), release(3, S.WITHDRAWN)]
    )

    assert target is not None
    assert target.number == 1


def test_a_rollback_never_returns_to_what_was_rolled_back_from() -> None:
    later = [release(1, S.SUPERSEDED), release(2, S.WITHDRAWN), release(3, S.CURRENT)]

    target = rollback_target(later)

    assert target is not None
    assert target.number == 1


def test_a_number_reaches_a_withdrawn_release_too() -> None:
    releases = [release(1, S.CURRENT), release(2, S.WITHDRAWN)]

    assert choose_release(releases, 2).number == 2


@pytest.mark.parametrize("number", [3, 4, 5, None])
def test_what_is_not_kept_cannot_be_returned_to(number: int | None) -> None:
    releases = [release(3, S.SUPERSEDED, kept=False), release(4, S.FAILED), release(6, S.CURRENT)]

    with pytest.raises(UnknownReleaseError):
        choose_release(releases, number)


def test_the_latest_releases_are_kept() -> None:
    releases = [release(n, S.SUPERSEDED) for n in range(1, 8)] + [release(8, S.CURRENT)]

    assert [r.number for r in releases_to_drop(releases, keep=3)] == [5, 4, 3, 2, 1]


def test_an_old_release_that_is_current_again_stays() -> None:
    releases = [release(1, S.CURRENT)] + [release(n, S.WITHDRAWN) for n in range(2, 8)]

    assert 1 not in {r.number for r in releases_to_drop(releases, keep=2)}


states = st.sampled_from([S.SUPERSEDED, S.WITHDRAWN, S.FAILED])


@given(
    st.lists(st.tuples(states, st.booleans()), max_size=20),
    st.integers(0, 20),
    st.integers(1, 8),
)
def test_pruning_never_takes_what_a_rollback_needs(
    others: list[tuple[ReleaseState, bool]], current: int, keep: int
) -> None:
    releases = [release(n, state, kept=kept) for n, (state, kept) in enumerate(others, start=1)]
    releases.insert(min(current, len(releases)), release(len(releases) + 1, S.CURRENT))

    dropped = {r.number for r in releases_to_drop(releases, keep)}

    target = rollback_target(releases)
    left = [r for r in releases if r.kept and r.state is not S.FAILED and r.number not in dropped]
    assert any(r.state is S.CURRENT for r in left)
    assert len(left) <= max(keep, 1)
    assert keep == 1 or target is None or target.number not in dropped


def test_a_rollback_skips_a_release_of_the_same_image() -> None:
    again = Release("website", 3, "sha256:2", "w:3", "me", "", S.CURRENT)

    target = rollback_target([release(1, S.SUPERSEDED), release(2, S.SUPERSEDED), again])

    assert target is not None
    assert target.number == 1
