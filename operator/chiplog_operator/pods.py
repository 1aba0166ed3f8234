"""The kubelet's and the scheduler's word on one pod, reduced to what matters; it knows nothing of runs or records."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chiplog_operator import names, times

Tree = Mapping[str, Any]

_DISRUPTIONS = {
    "PreemptionByScheduler": "Preempted",
    "EvictionByEvictionAPI": "Evicted",
    "TerminationByKubelet": "Evicted",
    "DeletionByTaintManager": "NodeLost",
    "DeletionByPodGC": "NodeLost",
}
"""Reasons of the pod condition DisruptionTarget, in our words."""

_POD_REASONS = {"Evicted": "Evicted", "DeadlineExceeded": "DeadlineExceeded", "NodeLost": "NodeLost",
                "Preempting": "Preempted", "Terminated": "NodeShutdown", "NodeShutdown": "NodeShutdown"}  # fmt: skip
"""Values of `status.reason` that say the cluster ended the pod."""

_ADMISSION_REASONS = frozenset({"UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfpods", "NodeAffinity"})
"""Values of `status.reason` that say a node refused the pod before it started."""

WAITING = {
    "ErrImagePull": "ImagePullBackOff",
    "ImagePullBackOff": "ImagePullBackOff",
    "InvalidImageName": "InvalidImageName",
    "ErrImageNeverPull": "ErrImageNeverPull",
    "CreateContainerConfigError": "CreateContainerConfigError",
    "CreateContainerError": "CreateContainerError",
    "RunContainerError": "RunContainerError",
    "CrashLoopBackOff": "CrashLoopBackOff",
}
"""Why a container waits, where that is a trouble; the two of a pull alternate and are one."""

_EXIT_BY_SIGNAL = range(129, 193)
"""A shell's, and the container runtimes', exit code for an end by signal: 128 and its number."""


@dataclass(frozen=True)
class End:
    """How a container ended."""

    exit_code: int
    reason: str
    message: str
    started_at: float | None
    finished_at: float | None
    signal: int | None


@dataclass(frozen=True)
class Container:
    """One container of a pod."""

    name: str
    image: str = ""
    image_id: str = ""
    restarts: int = 0
    is_running: bool = False
    started_at: float | None = None
    """When it started, if it ever did."""
    ended: End | None = None
    """Its end, if it stands still now."""
    last: End | None = None
    """Its end before the kubelet started it again."""
    requests: Tree = field(default_factory=dict)
    """Resources that it was promised, as text by name."""
    limits: Tree = field(default_factory=dict)
    """Resources that it may use at most."""
    waiting: str = ""
    """The trouble it waits for, one of the values of WAITING."""
    message: str = ""


@dataclass(frozen=True)
class Pod:
    """One pod of a run."""

    name: str
    uid: str
    node: str
    ip: str
    rank: int
    phase: str
    created_at: float
    is_gone: bool
    """It was seen to be deleted; this is how it was last."""
    deletion_asked_at: float | None
    cause: str
    """Why the cluster ended it, in our words; empty where it did not."""
    message: str
    unschedulable: str
    """What the scheduler says, as long as no node takes it."""
    init_failure: str
    """What a failed init container left of itself, in words."""
    containers: tuple[Container, ...]
    recorder: Container | None
    restarts_in_place: bool = False
    """The kubelet starts a failed container again."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Its labels and annotations, by which controllers say where it stands in its gang."""

    @property
    def is_over(self) -> bool:
        """Nothing runs in it any more."""
        return self.is_gone or self.phase in ("Succeeded", "Failed")

    def container(self, name: str) -> Container:
        """One of its main containers, or an empty word on it."""
        return next((item for item in self.containers if item.name == name), Container(name))


def pod(body: Tree, *, is_gone: bool = False) -> Pod:
    """Read a pod as the API server gives it; `is_gone` says that it was deleted since."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    asked = {item["name"]: item for item in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))}
    sidecars = [_container(item, asked) for item in status.get("initContainerStatuses") or []]
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        node=spec.get("nodeName", ""),
        ip=status.get("podIP", ""),
        rank=_rank(metadata),
        phase=status.get("phase", "Pending"),
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        is_gone=is_gone,
        deletion_asked_at=_deletion_asked_at(metadata),
        cause=_cause(status),
        message=status.get("message", ""),
        unschedulable=_unschedulable(status),
        init_failure=_init_failure(status),
        containers=tuple(_container(item, asked) for item in status.get("containerStatuses") or []),
        recorder=next((item for item in sidecars if item.name == names.SIDECAR), _awaited(spec)),
        restarts_in_place=spec.get("restartPolicy", "Always") != "Never",
        marks={**(metadata.get("annotations") or {}), **(metadata.get("labels") or {})},
    )


def trouble(body_pod: Pod, containers: tuple[Container, ...]) -> tuple[str, str]:
    """Why a pod does not start, as reason and message; two empty texts where nothing is known to be wrong."""
    if body_pod.unschedulable:
        return "Unschedulable", body_pod.unschedulable
    for container in containers:
        if container.waiting:
            return container.waiting, f"container {container.name}: {container.message or container.waiting}"
    return "", ""


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; `Signal 77` where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"Signal{number}"


def _awaited(spec: Tree) -> Container | None:
    """The recorder of a pod whose kubelet has not spoken yet."""
    declared = any(item["name"] == names.SIDECAR for item in spec.get("initContainers") or [])
    return Container(names.SIDECAR) if declared else None


def _container(status: Tree, asked: Tree) -> Container:
    """One container by the kubelet's word, and by the pod's spec where the kubelet says nothing of its resources."""
    resources = status.get("resources") or asked.get(status["name"], {}).get("resources") or {}
    state, last = status.get("state") or {}, status.get("lastState") or {}
    running, waiting = state.get("running"), state.get("waiting") or {}
    ended, before = _end(state.get("terminated")), _end(last.get("terminated"))
    newest_end = ended or before
    started = newest_end.started_at if newest_end else None
    return Container(
        name=status["name"],
        image=status.get("image", ""),
        image_id=status.get("imageID", ""),
        restarts=status.get("restartCount", 0),
        is_running=running is not None,
        started_at=times.seconds(running.get("startedAt")) if running else started,
        ended=ended,
        last=before,
        requests=_texts(resources.get("requests")),
        limits=_texts(resources.get("limits")),
        waiting=WAITING.get(waiting.get("reason", ""), ""),
        message=waiting.get("message", ""),
    )


def _texts(quantities: Tree | None) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in (quantities or {}).items()}


def _end(terminated: Tree | None) -> End | None:
    if terminated is None:
        return None
    code = terminated.get("exitCode", 0)
    number = terminated.get("signal") or (code - 128 if code in _EXIT_BY_SIGNAL else None)
    reason = terminated.get("reason", "")
    if number is not None and reason in ("", "Error"):
        reason = signal_name(number)
    return End(
        exit_code=code,
        reason=reason or ("Completed" if code == 0 else "Error"),
        message=terminated.get("message", ""),
        started_at=times.seconds(terminated.get("startedAt")),
        finished_at=times.seconds(terminated.get("finishedAt")),
        signal=number,
    )


def _cause(status: Tree) -> str:
    """A pod's own words on why the cluster ended it; an explicit reason before the condition."""
    reason = status.get("reason", "")
    if reason in _POD_REASONS:
        return _POD_REASONS[reason]
    if reason in _ADMISSION_REASONS:
        return str(reason)
    disruption = _condition(status, "DisruptionTarget")
    if disruption.get("status") != "True":
        return ""
    return _DISRUPTIONS.get(disruption.get("reason", ""), "Evicted")


def _unschedulable(status: Tree) -> str:
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") != "False" or scheduled.get("reason") != "Unschedulable":
        return ""
    return str(scheduled.get("message") or "no node takes the pod")


def _condition(status: Tree, kind: str) -> Tree:
    return next((item for item in status.get("conditions") or [] if item["type"] == kind), {})


def _init_failure(status: Tree) -> str:
    for item in status.get("initContainerStatuses") or []:
        end = _end((item.get("state") or {}).get("terminated"))
        if end is not None and end.exit_code != 0 and item["name"] != names.SIDECAR:
            return f"init container {item['name']} ended with exit code {end.exit_code}: {end.message or end.reason}"
    return ""


def _deletion_asked_at(metadata: Tree) -> float | None:
    """A deletionTimestamp is when the grace ends, not when it began."""
    ends = times.seconds(metadata.get("deletionTimestamp"))
    return None if ends is None else ends - (metadata.get("deletionGracePeriodSeconds") or 0)


def _rank(metadata: Tree) -> int:
    index = (metadata.get("annotations") or {}).get(names.COMPLETION_INDEX)
    return int(index) if index is not None else 0
