"""What workloads of every kind say of themselves, and where they stand."""

from pathlib import Path

import pytest
import yaml
from others_world import Json, Others, ref, workload

from chiplog_operator import workloads
from chiplog_operator.specs import Workload

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
