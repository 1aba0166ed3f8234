"""A cluster of a few objects, as `chiplog explain` asks for them, and pods that ask for the recorder."""

import json
from typing import Any

from chiplog.errors import ClusterDenied

RECORDER = {"name": "chiplog", "restartPolicy": "Always"}
JOB = {"metadata": {"name": "j", "namespace": "team"}}
MOUNT = {"name": "chiplog", "mountPath": "/chiplog"}


class Cluster:
    """What a cluster holds, by kind and name."""

    context, namespace = "test", "team"

    def __init__(self, run: Any = None, job: Any = None, pods: Any = (), **around: Any) -> None:
        self._run, self._job, self._pods = run, job, list(pods)
        self._around = around

    def training_run(self, namespace: str, name: str) -> Any:
        return self._run if self._run and self._run["metadata"]["name"] == name else None

    def job(self, namespace: str, name: str) -> Any:
        return self._job

    def pods(self, namespace: str, run: str, run_id: str) -> Any:
        return self._pods

    def every_pod(self, namespace: str, selector: str = "") -> Any:
        return self._pods

    def mirrors(self, namespace: str) -> Any:
        return [self._run] if self._run and "mirrors" in self._run.get("spec", {}) else []

    def namespace_object(self, name: str) -> Any:
        told = {"labels": self._around.get("labels", {}), "managedFields": self._around.get("managed", [])}
        return {"metadata": {"name": name, **told}} if name == "team" else None

    def webhooks(self) -> Any:
        if "webhooks" not in self._around:
            raise ClusterDenied("not you")
        return self._around["webhooks"]

    def deployments(self, component: str) -> Any:
        return [{"metadata": {"name": component, "namespace": "sys"}, "status": {"availableReplicas": n}}
                for n in self._around.get(f"{component}s", [2])]  # fmt: skip

    def events(self, namespace: str, name: str) -> Any:
        return self._around.get("events", {}).get(name, [])

    def pod(self, namespace: str, name: str) -> Any:
        return next((pod for pod in self._pods if pod["metadata"]["name"] == name), None)


def training_run(**status: Any) -> Any:
    metadata = {"name": "mnist", "namespace": "team"}
    return {"metadata": metadata, "status": status and {"runId": "mnist-0123abcd", "jobName": "j", **status}}


def pod(name: str = "r1-pod", injected: bool = True, labels: Any = None, **status: Any) -> Any:
    container = {"name": "main", "volumeMounts": [MOUNT] if injected else [], "env": status.pop("env", [])}
    return {
        "metadata": {"name": name, "namespace": "team", "labels": labels or {}},
        "spec": {"containers": [container], "initContainers": [RECORDER] if injected else []},
        "status": status,
    }


ASK = {"chiplog.dev/inject": "true"}
OPEN = [{"webhooks": [{"namespaceSelector": {"matchExpressions": [
    {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "sys"]}]}}]}]  # fmt: skip
ELSEWHERE = json.loads(json.dumps(OPEN).replace("NotIn", "In"))
CLOSED = json.loads(json.dumps(OPEN).replace('"sys"', '"team"'))


def note(message: str) -> Any:
    return {"type": "Warning", "reason": "LabelledLate", "reportingComponent": "chiplog.dev/operator",
            "message": message}  # fmt: skip


def warning(reason: str, message: str) -> Any:
    return {"type": "Warning", "reason": reason, "reportingComponent": "kubelet", "message": message}


def asking(*containers: str, injected: bool = False, labels: Any = ASK, **annotations: str) -> Any:
    """A pod that is not of a TrainingRun."""
    made = pod("p1", injected=injected, labels=dict(labels))
    made["metadata"]["annotations"] = {f"chiplog.dev/{name}": value for name, value in annotations.items()}
    made["spec"]["containers"] = [{**made["spec"]["containers"][0], "name": name} for name in containers or ("main",)]
    return made


def wrong(found: list[tuple[Any, str]]) -> list[str]:
    """What is said to be wrong."""
    return [text for good, text in found if good is False]
