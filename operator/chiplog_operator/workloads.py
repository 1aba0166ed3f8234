"""What the workload of a mirror says of itself, whatever its kind, in the words that we have for Jobs; it asks nobody.

Kinds whose end we cannot read are judged by their pods alone.
"""

from collections.abc import Mapping
from typing import Any

from chiplog_operator import observations, times
from chiplog_operator.observations import Job
from chiplog_operator.specs import Workload

Tree = Mapping[str, Any]

PLURALS: dict[tuple[str, str], str] = {
    ("", "Pod"): "pods",
    ("apps", "DaemonSet"): "daemonsets",
    ("apps", "Deployment"): "deployments",
    ("apps", "ReplicaSet"): "replicasets",
    ("apps", "StatefulSet"): "statefulsets",
    ("batch", "Job"): "jobs",
    ("jobset.x-k8s.io", "JobSet"): "jobsets",
    ("kubeflow.org", "MPIJob"): "mpijobs",
    ("kubeflow.org", "PyTorchJob"): "pytorchjobs",
    ("kubeflow.org", "TFJob"): "tfjobs",
    ("kubeflow.org", "XGBoostJob"): "xgboostjobs",
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): "leaderworkersets",
    ("ray.io", "RayCluster"): "rayclusters",
    ("ray.io", "RayJob"): "rayjobs",
    ("trainer.kubeflow.org", "TrainJob"): "trainjobs",
}
"""The kinds that are read, by group and kind; the chart grants `get` on each."""

ENDLESS = frozenset({"DaemonSet", "Deployment", "LeaderWorkerSet", "RayCluster", "ReplicaSet", "StatefulSet"})
"""Kinds that never end by themselves."""

TELLING = frozenset({"suspend", "runPolicy"})
"""Fields of a spec that `job` depends on; all else that it asks for stands in metadata and status."""

_COMPLETE = ("Complete", "Completed", "Succeeded")
_RAY = {"SUCCEEDED": ("Complete", "RayJobSucceeded"), "FAILED": ("Failed", "RayJobFailed"),
        "STOPPED": ("Failed", "RayJobStopped")}  # fmt: skip


def path(namespace: str, workload: Workload) -> str:
    """Where the API server has it; empty for a kind that is not known."""
    listing = collection(namespace, workload)
    return f"{listing}/{workload.name}" if listing else ""


def collection(namespace: str, workload: Workload) -> str:
    """Where the API server lists its kind, in a namespace or (`""`) in all; empty for a kind that is not known."""
    plural = PLURALS.get((workload.group, workload.kind))
    if plural is None:
        return ""
    root = f"/apis/{workload.api_version}" if workload.group else f"/api/{workload.api_version}"
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def mute(workload: Workload, created_at: float) -> Job:
    """A workload that we may not read, or do not know how to."""
    return Job(workload.uid, created_at, is_mute=True)


def job(workload: Workload, body: Tree) -> Job:
    """A workload as the API server gives it, as we know Jobs."""
    if workload.kind == "Job":
        return observations.job(body)
    if workload.kind == "Pod":
        return _pod(body)
    return _conditioned(workload, body)


def _pod(body: Tree) -> Job:
    metadata, status = body["metadata"], body.get("status") or {}
    ended = [((item.get("state") or {}).get("terminated") or {}).get("finishedAt")
             for item in status.get("containerStatuses") or []]  # fmt: skip
    phase = status.get("phase", "")
    return Job(
        uid=metadata["uid"],
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        finished_at=max((moment for moment in map(times.seconds, ended) if moment is not None), default=None),
        is_complete=phase == "Succeeded",
        failure="PodFailed" if phase == "Failed" else "",
        failing="",
        message=status.get("message", ""),
    )


def _conditioned(workload: Workload, body: Tree) -> Job:
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    held = {item["type"]: item for item in status.get("conditions") or [] if item.get("status") == "True"}
    if workload.kind == "RayJob":
        held |= _ray(status)
    complete = next((held[name] for name in _COMPLETE if name in held), None)
    failed = held.get("Failed")
    end = complete or failed or {}
    return Job(
        uid=metadata["uid"],
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        finished_at=times.seconds(end.get("lastTransitionTime")),
        is_suspended="Suspended" in held or bool(spec.get("suspend") or (spec.get("runPolicy") or {}).get("suspend")),
        is_complete=complete is not None,
        failure=(failed.get("reason") or f"{workload.kind}Failed") if failed else "",
        failing=(failed or {}).get("reason", ""),
        message=(failed or {}).get("message", ""),
        is_mute=workload.kind in ENDLESS,
    )


def _ray(status: Tree) -> dict[str, Tree]:
    """A RayJob has no conditions of its own."""
    found = _RAY.get(status.get("jobStatus", ""))
    if found is None and status.get("jobDeploymentStatus") == "Failed":
        found = ("Failed", status.get("reason") or "RayJobFailed")
    if found is None:
        return {}
    kind, reason = found
    return {kind: {"reason": reason, "message": status.get("message", ""), "lastTransitionTime": status.get("endTime")}}
