"""Everyone else's pods: whose they are, the one run that mirrors their workload, and what it tells of its life."""

import copy

import jsonschema
import pytest
from crd import SCHEMA, strict
from others_world import (
    JOB,
    RAYCLUSTER,
    TRAINJOB,
    UID,
    Json,
    Others,
    named,
    ref,
    workload,
)

from chiplog import records
from chiplog_operator import mirrors, names, times
from chiplog_operator.sightings import Key


@pytest.mark.parametrize(
    ("owner", "top"),
    [
        (None, ("Pod", "p1")),
        (JOB, ("Job", "mnist")),
        (named(JOB, "mnist-of-cron"), ("Job", "mnist-of-cron")),
        (named(JOB, "mnist-of-set"), ("JobSet", "gang")),
        (named(JOB, "mnist-of-trial"), ("Trial", "trial-1")),
        (RAYCLUSTER, ("RayJob", "tune")),
        (ref("ReplicaSet", "serve-5d9", 6, "apps/v1"), ("Deployment", "serve")),
        (ref("MyTrainer", "x", 9, "example.com/v1"), ("MyTrainer", "x")),
        ({**JOB, "controller": False}, ("Pod", "p1")),
        ({**JOB, "uid": "another"}, ("Job", "mnist")),
    ],
)
def test_a_pod_belongs_to_its_topmost_workload(others: Others, owner: Json | None, top: tuple[str, str]) -> None:
    found = others.strangers.lineage.top(others.make("p1", owner))
    assert (found.kind, found.name) == top


def test_a_train_job_s_gang_is_one_run_over_three_owners(others: Others) -> None:
    others.cluster.workloads["JobSet", "gang"] = workload("JobSet", "gang", 2, TRAINJOB)
    found = others.strangers.lineage.top(others.make("p1", named(JOB, "mnist-of-set")))
    assert (found.kind, found.name, found.uid) == ("TrainJob", "llm", f"{UID}3")


def test_the_way_up_ends_where_nobody_may_read(others: Others) -> None:
    others.cluster.forbidden = {"JobSet"}
    others.cluster.workloads["JobSet", "gang"] = workload("JobSet", "gang", 2, TRAINJOB)
    assert others.strangers.lineage.top(others.make("p1", named(JOB, "mnist-of-set"))).kind == "JobSet"


def test_a_labelled_job_becomes_one_run_that_goes_with_it(others: Others) -> None:
    others.make("p1", JOB, **{"chiplog.dev/project": "vision", "chiplog.dev/metrics": "loss:minimize"})
    others.make("p2", JOB)
    key = others.arrive("p1")
    assert key == others.arrive("p2") == Key("team", "mnist-0a1b2c3d")
    assert list(others.cluster.runs) == [key]
    run = others.cluster.runs[key]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "mnist", "uid": f"{UID}1"}
    assert run["metadata"]["ownerReferences"] == [{**owner, "controller": False, "blockOwnerDeletion": False}]
    assert run["spec"] == {
        "mirrors": owner,
        "displayName": "mnist",
        "project": "vision",
        "ttlSecondsAfterFinished": 604800,
        "metrics": [{"name": "loss", "goal": "minimize"}],
        "recorder": {"container": "trainer"},
    }


def test_a_mirror_s_spec_is_one_that_the_schema_knows(others: Others) -> None:
    wishes = {"cpu": "1", "paths": "/logs", "console": "false", "tags": "a,b", "notes": "n", "name": "first"}
    others.make("p1", JOB, **{f"chiplog.dev/{name}": value for name, value in wishes.items()})
    key = others.arrive()
    assert key is not None
    jsonschema.validate(others.cluster.runs[key]["spec"], strict(SCHEMA["spec"]))


@pytest.mark.parametrize(
    ("workload_name", "expected"),
    [
        ("mnist", "mnist-0a1b2c3d"),
        ("2024.Run_7", "run-2024-run-7-0a1b2c3d"),
        ("x" * 253, "x" * 39 + "-0a1b2c3d"),
        ("a" * 38 + "-b", "a" * 38 + "-0a1b2c3d"),
        ("...", "run-0a1b2c3d"),
    ],
)
def test_a_mirror_s_name_is_one_that_the_api_takes(workload_name: str, expected: str) -> None:
    assert names.mirror(workload_name, f"{UID}1") == expected
    assert len(expected) <= 48


def test_the_whole_life_of_a_job_that_is_not_ours(others: Others) -> None:
    others.make("p1", JOB, **{"chiplog.dev/metrics": "loss:minimize"})
    key = others.arrive()
    assert key is not None
    assert others.look(key)["state"] == "pending"
    others.run_pod()
    others.record(step=7, loss=0.5)
    status = others.look(key)
    assert (status["state"], status["step"], status["runId"]) == ("running", 7, "mnist-0a1b2c3d")
    assert "jobName" not in status
    [attempt] = others.kept(key)["attempts"]
    assert [item["id"] for item in attempt["recorders"]] == ["uid-p1"]
    others.end_pod()
    others.record(state="drained", exit_code=0, step=9, loss=0.1)
    done = {"type": "Complete", "status": "True", "lastTransitionTime": times.text(others.clock())}
    others.cluster.workloads["Job", "mnist"]["status"] = {"conditions": [done]}
    status = others.look(key, 2)
    assert (status["state"], status["exitCode"], status["metric"]["value"]) == ("finished", 0, "0.1")
    assert others.kept(key)["durable"] is True


def test_nothing_is_ever_written_on_a_workload_or_a_pod(others: Others) -> None:
    before = copy.deepcopy(others.cluster.workloads)
    test_the_whole_life_of_a_job_that_is_not_ours(others)
    after = copy.deepcopy(others.cluster.workloads)
    del after["Job", "mnist"]["status"]
    assert after == before
    assert set(others.fate.writes) == {"trial", "run.json", "outcome.json", "status", "event"}


def test_the_run_s_document_tells_what_the_pod_says(others: Others) -> None:
    told = others.make("p1", JOB)
    told["spec"]["serviceAccountName"] = "trainer"
    key = others.arrive()
    assert key is not None
    others.look(key)
    place = f"v1/runs/c1/team/{key.name}/run.json"
    document = records.unpack_document(others.bucket.get(place).data, records.RUN_FORMAT, place)
    assert (document["name"], document["run"], document["service_account"]) == ("mnist", "mnist-0a1b2c3d", "trainer")
    assert document["images"] == {"trainer": "x"}


def test_the_pods_of_an_indexed_job_are_ranks_of_one_attempt(others: Others) -> None:
    for rank in (1, 0):
        others.make(f"p{rank}", JOB, **{names.COMPLETION_INDEX: str(rank)})
        others.arrive(f"p{rank}")
        others.run_pod(f"p{rank}")
    key = Key("team", "mnist-0a1b2c3d")
    assert others.look(key)["attempts"] == 1
    [attempt] = others.kept(key)["attempts"]
    assert [(item["rank"], item["pod"]) for item in attempt["recorders"]] == [(0, "p0"), (1, "p1")]


def test_a_pod_that_follows_another_is_the_next_attempt(others: Others) -> None:
    others.make("p1", JOB)
    key = others.arrive("p1")
    assert key is not None
    others.run_pod("p1")
    others.look(key)
    others.clock.now += 5
    others.end_pod("p1", code=3)
    others.look(key)
    others.clock.now += 5
    others.make("p2", JOB)
    others.arrive("p2")
    others.run_pod("p2")
    status = others.look(key)
    assert (status["state"], status["attempts"]) == ("running", 2)
    assert [item["recorders"][0]["rank"] for item in others.kept(key)["attempts"]] == [0, 0]


def test_ray_s_workers_stand_behind_the_head_and_one_that_follows_another_is_the_next_attempt(others: Others) -> None:
    key = None
    for name, role in (("w1", "worker"), ("head", "head"), ("w2", "worker")):
        others.make(name, RAYCLUSTER)["metadata"]["labels"]["ray.io/node-type"] = role
        others.run_pod(name)
        key = others.arrive(name)
        assert key is not None
        others.look(key)
    assert key is not None
    [attempt] = others.kept(key)["attempts"]
    assert [(item["pod"], item["rank"]) for item in attempt["recorders"]] == [("head", 0), ("w1", 1), ("w2", 2)]
    others.end_pod("w1", code=3)
    others.look(key, 10)
    others.make("w3", RAYCLUSTER)["metadata"]["labels"]["ray.io/node-type"] = "worker"
    others.run_pod("w3")
    others.arrive("w3")
    others.look(key)
    second = others.kept(key)["attempts"][1]
    assert [(item["pod"], item["rank"]) for item in second["recorders"]] == [("w3", 1)]


def test_a_bare_pod_is_a_run_of_its_own(others: Others) -> None:
    others.make("solo", None)
    key = others.arrive("solo")
    assert key == Key("team", "solo-uidsolo")
    others.run_pod("solo")
    assert others.look(key)["state"] == "running"
    others.end_pod("solo", code=137, reason="OOMKilled")
    status = others.look(key)
    assert (status["state"], status["reason"]) == ("killed", "OOMKilled")


def test_a_workload_that_is_deleted_while_it_runs_ends_its_run(others: Others) -> None:
    others.make("p1", JOB)
    key = others.arrive()
    assert key is not None
    others.run_pod()
    others.look(key)
    del others.cluster.workloads["Job", "mnist"]
    others.sightings.pod_vanished(key, others.cluster.all_pods.pop(Key("team", "p1")))
    status = others.look(key)
    assert (status["state"], status["message"]) == ("killed", "Job mnist was deleted while it ran")


def deleted_by_hand(others: Others, key: Key) -> None:
    """Somebody deletes the mirror and nothing else, and the deletion is worked on."""
    others.sightings.run_vanished(key, others.cluster.runs.pop(key))
    others.reconciler.reconcile(key)


def test_a_mirror_that_is_deleted_by_hand_comes_back_and_its_run_goes_on(others: Others) -> None:
    others.make("p1", JOB)
    key = others.arrive()
    assert key is not None
    others.run_pod()
    others.record(step=7)
    others.look(key)
    deleted_by_hand(others, key)
    assert others.kept(key)["state"] == "running"
    assert others.arrive() == key
    status = others.look(key)
    assert (status["state"], status["step"], status["attempts"]) == ("running", 7, 1)
    assert others.sightings.run(key) is None
    assert "Missed" not in others.cluster.reasons()


def test_a_mirror_that_went_with_its_workload_does_not_come_back(others: Others) -> None:
    others.make("p1", JOB)
    key = others.arrive()
    assert key is not None
    others.run_pod()
    others.look(key)
    del others.cluster.workloads["Job", "mnist"]
    deleted_by_hand(others, key)
    assert others.arrive() is None
    assert key not in others.cluster.runs
    assert (others.kept(key)["state"], others.kept(key)["reason"]) == ("killed", "WorkloadDeleted")


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_deleted_mirror_of_what_nobody_may_read_goes_on_as_long_as_a_pod_lives(
    others: Others, is_alive: bool
) -> None:
    others.make("p1", ref("MyTrainer", "x", 9, "example.com/v1"))
    key = others.arrive()
    assert key is not None
    others.run_pod()
    others.look(key)
    if not is_alive:
        others.sightings.pod_vanished(key, others.cluster.all_pods.pop(Key("team", "p1")))
    deleted_by_hand(others, key)
    assert others.kept(key)["state"] == ("running" if is_alive else "killed")
    if is_alive:
        assert others.arrive() == key
        assert key in others.cluster.runs


@pytest.mark.parametrize(("code", "wait", "state"), [(0, 61, "finished"), (3, 901, "failed")])
def test_a_workload_of_an_unknown_kind_is_judged_by_its_pods(
    others: Others, code: int, wait: float, state: str
) -> None:
    others.make("p1", ref("MyTrainer", "x", 9, "example.com/v1"))
    key = others.arrive()
    assert key is not None
    others.run_pod()
    others.look(key)
    others.end_pod(code=code)
    assert others.look(key)["state"] in ("running", "pending")
    assert others.look(key, wait)["state"] == state


def test_what_was_mirrored_to_its_end_is_not_mirrored_again(others: Others) -> None:
    test_the_whole_life_of_a_job_that_is_not_ours(others)
    key = Key("team", "mnist-0a1b2c3d")
    del others.cluster.runs[key]
    others.arrive()
    assert key not in others.cluster.runs


def test_a_mirror_goes_seven_days_after_its_records_are_safe(others: Others) -> None:
    test_the_whole_life_of_a_job_that_is_not_ours(others)
    key = Key("team", "mnist-0a1b2c3d")
    others.clock.now += mirrors.TTL_SECONDS - 60
    others.reconciler.reconcile(key)
    assert key in others.cluster.runs
    others.clock.now += 120
    others.reconciler.reconcile(key)
    assert key not in others.cluster.runs


def test_a_mirror_that_a_person_made_under_another_name_is_left_alone(others: Others) -> None:
    others.make("p1", JOB)
    key = others.arrive()
    assert key is not None
    stolen = copy.deepcopy(others.cluster.runs.pop(key))
    stolen["metadata"] |= {"name": "mine", "uid": "uid-mine"}
    others.cluster.runs[Key("team", "mine")] = stolen
    others.reconciler.reconcile(Key("team", "mine"))
    assert "status" not in others.cluster.runs[Key("team", "mine")]
