"""How command lines end: exit codes, and what is said on which stream."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edd.cli.endings import describe, fail
from edd.cli.output import ERROR_EXITS, EXIT_CODES, Settings, exit_code
from edd.cli.push import Headway
from edd.errors import EddError, StartFailedError, UnhealthyError
from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost

PROGRAM = Path(sys.executable).with_name("edd")


def every_error(kind: type[EddError] = EddError) -> Iterator[type[EddError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every_error(child)


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_a_code_of_its_own_and_an_exit_code(
    kind: type[EddError],
) -> None:
    assert kind.__doc__
    assert [other for other in every_error() if other.code == kind.code] == [kind]
    assert ERROR_EXITS[kind.code] in EXIT_CODES


def test_no_exit_code_is_kept_for_an_error_that_is_gone() -> None:
    assert set(ERROR_EXITS) == {kind.code for kind in every_error()}


def test_an_error_of_a_later_version_counts_as_a_failed_operation() -> None:
    error = EddError("x")
    error.__class__ = type("LaterError", (EddError,), {"code": "later"})

    assert exit_code(error) == 1


def test_an_error_is_told_with_its_log_first_then_what_was_kept_and_what_to_do() -> None:
    error = UnhealthyError("It died.", kept="Release 1 serves.", log=["a", "\x1b[2Jb"])

    assert describe(error).splitlines() == [
        "The container's last lines:",
        "  | a",
        r"  | \x1b[2Jb",
        "",
        "error: It died.",
        "kept:  Release 1 serves.",
        "to do: Mend the image and deliver again.",
    ]


def test_a_log_may_come_as_one_text() -> None:
    assert "  | two" in describe(StartFailedError("x", log="one\ntwo\n"))


def test_problems_are_listed() -> None:
    assert "  - port: not a number" in describe(EddError("x", problems=["port: not a number"]))


def test_problems_that_came_over_http_are_sentences_too() -> None:
    problem = {"path": "docker_sock", "problem": "is not a setting", "suggestion": "docker_socket"}
    error = EddError("x", problems=[problem, {"problem": "is no TOML"}])

    assert describe(error).splitlines()[1:] == [
        "  - docker_sock: is not a setting (did you mean docker_socket?)",
        "  - is no TOML",
    ]


def test_a_problem_that_the_sentence_tells_is_not_listed_again() -> None:
    error = EddError("f has 2 problems. The first: a: is x.", problems=["a: is x", "b: is y"])

    assert describe(error).splitlines()[1:] == ["  - b: is y"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("jobs", "--limit", "x"), "'x' is not a whole number from 1 to 1000."),
        (("logs", "a", "--tail", "x"), "'x' is not a whole number from 0 to 1000000."),
        (("pus", "a", "b"), "No such command 'pus'. Did you mean 'push'?"),
        (("xyzzy",), "No such command 'xyzzy'.\n"),
    ],
)
def test_a_mistyped_word_is_answered_with_what_would_fit(
    edd: Edd, words: tuple[str, ...], says: str
) -> None:
    assert says in edd(*words).err


def test_the_choices_of_a_missing_argument_stand_in_the_sentence(edd: Edd) -> None:
    assert "Choose from: bash, zsh, fish" in edd("completion").err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort(), EOFError()])
def test_an_interruption_ends_with_130(error: BaseException) -> None:
    assert fail(error, Settings()) == 130


def test_a_surprise_is_one_line_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    code = fail(ZeroDivisionError("x\ny"), Settings())

    assert code == 9
    assert capsys.readouterr().err == (
        "unexpected error: ZeroDivisionError: x (run it again with --debug to see where)\n"
    )


def test_only_debug_shows_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0

    fail(caught.value, Settings(debug=True))

    assert "Traceback" in capsys.readouterr().err


def test_json_puts_the_problem_on_standard_output(edd: Edd, host: TalkingHost) -> None:
    host.refuse("GET", "/v1/deployments/website", "unknown-deployment", 404, near=["shop"])

    ended = edd("show", "website", "-o", "json")

    assert ended.code == 3
    assert ended.json["code"] == "unknown-deployment"
    assert ended.json["near"] == ["shop"]
    assert "error: It is unknown-deployment." in ended.err


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "forbidden", 4),
        (409, "deployment-busy", 5),
        (422, "invalid-archive", 6),
        (507, "disk-full", 7),
        (502, "engine-unreachable", 8),
        (500, "start-failed", 1),
    ],
)
def test_a_hosts_refusal_ends_with_its_documented_code(
    edd: Edd, host: TalkingHost, status: int, code: str, expected: int
) -> None:
    host.refuse("POST", "/v1/deployments/website/start", code, status)

    ended = edd("start", "website")

    assert (ended.code, ended.out) == (expected, "")


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("ps", "--nonsense"),
        ("push",),
        ("push", "only-one"),
        ("rollback", "website", "zero"),
        ("rollback", "website", "0"),
        ("logs", "website", "--tail", "-1"),
        ("logs", "website", "--since", "yesterday"),
        ("logs", "website", "--until", "tomorrow"),
        ("logs", "website", "--since", "999999d"),
        ("logs", "website", "--since", "0001-01-01T00:00:00+05:00"),
        ("logs", "website", "-f", "-o", "json"),
        ("jobs", "--limit", "none"),
        ("completion", "tcsh"),
        ("ps", "-o", "yaml"),
        ("remove", "website"),
        ("serve", "--config", "/"),
        (),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2_and_no_traceback(
    edd: Edd, host: TalkingHost, words: tuple[str, ...]
) -> None:
    ended = edd(*words)

    assert ended.code == 2
    assert ended.out == "" or "json" in words
    assert "Traceback" not in ended.err
    assert "unexpected error:" not in ended.err
    assert host.seen == []


def test_a_wrong_command_line_with_json_is_a_document_too(edd: Edd) -> None:
    ended = edd("-o", "json", "nonsense")

    assert (ended.code, ended.json["code"]) == (2, "usage")


@pytest.mark.parametrize(
    "words",
    [
        ("ps",),
        ("show", "website"),
        ("push", "./none.tar", "website"),
        ("push", "none", "website"),
        ("plan", "none", "website"),
        ("plan", "-", "website"),
        ("pull", "image", "website"),
        ("start", "website"),
        ("stop", "../x"),
        ("restart", "website"),
        ("remove", "website", "--yes"),
        ("releases", "website"),
        ("rollback", "website"),
        ("logs", "website"),
        ("jobs",),
        ("jobs", "7"),
        ("audit",),
        ("info",),
        ("reload",),
        ("doctor",),
        ("-H", "nowhere", "ps"),
        ("-H", "no/where", "ps"),
        ("-H", "\x1b[2J", "ps"),
    ],
    ids=" ".join,
)
def test_without_a_host_every_command_ends_with_a_sentence(
    edd: Edd, words: tuple[str, ...]
) -> None:
    ended = edd(*words)

    assert ended.code in (1, 2, 3, 4, 8)
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err
    assert "\x1b" not in ended.err
    assert ended.err.startswith("error: ") or words == ("doctor",)


def test_a_reader_that_ends_first_is_no_error() -> None:
    script = f"{PROGRAM} completion bash | head -c1 >/dev/null; echo ${{PIPESTATUS[0]}}"

    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() in ("0", "141")
    assert ended.stderr == ""


def test_a_closed_standard_output_is_quiet() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(
            [PROGRAM, "completion", "fish"], stdout=write, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(write)

    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_interrupted_push_of_what_was_offered_says_that_it_goes_on_later() -> None:
    way = Headway()
    way.begin(None, resumes=True)
    way.sent(5_000_000)
    assert "push again to go on" in way.kept()


@pytest.mark.parametrize(
    ("total", "sent", "ended", "told"),
    [
        (None, None, False, "Nothing was sent"),
        (None, 9_000_000, False, "nothing is loaded"),
        (9_000_000, 0, False, "nothing is loaded"),
        (9_000_000, 8_900_000, False, "may have got the whole image"),
        (9_000_000, 9_000_000, True, "goes on with it"),
    ],
)
def test_an_interrupted_push_says_what_the_host_makes_of_it(
    total: int | None, sent: int | None, ended: bool, told: str
) -> None:
    way = Headway()
    if sent is not None:
        way.begin(total)
        way.sent(sent)
    if ended:
        way.end()

    assert told in way.kept()
