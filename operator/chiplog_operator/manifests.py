"""What a TrainingRun is made into, rendered once, and the few patches that follow; it talks to no one."""

from collections.abc import Mapping
from typing import Any

from chiplog_operator import environment, injection, names, rendezvous
from chiplog_operator.settings import Settings
from chiplog_operator.specs import Run

Json = dict[str, Any]

DISRUPTION_POLICY: Json = {
    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
}
"""A pod that the cluster took away (drained, preempted, evicted) is started again and costs no attempt of the limit."""


_HELD = "held"
"""The owner's `suspend` was applied to a Job that was suspended already."""


def job(run: Run, settings: Settings) -> Json:
    """The Job that runs `run`, complete, to be applied once.

    `suspend` stands in it only where the owner asks for it: a queue (Kueue) may set it too, and what we never applied
    we do not own. `ttlSecondsAfterFinished` is never the Job's: its pods must outlive the recording.
    """
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": run.id,
            "namespace": run.namespace,
            "labels": {**run.labels, **labels(run)},
            "annotations": _annotations(run),
            "ownerReferences": [owner(run)],
        },
        "spec": {
            "parallelism": run.parallelism,
            "completions": run.parallelism,
            "completionMode": "Indexed" if run.parallelism > 1 else "NonIndexed",
            "backoffLimit": run.backoff_limit,
            **_optional(run),
            "template": template(run, settings),
        },
    }


def status(run: Run, new: Json) -> Json:
    """The status to apply, over the very version that was read."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": run.name,
            "namespace": run.namespace,
            "uid": run.uid,
            "resourceVersion": run.resource_version,
        },
        "status": new,
    }


def service(run: Run) -> Json | None:
    """The Service by which the workers of a gang find each other; None for a single worker."""
    return rendezvous.service(run, labels(run), owner(run))


def is_of(body: Mapping[str, Any], run: Run) -> bool:
    """An object belongs to this very TrainingRun; another of the same name is a stranger's."""
    owners = body["metadata"].get("ownerReferences") or []
    return any(item.get("uid") == run.uid and item.get("controller") for item in owners)


def template(run: Run, settings: Settings) -> Json:
    """The pod template with our labels and the recorder; by the inject label every recorded pod is watched."""
    pod = rendezvous.equip(injection.inject(run.template, environment.subject(run), settings), run)
    metadata = pod.get("metadata") or {}
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels(run), names.INJECT_LABEL: "true"}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), names.RUN_ID_ANNOTATION: run.id}
    return {"metadata": metadata, "spec": {"restartPolicy": "Never", **pod["spec"]}}


def labels(run: Run) -> dict[str, str]:
    """Our labels, on the Job and on its pods."""
    found = {
        names.RUN_LABEL: run.name,
        names.PROJECT_LABEL: names.label_value(run.project),
        names.MANAGED_BY_LABEL: names.MANAGED_BY,
    }
    return {key: value for key, value in found.items() if value}


def owner(run: Run) -> Json:
    """The reference by which the Job goes when its TrainingRun goes."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "name": run.name,
        "uid": run.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def stopping(run: Run, job: Mapping[str, Any]) -> Json | None:
    """The merge patch that ends a Job for good, once; None where nobody asks for it, or it was said already.

    A deadline of a second is the only way to end a Job that no queue takes back: the Job controller asks its pods to
    end, with their grace period, and the Job itself has failed. A Job that waits ends as soon as it is let go.
    """
    annotations = job["metadata"].get("annotations") or {}
    if run.stop is None or names.STOP_ANNOTATION in annotations:
        return None
    seen = {key: job["metadata"][key] for key in ("uid", "resourceVersion") if key in job["metadata"]}
    said = {names.STOP_ANNOTATION: run.stop.reason}
    return {"metadata": {**seen, "annotations": said}, "spec": {"activeDeadlineSeconds": 1}}


def suspension(run: Run, job: Mapping[str, Any]) -> Json | None:
    """The merge patch that carries a change of the owner's `suspend` to the Job; None where it did not change.

    Only a change is applied, so a Job that a queue holds back is not let go by our next look at it. A Job that
    somebody else (Kueue, a person) had suspended before the owner asked for it is `held`: to resume the run is then
    not ours to let it go. The patch holds for the very version that was seen.
    """
    applied = (job["metadata"].get("annotations") or {}).get(names.SUSPEND_ANNOTATION, _flag(run.suspend))
    if applied not in ("true", "false", _HELD) or (applied != "false") == run.suspend:
        return None  # Somebody else's words in our annotation change nothing.
    is_suspended = bool((job.get("spec") or {}).get("suspend"))
    note = _HELD if run.suspend and is_suspended else _flag(run.suspend)
    seen = {key: job["metadata"][key] for key in ("uid", "resourceVersion") if key in job["metadata"]}
    noted: Json = {"metadata": {**seen, "annotations": {names.SUSPEND_ANNOTATION: note}}}
    return noted if _HELD in (note, applied) else {**noted, "spec": {"suspend": run.suspend}}


def _annotations(run: Run) -> dict[str, str]:
    queued = {key: value for key, value in run.annotations.items() if key.startswith(names.KUEUE_PREFIX)}
    return {**queued, names.RUN_ID_ANNOTATION: run.id, names.SUSPEND_ANNOTATION: _flag(run.suspend)}


def _optional(run: Run) -> Json:
    never_restarts = run.template["spec"].get("restartPolicy", "Never") == "Never"
    wanted = {
        "activeDeadlineSeconds": run.active_deadline_seconds,
        "suspend": run.suspend or None,
        "podFailurePolicy": run.pod_failure_policy or (DISRUPTION_POLICY if never_restarts else None),
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _flag(value: bool) -> str:
    return "true" if value else "false"
