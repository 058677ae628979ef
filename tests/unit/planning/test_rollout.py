"""The order of a rollout's steps, and what undoing or finishing one means."""

import pytest

from edd.model.plan import Step
from edd.planning.rollout import plan_rollout, steps_to_finish, steps_to_undo

CLAIM = "publishes tcp 0.0.0.0:80 on the host"


def test_a_shared_host_port_forces_the_old_container_out_first() -> None:
    plan = plan_rollout(Step.LOAD, runs=True, start_first=True, claims=[CLAIM])

    assert plan.steps.index(Step.STOP_OLD) < plan.steps.index(Step.START_NEW)
    assert CLAIM in plan.downtime


def test_start_first_has_no_downtime_where_nothing_is_shared() -> None:
    plan = plan_rollout(Step.LOAD, runs=True, start_first=True, claims=[])

    assert plan.steps.index(Step.WAIT_HEALTHY) < plan.steps.index(Step.STOP_OLD)
    assert plan.downtime == ""


def test_start_first_must_be_asked_for() -> None:
    plan = plan_rollout(Step.LOAD, runs=True, start_first=False, claims=[])

    assert plan.steps.index(Step.STOP_OLD) < plan.steps.index(Step.START_NEW)
    assert "start_first" in plan.downtime


def test_a_first_delivery_stops_nothing() -> None:
    plan = plan_rollout(Step.LOAD, runs=False, start_first=False, claims=[CLAIM])

    assert Step.STOP_OLD not in plan.steps
    assert plan.downtime == ""


def test_a_rollback_brings_no_image() -> None:
    plan = plan_rollout(None, runs=True, start_first=False, claims=[])

    assert plan.steps[0] is Step.CREATE


@pytest.mark.parametrize("start_first", [True, False])
@pytest.mark.parametrize("runs", [True, False])
def test_nothing_is_removed_before_the_commit(runs: bool, start_first: bool) -> None:
    plan = plan_rollout(Step.LOAD, runs=runs, start_first=start_first, claims=[])

    commit = plan.steps.index(Step.COMMIT)
    assert plan.steps.index(Step.WAIT_HEALTHY) < commit
    for step in (Step.REMOVE_OLD, Step.TAG_LATEST, Step.PRUNE):
        assert plan.steps.index(step) > commit


def test_what_was_begun_is_undone_backwards() -> None:
    begun = [Step.LOAD, Step.CREATE, Step.STOP_OLD]

    assert steps_to_undo(begun) == [Step.STOP_OLD, Step.CREATE, Step.LOAD]
    assert (
        steps_to_finish(plan_rollout(Step.LOAD, runs=True, start_first=False, claims=[]), begun)
        == []
    )


def test_nothing_is_undone_after_the_commit() -> None:
    plan = plan_rollout(Step.LOAD, runs=True, start_first=False, claims=[])

    assert steps_to_undo([Step.CREATE, Step.COMMIT]) == []
    assert steps_to_finish(plan, [Step.CREATE, Step.COMMIT]) == [
        Step.TAG_LATEST,
        Step.REMOVE_OLD,
        Step.PRUNE,
    ]
