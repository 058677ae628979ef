"""How the configuration narrows the engine gateway."""

import pytest

from edd.config.denials import read_denials, write_denials
from edd.config.values import UnfitError, one_of
from edd.model.caller import Role
from edd.model.gateway import Denial, Opening


def test_a_denial_is_a_role_a_method_and_a_path() -> None:
    assert read_denials(["deployer POST /containers/*/stop", "* * /swarm/**"]) == (
        Denial(Role.DEPLOYER, "POST", "/containers/*/stop"),
        Denial(None, "*", "/swarm/**"),
    )


def test_denials_are_written_as_they_are_read() -> None:
    given = ["admin DELETE /images/**", "* GET /info"]
    assert write_denials(read_denials(given)) == '["admin DELETE /images/**", "* GET /info"]'


@pytest.mark.parametrize(
    "given",
    [
        "deployer POST /build",
        ["POST /build"],
        ["root POST /build"],
        ["admin post /build"],
        ["admin POST build"],
        ["admin POST /"],
        ["admin POST /build/"],
        ["admin POST /a//b"],
        ["admin POST /**/a/**"],
        ["admin POST /v1.41/build"],
        ["admin POST /docker/build"],
        ["admin POST /bu*"],
        ["admin POST /images/web%3A1/push"],
        ["admin POST /build extra"],
        ["admin POST /" + "a" * 300],
        [1],
        ["* * /x"] * 201,
    ],
)
def test_what_would_never_match_is_refused(given: object) -> None:
    with pytest.raises(UnfitError):
        read_denials(given)


def test_it_is_on_to_be_read_from_or_off() -> None:
    assert [one_of(Opening)(word) for word in Opening] == [
        Opening.ON,
        Opening.READ_ONLY,
        Opening.OFF,
    ]
    with pytest.raises(UnfitError, match="must be one of on, read-only, off"):
        one_of(Opening)("open")
