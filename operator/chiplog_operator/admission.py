"""Decides what becomes of one pod at its admission: a pure function that asks nobody and refuses nobody.

A pod that cannot be recorded is let through as it is, with a warning that says why. One that holds the recorder already
is let through untouched: a second look after other webhooks finds nothing to do, and undoes nothing of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chiplog import rundir
from chiplog_operator import injection, names, wishes
from chiplog_operator.settings import Settings

Json = dict[str, Any]
Result = Literal["injected", "present", "not-asked", "not-ours", "refused"]

_RESERVED = (rundir.VOLUME, names.TOKEN_VOLUME)


@dataclass(frozen=True)
class Answer:
    """What to tell the API server; the pod is always allowed."""

    result: Result
    pod: Json | None = None
    """The pod as it shall be; None where it stays as it is."""
    warnings: tuple[str, ...] = ()
    """For whoever makes the pod; the API server shows them."""


def review(pod: Mapping[str, Any], namespace: str, settings: Settings) -> Answer:
    """Decide on a pod that is about to be made in `namespace`."""
    metadata = pod.get("metadata") or {}
    if namespace in settings.closed_namespaces or names.RUN_ID_ANNOTATION in (metadata.get("annotations") or {}):
        return Answer("not-ours")
    if not wishes.is_asked(pod, {names.INJECT_LABEL: "true"}):
        return Answer("not-asked")
    if is_recorded(pod):
        return Answer("present")
    asked = wishes.of(pod)
    obstacle = obstacle_of(pod, asked)
    if obstacle:
        return Answer("refused", warnings=(f"not recorded by Chiplog: {obstacle}",))
    made = injection.inject(pod, asked.subject(namespace), settings)
    _label(made)
    return Answer("injected", made, tuple(f"Chiplog: {problem}" for problem in asked.problems))


def sign(body: Json, user: str) -> None:
    """Note on a TrainingRun or Sweep, in place, who makes it; what is said already the chart's policy judges."""
    annotations = body["metadata"].get("annotations") or {}
    body["metadata"]["annotations"] = {names.CREATED_BY_ANNOTATION: user, **annotations}


def is_recorded(pod: Mapping[str, Any]) -> bool:
    """A recorder of ours stands in the pod."""
    containers = (pod.get("spec") or {}).get("initContainers") or []
    return any(item["name"] == names.SIDECAR and item.get("restartPolicy") == "Always" for item in containers)


def obstacle_of(pod: Mapping[str, Any], asked: wishes.Wishes) -> str:
    """Why no recorder can be put into the pod; empty where one can."""
    spec = pod.get("spec") or {}
    if not asked.trainers:
        return "; ".join(asked.problems)
    if (spec.get("os") or {}).get("name") == "windows":
        return "the recorder runs on Linux only"
    every = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    if any(item["name"] == names.SIDECAR for item in every):
        return f"a container is called {names.SIDECAR}, which is the recorder's name"
    taken = [item["name"] for item in spec.get("volumes") or [] if item["name"] in _RESERVED]
    if taken:
        return f"a volume is called {taken[0]}, which is the recorder's"
    return _mounted(spec, asked)


def _mounted(spec: Mapping[str, Any], asked: wishes.Wishes) -> str:
    for container in spec.get("containers") or []:
        for mount in container.get("volumeMounts") or []:
            if container["name"] in asked.trainers and mount["mountPath"].rstrip("/") == rundir.MOUNT:
                return f"container {container['name']} mounts volume {mount['name']} at {rundir.MOUNT}"
    return ""


def _label(pod: Json) -> None:
    """The operator watches this label; a pod whose namespace asked for it gets it here."""
    metadata = pod.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), names.INJECT_LABEL: "true"}


def operations(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The JSON Patch (RFC 6902) from a pod to what we made of it, a field of its metadata or spec at a time.

    We add and change fields and take none away. A finer patch is larger in the making than in what it saves: to compare
    two pods to the last value costs twenty times as much as to make the second.
    """
    found = []
    for part in ("metadata", "spec"):
        for field, value in after[part].items():
            if field not in before[part] or before[part][field] != value:
                kind = "replace" if field in before[part] else "add"
                found.append({"op": kind, "path": f"/{part}/{field}", "value": value})
    return found
