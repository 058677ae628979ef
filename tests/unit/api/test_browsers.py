"""Which requests reach a listener for browsers, by what a browser says of them."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from edd.api.browsers import Refusal, refuse_stray

PLACE = "edd-0a1b2c3d.localhost:4711"
OWN = {"Host": PLACE, "Origin": f"http://{PLACE}", "Sec-Fetch-Site": "same-origin"}


def status_of(method: str, *headers: dict[str, str]) -> int:
    given: CIMultiDict[str] = CIMultiDict()
    for some in headers:
        given.extend(some)
    try:
        refuse_stray(method, CIMultiDictProxy(given), "http", PLACE)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_the_doors_own_pages_may_ask_for_anything(method: str) -> None:
    assert status_of(method, OWN) == 200


@pytest.mark.parametrize(
    "host", ["localhost:4711", "127.0.0.1:4711", "evil.example:4711", PLACE.upper(), "", PLACE[:-1]]
)
def test_another_name_is_refused(host: str) -> None:
    assert status_of("GET", OWN | {"Host": host}) == 421


def test_two_names_are_refused() -> None:
    assert status_of("GET", OWN, {"Host": PLACE}) == 421
    assert status_of("GET", OWN, {"Host": "evil.example"}) == 421


def test_no_name_is_refused() -> None:
    assert status_of("GET") == 421
    given = CIMultiDictProxy(CIMultiDict({"Host": ""}))
    with pytest.raises(Refusal, match="not the name"):
        refuse_stray("GET", given, "https", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": PLACE},
        {"Host": PLACE, "Origin": "null"},
        {"Host": PLACE, "Origin": f"https://{PLACE}"},
        {"Host": PLACE, "Origin": "http://evil.example"},
        {"Host": PLACE, "Origin": f"http://{PLACE}.evil.example"},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_changes_something_must_come_from_the_doors_own_pages(headers: dict[str, str]) -> None:
    assert status_of("POST", headers) == 403
    assert status_of("GET", headers | {"Upgrade": "websocket"}) == 403


def test_two_origins_are_refused() -> None:
    assert status_of("POST", OWN, {"Origin": "http://evil.example"}) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_from_elsewhere_one_may_come_by_a_link_only(site: str) -> None:
    there = {"Host": PLACE, "Sec-Fetch-Site": site}

    assert status_of("GET", there | {"Sec-Fetch-Mode": "navigate"}) == 200
    for mode in ("no-cors", "cors", "websocket"):
        assert status_of("GET", there | {"Sec-Fetch-Mode": mode}) == 403
