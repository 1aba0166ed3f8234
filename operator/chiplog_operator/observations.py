"""Everything that one pass saw, as one value for the decisions; it looks at nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chiplog.documents import Attempt
from chiplog_operator import times
from chiplog_operator.heads import Head, Probe
from chiplog_operator.missed import Missed
from chiplog_operator.pods import Container, Pod

Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """The Job of a run."""

    uid: str
    created_at: float
    finished_at: float | None = None
    is_suspended: bool = False
    is_complete: bool = False
    failure: str = ""
    """The reason of its condition Failed; empty while it has not failed."""
    failing: str = ""
    """The same, or of FailureTarget: it is going to fail and takes its pods away for that."""
    message: str = ""
    is_mute: bool = False
    """A workload whose end cannot be read: it is judged by its pods alone."""
    is_new: bool = False
    """This pass made it: its pods are still to come, and each will be an event."""


@dataclass(frozen=True)
class Refusal:
    """What the API server said instead of making a Job."""

    message: str
    is_final: bool
    """The Job itself is invalid, and neither it nor the template can change."""
    reason: str = "JobRefused"


@dataclass(frozen=True)
class Trouble:
    """Why the operator could not read the bucket in this pass."""

    reason: str
    """`AccessDenied`, `BucketMissing` or `Unreachable`."""
    message: str


@dataclass(frozen=True)
class Hindrance:
    """Why no pod was made, or why one does not start, where only an Event says so."""

    reason: str
    """One word for programs."""
    message: str
    """What it means, and the cluster's words."""


@dataclass(frozen=True)
class Observation:
    """What is there."""

    now: float
    training: str
    """Name of the container that trains."""
    role: str = ""
    """The role that the run's recorders assume, where they assume one."""
    job: Job | None = None
    was_begun: bool = False
    """A Job was made before, whether or not it is still there."""
    is_departed: bool = False
    """The TrainingRun itself is deleted."""
    refusal: Refusal | None = None
    pods: tuple[Pod, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    heads: Mapping[str, Head] = field(default_factory=dict)
    """By recorder, which is the pod's UID."""
    probes: Mapping[str, Probe] = field(default_factory=dict)
    """Answers of recorders whose heads are missing or old, by recorder."""
    trouble: Trouble | None = None
    hindrance: Hindrance | None = None
    """What keeps its pods from being made or from starting; None where nothing is known."""
    missed: Mapping[str, Missed] = field(default_factory=dict)
    """Why a pod that asks for a recorder has none, by the pod's name."""
    template: Tree = field(default_factory=dict)
    """Of a mirror: its first pod, as a template."""

    def pod(self, name: str) -> Pod | None:
        """A pod that was seen."""
        return next((pod for pod in self.pods if pod.name == name), None)

    def trainer(self, pod: Pod) -> Container:
        """The container of a pod that trains."""
        return pod.container(self.training)


def job(body: Tree) -> Job:
    """Read a Job as the API server gives it."""
    metadata, status = body["metadata"], body.get("status") or {}
    held = {item["type"]: item for item in status.get("conditions") or [] if item["status"] == "True"}
    failed, failing = held.get("Failed"), held.get("Failed") or held.get("FailureTarget")
    return Job(
        uid=metadata["uid"],
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        finished_at=times.seconds(status.get("completionTime") or (failed or {}).get("lastTransitionTime")),
        is_suspended=bool((body.get("spec") or {}).get("suspend")),
        is_complete="Complete" in held,
        failure=(failed.get("reason") or "JobFailed") if failed else "",
        failing=(failing or {}).get("reason", ""),
        message=(failing or {}).get("message", ""),
    )
