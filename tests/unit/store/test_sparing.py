"""Which blobs make room for others."""

from edd.store.sparing import LATELY, Key, Lying, spare

NOW = 1e9


def blob(folder: str, digit: int, size: int, age: float) -> Lying:
    return Lying((folder, f"sha256:{digit:064x}"), size, NOW - age)


def going(owner: str, *blobs: Lying) -> list[Key]:
    return list(spare(blobs, blobs, owner, NOW))


def test_a_senders_own_go_before_those_of_others_and_the_oldest_first() -> None:
    foreign = blob("shop", 1, 5, 9 * LATELY)
    old, new = blob("website", 2, 5, 3 * LATELY), blob("website.upload", 3, 5, 2 * LATELY)

    assert going("website", foreign, new, old) == [old.key, new.key, foreign.key]


def test_what_a_sender_is_sending_now_goes_last() -> None:
    mine = blob("website", 1, 1, 10)
    old, more = blob("shop", 2, 1, 2 * LATELY), blob("shop", 3, 5, 1)

    assert going("website", mine, more, old) == [old.key, more.key, mine.key]


def test_what_another_was_sent_lately_stays_when_it_holds_no_more_than_the_sender() -> None:
    mine, others = blob("website", 1, 5, 1), blob("shop", 2, 5, 1)

    assert list(spare([mine, others], [others], "website", NOW)) == []


def test_who_holds_more_gives_way_until_both_hold_the_same() -> None:
    mine = blob("website", 1, 5, 1)
    others = [blob("shop", number, 2, 1) for number in range(2, 7)]

    gone = list(spare([mine, *others], others, "website", NOW))

    assert len(gone) == 3  # of 10 bytes 4 are left


def test_only_what_is_idle_goes() -> None:
    busy, idle = blob("website", 1, 5, 1), blob("website", 2, 5, 1)

    assert list(spare([busy, idle], [idle], "website", NOW)) == [idle.key]
