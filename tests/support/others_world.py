"""The operator's world with workloads that are not ours, and pods of theirs that ask for the recorder."""

from typing import Any

import jsonschema
from crd import SCHEMA, strict
from operator_world import SETTINGS, START, World

from chiplog_operator import admission, times
from chiplog_operator.sightings import Key

Json = dict[str, Any]
UID = "0a1b2c3d-0000-4000-8000-00000000000"


def ref(kind: str, name: str, number: int, api: str = "batch/v1") -> Json:
    """An owner's reference, by the last digit of its UID."""
    return {"apiVersion": api, "kind": kind, "name": name, "uid": f"{UID}{number}", "controller": True}


def workload(kind: str, name: str, number: int, owner: Json | None = None, **body: Any) -> Json:
    """A workload as the API server gives it."""
    owners = {"ownerReferences": [owner]} if owner else {}
    return {
        "metadata": {"name": name, "uid": f"{UID}{number}", "creationTimestamp": times.text(START), **owners},
        **body,
    }


def named(reference: Json, name: str) -> Json:
    """The same reference to one of another name."""
    return {**reference, "name": name}


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


def of_many_kinds() -> Others:
    """Workloads of every kind, none of which has a pod yet."""
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
