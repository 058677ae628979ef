"""Who may ask the engine for what."""

import itertools

import pytest

from edd.model.caller import Role
from edd.model.gateway import Denial, Opening, matches
from edd.planning.policy import LINES, Body, Line, Verdict, decide

CHANGES = [
    "POST /containers/create",
    "POST /containers/web/start",
    "POST /containers/web/stop",
    "POST /containers/web/kill",
    "POST /containers/web/rename",
    "POST /containers/web/update",
    "POST /containers/web/attach",
    "POST /containers/web/exec",
    "POST /containers/web/resize",
    "POST /containers/prune",
    "PUT /containers/web/archive",
    "DELETE /containers/web",
    "POST /exec/1/start",
    "POST /images/create",
    "POST /images/load",
    "POST /images/a/b/push",
    "POST /images/a/tag",
    "DELETE /images/a",
    "POST /build",
    "POST /commit",
    "POST /networks/create",
    "DELETE /networks/a",
    "POST /volumes/create",
    "DELETE /volumes/a",
    "POST /swarm/init",
    "POST /services/create",
    "POST /secrets/create",
    "POST /plugins/pull",
    "POST /session",
    "POST /grpc",
    "POST /auth",
    "POST /something/new",
]
SECRETS = [
    "GET /containers/web/archive",
    "HEAD /containers/web/archive",
    "GET /containers/web/export",
    "GET /containers/web/attach/ws",
    "GET /images/get",
    "GET /images/web/get",
    "GET /exec/1/json",
    "GET /swarm",
    "GET /swarm/unlockkey",
    "GET /secrets",
    "GET /configs/a",
    "GET /services/a",
    "GET /plugins/a/json",
    "GET /distribution/a/json",
    "GET /images/search",
    "GET /debug/vars",
    "GET /something/new",
    "GET /v1.41/containers/json",
    "GET /networks/",
]


def ask(role: Role, request: str, opening: Opening = Opening.ON, *denials: Denial) -> Verdict:
    method, path = request.split()
    return decide(role, method, path, opening, denials)


def of(line: Line) -> str:
    return str(line).replace("**", "a/b").replace("*", "a")


@pytest.mark.parametrize("request_", CHANGES + SECRETS)
def test_a_viewer_changes_nothing_and_reads_no_secret(request_: str) -> None:
    assert ask(Role.VIEWER, request_).refusal


@pytest.mark.parametrize(("line", "role"), list(itertools.product(LINES, Role)))
def test_every_line_of_the_table_is_for_its_role_and_larger_ones(line: Line, role: Role) -> None:
    assert bool(ask(role, of(line)).refusal) is not role.covers(line.role)


def test_a_viewer_only_reads() -> None:
    lines = [line for line in LINES if line.role is Role.VIEWER]
    assert {line.method for line in lines} == {"GET", "HEAD"}
    assert all(ask(Role.VIEWER, of(line)).reads for line in lines)


def test_what_a_viewer_reads_is_redacted_unless_it_is_about_the_engine_alone() -> None:
    lines = [line for line in LINES if line.role is Role.VIEWER]
    plain = {of(line) for line in lines if not ask(Role.VIEWER, of(line)).redacted}
    assert plain == {"GET /_ping", "HEAD /_ping", "GET /version"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEPLOYER])
def test_nothing_but_a_creation_has_a_body_below_an_administrator(role: Role) -> None:
    verdicts = [ask(role, of(line)) for line in LINES]
    assert {v.line for v in verdicts if not v.refusal and v.body is not Body.NONE} <= {
        "POST /containers/create"
    }


def test_an_administrator_may_ask_for_anything_with_any_body() -> None:
    for request in CHANGES + SECRETS:
        verdict = ask(Role.ADMIN, request)
        assert (verdict.refusal, verdict.body, verdict.redacted) == ("", Body.ANY, False)


def test_only_what_docker_takes_connections_over_for_may_do_so() -> None:
    taken = {request for request in CHANGES + SECRETS if ask(Role.ADMIN, request).hijacks}
    assert taken == {
        "POST /containers/web/attach",
        "POST /exec/1/start",
        "GET /containers/web/attach/ws",
        "POST /session",
        "POST /grpc",
    }


@pytest.mark.parametrize("method", ["PATCH", "CONNECT", "TRACE", "PROPFIND", "get"])
def test_methods_that_the_engine_does_not_have_are_refused_to_everybody(method: str) -> None:
    assert ask(Role.ADMIN, f"{method} /containers/json").refusal


@pytest.mark.parametrize("role", Role)
def test_a_gateway_that_is_off_lets_nobody_through(role: Role) -> None:
    assert all(ask(role, of(line), Opening.OFF).refusal for line in LINES)


@pytest.mark.parametrize("role", Role)
def test_a_gateway_to_read_from_changes_nothing(role: Role) -> None:
    assert [r for r in CHANGES if not ask(role, r, Opening.READ_ONLY).refusal] == []
    assert ask(role, "GET /containers/a/attach/ws", Opening.READ_ONLY).refusal
    assert not ask(role, "GET /containers/json", Opening.READ_ONLY).refusal


@pytest.mark.parametrize(
    ("denial", "refused"),
    [
        (Denial(None, "*", "/containers/**"), True),
        (Denial(None, "POST", "/containers/*/stop"), True),
        (Denial(Role.ADMIN, "POST", "/containers/**"), True),
        (Denial(Role.DEPLOYER, "POST", "/containers/**"), False),
        (Denial(None, "DELETE", "/containers/**"), False),
        (Denial(None, "POST", "/containers/*"), False),
    ],
)
def test_a_denial_of_the_configuration_narrows_even_an_administrator(
    denial: Denial, refused: bool
) -> None:
    assert bool(ask(Role.ADMIN, "POST /containers/a/stop", Opening.ON, denial).refusal) is refused


@pytest.mark.parametrize(
    "path", ["/containers/a/b/exec", "/containers/a/exec/", "/networks/a/b/connect", "/exec/a/b/c"]
)
def test_no_denial_is_passed_by_with_a_slash_too_many(path: str) -> None:
    denied = Denial(None, "POST", "/containers/*/exec")
    assert ask(Role.ADMIN, f"POST {path}", Opening.ON, denied).refusal


@pytest.mark.parametrize("role", list(Role))
def test_of_an_images_name_docker_is_told_that_no_container_has_it(role: Role) -> None:
    verdict = ask(role, "GET /containers/registry/web:1/json")
    assert (verdict.absent, verdict.refusal, verdict.reads) == (True, "", True)
    assert not ask(role, "GET /containers/web/json").absent
    assert not ask(role, "POST /containers/registry/web/start").absent


@pytest.mark.parametrize("path", ["/containers/a/checkpoints/b", "/images/a/b/c/tag"])
def test_longer_paths_that_docker_has_pass(path: str) -> None:
    assert not ask(Role.ADMIN, f"POST {path}").refusal


@pytest.mark.parametrize("path", ["/session", "/grpc", "/build"])
@pytest.mark.parametrize("pattern", ["/build", "/build/**"])
def test_who_may_not_build_may_not_with_buildkit_either(path: str, pattern: str) -> None:
    denied = Denial(None, "POST", pattern)
    assert str(denied) in ask(Role.ADMIN, f"POST {path}", Opening.ON, denied).refusal
    assert not ask(Role.ADMIN, f"POST {path}", Opening.ON, Denial(None, "*", "/build/x")).refusal


def test_a_denial_gives_nothing() -> None:
    assert ask(Role.VIEWER, "POST /build", Opening.ON, Denial(None, "GET", "/x")).refusal


@pytest.mark.parametrize(
    ("pattern", "path", "is_one"),
    [
        ("/build/**", "/build", True),
        ("/build/**", "/build/prune", True),
        ("/build/**", "/builder", False),
        ("/images/**/json", "/images/a/b/c/json", True),
        ("/images/**/json", "/images/a/jsonx", False),
        ("/containers/*/json", "/containers/a/b/json", False),
        ("/a.b", "/axb", False),
    ],
)
def test_a_star_is_one_segment_and_two_are_any_number(
    pattern: str, path: str, is_one: bool
) -> None:
    assert matches(pattern, path) is is_one
