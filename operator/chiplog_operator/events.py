"""Which Events a change of a run's status makes; nothing here is sent."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chiplog_operator import conditions, names, recording, times, verdicts

Tree = Mapping[str, Any]

_NOTE_LENGTH = 1000
"""events.k8s.io allows 1,024 bytes."""


@dataclass(frozen=True)
class Event:
    """One thing that people should hear of."""

    type: str
    """`Normal` or `Warning`."""
    reason: str
    note: str


def between(before: Tree, after: Tree) -> list[Event]:
    """The Events of a transition, in the order in which things happened."""
    return [*_start(before, after), *_attempts(before, after), *_recording(before, after), *_end(before, after)]


class Subject(Protocol):
    """What an Event is on: a TrainingRun or a Sweep."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


def manifest(event: Event, run: Subject, reporter: str, now: float, kind: str = names.KIND) -> dict[str, Any]:
    """An `events.k8s.io/v1` Event on a TrainingRun, or on what else `kind` says; `reporter` is our pod's name.

    Its name comes from what it says of which version of the run, so a pass that is repeated says it once.
    """
    said = f"{run.uid} {run.resource_version} {event.reason} {event.note}"
    regarding = {"apiVersion": names.API_VERSION, "kind": kind, "name": run.name, "namespace": run.namespace,
                 "uid": run.uid}  # fmt: skip
    return _manifest(event, said, regarding, reporter, now)


def on_pod(event: Event, pod: Tree, reporter: str, now: float) -> dict[str, Any]:
    """The same on a pod, whose version does not count: it is said once in the pod's life."""
    metadata = pod["metadata"]
    said = f"{metadata['uid']} {event.reason} {event.note}"
    regarding = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"],
                 "uid": metadata["uid"]}  # fmt: skip
    return _manifest(event, said, regarding, reporter, now)


def on_cronjob(event: Event, cronjob: Subject, reporter: str, now: float) -> dict[str, Any]:
    """The same on a CronJob, whose version does not count: its note names the night, which is told once."""
    said = f"{cronjob.uid} {event.reason} {event.note}"
    regarding = {"apiVersion": "batch/v1", "kind": "CronJob", "name": cronjob.name, "namespace": cronjob.namespace,
                 "uid": cronjob.uid}  # fmt: skip
    return _manifest(event, said, regarding, reporter, now)


def _manifest(event: Event, said: str, regarding: dict[str, Any], reporter: str, now: float) -> dict[str, Any]:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{regarding['name']}.{hashlib.sha256(said.encode()).hexdigest()[:16]}",
            "namespace": regarding["namespace"],
        },
        "eventTime": times.precise(now),
        "reportingController": names.CONTROLLER,
        "reportingInstance": reporter[:128] or "chiplog-operator",
        "action": "Reconcile",
        "type": event.type,
        "reason": event.reason,
        "note": event.note.encode()[:_NOTE_LENGTH].decode(errors="ignore"),
        "regarding": regarding,
    }


def _start(before: Tree, after: Tree) -> Iterator[Event]:
    if _became(before, after, "Started", "True"):
        yield Event("Normal", "Started", "training has started")
    if _became(before, after, "Suspended", "True"):
        yield Event("Normal", "Suspended", _message(after, "Suspended"))
    if _became(before, after, "Suspended", "False"):
        yield Event("Normal", "Resumed", "the run may go on")
    if after.get("reason") == "JobRefused" != before.get("reason"):
        yield Event("Warning", "JobRefused", after["message"])
    if verdicts.is_pull_problem(after) and not verdicts.is_pull_problem(before):
        yield Event("Warning", "ImagePullFailed", after["message"])


def _attempts(before: Tree, after: Tree) -> Iterator[Event]:
    """One Event for each attempt that ended badly; the last one's end is also the run's."""
    known = {item["number"]: item for item in before.get("lastAttempts") or []}
    for item in after.get("lastAttempts") or []:
        earlier = known.get(item["number"], {})
        if "reason" in item and "reason" not in earlier and item.get("exitCode") != 0:
            code = f", exit code {item['exitCode']}" if "exitCode" in item else ""
            said = f"attempt {item['number']} ended: {item['reason']}{code} (pod {item['pod']})"
            yield Event("Warning", "AttemptEnded", said)
        elif item.get("restarts", 0) > earlier.get("restarts", 0):
            said = f"attempt {item['number']}: the kubelet restarted the container ({item['restarts']} times so far)"
            yield Event("Warning", "ContainerRestarted", said)


def _recording(before: Tree, after: Tree) -> Iterator[Event]:
    old, new = conditions.find(before, recording.TYPE), conditions.find(after, recording.TYPE)
    is_failing = new.get("status") == "False" and new["reason"] in recording.FAILURES
    was_failing = old.get("status") == "False" and old["reason"] in recording.FAILURES
    if is_failing and (not was_failing or old["reason"] != new["reason"]):
        yield Event("Warning", "RecordingFailed", f"{new['reason']}: {new['message']}")
    if was_failing and new.get("status") == "True":
        yield Event("Normal", "RecordingResumed", "what the run writes reaches the bucket again")


def _end(before: Tree, after: Tree) -> Iterator[Event]:
    if _became(before, after, "Complete", "True"):
        yield Event("Normal", "Finished", after["message"])
    if _became(before, after, "Failed", "True"):
        yield Event("Warning", "Failed", f"{after['state']}, {after['reason']}: {after['message']}")
    if _became(before, after, "GatesHold", "False"):
        yield Event("Warning", "GateFailed", _message(after, "GatesHold"))
    if _became(before, after, "GatesHold", "True"):
        yield Event("Normal", "GatesHeld", _message(after, "GatesHold"))
    if _became(before, after, "Durable", "True"):
        yield Event("Normal", "Durable", _message(after, "Durable"))
    if conditions.find(after, "Durable").get("reason") == "Lost" != conditions.find(before, "Durable").get("reason"):
        yield Event("Warning", "RecordsLost", _message(after, "Durable"))


def _became(before: Tree, after: Tree, kind: str, status: str) -> bool:
    return conditions.find(after, kind).get("status") == status != conditions.find(before, kind).get("status")


def _message(status: Tree, kind: str) -> str:
    return str(conditions.find(status, kind)["message"])
