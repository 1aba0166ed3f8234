"""Which line's night a Job is: the CronJob that made it, and the time that Kubernetes stamped on it; it asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import names, times

Tree = Mapping[str, Any]
Json = dict[str, Any]

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


@dataclass(frozen=True)
class Night:
    """One night of a line."""

    line: str
    """The CronJob's name."""
    uid: str
    """The CronJob's UID: one that is deleted and made again is another line."""
    scheduled_at: float


def night(job: Tree) -> Night | None:
    """The night that a Job is; None for one that no CronJob made, or made by hand without a time."""
    metadata = job["metadata"]
    stamp = _moment((metadata.get("annotations") or {}).get(SCHEDULED))
    for owner in metadata.get("ownerReferences") or []:
        if owner["kind"] == "CronJob" and owner.get("controller") and stamp is not None:
            return Night(owner["name"], owner["uid"], stamp)
    return None


def of_run(body: Tree) -> Night | None:
    """The night that a TrainingRun is by its marks; None for any other."""
    metadata = body["metadata"]
    annotations = metadata.get("annotations") or {}
    line, uid = (metadata.get("labels") or {}).get(names.LINE_LABEL), annotations.get(names.LINE_UID_ANNOTATION)
    stamp = _moment(annotations.get(names.SCHEDULED_ANNOTATION))
    return Night(line, uid, stamp) if line and uid and stamp is not None else None


def labels(found: Night | None) -> Json:
    """What marks a night's TrainingRun, so that it can be chosen."""
    return {names.LINE_LABEL: found.line} if found is not None else {}


def annotations(found: Night | None) -> Json:
    """What places a night's TrainingRun on its line."""
    if found is None:
        return {}
    return {names.LINE_UID_ANNOTATION: found.uid, names.SCHEDULED_ANNOTATION: times.text(found.scheduled_at)}


def _moment(text: str | None) -> float | None:
    """A stamp; None for one that anybody wrote by hand and that is no time."""
    try:
        return times.seconds(text)
    except ValueError:
        return None
