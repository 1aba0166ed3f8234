"""A CronJob as a value: when it is due, and whether its runs are a line; it reads the resource and decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import names, schedules, times
from chiplog_operator.schedules import Schedule, UnknownSchedule

Tree = Mapping[str, Any]

JOB_VARIABLE = "CHIPLOG_JOB"
"""A pod that has it runs `chiplog retrain`."""


@dataclass(frozen=True)
class CronJob:
    """One CronJob of a line."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    schedule: Schedule | None
    """None where its times cannot be told."""
    since: float
    """It is what it is since then: made, or changed. What was due before was due by another schedule."""
    deadline_seconds: float | None
    """`startingDeadlineSeconds`."""
    forbids_overlap: bool
    last_scheduled_at: float | None
    """The newest time for which Kubernetes made a Job."""
    active: tuple[str, ...]
    """Jobs of it that are at work."""
    notify: str = ""
    """Its annotation: what of its nights people are told, comma-separated, or `none`."""
    notify_channel: str = ""

    def job_name(self, due: float) -> str:
        """The Job of a night, as the CronJob controller names it: by the minute."""
        return f"{self.name}-{int(due) // 60}"


def cronjob(body: Tree) -> CronJob:
    """Read a CronJob as the API server gives it."""
    metadata, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    annotations = metadata.get("annotations") or {}
    return CronJob(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata.get("resourceVersion", ""),
        schedule=None if spec.get("suspend") else _schedule(spec),
        since=_since(metadata),
        deadline_seconds=spec.get("startingDeadlineSeconds"),
        forbids_overlap=spec.get("concurrencyPolicy") == "Forbid",
        last_scheduled_at=times.seconds(status.get("lastScheduleTime")),
        active=tuple(item["name"] for item in status.get("active") or []),
        notify=annotations.get(names.NOTIFY_ANNOTATION, ""),
        notify_channel=annotations.get(names.NOTIFY_CHANNEL_ANNOTATION, ""),
    )


def is_line(body: Tree) -> bool:
    """Its pods ask for the recorder by their label, or run `chiplog retrain`; its annotation may say no."""
    if (body["metadata"].get("annotations") or {}).get(names.LINE_LABEL) == "false":
        return False
    template = body["spec"]["jobTemplate"]["spec"]["template"]
    marks = (template.get("metadata") or {}).get("labels") or {}
    variables = (item["name"] for container in template["spec"]["containers"] for item in container.get("env") or [])
    return marks.get(names.INJECT_LABEL) == "true" or JOB_VARIABLE in variables


def _schedule(spec: Tree) -> Schedule | None:
    try:
        return schedules.parse(spec["schedule"], spec.get("timeZone"))
    except UnknownSchedule:
        return None


def _since(metadata: Tree) -> float:
    """`managedFields` tell when somebody changed it last; the controller's own writes are of the status."""
    edits = [item.get("time") for item in metadata.get("managedFields") or [] if item.get("subresource") != "status"]
    moments = (times.seconds(moment) for moment in [metadata.get("creationTimestamp"), *edits])
    return max((moment for moment in moments if moment is not None), default=0.0)
