"""When a new container is good."""

from typing import Any

import pytest

from edd.model.container import Container, Probe
from edd.model.deployment import Deployment
from edd.planning.health import Verdict, judge

SITE = Deployment("website", health_timeout=60, stable=5)


def container(**facts: Any) -> Container:
    usual: dict[str, Any] = {
        "id": "1",
        "name": "ed_website",
        "image": "sha256:0",
        "labels": {},
        "running": True,
        "restarting": False,
        "status": "running",
        "health": "none",
        "exit_code": 0,
        "restarts": 0,
        "started_at": "",
    }
    return Container(**(usual | facts))


def test_without_a_health_check_running_for_stable_seconds_is_enough() -> None:
    assert judge(container(), SITE, steady=4.9, waited=4.9).verdict is Verdict.WAITING
    assert judge(container(), SITE, steady=5, waited=5).verdict is Verdict.HEALTHY


def test_a_health_check_decides_alone() -> None:
    starting, healthy = container(health="starting"), container(health="healthy")

    assert judge(starting, SITE, steady=30, waited=30).verdict is Verdict.WAITING
    assert judge(healthy, SITE, steady=0, waited=0).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"running": False, "exit_code": 3}, "exit code 3"),
        ({"restarts": 1}, "restarted"),
        ({"restarting": True, "running": False}, "restarted"),
        ({"health": "unhealthy"}, "health check failed"),
    ],
)
def test_trouble_fails_at_once(facts: dict[str, Any], words: str) -> None:
    judgement = judge(container(**facts), SITE, steady=30, waited=0)

    assert judgement.verdict is Verdict.FAILED
    assert words in judgement.reason


def test_a_removed_container_has_failed() -> None:
    assert judge(None, SITE, steady=0, waited=0).verdict is Verdict.FAILED


def test_waiting_ends_after_the_configured_time() -> None:
    judgement = judge(container(health="starting"), SITE, steady=60, waited=60)

    assert judgement.verdict is Verdict.FAILED
    assert "60 s" in judgement.reason


def test_being_good_at_the_last_moment_counts() -> None:
    late = judge(container(health="healthy"), SITE, steady=60, waited=61)

    assert late.verdict is Verdict.HEALTHY


def test_what_the_health_check_said_is_the_reason() -> None:
    sick = container(health="unhealthy", probe=Probe(1, "  0%\n\nno database\n"))
    judgement = judge(sick, SITE, steady=9, waited=9)

    assert judgement.reason == "its health check failed: 0% no database"


def test_a_health_check_that_ran_out_of_time_is_told_with_what_it_said() -> None:
    waiting = container(health="starting", probe=Probe(1, "x" * 200 + "no database"))
    judgement = judge(waiting, SITE, steady=9, waited=SITE.health_timeout)
    assert judgement.verdict is Verdict.FAILED
    assert "; its last health check said: xx" in judgement.reason
    assert judgement.reason.endswith("xno database")
