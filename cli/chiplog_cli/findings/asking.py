"""The words by which a pod asks for the recorder, as the injector reads them; it judges nothing."""

from typing import Any

from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]

SIDECAR = "chiplog"
"""The recorder's container."""

INJECT = "chiplog.dev/inject"
CONTAINER = "chiplog.dev/container"
RUN_ID = "chiplog.dev/run-id"


def recorder(pod: Object) -> Object | None:
    """The recorder that stands in a pod."""
    containers = (pod.get("spec") or {}).get("initContainers") or []
    return next((item for item in containers if item["name"] == SIDECAR), None)


def is_recording(pod: Object) -> bool:
    """The recorder's container runs, or ran."""
    told = (pod.get("status") or {}).get("initContainerStatuses") or []
    states = [item.get("state") or {} for item in told if item["name"] == SIDECAR]
    return any("running" in state or "terminated" in state for state in states)


def label(item: Object) -> str:
    """The inject label of an object; empty where it has none."""
    return str((item["metadata"].get("labels") or {}).get(INJECT, ""))


def own_word(pod: Object) -> str:
    """What a pod says itself: an annotation can only decline."""
    annotation = str((pod["metadata"].get("annotations") or {}).get(INJECT, ""))
    return label(pod) or ("" if annotation == "true" else annotation)


def is_asked(pod: Object, around: Surroundings | None) -> bool:
    """The pod asks, or its namespace does and it does not decline."""
    return (own_word(pod) or ("true" if around is not None and around.is_asking else "")) == "true"
