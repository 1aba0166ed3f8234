"""What the cluster's objects say: is it a run of ours, does the recorder stand in its pods, and do they start."""

from collections.abc import Iterator
from typing import Any

from chiplog import rundir
from chiplog_cli.evidence import Evidence, Object
from chiplog_cli.findings import Finding, bad, good, matching, open_

_CONDITIONS = ("Started", "Recording", "Complete", "Failed", "Suspended", "Durable")

_LATER = frozenset({"Shipping", "Resumed"})
"""Reasons of a condition that is False without anything being wrong."""

_ONLINE = ("online", "shared")
"""Modes in which wandb writes a log as well, beside W&B's server."""

_WAITING = {
    "ErrImagePull": "check the image's name, and that the node may pull it (imagePullSecrets)",
    "ImagePullBackOff": "check the image's name, and that the node may pull it (imagePullSecrets)",
    "InvalidImageName": "correct the image's name",
    "CreateContainerConfigError": "a Secret or ConfigMap that the pod names is missing",
    "CrashLoopBackOff": "see why it ended: kubectl logs {pod} -c {container} --previous",
}


def of(seen: Evidence) -> Iterator[Finding]:
    """All that the cluster knows of the subject."""
    if seen.no_cluster:
        yield open_(f"the cluster was not asked: {seen.no_cluster}")
        return
    if seen.training_run is not None:
        yield from _of_run(seen.training_run)
    if seen.is_namespace:
        if seen.around is not None:
            yield from matching.of_namespace(seen.pods, seen.around)
        return
    if seen.training_run is not None and seen.job is None and not seen.pods:
        yield bad("it has no Job yet", "see the operator: kubectl logs -n chiplog-system deployment/chiplog-operator")
    for pod in seen.pods:
        yield from _of_pod(pod, seen)


def _of_run(run: Object) -> Iterator[Finding]:
    status = run.get("status") or {}
    if not status:
        yield bad(
            "the operator has not seen the TrainingRun",
            "is it running? kubectl get pods -A -l app.kubernetes.io/component=operator",
        )
        return
    yield good(f"TrainingRun {run['metadata']['name']} is run {status.get('runId', '')}, {status.get('state', '')}")
    if status.get("message"):
        over_badly = status.get("state") in ("failed", "killed", "silent", "untracked")
        yield Finding(False if over_badly else None, f"the operator says: {status['message']}")
    for condition in sorted(status.get("conditions") or [], key=_rank):
        yield from _of_condition(condition)


def _rank(condition: Object) -> int:
    return _CONDITIONS.index(condition["type"]) if condition["type"] in _CONDITIONS else len(_CONDITIONS)


def _of_condition(condition: Object) -> Iterator[Finding]:
    kind, status, reason = condition["type"], condition["status"], condition.get("reason", "")
    text = f"{kind} is {status} ({reason}): {condition.get('message', '')}".rstrip(": ")
    if kind in ("Recording", "Durable"):
        is_good = True if status == "True" else False if status == "False" and reason not in _LATER else None
        yield Finding(is_good, text)
    elif kind == "Failed" and status == "True":
        yield Finding(False, text)


def _of_pod(pod: Object, seen: Evidence) -> Iterator[Finding]:
    yield from matching.of_pod(pod, seen.around, has_run=seen.training_run is not None)
    if matching.recorder(pod) is None:
        return
    for container in (pod.get("spec") or {}).get("containers") or []:
        yield from _of_container(pod["metadata"]["name"], container)
    yield from _of_state(pod)


def _of_container(pod: str, container: Object) -> Iterator[Finding]:
    """Where it writes; only a container with a part of our volume is recorded."""
    mounts = [item["mountPath"] for item in container.get("volumeMounts") or [] if item["name"] == rundir.VOLUME]
    name = container["name"]
    if not mounts:
        yield open_(f"container {name} of pod {pod} is not recorded", "")
        return
    yield good(f"container {name} of pod {pod}: what it writes to {', '.join(mounts)} is recorded")
    values = {item["name"]: item.get("value", "") for item in container.get("env") or []}
    yield from _of_variables(name, values, mounts)


def _of_variables(container: str, values: dict[str, str], mounts: list[str]) -> Iterator[Finding]:
    mode, folder = values.get("WANDB_MODE", ""), values.get("WANDB_DIR", "")
    if mode == "disabled":
        yield bad(f"WANDB_MODE of container {container} is disabled: wandb writes nothing", "remove the variable")
    elif mode in _ONLINE:
        yield open_(f"WANDB_MODE of container {container} is {mode}: wandb also sends to its own server")
    if folder and not any(f"{folder.rstrip('/')}/".startswith(f"{mount.rstrip('/')}/") for mount in mounts):
        yield bad(
            f"WANDB_DIR of container {container} is {folder}, which is not recorded",
            f"remove the variable, or write below {mounts[0]}",
        )


def _of_state(pod: Object) -> Iterator[Finding]:
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield bad(
                f"pod {pod['metadata']['name']} has no node: {condition.get('message', '')}",
                "ask for less, or add a node",
            )
    for item in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        yield from _of_status(pod["metadata"]["name"], item)


def _of_status(pod: str, item: Any) -> Iterator[Finding]:
    waiting = (item.get("state") or {}).get("waiting") or {}
    ended = (item.get("state") or {}).get("terminated") or {}
    what = "the recorder" if item["name"] == matching.SIDECAR else f"container {item['name']}"
    if waiting.get("reason") in _WAITING:
        advice = _WAITING[waiting["reason"]].format(pod=pod, container=item["name"])
        yield bad(f"{what} of pod {pod} waits: {waiting['reason']} {waiting.get('message', '')}".rstrip(), advice)
    elif ended and (ended.get("exitCode") or 0) != 0:
        text = f"{what} of pod {pod} ended with exit code {ended['exitCode']} ({ended.get('reason', '')})"
        yield bad(text, f"see its last words: kubectl logs {pod} -c {item['name']}")
    elif item.get("restartCount"):
        yield open_(f"{what} of pod {pod} was restarted {item['restartCount']} times")
