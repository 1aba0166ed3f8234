"""What a status costs in writes: transitions at once and few, progress within a budget for the whole cluster."""

from typing import Any

import pytest
from operator_world import KEY, Patient, Time, World, training_run

from chiplog_operator import following, news, recording
from chiplog_operator.heads import Probe
from chiplog_operator.news import Budget
from chiplog_operator.sightings import Key


def writes(world: World) -> int:
    return world.fate.writes.count("status")


def attempt(world: World, name: str, code: int) -> None:
    """A pod is made, its recorder and its trainer start, and it ends with a code."""
    world.make_pod(name)
    world.passes(seconds=0.2)
    world.record(name)
    world.run_pod(name)
    world.passes(seconds=0.6)
    world.record(name, state="drained", step=3)
    world.end_pod(name, code=code)
    world.passes(seconds=0.7)


def test_a_plain_life_is_four_writes_at_most() -> None:
    world = Patient()
    world.passes()
    world.make_pod()
    world.passes(seconds=0.2)
    world.run_pod()
    world.passes(seconds=0.1)
    world.record()
    world.passes(seconds=2.5)
    world.record(state="drained", step=3)
    world.end_pod()
    world.passes(seconds=0.7)
    world.end_job()
    world.passes(seconds=0.1)
    assert (world.status["state"], world.condition("Durable")) == ("finished", ("True", "AllShipped"))
    assert writes(world) == 4


def test_a_life_whose_recorder_was_quicker_than_its_trainer_is_three_writes() -> None:
    world = Patient()
    world.passes()
    attempt(world, "p1", 0)
    world.end_job()
    world.passes(seconds=0.1)
    assert (world.status["state"], world.condition("Durable")) == ("finished", ("True", "AllShipped"))
    assert writes(world) == 3


def test_another_attempt_is_two_writes_more() -> None:
    world = Patient(training_run(backoffLimit=1))
    world.passes()
    attempt(world, "p1", 3)
    world.passes(seconds=1)
    assert (world.status["state"], world.status["reason"]) == ("pending", "Restarting")
    world.clock.now += 0.5
    attempt(world, "p2", 0)
    world.end_job()
    world.passes(seconds=0.1)
    assert [item["reason"] for item in world.status["lastAttempts"]] == ["Error", "Completed"]
    assert [reason for reason in world.cluster.reasons() if reason != "Durable"] == [
        "Started",
        "AttemptEnded",
        "Finished",
    ]
    assert writes(world) == 5


def test_a_start_is_told_at_once_whether_or_not_its_recorder_was_heard_of() -> None:
    world = Patient()
    world.passes()
    world.make_pod()
    world.passes(seconds=0.2)
    world.run_pod()
    world.passes()
    assert (world.status["state"], world.condition("Recording")) == ("running", ("Unknown", "Waiting"))


def test_a_first_head_is_found_within_half_a_second_and_told_at_once() -> None:
    world = Patient()
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes()
    assert world.following.due(world.clock()) != {}
    world.record()
    world.clock.now += following.AWAITED_SECONDS
    [(namespace, recorders)] = world.following.due(world.clock()).items()
    assert world.ledger.refresh(namespace, recorders) == {"uid-p1"}
    world.reconciler.reconcile(KEY)
    assert world.condition("Recording") == ("True", "Shipping")
    world.clock.now += following.AWAITED_SECONDS
    assert world.following.due(world.clock()) == {}, "it was heard of, and is looked at as any young run"


def test_a_recorder_that_never_writes_is_waited_for_no_longer_than_it_may_take() -> None:
    world = Patient()
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes()
    looks = 0
    for _ in range(120):
        world.clock.now += following.AWAITED_SECONDS
        looks += bool(world.following.due(world.clock()))
    assert looks <= recording.EXPECTED_SECONDS / following.AWAITED_SECONDS + 40 / following.HOT_SECONDS + 1


def test_what_is_held_is_told_within_a_second_of_the_first_word_of_it() -> None:
    world = Patient()
    assert world.passes() == pytest.approx(news.SETTLE_SECONDS)
    assert world.passes(seconds=0.6) == pytest.approx(news.SETTLE_SECONDS - 0.6)
    assert not world.status
    world.passes(seconds=0.4)
    assert (world.status["state"], world.status["reason"]) == ("pending", "Pending")


def test_a_job_that_is_deleted_before_any_status_was_told_is_not_made_again() -> None:
    world = Patient()
    world.passes()
    assert not world.status
    world.cluster.jobs.clear()
    world.start_operator()
    world.passes(seconds=15)
    assert world.fate.writes.count("job") == 1
    assert (world.status["state"], world.status["reason"]) == ("killed", "JobDeleted")


def test_a_second_attempt_is_believed_to_be_recorded_as_the_first_until_it_is_overdue() -> None:
    world = Patient(training_run(backoffLimit=1))
    world.passes()
    attempt(world, "p1", 3)
    world.make_pod("p2")
    world.run_pod("p2")
    world.passes(seconds=10)
    assert world.condition("Recording") == ("True", "Shipping")
    world.prober.answer = Probe("silent", "no answer")
    world.passes(seconds=recording.EXPECTED_SECONDS + 1)
    assert world.condition("Recording") == ("Unknown", "NoAnswer")


def test_without_a_moment_s_patience_a_life_is_four_writes(world: World) -> None:
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


def test_a_transition_that_lasts_never_waits(world: World) -> None:
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


def test_after_a_restart_the_turns_of_very_many_lie_all_over_an_interval() -> None:
    budget = Budget(2.0, Time())
    for number in range(100):
        budget.enter(Key("team", f"r{number}"), 100, number / 100)
    waits = [budget.wait(Key("team", f"r{number}"), 100) for number in range(100)]
    assert waits == pytest.approx([50 - number / 2 for number in range(100)])


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
