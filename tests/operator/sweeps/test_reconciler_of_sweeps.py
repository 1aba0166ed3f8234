"""A pass over a Sweep: which trials it makes, stops and counts."""

from typing import Any

import pytest
from operator_world import SETTINGS, START, Fate
from sweep_world import GRID, SWEEP, SweepWorld, sweep

from chiplog import layout
from chiplog.errors import Unreachable
from chiplog_operator import times
from chiplog_operator.cluster import Forbidden
from chiplog_operator.sightings import Key

HYPERBAND: dict[str, Any] = {**GRID, "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 3}}


def test_as_many_trials_start_as_may_run_at_once() -> None:
    world = SweepWorld()
    world.passes()
    assert world.trials == ["lr-0", "lr-1"]
    assert [world.parameters(index) for index in (0, 1)] == [{"x": 0}, {"x": 1}]
    assert (world.status["state"], world.status["running"], world.status["expectedTrials"]) == ("running", 2, 6)


def test_a_trial_that_ends_makes_room_for_the_next() -> None:
    world = SweepWorld()
    world.passes()
    world.train(0, 0.5, 0.25, 0.75)
    world.end(0)
    world.passes()
    assert world.trials == ["lr-0", "lr-1", "lr-2"]
    assert (world.status["succeeded"], world.status["running"]) == (1, 2)
    assert world.status["best"]["trial"] == "lr-0"
    assert world.status["best"]["value"] == "0.25"


def test_a_pass_that_finds_nothing_new_writes_nothing() -> None:
    world = SweepWorld()
    world.passes()
    before = list(world.fate.writes)
    assert world.passes(1) == 30.0
    assert world.fate.writes == before


def lived(die_after: int = 0, config: dict[str, Any] = HYPERBAND) -> SweepWorld:
    """A sweep of six from its first trial to its last, the operator dying after its n-th write."""
    world = SweepWorld(sweep(config, parallelism=3), Fate(die_after))
    for _ in range(12):
        world.passes(10)
        for index in [index for index in range(6) if f"lr-{index}" in world.trials]:
            body = world.trial(index)
            if body.get("status", {}).get("state") in ("finished", "killed"):
                continue
            if "stop" in body["spec"]:
                finish(world, index, "killed", "Pruned")
            elif body.get("status", {}).get("rows") == 3:
                finish(world, index, "finished", "Completed")
            else:
                world.train(index, *[float((index + 3) % 6)] * 3)
    return world


def finish(world: SweepWorld, index: int, state: str, reason: str) -> None:
    try:
        world.end(index, state, reason)
    except BaseException as death:
        if type(death).__name__ != "Killed":
            raise
        world.start_operator()
        world.end(index, state, reason)


def test_a_sweep_ends_when_every_trial_is_over() -> None:
    world = lived()
    assert world.condition("Complete") == ("True", "AllTrialsMade")
    assert (world.status["trials"], world.status["running"]) == (6, 0)
    assert world.status["succeeded"] + world.status["pruned"] == 6
    assert world.status["best"]["trial"] == "lr-3"
    assert world.passes() is None


@pytest.mark.parametrize("die_after", range(1, len(lived().fate.writes) + 1))
def test_an_operator_killed_after_any_write_loses_and_doubles_no_trial(die_after: int) -> None:
    quiet, killed = lived(), lived(die_after)
    assert killed.trials == quiet.trials
    assert killed.fate.writes.count("trial") == 6
    assert [killed.parameters(index) for index in range(6)] == [quiet.parameters(index) for index in range(6)]
    for field in ("trials", "succeeded", "pruned", "failed", "best", "state"):
        assert killed.status[field] == quiet.status[field], field


def test_a_trial_is_stopped_by_hyperband_with_its_numbers() -> None:
    world = SweepWorld(sweep(HYPERBAND, parallelism=3))
    world.passes()
    for index in range(3):
        world.train(index, 1.0, 1.0, float(index))
    world.passes(10)
    said = "stopped at iteration 3: loss 2 is above 1, the best 1/3 of 3 trials there"
    assert world.trial(2)["spec"]["stop"] == {"reason": "Pruned", "message": said}
    assert ["stop" in world.trial(index)["spec"] for index in range(3)] == [False, False, True]
    assert world.status["lastStopped"] == [{"trial": "lr-2", "message": said}]
    assert "TrialStopped" in world.cluster.reasons()
    world.end(2, "killed", "Pruned")
    world.passes(10)
    assert (world.status["pruned"], world.status["running"]) == (1, 3)
    assert (world.document(2)["state"], world.document(2)["message"]) == ("pruned", said)


def test_a_stopped_trial_is_stopped_once() -> None:
    world = SweepWorld(sweep(HYPERBAND, parallelism=3))
    world.passes()
    for index in range(3):
        world.train(index, 1.0, 1.0, float(index))
    world.passes(10)
    world.passes(10)
    assert world.fate.writes.count("stop") == 1


def test_results_survive_the_rows_that_they_were_read_from() -> None:
    world = SweepWorld(sweep(HYPERBAND, parallelism=3))
    world.passes()
    for index in range(3):
        world.train(index, 1.0, 1.0, float(index))
        world.end(index)
        world.seal(index)
    world.start_operator()
    world.passes(10)
    assert world.status["best"]["value"] == "0"
    assert world.document(1)["metrics"][0]["at"] == {"3": 1.0}


def test_an_ended_trial_is_not_counted_while_its_values_cannot_be_read() -> None:
    world = SweepWorld()
    world.passes()
    world.train(0, 0.5)
    world.end(0)
    world.start_operator()
    world.bucket.fault = Unreachable("no route to host")
    world.passes(10)
    assert world.trials == ["lr-0", "lr-1"]
    world.bucket.fault = None
    world.passes(10)
    assert world.trials == ["lr-0", "lr-1", "lr-2"]


def test_a_running_trial_is_not_read_again_before_it_can_have_reached_the_next_band() -> None:
    world = SweepWorld(sweep({**HYPERBAND, "early_terminate": {"type": "hyperband", "min_iter": 4}}))
    world.passes()
    reads = []
    for rows in range(1, 14):
        world.train(0, *[0.5] * rows)
        before = len(world.bucket.gets)
        world.passes(10)
        reads.append(any("/raw/" in key for key in world.bucket.gets[before:]))
    assert [rows for rows, was_read in enumerate(reads, 1) if was_read] == [4, 12]


def test_suspend_starts_nothing_and_stops_nothing() -> None:
    world = SweepWorld()
    world.passes()
    world.change(suspend=True)
    world.train(0, 0.5)
    world.end(0)
    world.passes(10)
    assert world.trials == ["lr-0", "lr-1"]
    assert world.condition("Suspended") == ("True", "Suspended")
    world.change(suspend=False)
    world.passes(10)
    assert world.trials == ["lr-0", "lr-1", "lr-2"]
    assert world.condition("Suspended") == ("False", "Resumed")


def test_a_finished_sweep_goes_on_when_its_cap_is_raised() -> None:
    world = SweepWorld(sweep({**GRID, "run_cap": 1}))
    world.passes()
    world.train(0, 0.5)
    world.end(0)
    world.passes(10)
    assert world.condition("Complete") == ("True", "AllTrialsMade")
    world.change(sweepConfig={**GRID, "run_cap": 2})
    world.passes(10)
    assert world.trials == ["lr-0", "lr-1"]
    assert (world.status["state"], world.condition("Complete")) == ("running", None)


def test_no_trial_starts_after_one_reached_the_target() -> None:
    world = SweepWorld(sweep({**GRID, "metric": {"name": "loss", "target": 0.3}}))
    world.passes()
    world.train(0, 0.25)
    world.end(0)
    world.passes(10)
    assert (world.status["state"], world.status["reason"]) == ("running", "TargetReached")
    world.train(1, 0.5)
    world.end(1)
    world.passes(10)
    assert (world.trials, world.condition("Complete")) == (["lr-0", "lr-1"], ("True", "TargetReached"))


def test_a_sweep_whose_first_trials_all_fail_is_given_up() -> None:
    world = SweepWorld(sweep(parallelism=1))
    for index in range(5):
        world.passes(10)
        world.train(index)
        world.end(index, "failed", "Error")
    world.passes(10)
    assert (world.trials[-1], world.condition("Failed")) == ("lr-4", ("True", "EveryTrialFails"))


def test_more_failures_than_allowed_end_a_sweep() -> None:
    world = SweepWorld(sweep(parallelism=1, maxFailedTrials=1))
    for index, state in enumerate(["finished", "failed", "failed"]):
        world.passes(10)
        world.train(index, 0.5)
        world.end(index, state, "x")
    world.passes(10)
    assert world.condition("Failed") == ("True", "TooManyFailures")
    assert "2 trials failed, maxFailedTrials is 1" in world.status["message"]


def test_a_trial_deleted_by_hand_is_not_made_again() -> None:
    world = SweepWorld(sweep(parallelism=1))
    world.passes()
    del world.cluster.runs[Key(SWEEP.namespace, "lr-0")]
    world.passes(10)
    assert world.trials == ["lr-1"]
    assert (world.status["failed"], world.status["trials"]) == (1, 2)


def test_a_bad_configuration_is_said_with_every_reason() -> None:
    world = SweepWorld(sweep({**GRID, "parameters": {"o": {"parameters": {"lr": {"min": 2.5, "max": 1}}}}}))
    world.passes()
    assert world.condition("Accepted") == ("False", "InvalidConfig")
    assert "sweepConfig.parameters.o.lr: min 2.5 is not less than max 1" in world.status["message"]
    assert world.trials == []


def test_a_refused_trial_is_said_and_tried_again() -> None:
    world = SweepWorld()
    world.cluster.run_refusal = Forbidden("exceeded quota: q")
    assert world.passes() == 30.0
    assert world.condition("Failed") == ("True", "TrialRefused")
    world.cluster.run_refusal = None
    world.passes(30)
    assert (world.trials, world.status["state"]) == (["lr-0", "lr-1"], "running")


def test_a_stranger_of_a_trial_s_name_is_left_alone() -> None:
    world = SweepWorld()
    world.cluster.create_run({"metadata": {"namespace": "team", "name": "lr-0"}, "spec": {"mine": True}})
    world.passes()
    assert world.cluster.runs[Key("team", "lr-0")]["spec"] == {"mine": True}
    assert world.condition("Failed") == ("True", "NameTaken")


def test_trials_of_an_earlier_sweep_of_the_name_are_not_counted() -> None:
    world = SweepWorld()
    world.passes()
    world.cluster.sweeps[SWEEP]["metadata"]["uid"] = "another"
    world.cluster.sweeps[SWEEP].pop("status")
    world.passes(10)
    assert world.condition("Failed") == ("True", "NameTaken")


def test_the_estimate_moves_only_when_a_trial_ends() -> None:
    world = SweepWorld()
    world.passes()
    world.train(0, 0.5)
    world.clock.now += 100
    world.end(0)
    world.passes(1)
    said = world.status["estimatedCompletionTime"]
    world.passes(50)
    assert world.status["estimatedCompletionTime"] == said
    assert times.seconds(said) == START + 100 + 100 * 5 / 2
    world.train(1, 0.5)
    world.end(1)
    world.passes(1)
    assert world.status["estimatedCompletionTime"] != said


def test_a_sweep_that_is_gone_leaves_nothing_of_its_trials_in_memory() -> None:
    world = SweepWorld(sweep(parallelism=1))
    world.passes()
    run_id = world.run_id(0)
    world.train(0, 0.5)
    world.end(0)
    world.bucket.delete(layout.trial_key(layout.Run(SETTINGS.cluster, SWEEP.namespace, run_id)))
    world.passes(1)
    assert world.results.kept(SWEEP.namespace, run_id) is not None
    del world.cluster.sweeps[SWEEP]
    world.passes(1)
    assert world.results.kept(SWEEP.namespace, run_id) is None
