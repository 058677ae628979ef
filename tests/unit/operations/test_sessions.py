"""Links and sessions: once, for a while, and no longer than the certificate behind them."""

import asyncio
from typing import Any

import msgspec
import pytest

from edd.config.types import Address, Config
from edd.errors import (
    ForbiddenError,
    NotListeningError,
    UnknownSessionError,
    UntrustedError,
)
from edd.model.caller import Caller, Credential, Role
from edd.model.session import Visitor, Way
from edd.operations.attempts import MOST as MOST_KNOWN
from edd.operations.attempts import Attempts
from edd.operations.sessions import (
    IDLE_SECONDS,
    LINK_SECONDS,
    LONGEST_SECONDS,
    MOST,
    Sessions,
)
from edd.operations.settings import Settings

ANN = Caller("ann", Role.DEPLOYER, frozenset({"website"}), Credential("CA", "0A", 1e12))
ROOT = Caller("root", Role.ADMIN)
LISTEN = Address("0.0.0.0", 9443)
PHONE = Visitor("192.0.2.7", "Phone")


class Trail:
    """An audit trail in a list."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []

    async def record(self, *entry: Any) -> None:
        self.entries.append(entry)


class House:
    """Sessions with a clock to turn and certificates to revoke."""

    def __init__(self, listen: Address | None = LISTEN) -> None:
        self.at = 0.0
        self.trusted = True
        self.trail = Trail()
        settings = Settings(Config(deployments=(), console_listen=listen))
        self.sessions = Sessions(
            self.trail,  # type: ignore[arg-type]
            settings,
            lambda _: self.trusted,
            lambda: self.at,
        )

    def link(self, caller: Caller = ANN, *, read_only: bool = False) -> str:
        return asyncio.run(self.sessions.link(caller, read_only=read_only)).secret

    def enter(self, secret: str) -> str:
        return asyncio.run(self.sessions.enter(secret, PHONE))

    def let_in(self, caller: Caller = ANN) -> str:
        return self.enter(self.link(caller))

    def end(self, number: int, caller: Caller) -> None:
        asyncio.run(self.sessions.end(number, caller))

    def admits(self, token: str, network: str = PHONE.network) -> bool:
        try:
            self.sessions.caller_of(token, network)
        except UntrustedError:
            return False
        return True


def test_a_browser_is_its_links_caller() -> None:
    house = House()
    token = house.let_in()

    assert house.sessions.caller_of(token, PHONE.network) == msgspec.structs.replace(
        ANN, visiting=True
    )
    assert [entry[:2] for entry in house.trail.entries] == [
        ("ann", "session_link"),
        ("ann", "session_begin"),
    ]


def test_a_read_only_link_keeps_the_callers_limits() -> None:
    house = House()
    found = house.sessions.caller_of(house.enter(house.link(read_only=True)), PHONE.network)

    assert (found.role, found.deployments) == (Role.VIEWER, ANN.deployments)


def test_a_link_waits_five_minutes() -> None:
    house = House()
    secret = house.link()
    house.at = LINK_SECONDS

    with pytest.raises(UntrustedError, match="five minutes"):
        house.enter(secret)
    assert house.trail.entries[-1][1:4] == ("session_begin", "", 401)


def test_a_link_works_once_and_then_ends_what_it_opened() -> None:
    house = House()
    secret = house.link()
    token = house.enter(secret)

    with pytest.raises(UntrustedError, match="used before"):
        house.enter(secret)
    assert not house.admits(token)


def test_a_link_that_is_used_again_after_its_time_still_ends_what_it_opened() -> None:
    house = House()
    secret = house.link()
    token = house.enter(secret)
    house.at = LINK_SECONDS + 1
    for _ in range(MOST + 1):
        house.link()

    with pytest.raises(UntrustedError, match="used before"):
        house.enter(secret)
    assert not house.admits(token)
    assert not house.sessions.knows(secret)


def test_a_wrong_guess_spoils_nothing() -> None:
    house = House()
    secret = house.link()
    for guess in ("", secret[:-1], secret + "x", "\udcff"):
        with pytest.raises(UntrustedError):
            house.enter(guess)

    assert house.admits(house.enter(secret))


@pytest.mark.parametrize("every", [IDLE_SECONDS - 1, IDLE_SECONDS])
def test_a_session_lasts_while_it_is_used(every: float) -> None:
    house = House()
    token = house.let_in()
    house.at += every

    assert house.admits(token) is (every < IDLE_SECONDS)


def test_a_session_ends_after_half_a_day_however_it_is_used() -> None:
    house = House()
    token = house.let_in()
    while house.at < LONGEST_SECONDS - 600:
        house.at += 600
        assert house.admits(token)
    house.at = LONGEST_SECONDS

    assert not house.admits(token)


def test_a_session_ends_with_the_certificate() -> None:
    house = House()
    ann, root = house.let_in(), house.let_in(ROOT)
    hung_up: list[str] = []
    with house.sessions.held(ann, PHONE.network, lambda: hung_up.append("ann")):
        house.trusted = False
        assert not house.admits(ann)

    assert hung_up == ["ann"]
    assert house.admits(root)


def test_what_is_open_ends_though_nobody_asks() -> None:
    house = House()
    ann, root = house.let_in(), house.let_in(ROOT)
    hung_up: list[str] = []
    with (
        house.sessions.held(ann, PHONE.network, lambda: hung_up.append("ann")),
        house.sessions.held(root, PHONE.network, lambda: hung_up.append("root")),
    ):
        house.at = IDLE_SECONDS + 1
        house.sessions.review()
        assert hung_up == []
        house.trusted = False
        house.sessions.review()
        assert hung_up == ["ann"]
        house.at = LONGEST_SECONDS
        house.sessions.review()
        assert hung_up == ["ann", "root"]


def test_a_session_stays_in_the_networks_it_was_first_seen_in() -> None:
    house = House()
    token = house.let_in()

    assert not house.admits(token, "192.0.2.8")
    assert house.admits(token, "2001:db8::/64")
    assert not house.admits(token, "2001:db8:1::/64")
    assert house.admits(token)


def test_what_may_do_more_is_not_ended_by_its_namesake() -> None:
    house = House()
    house.let_in()
    looking = house.enter(house.link(read_only=True))
    guest = house.sessions.caller_of(looking, PHONE.network)

    assert [one.id for one in house.sessions.listed(guest)] == [2]
    with pytest.raises(ForbiddenError):
        house.end(1, guest)
    house.end(2, ANN)
    assert house.trail.entries[-1][:4] == ("ann", "session_end", "", 200)


def test_who_may_see_and_end_which() -> None:
    house = House()
    house.let_in()
    token = house.let_in(ROOT)
    boss = Caller("limited", Role.ADMIN, frozenset({"website"}))

    assert [one.caller for one in house.sessions.listed(ROOT)] == ["root", "ann"]
    assert [one.id for one in house.sessions.listed(ANN)] == [1]
    assert house.sessions.listed(boss) == []
    for stranger in (ANN, boss):
        with pytest.raises(ForbiddenError):
            house.end(2, stranger)
    with pytest.raises(UnknownSessionError):
        house.end(3, ROOT)
    house.end(2, ROOT)
    assert not house.admits(token)


def test_all_that_a_password_began_ends_and_nothing_else() -> None:
    house = House()
    by_link = house.let_in()
    mine, roots = (house.sessions.begin(who, PHONE, Way.PASSWORD) for who in (ANN, ROOT))
    house.sessions.end_all("ann", Way.PASSWORD)

    assert [house.admits(token) for token in (by_link, mine, roots)] == [True, False, True]
    assert [one.by for one in house.sessions.listed(ROOT)] == [Way.PASSWORD, Way.LINK]


def test_an_end_hangs_up_what_is_open() -> None:
    house = House()
    token = house.let_in()
    hung_up: list[str] = []
    with house.sessions.held(token, PHONE.network, lambda: hung_up.append("stream")):
        house.sessions.leave(token)

    assert hung_up == ["stream"]


def test_of_too_many_the_oldest_end() -> None:
    house = House()
    other = house.let_in(ROOT)
    tokens = [house.let_in() for _ in range(MOST + 1)]

    assert [house.admits(token) for token in tokens] == [False] + [True] * MOST
    assert house.admits(other)
    links = [house.link() for _ in range(MOST + 1)]
    with pytest.raises(UntrustedError):
        house.enter(links[0])
    house.enter(links[1])


def test_a_host_that_does_not_listen_makes_no_link() -> None:
    with pytest.raises(NotListeningError, match="does not listen"):
        House(None).link()


def test_who_came_by_a_link_makes_none() -> None:
    house = House()
    visitor = house.sessions.caller_of(house.let_in(), PHONE.network)

    with pytest.raises(ForbiddenError, match="with a certificate"):
        house.link(visitor)


def test_tries_are_allowed_at_once_and_then_one_by_one() -> None:
    at = 0.0
    tries = Attempts(3, 6.0, lambda: at)

    assert [tries.take("a") for _ in range(4)] == [0, 0, 0, 6]
    assert tries.take("b") == 0
    at = 5.0
    assert tries.take("a") == 1
    at = 6.0
    assert [tries.take("a") for _ in range(2)] == [0, 6]
    tries.give_back("a")
    assert tries.take("a") == 0


def test_tries_of_many_are_forgotten_before_they_fill_the_memory() -> None:
    tries = Attempts(1, 6.0, lambda: 0.0)
    for number in range(MOST_KNOWN + 10):
        tries.take(str(number))

    assert tries.take("0") == 0
    assert tries.take(str(MOST_KNOWN + 9)) == 6
