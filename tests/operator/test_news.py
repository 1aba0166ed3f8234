"""What a status costs in writes: transitions at once and few, progress within a budget for the whole cluster."""

from typing import Any

import pytest
from operator_world import KEY, Time, World

from chiplog_operator import news
from chiplog_operator.news import Budget
from chiplog_operator.sightings import Key


def writes(world: World) -> int:
    return world.fate.writes.count("status")


def test_the_transitions_of_a_life_are_four_writes(world: World) -> None:
    world.passes()
    world.make_pod()
    world.passes(seconds=0.3)
    world.run_pod()
    world.passes(seconds=0.3)
    world.record(step=1)
    world.passes(seconds=1)
    world.record(state="draining", step=2)
    world.passes(seconds=0.5)
    world.record(state="drained", step=3)
    world.end_pod()
    world.passes(seconds=0.3)
    world.end_job()
    world.passes(seconds=0.1)
    assert world.condition("Durable") == ("True", "AllShipped")
    assert (world.status["state"], world.status["step"]) == ("finished", 3)
    assert writes(world) == 4


def test_a_run_that_fails_is_told_of_in_four_writes_too(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes()
    world.record()
    world.passes(seconds=1)
    world.record(state="drained")
    world.end_pod(code=3)
    world.passes(seconds=0.3)
    world.end_job("Failed", "BackoffLimitExceeded")
    world.passes(seconds=0.1)
    assert (world.condition("Failed"), world.condition("Durable")) == (("True", "Error"), ("True", "AllShipped"))
    assert writes(world) == 4


def test_progress_waits_for_its_turn_and_comes_back_for_it(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record(step=1)
    world.passes(seconds=1)
    before = writes(world)
    world.record(step=2)
    again = world.passes(seconds=0.5)
    assert writes(world) == before
    assert again == pytest.approx(news.LEAST_SECONDS - 0.5)
    assert again is not None
    world.passes(seconds=again)
    assert (world.status["step"], writes(world)) == (2, before + 1)


def test_a_transition_never_waits(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes()
    before = writes(world)
    world.vanish_pod()
    world.passes()
    assert (world.status["state"], writes(world)) == ("pending", before + 1)


@pytest.mark.parametrize(("live", "seconds"), [(1, 2), (4, 2), (20, 10), (1000, 500)])
def test_the_budget_is_for_the_whole_cluster(live: int, seconds: float) -> None:
    clock = Time()
    budget = Budget(2, clock)
    assert budget.wait(KEY, live) == 0
    budget.told(KEY)
    assert budget.wait(KEY, live) == seconds


def test_a_thousand_runs_write_no_more_than_the_budget() -> None:
    clock, told = Time(), 0
    budget = Budget(2, clock)
    runs = [Key("team", f"r{number}") for number in range(1000)]
    for run in runs:
        budget.told(run)
    for _ in range(100):
        clock.now += 10
        for run in runs:
            if budget.wait(run, len(runs)) == 0:
                budget.told(run)
                told += 1
    assert told <= 2 * 1000


STATUS: dict[str, Any] = {
    "state": "pending",
    "reason": "Pending",
    "message": "m",
    "conditions": [{"type": "Started", "status": "False", "reason": "Pending", "message": "m"}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"step": 1},
        {"lagSeconds": 3},
        {"metric": {"name": "loss", "value": "1"}},
        {"reason": "Starting", "message": "pod p starts"},
        {"attempts": 1, "lastAttempts": [{"number": 1, "restarts": 0, "pod": "p"}]},
    ],
)
def test_progress_is_no_transition(change: dict[str, Any]) -> None:
    assert not news.is_transition(STATUS, {**STATUS, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"state": "running"},
        {"reason": "Unschedulable"},
        {"observedGeneration": 2},
        {"jobName": "j"},
        {"conditions": [{"type": "Started", "status": "True", "reason": "TrainingStarted", "message": "m"}]},
        {"lastAttempts": [{"number": 1, "restarts": 1, "pod": "p"}]},
    ],
)
def test_what_somebody_must_know_is_a_transition(change: dict[str, Any]) -> None:
    assert news.is_transition(STATUS, {**STATUS, **change})
