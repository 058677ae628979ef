"""One link, one browser, for as long as it is used."""

from edd.client.tunnel.session import IDLE_SECONDS, LINK_SECONDS, Ending, Session

GUESSES = ("", "é", "\udcff", "x" * 9999)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_link_lets_one_browser_in() -> None:
    session = Session()

    cookie = session.open(session.link)

    assert cookie
    assert session.admits(cookie)
    assert session.ending is None


def test_a_link_is_of_256_random_bits() -> None:
    links = {Session().link for _ in range(50)}

    assert len(links) == 50
    assert all(len(link) == 43 for link in links)


def test_a_second_use_of_the_link_ends_the_session_for_both() -> None:
    session = Session()
    cookie = session.open(session.link)

    assert session.open(session.link) is None
    assert session.ending is Ending.REUSED
    assert cookie
    assert not session.admits(cookie)


def test_wrong_guesses_spoil_nothing() -> None:
    session = Session()

    assert all(session.open(guess) is None for guess in (*GUESSES, session.link[:-1]))
    assert session.open(session.link)


def test_nothing_is_admitted_before_the_link_was_used() -> None:
    session = Session()

    assert not session.admits("")
    assert not session.admits(session.link)


def test_no_guess_is_taken_for_the_cookie() -> None:
    session = Session()
    session.open(session.link)

    assert not any(session.admits(guess) for guess in (*GUESSES, session.link))


def test_a_link_is_worthless_after_a_minute() -> None:
    clock = Clock()
    session = Session(clock)
    clock.now += LINK_SECONDS

    assert session.open(session.link) is None
    assert session.ending is Ending.UNOPENED


def test_a_session_lasts_while_it_is_used_and_half_an_hour_longer() -> None:
    clock = Clock()
    session = Session(clock)
    cookie = session.open(session.link)
    assert cookie
    for _ in range(5):
        clock.now += IDLE_SECONDS - 1
        assert session.admits(cookie)
    clock.now += IDLE_SECONDS

    assert not session.admits(cookie)
    assert session.ending is Ending.IDLE


def test_a_strangers_requests_do_not_keep_a_session_alive() -> None:
    clock = Clock()
    session = Session(clock)
    session.open(session.link)
    clock.now += IDLE_SECONDS - 1
    session.admits("wrong")
    clock.now += 1

    assert session.ending is Ending.IDLE
