"""A TrainingRun as a value that the rest can rely on; it reads the resource and decides nothing.

The CRD's schema has filled in defaults and refused nonsense before; a body that skipped it (a test, an old object)
is read with the same defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import names, times

Tree = Mapping[str, Any]

DEFAULT_PROJECT = "uncategorized"


@dataclass(frozen=True)
class Recorder:
    """`spec.recorder`: how the run is recorded."""

    container: str = ""
    paths: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    console: bool = True
    cpu: str = ""
    memory: str = ""


@dataclass(frozen=True)
class Stop:
    """`spec.stop`: the run is to end for good."""

    reason: str
    """`Stopped` or `Pruned`."""
    message: str = ""


@dataclass(frozen=True)
class Workload:
    """`spec.mirrors`: somebody else's workload whose pods are recorded."""

    api_version: str
    kind: str
    name: str
    uid: str

    @property
    def group(self) -> str:
        """Group of its API; empty for the core's."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True)
class Run:
    """One TrainingRun: what its owner wants, and the status that we wrote last."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    created_at: float
    is_deleting: bool
    labels: Tree
    annotations: Tree
    project: str
    display_name: str
    notes: str
    tags: tuple[str, ...]
    config: Tree
    metrics: tuple[Tree, ...]
    datasets: tuple[Tree, ...]
    mirrors: Workload | None
    """Somebody else's workload that this run only mirrors; it then has no template of its own."""
    source: str
    """`spec.from`: the TrainingRun that this one does again; empty where it says none."""
    template: Tree
    parallelism: int
    backoff_limit: int
    active_deadline_seconds: int | None
    suspend: bool
    stop: Stop | None
    ttl_seconds_after_finished: int | None
    pod_failure_policy: Tree | None
    gates: tuple[Tree, ...]
    promote: str
    notify: Tree | None
    """`spec.notify`: what of it people are told; None where it does not ask."""
    managed_by: str
    recorder: Recorder
    status: Tree
    status_editors: tuple[str, ...] = ()
    """Who has written the status besides us, by field manager: what stands there may be wrong."""

    @property
    def id(self) -> str:
        """The run's id in the bucket, and the name of its Job; a mirror is named by its id."""
        return self.name if self.mirrors is not None else names.run_id(self.name, self.uid)

    @property
    def identity(self) -> str:
        """The UID that the id is made of: its own, or of the workload that it mirrors."""
        return self.mirrors.uid if self.mirrors is not None else self.uid

    @property
    def is_ours(self) -> bool:
        """No other controller was asked to run it, and a mirror is one that we made."""
        is_named = self.mirrors is None or self.name == names.mirror(self.mirrors.name, self.mirrors.uid)
        return is_named and self.managed_by in ("", names.CONTROLLER)

    @property
    def is_unresolved(self) -> bool:
        """What it does again has not been filled in yet."""
        return bool(self.source) and not self.template and self.mirrors is None

    @property
    def training_container(self) -> str:
        """The container that trains; empty where nothing says which."""
        return training_container(self.template, self.recorder)


def run(body: Tree) -> Run:
    """Read a TrainingRun as the API server gives it."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    return Run(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata.get("resourceVersion", ""),
        generation=metadata.get("generation", 0),
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        is_deleting="deletionTimestamp" in metadata,
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        status=body.get("status") or {},
        status_editors=status_editors(body),
        **_described(spec),
        **_executed(spec),
    )


def status_editors(body: Tree) -> tuple[str, ...]:
    """Field managers other than us that own a part of the status."""
    entries = body["metadata"].get("managedFields") or []
    found = {item.get("manager", "") for item in entries if item.get("subresource") == "status"}
    return tuple(sorted(found - {names.FIELD_MANAGER}))


def training_container(template: Tree, recorder: Recorder) -> str:
    """`recorder.container`, else the annotation default-container, else the only container."""
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    only = containers[0]["name"] if len(containers) == 1 else ""
    return recorder.container or annotations.get(names.DEFAULT_CONTAINER_ANNOTATION) or only


def _described(spec: Tree) -> dict[str, Any]:
    return {
        "project": spec.get("project") or DEFAULT_PROJECT,
        "display_name": spec.get("displayName", ""),
        "notes": spec.get("notes", ""),
        "tags": tuple(spec.get("tags") or ()),
        "config": spec.get("config") or {},
        "metrics": tuple(spec.get("metrics") or ()),
        "datasets": tuple(spec.get("datasets") or ()),
        "recorder": _recorder(spec.get("recorder") or {}),
    }


def _executed(spec: Tree) -> dict[str, Any]:
    return {
        "mirrors": _mirrors(spec.get("mirrors")),
        "source": (spec.get("from") or {}).get("run", ""),
        "template": spec.get("template") or {},
        "parallelism": spec.get("parallelism", 1),
        "backoff_limit": spec.get("backoffLimit", 0),
        "active_deadline_seconds": spec.get("activeDeadlineSeconds"),
        "suspend": spec.get("suspend", False),
        "stop": _stop(spec.get("stop")),
        "ttl_seconds_after_finished": spec.get("ttlSecondsAfterFinished"),
        "pod_failure_policy": spec.get("podFailurePolicy"),
        "managed_by": spec.get("managedBy", ""),
        "gates": tuple(spec.get("gates") or ()),
        "promote": spec.get("promote", ""),
        "notify": spec.get("notify"),
    }


def _stop(spec: Tree | None) -> Stop | None:
    return Stop(spec["reason"], spec.get("message") or "spec.stop ended the run") if spec else None


def _mirrors(spec: Tree | None) -> Workload | None:
    return Workload(spec["apiVersion"], spec["kind"], spec["name"], spec["uid"]) if spec else None


def _recorder(spec: Tree) -> Recorder:
    resources = spec.get("resources") or {}
    return Recorder(
        container=spec.get("container", ""),
        paths=tuple(spec.get("paths") or ()),
        include=tuple(spec.get("include") or ()),
        exclude=tuple(spec.get("exclude") or ()),
        console=spec.get("console", True),
        cpu=str(resources.get("cpu", "")),
        memory=str(resources.get("memory", "")),
    )
