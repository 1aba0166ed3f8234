"""When things happened, by what the API server keeps of them, so that no wait of a test stands in between.

Most of its times are whole seconds, cut off. Of two such times the difference is less than a second wrong either way: a
promise of 10 s that holds is never told as more than 10, and one that is told as 10 took less than 11.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chiplog_operator import names, times

Json = Mapping[str, Any]


def made(item: Json) -> float:
    """When an object was made."""
    return _seconds(item["metadata"]["creationTimestamp"])


def told(run: Json) -> float:
    """When the operator last wrote a TrainingRun's status."""
    return _status_of(run, names.FIELD_MANAGER)


def happened(event: Json) -> float:
    """When an Event was first said."""
    return _seconds(event.get("eventTime") or event.get("firstTimestamp") or event["metadata"]["creationTimestamp"])


def first_sign(events: Iterable[Json], pods: Sequence[Json]) -> float:
    """When the cluster first showed that a pod is not made or does not start: a Warning, that no node takes it, or the
    kubelet's word in the pod's status, which comes after its Event on a busy machine.
    """
    warned = [happened(event) for event in events if event["type"] == "Warning" and _is_on_pods(event)]
    conditions = [item for pod in pods for item in pod.get("status", {}).get("conditions") or []]
    unplaced = [
        _seconds(item["lastTransitionTime"])
        for item in conditions
        if (item["type"], item["status"]) == ("PodScheduled", "False")
    ]
    return min([*warned, *unplaced, *(_status_of(pod, "kubelet") for pod in pods if _is_troubled(pod))])


_IN_THE_STATUS = ("Failed", "ErrImageNeverPull", "BackOff", "InspectFailed")
"""The kubelet's Events on containers, of which the pod's status tells as well."""


def _is_on_pods(event: Json) -> bool:
    return event["involvedObject"]["kind"] in ("Job", "Pod") and event["reason"] not in _IN_THE_STATUS


def _is_troubled(pod: Json) -> bool:
    status = pod.get("status", {})
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    reasons = {item["state"].get("waiting", {}).get("reason") for item in every}
    return bool(reasons - {None, "ContainerCreating", "PodInitializing"})


def _status_of(item: Json, manager: str) -> float:
    """When somebody last changed the status of an object (`--show-managed-fields`)."""
    return max(
        _seconds(entry["time"])
        for entry in item["metadata"]["managedFields"]
        if (entry["manager"], entry.get("subresource")) == (manager, "status")
    )


def _seconds(text: str) -> float:
    found = times.seconds(text)
    if found is None:
        raise AssertionError("the API server tells no time")
    return found
