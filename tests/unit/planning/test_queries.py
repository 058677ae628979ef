"""What may stand behind a question mark."""

import pytest

from edd.model.caller import Role
from edd.planning.policy import LINES
from edd.planning.queries import QUERIES, why_not

TOP = "GET /containers/*/top"
CREATE = "POST /containers/create"


def test_every_line_below_an_administrator_says_what_may_be_asked_with_it() -> None:
    assert set(QUERIES) == {str(line) for line in LINES if line.role is not Role.ADMIN}


@pytest.mark.parametrize(
    "arguments",
    [
        "-e",
        "auxe",
        "-ef+e",
        "-ef%20e",
        "-eo+pid,args",
        "e+-o+comm:1,pid,args",
        "-o+comm,lstart,machine,lwp,ppid,stat,pid,args+--sort=-pid",
        "%2Def+-ww+e",
        "",
    ],
)
def test_no_options_of_ps_but_the_usual_pass(arguments: str) -> None:
    assert why_not(TOP, f"ps_args={arguments}", "ed_")


@pytest.mark.parametrize("query", ["", "ps_args=-ef", "ps_args=aux", "ps_args=%2Def"])
def test_the_usual_options_of_ps_pass(query: str) -> None:
    assert why_not(TOP, query, "ed_") == ""


@pytest.mark.parametrize(
    ("line", "query"),
    [
        (TOP, "ps_args=-ef&ps_args=e"),
        (TOP, "PS_ARGS=e"),
        (TOP, "ps%5fargs=e"),
        (TOP, "ps_args=-ef;ps_args=e"),
        (TOP, "ps_args=-ef&x"),
        (TOP, "=x"),
        (TOP, "ps_args=%zz"),
        ("POST /containers/*/start", "checkpoint=a"),
        ("POST /containers/*/start", "checkpoint-dir=/tmp"),
        ("POST /containers/*/stop", "t=1&t=2"),
        ("GET /info", "x=1"),
        ("GET /something/new", "x=1"),
    ],
)
def test_what_is_not_listed_or_given_twice_needs_an_administrator(line: str, query: str) -> None:
    assert why_not(line, query, "ed_")


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("GET /containers/json", "limit=-1&all=1&size=0&trunc_cmd=0&filters=%7B%7D"),
        ("GET /containers/*/logs", "follow=1&stdout=1&stderr=1&since=1.5&tail=all"),
        ("GET /system/df", "type=container&type=image&verbose=1"),
        ("GET /events", "filters=%7B%22a%22%3A%7B%22b%3Bc%22%3Atrue%7D%7D&since=1&until=2"),
        ("POST /containers/*/stop", "signal=INT&t=1"),
        ("POST /containers/*/wait", "condition=next-exit"),
        (CREATE, "name=shop&platform=linux%2Famd64"),
        ("GET /info", ""),
        ("GET /info", "&"),
    ],
)
def test_what_dockers_own_tools_send_passes(line: str, query: str) -> None:
    assert why_not(line, query, "ed_") == ""


@pytest.mark.parametrize(
    "name", ["ed_website", "ed_website.next", "ed_", "/ed_website", "%65d_website", "%2fed_x"]
)
def test_a_name_that_a_deployment_could_need_is_not_taken(name: str) -> None:
    assert "begin with ed_" in why_not(CREATE, f"name={name}", "ed_")


def test_without_a_prefix_every_name_is_the_hosts() -> None:
    assert why_not(CREATE, "name=shop", "")
    assert why_not(CREATE, "", "") == ""
