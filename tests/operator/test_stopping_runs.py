"""A run that `spec.stop` ends: gracefully, once, and with its reason as the run's own."""

from typing import Any

import pytest
from operator_world import KEY, World, training_run

from chiplog_operator.sightings import Key

SAID = "stopped at step 400: 0.71 is above the median 0.42 of 6 trials"


def stop(world: World) -> None:
    world.cluster.runs[KEY]["spec"]["stop"] = {"reason": "Pruned", "message": SAID}


def running() -> World:
    world = World()
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record(step=400)
    world.passes(1)
    return world


def test_the_job_gets_a_deadline_that_is_over_and_keeps_its_pods_grace() -> None:
    world = running()
    stop(world)
    world.passes(1)
    assert world.job["spec"]["activeDeadlineSeconds"] == 1
    assert not world.job["spec"].get("suspend")
    assert (world.status["state"], world.status["reason"], world.status["message"]) == ("running", "Stopping", SAID)


def test_it_is_said_once() -> None:
    world = running()
    stop(world)
    for _ in range(3):
        world.passes(1)
    assert world.fate.writes.count("suspend") == 1


def ended(world: World) -> World:
    stop(world)
    world.passes(1)
    world.end_pod(code=143, reason="Error")
    world.record(state="drained", step=400)
    world.end_job("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
    world.passes(1)
    return world


def test_the_reason_of_the_stop_is_the_run_s() -> None:
    world = ended(running())
    assert (world.status["state"], world.status["reason"], world.status["message"]) == ("killed", "Pruned", SAID)
    assert world.condition("Failed") == ("True", "Pruned")
    assert world.condition("Durable") == ("True", "AllShipped")
    assert (world.outcome["reason"], world.outcome["message"]) == ("Pruned", SAID)


def test_a_program_that_ended_well_before_it_was_stopped_is_finished() -> None:
    world = running()
    world.end_pod()
    world.end_job()
    stop(world)
    world.record(state="drained", step=9, exit_code=0)
    world.passes(1)
    assert (world.status["state"], "message" in world.outcome) == ("finished", False)


@pytest.mark.parametrize("spec", [{}, {"suspend": True}])
def test_a_run_stopped_before_it_began_makes_no_job(spec: dict[str, Any]) -> None:
    world = World(training_run(**spec))
    stop(world)
    world.passes()
    assert world.cluster.jobs == {}
    assert (world.status["state"], world.status["reason"]) == ("killed", "Pruned")
    assert world.condition("Durable") == ("True", "NothingToShip")


def test_a_job_that_a_queue_holds_back_is_over_too() -> None:
    world = World()
    world.passes()
    world.job["spec"]["suspend"] = True
    stop(world)
    world.passes(1)
    assert (world.status["state"], world.status["reason"]) == ("killed", "Pruned")
    assert world.job["spec"]["activeDeadlineSeconds"] == 1
    assert Key(KEY.namespace, world.job["metadata"]["name"]) in world.cluster.jobs
