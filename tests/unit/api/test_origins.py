"""Which pages may make a browser send something."""

import pytest

from edd.api.origins import is_guarded, refuse_foreign
from edd.errors import ForeignOriginError

HOST = {"Host": "box.example:8866"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://BOX.example:8866", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_programs_and_the_hosts_own_pages_pass(headers: dict[str, str]) -> None:
    refuse_foreign({**HOST, **headers})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://box.example"},
        {"Origin": "https://box.example:8866.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://[evil"},
        {"Origin": "https://box.example:8866", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_do_not(headers: dict[str, str]) -> None:
    with pytest.raises(ForeignOriginError):
        refuse_foreign({**HOST, **headers})


def test_an_origin_without_a_host_is_foreign_even_where_no_host_is_named() -> None:
    with pytest.raises(ForeignOriginError):
        refuse_foreign({"Origin": "null"})


def test_reading_is_not_guarded_but_upgrading_is() -> None:
    assert not is_guarded("GET", {})
    assert is_guarded("GET", {"Upgrade": "websocket"})
    assert is_guarded("PROPFIND", {})
