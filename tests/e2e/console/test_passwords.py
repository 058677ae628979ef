"""A phone that comes by a name and a password; and who has neither, and tries."""

import json
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.paths import TrustPaths
from tests.e2e.console.test_looks import TOO_SMALL, violations
from tests.e2e.console.test_visitors import ask, door, enter, let_in, link
from tests.support.console import PHONE
from tests.support.daemon import Daemon
from tests.support.engine import TestEngine
from tests.support.ports import free_port

GOOD = "correct horse battery"
MIB = 1024

Answer = tuple[int, dict[str, str], str]


@pytest.fixture(scope="module")
def home(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A host of these tests' own, which may be restarted."""
    listen = f"127.0.0.1:{free_port()}"
    root = tmp_path_factory.mktemp("passwords") / "edd"
    with Daemon(root, engine.socket, (), console_listen=listen) as daemon:
        yield daemon


def put(daemon: Daemon, name: str, *words: str, password: str = GOOD) -> None:
    """Set a password by the command line, as a script would."""
    ours, theirs = os.pipe()
    os.write(theirs, f"{password}\n".encode())
    os.close(theirs)
    with os.fdopen(ours) as given:
        daemon.cli("session", "password", *words, host=name, stdin=given)


def person(daemon: Daemon, name: str, role: Role = Role.ADMIN, *words: str) -> str:
    """Return the name of somebody who has a certificate and has set a password."""
    daemon.client(name, role)
    put(daemon, name, *words)
    return name


def sign_in(
    daemon: Daemon, name: str, password: str = GOOD, *, source: str = "127.0.0.1", **headers: str
) -> Answer:
    body = json.dumps({"name": name, "password": password})
    return ask(daemon, "POST", "/_edd/sign-in", body, source=source, **headers)


def came_in(daemon: Daemon, name: str, password: str = GOOD) -> str:
    """Return the cookie of a browser that was let in."""
    status, told, body = sign_in(daemon, name, password)
    assert status == 200, body
    return told["set-cookie"].partition(";")[0]


def is_in(daemon: Daemon, cookie: str) -> bool:
    return ask(daemon, "GET", "/v1/info", Cookie=cookie)[0] == 200


def test_a_phone_signs_in_by_a_password(home: Daemon, phone: Page) -> None:
    person(home, "ann")
    phone.goto(f"{door(home)}/containers")
    expect(phone).to_have_url(f"{door(home)}/login")
    name, password = phone.get_by_label("Name"), phone.get_by_label("Password")
    assert [one.get_attribute("autocomplete") for one in (name, password)] == [
        "username",
        "current-password",
    ]
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)
        assert violations(phone) == []
    assert phone.evaluate(TOO_SMALL) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    name.fill("ann ")
    password.fill("wrong horse battery")
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("status")).to_contain_text("The name or the password is wrong.")

    password.fill(GOOD)
    password.press("Enter")
    expect(phone.get_by_role("heading", name="Overview")).to_be_visible()
    phone.goto(f"{door(home)}/sessions")
    expect(phone.get_by_role("table")).to_contain_text("password")
    assert json.loads(home.cli("-o", "json", "session", "list").stdout)[0]["by"] == "password"


def test_the_form_never_puts_a_password_into_an_address(home: Daemon) -> None:
    _, _, page = ask(home, "GET", "/login")
    assert '<form method="post"' in page
    status, _, body = ask(home, "POST", "/login", f"name=ann&password={GOOD}")
    assert status in {401, 404, 405}
    assert GOOD not in body


def test_there_is_no_page_for_a_first_visitor(home: Daemon) -> None:
    body = json.dumps({"password": GOOD})
    json_type = {"Content_Type": "application/json"}

    assert ask(home, "PUT", "/v1/sessions/password", body, **json_type)[0] == 401
    assert sign_in(home, "admin", source="127.0.1.1")[0] == 401
    assert sign_in(home, "root@local", source="127.0.1.1")[0] == 401


@pytest.mark.parametrize("way", ["link", "password"])
def test_who_came_without_a_certificate_sets_none(home: Daemon, way: str) -> None:
    name = person(home, f"visitor-{way}")
    cookie = let_in(home, host=name) if way == "link" else came_in(home, name)
    body, json_type = json.dumps({"password": "x" * 12}), {"Content_Type": "application/json"}

    for method in ("PUT", "DELETE"):
        told = ask(home, method, "/v1/sessions/password", body, Cookie=cookie, **json_type)
        assert (told[0], "with a certificate" in told[2]) == (403, True)
    assert came_in(home, name)


def test_a_browser_may_do_what_the_certificate_may_or_only_look(home: Daemon) -> None:
    person(home, "looking", Role.ADMIN, "--read-only")
    person(home, "guest", Role.VIEWER)

    for name in ("looking", "guest"):
        cookie = came_in(home, name)
        info = json.loads(ask(home, "GET", "/v1/info", Cookie=cookie)[2])
        assert (info["caller"], info["role"]) == (name, "viewer")
        assert ask(home, "POST", "/v1/reload", Cookie=cookie)[0] == 403


def test_the_cookie_is_for_this_host_alone_and_the_form_for_its_own_page(home: Daemon) -> None:
    person(home, "careful")
    _, told, _ = sign_in(home, "careful")
    name, *parts = [part.strip() for part in told["set-cookie"].split(";")]
    assert name.startswith("__Host-edd=")
    assert {part.lower() for part in parts} == {"secure", "httponly", "samesite=strict", "path=/"}

    foreign: tuple[dict[str, str], ...] = (
        {"Origin": "https://evil.example"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
    )
    for headers in foreign:
        assert sign_in(home, "careful", **headers)[0] in {403, 421}


def test_names_and_passwords_cannot_be_guessed(home: Daemon) -> None:
    person(home, "known")
    wrong = {sign_in(home, name, "y" * 12, source="127.0.2.1")[2] for name in ("known", "unknown")}
    assert len(wrong) == 1
    assert "The name or the password is wrong." in wrong.pop()

    for number in range(2, 6):
        assert sign_in(home, "known", "y" * 12, source=f"127.0.2.{number}")[0] == 401
    status, told, body = sign_in(home, "known", source="127.0.2.9")
    assert (status, "with this name" in body) == (429, True)
    assert 1 <= int(told["retry-after"]) <= 12
    assert enter(home, link(home, host="known").partition("#link=")[2])[0] == 200

    time.sleep(int(told["retry-after"]))
    assert sign_in(home, "known", source="127.0.2.9")[0] == 200


def test_an_address_that_guesses_many_names_is_slowed_down(home: Daemon) -> None:
    def guess(number: int) -> int:
        return sign_in(home, f"guess{number}", source="127.0.3.1")[0]

    with ThreadPoolExecutor(14) as threads:
        answers = list(threads.map(guess, range(14)))
    assert set(answers) == {401, 429}
    assert answers.count(429) >= 4


def test_failures_are_in_the_trail_and_passwords_nowhere(home: Daemon) -> None:
    person(home, "told", Role.VIEWER)
    secret = "a password that is typed wrong"
    for name in ("told", "nobody", secret):
        assert sign_in(home, name, secret, source="127.0.4.1")[0] == 401
    came_in(home, "told")

    trail = [(one["caller"], one["action"], one["status"]) for one in home.get("/v1/audit")]
    way = "session_begin_password"
    assert ("browser at 127.0.4.1 (untrusted)", way, 401) in trail
    assert ("told", way, 200) in trail
    assert ("told", "password_set", 200) in trail
    assert re.search(r"password-refused name=told address=127\.0\.4\.1", home.log())
    files = [path for path in home.state.rglob("*") if path.is_file()]
    for content in (home.log(1000).encode(), *(path.read_bytes() for path in files)):
        assert secret.encode() not in content
        assert GOOD.encode() not in content


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        '{"link": "x", "name": "ann", "password": "x"}',
        '{"name": "ann", "password": 1}',
        json.dumps({"name": "ann", "password": "x" * 2048}),
    ],
)
def test_what_is_no_form_is_refused(home: Daemon, body: str) -> None:
    assert ask(home, "POST", "/_edd/sign-in", body, source="127.0.5.1")[0] == 400


def test_a_session_and_the_password_end_with_the_certificate(home: Daemon) -> None:
    person(home, "lost")
    cookie = came_in(home, "lost")
    assert is_in(home, cookie)

    home.trust.authority.revoke("lost")
    home.cli("reload")
    assert not is_in(home, cookie)
    status, _, body = sign_in(home, "lost")
    assert (status, "not trusted any more" in body) == (401, True)


def test_a_new_password_and_none_end_what_came_by_the_old_one(home: Daemon) -> None:
    person(home, "changing")
    first, by_link = came_in(home, "changing"), let_in(home, host="changing")

    put(home, "changing", password="another horse battery")
    assert [is_in(home, one) for one in (first, by_link)] == [False, True]
    assert sign_in(home, "changing")[0] == 401

    second = came_in(home, "changing", "another horse battery")
    home.cli("session", "password", "--remove", host="changing")
    assert not is_in(home, second)
    assert sign_in(home, "changing", "another horse battery")[0] == 401


def test_a_restart_keeps_the_password_and_ends_the_sessions(home: Daemon) -> None:
    person(home, "staying")
    cookie = came_in(home, "staying")
    home.restart()

    assert not is_in(home, cookie)
    assert is_in(home, came_in(home, "staying"))


def test_a_password_of_an_authority_that_is_gone_after_a_restart_is_no_good(home: Daemon) -> None:
    person(home, "left")
    assert sign_in(home, "left")[0] == 200
    path = home.trust.paths.client_authorities
    own = path.read_text()
    other = Authority.create(TrustPaths(home.root / "other"), "Somebody Else")
    try:
        path.write_text(other.certificate)
        home.restart()
        assert sign_in(home, "left")[0] == 401
    finally:
        path.write_text(own)
        home.restart()
    assert sign_in(home, "left")[0] == 200


def test_a_short_password_is_refused_on_the_way_in(home: Daemon) -> None:
    body = json.dumps({"password": "short"}).encode()
    status, told = home.request("PUT", "/v1/sessions/password", body)

    assert status == 400
    assert b"12 characters at least" in told


def test_root_on_the_host_sets_one_without_a_certificate(home: Daemon) -> None:
    body = json.dumps({"password": GOOD}).encode()
    status, told = home.request("PUT", "/v1/sessions/password", body)

    assert (status, json.loads(told)["name"]) == (200, "root@local")
    assert is_in(home, came_in(home, "root@local"))
    assert home.request("DELETE", "/v1/sessions/password")[0] == 200


def test_a_sign_in_takes_its_memory_for_its_time_only(home: Daemon) -> None:
    person(home, "thrifty")
    came_in(home, "thrifty")
    before = home.resident()
    home.forget_peak()

    def guess(number: int) -> int:
        return sign_in(home, f"heavy{number}", source=f"127.0.7.{number}")[0]

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(guess, range(1, 7))) == {401}
    assert home.resident("VmHWM") - before < 2 * 32 * MIB + 6 * MIB
    assert home.resident() - before < 3 * MIB
