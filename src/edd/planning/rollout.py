"""Which steps lead from what runs to what is wanted, and back."""

from collections.abc import Sequence

from edd.model.plan import RolloutPlan, Step

TAIL = (Step.COMMIT, Step.TAG_LATEST, Step.REMOVE_OLD, Step.PRUNE)
FIRST = (Step.CREATE, Step.SWAP_NAMES, Step.START_NEW, Step.WAIT_HEALTHY)
START_FIRST = (Step.CREATE, Step.START_NEW, Step.WAIT_HEALTHY, Step.STOP_OLD, Step.SWAP_NAMES)
STOP_FIRST = (Step.CREATE, Step.STOP_OLD, Step.SWAP_NAMES, Step.START_NEW, Step.WAIT_HEALTHY)


def plan_rollout(
    source: Step | None, *, runs: bool, start_first: bool, claims: Sequence[str]
) -> RolloutPlan:
    """Return the steps to a new release, beginning with how its image comes (None: it is here).

    The old container stops first, unless the configuration asks for start-first and nothing in
    ``claims``, the reasons why two such containers cannot run side by side, forbids it. The new
    container is created before the old one stops, so that arguments Docker refuses cost no
    downtime.
    """
    come = (source,) if source else ()
    if not runs:
        return RolloutPlan((*come, *FIRST, *TAIL))
    if start_first and not claims:
        return RolloutPlan((*come, *START_FIRST, *TAIL))
    return RolloutPlan((*come, *STOP_FIRST, *TAIL), downtime=why_away(claims))


def why_away(claims: Sequence[str]) -> str:
    """Say why the old container stops before the new one starts."""
    if claims:
        reasons = "; ".join(f"it {claim}" for claim in claims)
        return f"The old container stops first: {reasons}."
    return "The old container stops first; `start_first = true` would avoid that."


def steps_to_undo(begun: Sequence[Step]) -> list[Step]:
    """Return the begun steps in the order in which to undo them; none after the commit."""
    return [] if Step.COMMIT in begun else list(reversed(begun))


def steps_to_finish(plan: RolloutPlan, begun: Sequence[Step]) -> list[Step]:
    """Return what is left to do once the commit was written; each step may be done twice."""
    if Step.COMMIT not in begun:
        return []
    return list(plan.steps[plan.steps.index(Step.COMMIT) + 1 :])
