"""The TrainingRun that mirrors a workload which is not ours: its name and its manifest; pure values.

The workload owns it, so it goes with the workload; by its time to live it goes even where the workload stays. What was
recorded stays in the bucket.
"""

from collections.abc import Mapping
from typing import Any

from chiplog_operator import lines, names
from chiplog_operator.lines import Night
from chiplog_operator.specs import Workload
from chiplog_operator.wishes import Wishes

Json = dict[str, Any]

TTL_SECONDS = 7 * 86_400
"""A mirror whose workload stays is deleted so long after everything of it is in the bucket."""


def name(workload: Workload) -> str:
    """The mirror's name, which is the run's id as well."""
    return names.mirror(workload.name, workload.uid)


def manifest(workload: Workload, namespace: str, asked: Wishes, night: Night | None = None) -> Json:
    """The mirror of a workload, by the wishes of its first pod, and on the line of the CronJob that made it."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": name(workload),
            "namespace": namespace,
            "labels": {names.MANAGED_BY_LABEL: names.MANAGED_BY, **lines.labels(night)},
            "annotations": lines.annotations(night),
            "ownerReferences": [owner(workload)],
        },
        "spec": {
            "mirrors": reference(workload),
            "displayName": (asked.metadata.get("name") or workload.name)[:128],
            "ttlSecondsAfterFinished": TTL_SECONDS,
            **_told(asked),
        },
    }


def reference(workload: Workload) -> Json:
    """`spec.mirrors`."""
    return {
        "apiVersion": workload.api_version,
        "kind": workload.kind,
        "name": workload.name,
        "uid": workload.uid,
    }


def owner(workload: Workload) -> Json:
    """The reference by which the mirror goes with its workload, and never holds it up."""
    return {**reference(workload), "controller": False, "blockOwnerDeletion": False}


def _told(asked: Wishes) -> Mapping[str, Any]:
    wanted = {
        "project": asked.project,
        "notes": asked.metadata.get("notes"),
        "tags": [tag[:64] for tag in (asked.metadata.get("tags") or "").split(",") if tag],
        "metrics": [dict(metric) for metric in asked.metrics],
        "gates": [dict(gate) for gate in asked.gates],
        "promote": asked.promote,
        "notify": asked.notify and dict(asked.notify),
        "recorder": _recorder(asked),
    }
    return {key: value for key, value in wanted.items() if value}


def _recorder(asked: Wishes) -> Json:
    recorder = asked.recorder
    size = {key: value for key, value in (("cpu", recorder.cpu), ("memory", recorder.memory)) if value}
    wanted = {
        "container": recorder.container,
        "paths": list(recorder.paths),
        "include": list(recorder.include),
        "exclude": list(recorder.exclude),
        "resources": size,
    }
    told: Json = {key: value for key, value in wanted.items() if value}
    return told if recorder.console else {**told, "console": False}
