"""The operator dies after any of its writes, and the one that follows it comes to the same end."""

from typing import Any

import pytest
from operator_world import KEY, Fate, Step, World, training_run, until_stable

from chiplog import records
from chiplog.errors import Unreachable


def first_ends(world: World) -> None:
    world.end_pod(code=137, reason="OOMKilled")
    world.record(state="drained", step=5)


def second_ends(world: World) -> None:
    world.end_pod("p2")
    world.end_job()
    world.record("p2", state="drained", step=9)


LIFE: list[Step] = [
    lambda world: None,
    lambda world: world.make_pod(),
    lambda world: world.run_pod(),
    lambda world: world.record(step=3, loss=0.5),
    lambda world: advance(world, 2),
    first_ends,
    lambda world: advance(world, 2),
    lambda world: world.make_pod("p2"),
    lambda world: world.run_pod("p2"),
    lambda world: world.record("p2", step=7),
    second_ends,
    lambda world: advance(world, 3),
]


def advance(world: World, seconds: float) -> None:
    world.clock.now += seconds
    for namespace, recorders in world.following.due(world.clock.now).items():
        world.ledger.refresh(namespace, recorders)


def lived(die_after: int) -> World:
    world = World(training_run(backoffLimit=1), Fate(die_after))
    for step in LIFE:
        step(world)
        until_stable(world)
    return world


def timeless(status: Any) -> Any:
    """A status without the moments at which conditions changed: a new life reads a head sooner than the next look."""
    conditions = [{**item, "lastTransitionTime": ""} for item in status["conditions"]]
    return {**status, "conditions": conditions}


@pytest.mark.parametrize("die_after", range(1, len(lived(0).fate.writes) + 1))
def test_an_operator_killed_after_any_write_comes_to_the_same_end(die_after: int) -> None:
    quiet, killed = lived(0), lived(die_after)
    assert timeless(killed.status) == timeless(quiet.status)
    assert killed.outcome == quiet.outcome
    assert killed.document("run.json", records.RUN_FORMAT) == quiet.document("run.json", records.RUN_FORMAT)
    assert killed.cluster.jobs.keys() == quiet.cluster.jobs.keys()
    assert quiet.status["attempts"] == 2
    assert [item["reason"] for item in quiet.status["lastAttempts"]] == ["OOMKilled", "Completed"]


def test_a_settled_run_costs_a_restart_no_request_to_the_bucket(world: World) -> None:
    for step in LIFE:
        step(world)
        until_stable(world)
    world.start_operator()
    world.bucket.fault = Unreachable("no route to host")
    before = list(world.fate.writes)
    world.reconciler.reconcile(KEY)
    assert world.fate.writes == before
