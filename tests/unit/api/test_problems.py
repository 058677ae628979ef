"""Every error has its place: a docstring, a code of its own, a status, a line in the reference."""

import asyncio
import logging

import pytest

from edd.api.problems import STATUS, problem_of, status_of
from edd.api.reference import errors_page
from edd.errors import BusyError, EddError, kinds_of
from tests.unit.api.pki import Pki
from tests.unit.api.running import running

KINDS = list(kinds_of(EddError))


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_documented_and_has_a_status(kind: type[EddError]) -> None:
    assert kind.__doc__
    assert kind in STATUS
    assert f"| `{kind.code}` | {status_of(kind)} |" in errors_page()


def test_an_error_of_a_new_kind_has_its_parents_status() -> None:
    class VeryBusyError(BusyError):
        """A kind that only this test knows."""

    assert status_of(VeryBusyError) == 409


def test_data_of_an_error_stands_beside_the_standard_members_and_never_hides_one() -> None:
    problem = problem_of(BusyError("It is held.", job=7, status=200))
    assert (problem["job"], problem["status"]) == (7, 409)
    assert problem["type"] == "urn:edd:error:deployment-busy"
    assert problem["kept"] == "Nothing was read or changed."


def test_a_fault_of_the_daemon_tells_the_caller_nothing_and_the_log_everything(
    pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.post("/v1/faulty/load", data=b"abc") as answer,
        ):
            assert (answer.status, (await answer.json())["code"]) == (500, "internal")
            assert "secret" not in await answer.text()

    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    assert "ZeroDivisionError: secret" in caplog.text
