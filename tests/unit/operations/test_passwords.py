"""Passwords: set with a certificate, good while that is, and slow to guess."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edd.config.types import Address, Config
from edd.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotListeningError,
    TooManyTriesError,
    UntrustedError,
)
from edd.model.caller import Caller, Credential, Role
from edd.model.password import Password, SignIn
from edd.model.session import Visitor, Way
from edd.operations import passwords
from edd.operations.passwords import AT_ONCE, TRIES, Passwords
from edd.operations.sessions import Sessions
from edd.operations.settings import Settings
from edd.store.database import Database
from edd.store.passwords import KeptPasswords
from edd.trust import scrypt

ANN = Caller("ann", Role.DEPLOYER, frozenset({"website"}), Credential("CA", "0A", 1e12))
ROOT = Caller("root@local", Role.ADMIN)
LISTEN = Address("0.0.0.0", 9443)
PHONE = Visitor("192.0.2.7", "Phone")
GOOD, OTHER = "correct horse battery", "another horse battery"


class Trail:
    """An audit trail in a list."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []

    async def record(self, *entry: Any) -> None:
        self.entries.append(entry)


class Waiting(KeptPasswords):
    """What is kept, told when it may be."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def find(self, name: str) -> Password | None:
        found = await super().find(name)
        self.asked += 1
        await self.may_answer.wait()
        return found

    async def until(self, asked: int) -> None:
        async with asyncio.timeout(10):
            while self.asked < asked:
                await asyncio.sleep(0.01)


class House:
    """Passwords and sessions, with authorities to take away."""

    def __init__(
        self, runner: asyncio.Runner, database: Database, listen: Address | None = LISTEN
    ) -> None:
        self.run = runner.run
        self.standing = "CA"
        self.trail = Trail()
        settings = Settings(Config(deployments=(), console_listen=listen))
        trail: Any = self.trail
        self.sessions = Sessions(trail, settings, lambda _: bool(self.standing))
        self.kept = Waiting(database)
        self.passwords = Passwords(
            self.kept, self.sessions, trail, settings, lambda _: self.standing
        )

    def put(self, typed: str = GOOD, caller: Caller = ANN, *, read_only: bool = False) -> SignIn:
        return self.run(self.passwords.put(caller, typed, read_only=read_only))

    def enter(self, typed: str = GOOD, name: str = "ann") -> Caller:
        token = self.run(self.passwords.enter(name, typed, PHONE))
        return self.sessions.caller_of(token, PHONE.network)

    def in_now(self) -> list[tuple[str, Way]]:
        return [(one.caller, one.by) for one in self.sessions.listed(ROOT)]


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrypt, "N", 16)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with asyncio.Runner() as runner:
        yield House(runner, database)


def test_who_knows_name_and_password_is_the_caller_that_set_it(house: House) -> None:
    assert house.put() == SignIn("ann", 9443)

    assert house.enter() == msgspec.structs.replace(ANN, visiting=True)
    assert house.in_now() == [("ann", Way.PASSWORD)]
    assert [entry[:2] for entry in house.trail.entries] == [
        ("ann", "password_set"),
        ("ann", "session_begin_password"),
    ]


def test_a_read_only_password_keeps_the_callers_limits(house: House) -> None:
    house.put(read_only=True)
    found = house.enter()

    assert (found.role, found.deployments) == (Role.VIEWER, ANN.deployments)


@pytest.mark.parametrize(
    ("name", "typed"),
    [("ann", OTHER), ("ann", ""), ("Ann", GOOD), ("bob", GOOD), ("", ""), ("x" * 999, GOOD)],
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    house: House, caplog: pytest.LogCaptureFixture, name: str, typed: str
) -> None:
    house.put()
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UntrustedError, match=r"^The name or the password is wrong\.$"),
    ):
        house.enter(typed, name)

    assert house.trail.entries[1:] == [
        ("browser at 192.0.2.7 (untrusted)", "session_begin_password", "", 401, "untrusted")
    ]
    who = "ann" if name == "ann" else "unknown"
    assert caplog.messages == [f"password-refused name={who} address=192.0.2.7"]
    assert house.in_now() == []


def test_only_who_shows_a_certificate_sets_or_removes_one(house: House) -> None:
    house.put()
    visitor = house.enter()
    for ask in (
        house.passwords.put(visitor, OTHER, read_only=False),
        house.passwords.remove(visitor),
    ):
        with pytest.raises(ForbiddenError, match="with a certificate"):
            house.run(ask)

    assert house.enter().name == "ann"


def test_on_the_host_itself_only_root_sets_one(house: House) -> None:
    house.put(caller=ROOT)
    assert house.enter(name="root@local").role is Role.ADMIN

    with pytest.raises(ForbiddenError, match="only root"):
        house.put(caller=Caller("ann@local", Role.ADMIN))


def test_who_has_no_standing_sets_none(house: House) -> None:
    house.standing = ""
    with pytest.raises(ForbiddenError, match="issued itself"):
        house.put()


@pytest.mark.parametrize("later", ["", "another CA"])
def test_a_password_is_good_no_longer_than_its_certificate(house: House, later: str) -> None:
    house.put()
    house.standing = later

    with pytest.raises(UntrustedError, match="not trusted any more"):
        house.enter()
    assert house.trail.entries[-1][3:] == (401, "untrusted")


def test_a_new_password_ends_what_the_old_one_began(house: House) -> None:
    house.put()
    house.enter()
    secret = house.run(house.sessions.link(ANN, read_only=False)).secret
    house.run(house.sessions.enter(secret, PHONE))
    house.put(OTHER)

    assert house.in_now() == [("ann", Way.LINK)]
    with pytest.raises(UntrustedError):
        house.enter(GOOD)
    assert house.enter(OTHER).name == "ann"


def test_a_password_that_is_removed_ends_what_it_began(house: House) -> None:
    house.put()
    house.enter()
    house.run(house.passwords.remove(ANN))

    assert house.in_now() == []
    with pytest.raises(UntrustedError):
        house.enter()
    house.run(house.passwords.remove(ANN))


def test_a_password_that_is_replaced_while_it_is_looked_at_lets_nobody_in(house: House) -> None:
    house.put()

    async def story() -> None:
        house.kept.may_answer.clear()
        entering = asyncio.create_task(house.passwords.enter("ann", GOOD, PHONE))
        await house.kept.until(1)
        await house.passwords.put(ANN, OTHER, read_only=False)
        house.kept.may_answer.set()
        with pytest.raises(UntrustedError):
            await entering

    house.run(story())
    assert house.in_now() == []


def test_no_more_than_two_are_worked_on_and_who_waits_for_long_is_sent_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PATIENCE", 0.05)

    async def story() -> list[Any]:
        house.kept.may_answer.clear()
        names = [f"name{number}" for number in range(AT_ONCE + 2)]
        tasks = [asyncio.create_task(house.passwords.enter(name, GOOD, PHONE)) for name in names]
        await house.kept.until(AT_ONCE)
        await asyncio.wait(tasks[AT_ONCE:])
        assert house.kept.asked == AT_ONCE
        house.kept.may_answer.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ended = [type(one) for one in house.run(story())]
    assert ended == [UntrustedError] * AT_ONCE + [TooManyTriesError] * 2


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_a_name_is_tried_a_few_times_at_once_and_then_slowly(house: House, name: str) -> None:
    house.put()
    for _ in range(TRIES):
        with pytest.raises(UntrustedError):
            house.enter(OTHER, name)

    with pytest.raises(TooManyTriesError, match="with this name") as slowed:
        house.enter(GOOD, name)
    assert 1 <= slowed.value.data["seconds"] <= 12
    secret = house.run(house.sessions.link(ANN, read_only=False)).secret
    assert house.run(house.sessions.enter(secret, PHONE))


def test_a_short_password_is_not_taken_and_the_old_one_stays(house: House) -> None:
    house.put()
    with pytest.raises(InvalidRequestError):
        house.put("short")

    assert house.enter().name == "ann"


def test_a_host_that_does_not_listen_takes_none_but_forgets_one(database: Database) -> None:
    with asyncio.Runner() as runner:
        house = House(runner, database, None)
        with pytest.raises(NotListeningError):
            house.put()
        house.run(house.passwords.remove(ANN))


def test_what_is_kept_has_no_password_in_it(house: House, tmp_path: Path) -> None:
    house.put()
    house.enter()

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert GOOD.encode() not in written
    assert b'"n":16' in written
