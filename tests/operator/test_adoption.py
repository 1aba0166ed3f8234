"""Everyone else's pods: whose they are, the one run that mirrors their workload, and what it tells of its life."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from crd import SCHEMA, strict
from operator_world import SETTINGS, START, World

from chiplog import records
from chiplog_operator import admission, mirrors, names, times, workloads
from chiplog_operator.sightings import Key
from chiplog_operator.specs import Workload

Json = dict[str, Any]
UID = "0a1b2c3d-0000-4000-8000-00000000000"


def ref(kind: str, name: str, number: int, api: str = "batch/v1") -> Json:
    return {"apiVersion": api, "kind": kind, "name": name, "uid": f"{UID}{number}", "controller": True}


def workload(kind: str, name: str, number: int, owner: Json | None = None, **body: Any) -> Json:
    owners = {"ownerReferences": [owner]} if owner else {}
    return {
        "metadata": {"name": name, "uid": f"{UID}{number}", "creationTimestamp": times.text(START), **owners},
        **body,
    }


JOB, JOBSET = ref("Job", "mnist", 1), ref("JobSet", "gang", 2, "jobset.x-k8s.io/v1alpha2")
TRAINJOB = ref("TrainJob", "llm", 3, "trainer.kubeflow.org/v1alpha1")
RAYJOB, RAYCLUSTER = ref("RayJob", "tune", 4, "ray.io/v1"), ref("RayCluster", "tune-x7k2p", 5, "ray.io/v1")
CRONJOB, TRIAL = ref("CronJob", "nightly", 6), ref("Trial", "trial-1", 7, "kubeflow.org/v1beta1")


class Others(World):
    """A world with workloads that are not ours."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster.runs.clear()

    def make(self, name: str, owner: Json | None, *, is_missed: bool = False, **marks: str) -> Json:
        """Somebody's controller makes a pod; unless it is missed, the injector puts the recorder into it."""
        metadata = {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": "1",
                    "creationTimestamp": times.text(self.clock()), "labels": {"chiplog.dev/inject": "true"},
                    "annotations": marks, **({"ownerReferences": [owner]} if owner else {})}  # fmt: skip
        told: Json = {"metadata": metadata, "spec": {"restartPolicy": "Never", "nodeName": "node-1",
                      "containers": [{"name": "trainer", "image": "x"}]}}  # fmt: skip
        if not is_missed:
            answer = admission.review(told, "team", SETTINGS)
            assert answer.pod is not None
            told = answer.pod
        told["status"] = {"phase": "Pending", "podIP": "10.0.0.1"}
        self.cluster.all_pods[Key("team", name)] = told
        return told

    def set_pod(self, name: str, phase: str, trainer: Json, recorder: Json, **status: Any) -> None:
        super().set_pod(name, phase, trainer, recorder, **status)
        if not admission.is_recorded(self.pod(name)):
            del self.pod(name)["status"]["initContainerStatuses"]

    def arrive(self, name: str = "p1") -> Key | None:
        """The watch brings the pod, and it is adopted."""
        return self.adopter.adopt(self.strangers.arrived(self.pod(name)))

    def look(self, key: Key, seconds: float = 1.0) -> Json:
        """A pass over the mirror; gives its status."""
        self.clock.now += seconds
        for namespace, recorders in self.following.due(self.clock.now).items():
            self.ledger.refresh(namespace, recorders)
        self.reconciler.reconcile(key)
        status = dict(self.cluster.runs[key].get("status") or {})
        jsonschema.validate(status, strict(SCHEMA["status"]))
        return status

    def kept(self, key: Key) -> Json:
        """outcome.json of the mirror."""
        outcome = self.ledger.outcome(self.ledger.place(*key))
        assert outcome is not None
        return dict(outcome)


@pytest.fixture
def others() -> Others:
    made = Others()
    made.cluster.workloads |= {
        ("Job", "mnist"): workload("Job", "mnist", 1),
        ("Job", "mnist-of-cron"): workload("Job", "mnist-of-cron", 1, CRONJOB),
        ("Job", "mnist-of-set"): workload("Job", "mnist-of-set", 1, JOBSET),
        ("JobSet", "gang"): workload("JobSet", "gang", 2),
        ("RayCluster", "tune-x7k2p"): workload("RayCluster", "tune-x7k2p", 5, RAYJOB),
        ("RayJob", "tune"): workload("RayJob", "tune", 4),
        ("Job", "mnist-of-trial"): workload("Job", "mnist-of-trial", 1, TRIAL),
        ("ReplicaSet", "serve-5d9"): workload("ReplicaSet", "serve-5d9", 6, ref("Deployment", "serve", 7, "apps/v1")),
        ("Deployment", "serve"): workload("Deployment", "serve", 7),
        ("TrainJob", "llm"): workload("TrainJob", "llm", 3),
    }
    return made


def named(reference: Json, name: str) -> Json:
    return {**reference, "name": name}


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


JOBSETS, TRAINER, RAY = "jobset.x-k8s.io/v1alpha2", "trainer.kubeflow.org/v1alpha1", "ray.io/v1"
CONDITIONS = [
    ("JobSet", JOBSETS, {"conditions": [{"type": "Completed", "status": "True"}]}, "finished"),
    ("JobSet", JOBSETS, {"conditions": [{"type": "Failed", "status": "True", "reason": "FailedJobs"}]}, "failed"),
    ("TrainJob", TRAINER, {"conditions": [{"type": "Complete", "status": "True"}]}, "finished"),
    ("TrainJob", TRAINER, {"conditions": [{"type": "Suspended", "status": "True"}]}, "suspended"),
    ("RayJob", RAY, {"jobStatus": "SUCCEEDED", "endTime": "2026-11-23T22:00:00Z"}, "finished"),
    ("RayJob", RAY, {"jobStatus": "FAILED", "message": "boom"}, "failed"),
    ("RayJob", RAY, {"jobStatus": "RUNNING"}, "pending"),
    ("PyTorchJob", "kubeflow.org/v1", {"conditions": [{"type": "Succeeded", "status": "True"}]}, "finished"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "api", "said", "state"), CONDITIONS)
def test_the_word_of_every_kind_of_workload_is_understood(
    others: Others, kind: str, api: str, said: Json, state: str
) -> None:
    others.cluster.workloads[kind, "w"] = workload(kind, "w", 8, status=said)
    others.make("p1", ref(kind, "w", 8, api))
    key = others.arrive()
    assert key is not None
    assert others.look(key)["state"] == state


def test_a_pod_that_was_missed_is_told_so_and_its_run_is_untracked(others: Others) -> None:
    others.make("p1", JOB, is_missed=True)
    key = others.arrive()
    assert key is not None
    [event] = others.cluster.events.values()
    assert (event["type"], event["reason"]) == ("Warning", "Missed")
    assert event["regarding"] == {"apiVersion": "v1", "kind": "Pod", "name": "p1", "namespace": "team", "uid": "uid-p1"}
    others.run_pod()
    status = others.look(key)
    assert (status["state"], status["reason"]) == ("untracked", "Missed")
    assert "the injector did not answer the API server in time" in status["message"]
    [recording] = [item for item in status["conditions"] if item["type"] == "Recording"]
    assert (recording["status"], recording["reason"]) == ("False", "Untracked")
    others.end_pod()
    done = {"type": "Complete", "status": "True", "lastTransitionTime": times.text(others.clock())}
    others.cluster.workloads["Job", "mnist"]["status"] = {"conditions": [done]}
    status = others.look(key, 120)
    [durable] = [item for item in status["conditions"] if item["type"] == "Durable"]
    assert (status["state"], durable["status"], durable["reason"]) == ("finished", "False", "Untracked")
    others.look(key, 1)
    assert len([event for event in others.cluster.events.values() if event["regarding"]["kind"] == "Pod"]) == 1


def entry(manager: str, seconds: float, **fields: Any) -> Json:
    labels = {"f:labels": {"f:chiplog.dev/inject": {}}}
    return {"manager": manager, "time": times.text(START + seconds), "fieldsV1": {"f:metadata": labels, **fields}}


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry("kubectl-label", 60)], "LabelledLate"),
        ([entry("kubectl-client-side-apply", 60, **{"f:spec": {}})], "LabelledLate"),
        ([entry("kubectl-create", 0, **{"f:spec": {}})], "Missed"),
        ([entry("kube-controller-manager", 600, **{"f:spec": {}})], "Missed"),
        ([], "Missed"),
    ],
)
def test_a_label_that_came_late_is_told_in_other_words(others: Others, entries: list[Json], reason: str) -> None:
    others.make("p1", None, is_missed=True)["metadata"]["managedFields"] = entries
    others.arrive()
    assert [event["reason"] for event in others.cluster.events.values()] == [reason]


def test_a_pod_that_does_not_say_who_trains_is_flagged_with_that(others: Others) -> None:
    others.make("p1", None, is_missed=True)["spec"]["containers"].append({"name": "proxy"})
    key = others.arrive()
    assert key is not None
    [event] = others.cluster.events.values()
    assert event["reason"] == "NotInjectable"
    assert "which of the containers trainer, proxy trains?" in event["note"]


def test_an_ignored_annotation_is_told_on_the_pod(others: Others) -> None:
    told = others.make("p1", None)
    told["metadata"]["annotations"]["chiplog.dev/cpu"] = "lots"
    others.arrive()
    [event] = others.cluster.events.values()
    assert event["reason"] == "AnnotationIgnored"
    assert "chiplog.dev/cpu: 'lots'" in event["note"]


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


def namespace(seconds: float) -> Json:
    entries = [entry("kubectl-label", seconds)]
    return {"metadata": {"name": "team", "labels": {"chiplog.dev/inject": "true"}, "managedFields": entries}}


@pytest.mark.parametrize(
    ("asked_at", "labels", "is_found"),
    [(-60, {}, True), (60, {}, False), (-60, {"chiplog.dev/inject": "false"}, False)],
)
def test_pods_that_were_missed_in_an_asking_namespace_are_found(
    others: Others, asked_at: float, labels: dict[str, str], is_found: bool
) -> None:
    others.cluster.asking = [namespace(asked_at)]
    others.make("p1", JOB, is_missed=True)["metadata"]["labels"] = labels
    found = list(others.adopter.missed())
    assert found == ([Key("team", "p1")] if is_found else [])
    if not found:
        return
    key = others.adopter.adopt(found[0])
    assert key is not None
    others.run_pod()
    for again in others.adopter.missed():
        assert others.adopter.adopt(again) == key
    assert others.look(key)["state"] == "untracked"
    assert [event["reason"] for event in others.cluster.events.values()] == ["Missed", "Started"]


def test_a_closed_namespace_is_not_swept_and_a_labelled_pod_there_is_told_why(others: Others) -> None:
    closed = replace(SETTINGS, closed_namespaces=("team",))
    others.adopter = replace(others.adopter, settings=closed)
    others.cluster.asking = [namespace(-60)]
    others.make("p1", JOB, is_missed=True)
    assert list(others.adopter.missed()) == []
    others.arrive()
    [event] = others.cluster.events.values()
    assert "namespace team is closed to Chiplog" in event["note"]


def test_a_pod_that_ended_before_anybody_looked_makes_no_noise(others: Others) -> None:
    others.make("p1", JOB, is_missed=True)["status"]["phase"] = "Succeeded"
    assert others.arrive() is None
    assert others.cluster.runs == {}
    assert others.cluster.events == {}


def test_every_kind_that_is_read_may_be_read_by_the_chart_s_role() -> None:
    text = (Path(__file__).parents[2] / "charts" / "chiplog" / "templates" / "rbac.yaml").read_text()
    start = text.index('{{- define "chiplog.operator.rules" -}}')
    rules = yaml.safe_load(text[start : text.index("{{- end -}}", start)].partition("\n")[2])
    granted = {
        (group, resource)
        for rule in rules
        if "get" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert {(group, plural) for (group, _), plural in workloads.PLURALS.items()} <= granted


def test_a_workload_s_path_is_that_of_its_api() -> None:
    assert workloads.path("team", Workload("v1", "Pod", "a", "u")) == "/api/v1/namespaces/team/pods/a"
    assert workloads.path("team", Workload("batch/v1", "Job", "a", "u")) == "/apis/batch/v1/namespaces/team/jobs/a"
    assert workloads.path("team", Workload("example.com/v1", "Job", "a", "u")) == ""


GATES = '[{"metric": "loss", "goal": "minimize", "limit": 0.4}]'


def of_a_night(others: Others, **marks: str) -> Json:
    """A pod of a CronJob's Job, adopted; gives its mirror."""
    job = workload("Job", "mnist-of-cron", 1, CRONJOB)
    job["metadata"]["annotations"] = {"batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-26T03:00:00+01:00"}
    others.cluster.workloads["Job", "mnist-of-cron"] = job
    others.make("p1", named(JOB, "mnist-of-cron"), **marks)
    key = others.arrive()
    assert key is not None
    return others.cluster.runs[key]


def test_a_cronjob_s_own_pod_is_a_night_of_its_line(others: Others) -> None:
    metadata = of_a_night(others)["metadata"]
    assert metadata["labels"][names.LINE_LABEL] == "nightly"
    assert metadata["annotations"] == {
        names.LINE_UID_ANNOTATION: CRONJOB["uid"], names.SCHEDULED_ANNOTATION: "2026-11-26T02:00:00Z",
    }  # fmt: skip


def test_a_night_brings_its_gates_in_annotations(others: Others) -> None:
    mirror = of_a_night(others, **{"chiplog.dev/gates": GATES, "chiplog.dev/promote": "latest"})
    assert mirror["spec"]["gates"] == [{"metric": "loss", "goal": "minimize", "limit": 0.4}]
    assert mirror["spec"]["promote"] == "latest"
    jsonschema.validate(mirror["spec"], strict(SCHEMA["spec"]))


@pytest.mark.parametrize("gates", ["loss<1", "{}", '[{"metric": "loss", "goal": "minimize"}]'])
def test_a_wrong_gate_is_said_and_no_pointer_moves(others: Others, gates: str) -> None:
    mirror = of_a_night(others, **{"chiplog.dev/gates": gates, "chiplog.dev/promote": "latest"})
    assert not {"gates", "promote"} & set(mirror["spec"])
    assert others.cluster.reasons() == ["AnnotationIgnored"]


def test_a_job_that_was_made_by_hand_is_no_night(others: Others) -> None:
    others.make("p1", named(JOB, "mnist-of-cron"))
    key = others.arrive()
    assert key is not None
    assert names.LINE_LABEL not in others.cluster.runs[key]["metadata"]["labels"]
