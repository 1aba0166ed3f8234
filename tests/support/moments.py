"""When things happened, by what the API server keeps of them, so that no wait of a test stands in between.

Most of its times are whole seconds, cut off. Of two such times the difference is less than a second wrong either way: a
promise of 10 s that holds is never told as more than 10, and one that is told as 10 took less than 11.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chiplog_operator import names, times

Json = Mapping[str, Any]


def made(item: Json) -> float:
    """When an object was made."""
    return _seconds(item["metadata"]["creationTimestamp"])


def told(run: Json) -> float:
    """When the operator last wrote a TrainingRun's status."""
    return max(
        _seconds(entry["time"])
        for entry in run["metadata"]["managedFields"]
        if (entry["manager"], entry.get("subresource")) == (names.FIELD_MANAGER, "status")
    )


def happened(event: Json) -> float:
    """When an Event was first said."""
    return _seconds(event.get("eventTime") or event.get("firstTimestamp") or event["metadata"]["creationTimestamp"])


def first_sign(events: Iterable[Json], pods: Iterable[Json]) -> float:
    """When the cluster first showed that a pod is not made or does not start: a Warning, or that no node takes it."""
    warned = [happened(event) for event in events if event["type"] == "Warning" and _is_on_pods(event)]
    unplaced = [
        _seconds(item["lastTransitionTime"])
        for pod in pods
        for item in pod.get("status", {}).get("conditions") or []
        if (item["type"], item["status"]) == ("PodScheduled", "False")
    ]
    return min([*warned, *unplaced])


def _is_on_pods(event: Json) -> bool:
    return event["involvedObject"]["kind"] in ("Job", "Pod")


def _seconds(text: str) -> float:
    found = times.seconds(text)
    if found is None:
        raise AssertionError("the API server tells no time")
    return found
