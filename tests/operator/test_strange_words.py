"""What somebody else wrote where our words stand: in a status, in the bucket under a run's id."""

from dataclasses import replace
from typing import Any

from operator_world import KEY, RUN_ID, SETTINGS, UID, World, training_run

from chiplog import records
from chiplog.errors import Unreachable
from chiplog_operator import documents, specs

BY_HAND = [{"manager": "kubectl-edit", "operation": "Update", "subresource": "status"}]


def edited(world: World, **status: Any) -> None:
    """Somebody who may writes into the status."""
    body = world.cluster.runs[KEY]
    body["metadata"]["managedFields"] = BY_HAND
    body["status"] = {**(body.get("status") or {}), **status}


def durable() -> dict[str, Any]:
    moment = "2026-11-23T00:00:00Z"
    said = {"reason": "AllShipped", "message": "m", "lastTransitionTime": moment}
    return {"type": "Durable", "status": "True", **said}


def test_an_end_that_somebody_wrote_into_the_status_of_a_living_run_is_corrected(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes(1)
    edited(world, state="finished", reason="Completed", completionTime="2026-11-23T00:00:00Z", conditions=[durable()])
    world.passes(2)
    assert (world.status["state"], world.condition("Durable")) == ("running", ("False", "Shipping"))
    assert world.outcome["state"] == "running"


def test_an_end_that_somebody_rewrote_is_told_again_by_the_witnesses(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record(state="drained")
    world.end_pod(code=3)
    world.end_job("Failed", "BackoffLimitExceeded")
    world.passes(1)
    assert world.status["state"] == "failed"
    edited(world, state="finished", reason="Completed")
    world.passes(2)
    assert (world.status["state"], world.status["reason"]) == ("failed", "Error")


def test_a_status_emptied_by_hand_makes_no_second_job(world: World) -> None:
    world.passes()
    edited(world)
    world.cluster.runs[KEY]["status"] = {}
    world.passes(1)
    assert world.fate.writes.count("job") == 1
    assert world.status["state"] == "pending"


def another_s(world: World, uid: str) -> None:
    """The bucket has a run of our id, of a resource with this UID."""
    run = replace(specs.run(training_run()), uid=uid)
    key = f"v1/runs/{SETTINGS.cluster}/{KEY.namespace}/{RUN_ID}/"
    world.bucket.put(f"{key}run.json", records.pack_document(documents.run(run, SETTINGS.cluster)))
    status = {"state": "running", "conditions": []}
    world.bucket.put(f"{key}outcome.json", records.pack_document(documents.outcome(RUN_ID, status, [])))


def test_a_run_whose_id_is_another_s_makes_and_writes_nothing_and_says_so(world: World) -> None:
    another_s(world, f"{UID[:8]}-0000-4000-8000-00000000000f")
    before = list(world.fate.writes)
    world.passes()
    assert (world.status["state"], world.status["reason"]) == ("pending", "RunIdTaken")
    assert "belongs to another run in the bucket" in world.status["message"]
    assert world.condition("Admitted") == ("False", "RunIdTaken")
    world.passes(60)
    assert [what for what in world.fate.writes[len(before) :] if what != "event"] == ["status"]
    world.vanish_run()
    world.passes()
    assert world.outcome["state"] == "running"


def test_a_run_of_the_same_resource_is_its_own_after_its_status_was_lost(world: World) -> None:
    another_s(world, UID)
    world.passes(15)
    assert world.status["reason"] != "RunIdTaken"
    assert (world.status["state"], world.status["reason"]) == ("killed", "JobDeleted")


def test_whose_a_run_is_costs_no_training_while_the_bucket_is_down(world: World) -> None:
    world.bucket.fault = Unreachable("down")
    world.passes()
    assert world.fate.writes.count("job") == 1
