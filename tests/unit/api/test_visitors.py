"""What somebody who was not let in can take of a host, and what somebody who was can keep."""

import asyncio
import logging
from contextlib import suppress

import pytest

from edd.api.limits import Limits
from edd.api.visitors import TRIES
from edd.model.caller import Caller, Role
from edd.operations.sessions import LONGEST_SECONDS
from tests.unit.api.pki import Pki
from tests.unit.api.running import until
from tests.unit.api.visiting import ANN, FOLLOWED, Visited, visited

LARGE = "/static/vendor/xterm.mjs"
HASTY = Limits(keep_alive=0.5)


def open_at(host: Visited) -> int:
    """Return how many connections there are."""
    return sum(not each.is_closing() for each in host.door._transports)


@pytest.mark.parametrize("end", ["a revocation", "half a day"])
def test_what_is_open_ends_with_its_session(pki: Pki, end: str) -> None:
    at, good = 0.0, True

    async def story() -> None:
        nonlocal at, good
        async with visited(pki, trusts=lambda _: good, clock=lambda: at) as host:
            cookie = await host.let_in()
            reader, writer = await host.link()
            writer.write(host.head("GET", FOLLOWED, cookie))
            await reader.readuntil(b"one\n\r\n")
            host.server.review()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 1)

            at, good = (LONGEST_SECONDS, True) if end == "half a day" else (1.0, False)
            host.server.review()
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 3) == b""
            await asyncio.wait_for(host.standin.log_ended.wait(), 3)
            writer.close()

    asyncio.run(story())


def test_a_stranger_whose_body_does_not_come_is_left(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki, HASTY) as host:
            reader, writer = await host.link()
            writer.write(host.head("POST", "/_edd/enter", size=99) + b"{")
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 3) == b""
            writer.close()

    asyncio.run(story())


def test_a_stranger_who_does_not_read_is_left(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki, HASTY) as host:
            _, writer = await host.link()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(host.head("GET", LARGE) * 30)
            await asyncio.sleep(0.2)
            assert open_at(host) == 1
            async with asyncio.timeout(5):
                await until(lambda: open_at(host) == 0)
            writer.transport.abort()

    asyncio.run(story())


def test_who_was_let_in_may_read_slowly(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki, HASTY) as host:
            cookie = await host.let_in()
            reader, writer = await host.link()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(host.head("GET", LARGE, cookie) * 30)
            await asyncio.sleep(1.5)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(30):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(size))
            writer.transport.abort()

    asyncio.run(story())


def test_a_stolen_cookie_is_worth_nothing_elsewhere(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki) as host:
            cookie = await host.let_in()
            assert (await host.ask("GET", "/v1/info", cookie, source="127.0.0.9"))[0] == 401
            assert host.trail.entries[-1] == (
                *("browser at 127.0.0.9 (untrusted)", "info"),
                *(401, "untrusted"),
            )
            assert (await host.ask("GET", "/", cookie, source="127.0.0.9"))[0] == 303
            assert (await host.ask("GET", "/v1/info", cookie))[0] == 200

    asyncio.run(story())


def test_a_neighbour_that_guesses_holds_up_nobody_who_has_a_link(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki) as host:
            made = await host.sessions.link(ANN, read_only=False)
            for _ in range(TRIES):
                assert (await host.enter("guess"))[0] == 401
            assert (await host.enter("guess"))[0] == 429
            assert (await host.enter(made.secret))[0] == 200
            status, answer = await host.enter(made.secret)
            assert status == 401
            assert b"used before" in answer

    asyncio.run(story())


def test_the_trail_tells_from_where_a_guess_came(pki: Pki) -> None:
    async def story() -> None:
        async with visited(pki) as host:
            await host.enter("guess", source="127.0.0.9")
            assert host.trail.entries == [
                ("browser at 127.0.0.9 (untrusted)", "session_begin", 401, "untrusted")
            ]

    asyncio.run(story())


def test_who_was_let_in_to_look_ends_nothing_else(pki: Pki) -> None:
    deployer = Caller("ann", Role.DEPLOYER, credential=ANN.credential)

    async def story() -> None:
        async with visited(pki) as host:
            cookie = await host.let_in(deployer)
            looking = await host.let_in(deployer, read_only=True)
            assert (await host.ask("DELETE", "/v1/sessions/1", looking))[0] == 403
            _, told = await host.ask("GET", "/v1/sessions", looking)
            assert b'"id":2' in told
            assert b'"id":1' not in told
            assert (await host.ask("DELETE", "/v1/sessions/2", cookie))[0] == 200
            assert host.trail.entries[-1] == ("ann", "session_end", 200, "")

    asyncio.run(story())


@pytest.mark.parametrize("name", ["", "evil.example", "evil.example:443"])
def test_a_request_for_another_name_is_refused(pki: Pki, name: str) -> None:
    async def story() -> None:
        async with visited(pki) as host:
            host.authority = name
            assert (await host.ask("GET", "/login"))[0] == 421

    asyncio.run(story())


@pytest.mark.parametrize("name", ["[2001:db8::1]", "[2001:db8::1]:9443", "localhost", "192.0.2.1"])
def test_every_address_is_a_name_of_the_host(pki: Pki, name: str) -> None:
    async def story() -> None:
        async with visited(pki) as host:
            host.authority = name
            assert (await host.ask("GET", "/login"))[0] == 200

    asyncio.run(story())


def test_a_cookie_is_neither_logged_nor_told_with_what_is_wrong_about_its_request(
    pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "edd")

    async def story() -> None:
        async with visited(pki) as host:
            for spoilt in (f"Cookie: secret={'x' * 20_000}", "Cookie: secret=\x01"):
                status, answer = await host.ask("GET", "/v1/info", spoilt)
                assert status == 400
                assert b"malformed-request" in answer
                assert b"secret" not in answer

    asyncio.run(story())
    assert "not understood" in caplog.text
    assert "secret" not in caplog.text
