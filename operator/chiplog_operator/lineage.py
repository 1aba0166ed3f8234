"""Whose pod it is: the workload at the top of a pod's owners, which is one run, whatever stands between them.

A collection of runs (a CronJob, an Experiment) is not climbed to, for each of its workloads is a run of its own. It
reads owners by what it is given, and remembers; what may not or cannot be read ends the way up.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator.cluster import Forbidden
from chiplog_operator.specs import Workload

Tree = Mapping[str, Any]
Read = Callable[[str, Workload], Tree | None]
"""Gives an owner of a namespace, or None where it is gone; raises Forbidden where it may not be read."""

COLLECTIONS = frozenset({"CronJob", "Experiment", "ScheduledWorkflow", "Sweep", "TrainingRun"})
"""Kinds whose members are runs of their own."""

MAX_STEPS = 8
"""Longer chains are no chains: whoever makes one owns the other."""

MAX_REMEMBERED = 8192


@dataclass(frozen=True)
class _Step:
    """An owner, and the owner above it."""

    owner: Workload
    above: Workload | None


class Lineage:
    """The way up from pods; threads may share it."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._steps: dict[str, _Step] = {}

    def top(self, pod: Tree) -> Workload:
        """The workload that a pod belongs to; the pod itself where nobody owns it. May raise what reading raises."""
        metadata = pod["metadata"]
        owner = above(metadata)
        if owner is None:
            return Workload("v1", "Pod", metadata["name"], metadata["uid"])
        for _ in range(MAX_STEPS):
            higher = self._above(metadata["namespace"], owner)
            if higher is None:
                break
            owner = higher
        return owner

    def learn(self, other: "Lineage") -> None:
        """Know what another has found out."""
        with self._lock:
            self._steps |= dict(list(other._steps.items())[: MAX_REMEMBERED - len(self._steps)])

    def _above(self, namespace: str, owner: Workload) -> Workload | None:
        known = self._steps.get(owner.uid)
        if known is not None:
            return known.above
        try:
            body = self._read(namespace, owner)
        except Forbidden:
            body = None
        is_same = body is not None and body["metadata"]["uid"] == owner.uid
        higher = above(body["metadata"]) if is_same and body is not None else None
        with self._lock:
            if len(self._steps) >= MAX_REMEMBERED:
                self._steps.clear()
            self._steps[owner.uid] = _Step(owner, higher)
        return higher


def above(metadata: Tree) -> Workload | None:
    """The controller of an object, unless it is a collection of runs."""
    for item in metadata.get("ownerReferences") or []:
        if item.get("controller") and item["kind"] not in COLLECTIONS:
            return Workload(item["apiVersion"], item["kind"], item["name"], item["uid"])
    return None
