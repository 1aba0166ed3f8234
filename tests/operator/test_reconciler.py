"""A pass over a TrainingRun: what it writes, in what order."""

from collections.abc import Callable
from typing import Any

import pytest
from operator_world import KEY, RUN_ID, SETTINGS, World, training_run

from chiplog import records
from chiplog.errors import Unreachable
from chiplog_operator.cluster import Conflict, Forbidden, Invalid
from chiplog_operator.heads import Probe

Make = Callable[..., World]


def test_a_new_run_gets_its_document_then_its_job_then_its_outcome_then_a_status(world: World) -> None:
    world.passes()
    assert world.fate.writes == ["run.json", "job", "outcome.json", "status"]
    assert world.status["state"] == "pending"
    assert world.status["jobName"] == world.status["runId"] == RUN_ID


@pytest.mark.parametrize(
    ("env", "claim"),
    [
        ([], None),
        ([{"name": "WANDB_USERNAME", "value": "ada"}], "ada"),
        ([{"name": "WANDB_USERNAME", "value": "ada"}, {"name": "CHIPLOG_USERNAME", "value": "grace"}], "grace"),
        ([{"name": "CHIPLOG_USERNAME", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}], None),
    ],
)
def test_a_person_whom_a_run_names_is_written_down_as_a_claim(env: list[Any], claim: str | None) -> None:
    run = training_run()
    run["spec"]["template"]["spec"]["containers"][0]["env"] = env
    run["spec"]["template"]["spec"]["serviceAccountName"] = "nightly"
    world = World(run)
    world.passes()
    document = world.document("run.json", records.RUN_FORMAT)
    assert (document.get("claimed_by"), document["service_account"]) == (claim, "nightly")


def test_a_run_s_variables_are_written_down_without_secrets() -> None:
    run = training_run()
    run["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "EPOCHS", "value": "3"},
        {"name": "HF_TOKEN", "value": "very-secret"},
        {"name": "NOTE", "value": "it is very-secret"},
        {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
        {"name": "LONG", "value": "x" * 5000},
        *({"name": f"V{number}"} for number in range(1000)),
    ]
    world = World(run)
    world.passes()
    told = world.document("run.json", records.RUN_FORMAT)["variables"]["trainer"]
    assert (told["EPOCHS"], told["DB"], len(told["LONG"]), len(told)) == ("3", None, 1024, 256)
    assert "very-secret" not in str(told)


def test_of_a_new_run_nothing_is_read_from_the_bucket_before_its_job_is_made(world: World) -> None:
    world.passes()
    assert world.bucket.gets == []


def test_a_job_of_a_pass_that_was_cut_off_is_found_and_no_second_one_made(world: World) -> None:
    world.passes()
    job = world.job["metadata"]["uid"]
    del world.cluster.runs[KEY]["status"]
    world.bucket.delete(f"v1/runs/{SETTINGS.cluster}/{KEY.namespace}/{RUN_ID}/outcome.json")
    world.start_operator()
    world.passes()
    assert world.fate.writes.count("job") == 1
    assert world.status["jobName"] == world.job["metadata"]["name"]
    assert world.job["metadata"]["uid"] == job


def test_a_pass_that_finds_nothing_new_writes_nothing(world: World) -> None:
    world.passes()
    before = list(world.fate.writes)
    world.passes()
    assert world.fate.writes == before


def test_a_life_that_ends_well_is_told_in_full(world: World) -> None:
    world.passes()
    world.make_pod()
    world.passes(1)
    world.run_pod()
    world.passes(1)
    assert (world.status["state"], world.condition("Started")) == ("running", ("True", "TrainingStarted"))
    world.record(step=4, loss=0.5)
    world.passes(2)
    assert (world.status["step"], world.status["metric"]["value"]) == (4, "0.5")
    assert world.condition("Recording") == ("True", "Shipping")
    assert world.condition("Durable") == ("False", "Shipping")
    world.record(state="drained", step=9, loss=0.25, exit_code=0)
    world.end_pod()
    world.end_job()
    world.passes(2)
    assert (world.status["state"], world.status["exitCode"], world.status["step"]) == ("finished", 0, 9)
    assert world.condition("Complete") == ("True", "Completed")
    assert world.condition("Durable") == ("True", "AllShipped")
    assert world.outcome["durable"]
    assert world.cluster.reasons() == ["Started", "Finished", "Durable"]


def test_each_change_is_one_status_write(world: World) -> None:
    world.passes()
    world.make_pod()
    world.passes(1)
    world.run_pod()
    world.passes(1)
    world.record()
    world.passes(2)
    assert world.fate.writes.count("status") == 3  # That a pod was made is no news by itself.


def test_a_run_of_another_controller_is_left_alone(make_world: Make) -> None:
    world = make_world(managedBy="example.com/other")
    assert world.passes() is None
    assert world.fate.writes == []


def test_a_run_managed_by_us_by_name_is_ours(make_world: Make) -> None:
    world = make_world(managedBy="chiplog.dev/operator")
    world.passes()
    assert "job" in world.fate.writes


def test_a_job_that_a_quota_forbids_is_told_and_tried_again(world: World) -> None:
    world.cluster.refusal = Forbidden("exceeded quota: q")
    assert world.passes() == 30.0
    assert (world.status["state"], world.condition("Started")) == ("pending", ("False", "JobRefused"))
    assert "exceeded quota: q" in world.status["message"]
    assert world.cluster.reasons() == ["JobRefused"]
    world.cluster.refusal = None
    world.passes(30)
    assert world.status["jobName"] == RUN_ID


def test_an_invalid_job_is_the_end_of_the_run(world: World) -> None:
    world.cluster.refusal = Invalid("image: Required value")
    world.passes()
    assert (world.status["state"], world.condition("Failed")) == ("failed", ("True", "JobRefused"))
    assert world.condition("Durable") == ("True", "NothingToShip")
    assert world.outcome["state"] == "failed"


def test_a_job_that_an_old_answer_lacks_ends_no_run_that_was_just_made(world: World) -> None:
    world.passes()
    world.make_pod()
    jobs = dict(world.cluster.jobs)
    world.cluster.jobs.clear()
    world.passes(1)
    assert world.status["state"] == "pending"
    world.cluster.jobs.update(jobs)
    world.run_pod()
    world.passes(2)
    assert world.status["state"] == "running"
    assert world.cluster.jobs == jobs


def test_a_job_that_was_deleted_before_it_made_a_pod_is_the_end_of_its_run(world: World) -> None:
    world.passes()
    world.cluster.jobs.clear()
    world.passes(15)
    assert (world.status["state"], world.status["reason"]) == ("killed", "JobDeleted")


def test_a_run_is_not_durable_while_a_pod_of_it_may_still_start(world: World) -> None:
    world.passes()
    world.make_pod()
    world.cluster.jobs.clear()
    world.passes(15)
    assert (world.status["state"], world.status["reason"]) == ("killed", "JobDeleted")
    assert world.condition("Durable") == ("False", "Shipping")
    world.vanish_pod()
    world.passes(1)
    assert world.condition("Durable") == ("True", "NothingToShip")


def test_a_job_deleted_by_hand_is_not_made_again(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.cluster.jobs.clear()
    world.vanish_pod()
    world.passes(1)
    assert (world.status["state"], world.status["reason"]) == ("killed", "JobDeleted")
    assert world.cluster.jobs == {}


def test_a_run_whose_status_was_lost_gets_no_second_job(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.cluster.jobs.clear()
    world.cluster.all_pods.clear()
    del world.cluster.runs[KEY]["status"]
    world.start_operator()
    world.passes(1)
    assert world.cluster.jobs == {}
    assert world.status["state"] == "killed"


def test_a_run_that_is_being_deleted_gets_no_job(world: World) -> None:
    world.cluster.runs[KEY]["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z"
    world.passes()
    assert world.cluster.jobs == {}


def test_a_change_of_suspend_is_passed_on_once(world: World) -> None:
    world.passes()
    world.cluster.runs[KEY]["spec"]["suspend"] = True
    world.passes(1)
    world.passes(1)
    assert world.fate.writes.count("suspend") == 1
    assert world.job["spec"]["suspend"] is True
    assert (world.status["state"], world.condition("Suspended")) == ("suspended", ("True", "Suspended"))


def test_a_job_that_a_queue_holds_back_is_not_let_go(world: World) -> None:
    world.passes()
    world.job["spec"]["suspend"] = True
    world.passes(1)
    assert world.job["spec"]["suspend"] is True
    assert (world.status["state"], world.status["reason"]) == ("suspended", "Queued")


def test_training_starts_while_the_bucket_is_down_and_is_written_down_later(world: World) -> None:
    world.bucket.fault = Unreachable("no route to host")
    world.passes()
    assert world.job["metadata"]["name"] == RUN_ID
    assert world.status["state"] == "pending"
    world.make_pod()
    world.run_pod()
    world.passes(30)
    assert world.condition("Recording") == ("Unknown", "Unreachable")
    world.bucket.fault = None
    world.record()
    world.passes(30)
    assert world.condition("Recording") == ("True", "Shipping")
    assert world.outcome["attempts"][0]["number"] == 1
    assert world.document("run.json", records.RUN_FORMAT)["name"] == "mnist"


def test_a_recorder_that_may_not_write_is_asked_and_told(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    assert world.prober.asked == []
    world.prober.answer = Probe("denied", "PUT s3://records/live/x: AccessDenied")
    world.passes(30)
    assert world.prober.asked == ["uid-p1"]
    assert world.condition("Recording") == ("False", "AccessDenied")
    recording = next(item for item in world.status["conditions"] if item["type"] == "Recording")
    assert "arn:aws:iam::1:role/chiplog-sidecar-team" in recording["message"]
    assert world.status["state"] == "running"
    world.record()
    world.passes(2)
    assert world.condition("Recording") == ("True", "Shipping")
    assert world.cluster.reasons() == ["Started", "RecordingFailed", "RecordingResumed"]


def test_the_words_of_a_lasting_failure_do_not_write_a_status_each(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.prober.answer = Probe("denied", "PUT a: AccessDenied")
    world.passes(31)
    before = world.status["conditions"]
    world.prober.answer = Probe("denied", "PUT b: AccessDenied")
    world.passes(1)
    assert world.status["conditions"] == before


def test_time_to_live_counts_from_durable(make_world: Make) -> None:
    world = make_world(ttlSecondsAfterFinished=100)
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.end_pod()
    world.end_job()
    world.passes(1)
    assert world.condition("Durable") == ("False", "Shipping")
    world.record(state="drained")
    assert world.passes(50) == 100.0
    assert world.passes(99) == 1.0
    world.passes(1)
    assert KEY not in world.cluster.runs


def test_a_recorder_that_ended_before_it_had_drained_has_lost(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes(1)
    world.end_pod()
    world.end_job()
    assert world.passes(1) == 60.0
    assert world.condition("Durable") == ("False", "Shipping")
    assert world.passes(61) == 300.0
    assert world.condition("Durable") == ("False", "Lost")
    assert world.cluster.reasons()[-1] == "RecordsLost"
    world.record(state="drained")
    world.passes(300)
    assert world.condition("Durable") == ("True", "AllShipped")


def test_durable_is_not_said_before_the_outcome_is_written(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes(1)
    world.record(state="drained")
    world.end_pod()
    world.end_job()
    world.clock.now += 2
    world.ledger.refresh(KEY.namespace, ["uid-p1"])
    world.bucket.is_read_only = True
    world.reconciler.reconcile(KEY)
    assert world.condition("Durable") == ("False", "Shipping")
    world.bucket.is_read_only = False
    world.passes(30)
    assert world.condition("Durable") == ("True", "AllShipped")
    assert world.outcome["durable"]


def test_nothing_is_called_lost_by_an_old_sight_of_the_bucket(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes(1)
    world.end_pod()
    world.end_job()
    world.passes(1)
    world.bucket.fault = Unreachable("no route to host")
    world.clock.now += 61
    world.reconciler.reconcile(KEY)
    assert world.condition("Durable") == ("False", "Shipping")


def test_an_event_that_cannot_be_made_stops_nothing(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()

    world.cluster.event_refusal = Forbidden("events are forbidden")
    world.passes(1)
    assert world.status["state"] == "running"


def test_a_status_written_by_somebody_since_is_a_conflict_and_worth_another_pass(world: World) -> None:
    world.passes()
    world.make_pod()
    world.cluster.is_raced = True
    with pytest.raises(Conflict):
        world.passes(2)
    world.passes(2)
    assert world.status["attempts"] == 1
