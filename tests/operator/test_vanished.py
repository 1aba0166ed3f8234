"""Pods and TrainingRuns that are gone: what is still told of them."""

from collections.abc import Callable

from operator_world import KEY, UID, World, training_run

Make = Callable[..., World]


def test_a_pod_seen_to_vanish_keeps_its_last_words(make_world: Make) -> None:
    world = make_world(backoffLimit=1)
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.end_pod(code=137, reason="OOMKilled")
    world.vanish_pod()
    world.passes(1)
    [attempt] = world.status["lastAttempts"]
    assert (attempt["reason"], attempt["exitCode"], attempt["signal"]) == ("OOMKilled", 137, 9)
    assert world.sightings.pods(KEY) == []
    world.start_operator()
    world.make_pod("p2")
    world.passes(1)
    assert [item["number"] for item in world.status["lastAttempts"]] == [1, 2]
    assert world.status["lastAttempts"][0] == attempt


def test_a_pod_that_vanished_unseen_is_deleted_and_no_more_is_guessed(make_world: Make) -> None:
    world = make_world(backoffLimit=1)
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.vanish_pod(is_seen=False)
    world.passes(1)
    [attempt] = world.status["lastAttempts"]
    assert attempt["reason"] == "Deleted"
    assert "exitCode" not in attempt


def test_a_deleted_run_s_outcome_is_still_written(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.vanish_run()
    assert world.passes(1) == 15.0
    assert (world.outcome["state"], world.outcome["reason"]) == ("killed", "RunDeleted")
    world.end_pod(code=143)
    world.record(state="drained")
    assert world.passes(15) is None
    assert world.outcome["durable"]
    assert world.sightings.run(KEY) is None


def test_a_run_made_again_under_its_name_is_another_run(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.vanish_run()
    again = training_run()
    again["metadata"]["uid"] = UID.replace("3f2a9c10", "aaaaaaaa")
    world.cluster.runs[KEY] = again
    world.passes(1)
    assert world.outcome["reason"] == "RunDeleted"
    assert world.status["runId"] == "mnist-aaaaaaaa"
    assert world.status["attempts"] == 0
