"""What the operator asks of the API server, as a protocol over plain dictionaries, and the errors of its answers.

ClusterError
├── Missing       the object does not exist
├── Conflict      somebody wrote since we read
├── Forbidden     we may not, or a quota or an admission policy says no: may hold later
├── Invalid       the object itself is wrong: will never hold
└── Unavailable   no usable answer: worth another try
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

from chiplog.errors import ChiplogError
from chiplog_operator.specs import Workload

Json = dict[str, Any]
Kind = Literal["trainingruns", "sweeps", "jobs", "pods"]

KINDS: tuple[Kind, ...] = ("trainingruns", "sweeps", "jobs", "pods")


class ClusterError(ChiplogError):
    """The API server refused a request or did not answer."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said or message
        """The API server's own words, without what we were doing."""


class Missing(ClusterError):
    """The object does not exist."""


class Conflict(ClusterError):
    """The object is not the version that we had seen, or exists already."""


class Forbidden(ClusterError):
    """The request is not allowed now."""


class Invalid(ClusterError):
    """The object can never be accepted as it is."""


class Unavailable(ClusterError):
    """The same request may succeed later."""


class Cluster(Protocol):
    """The requests of a reconciling pass. Every method may raise Forbidden and Unavailable."""

    def run(self, namespace: str, name: str) -> Json | None:
        """A TrainingRun, or None."""
        ...

    def job(self, namespace: str, name: str) -> Json | None:
        """A Job, or None."""
        ...

    def pod(self, namespace: str, name: str) -> Json | None:
        """A pod, or None."""
        ...

    def pods(self, namespace: str, run: str) -> list[Json]:
        """The pods that carry the label of a TrainingRun's name."""
        ...

    def create_job(self, manifest: Json) -> Json:
        """Make a Job. Raises Invalid, and Conflict where one of its name is there."""
        ...

    def patch_job(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a Job by a merge patch. Raises Missing, Conflict, Invalid."""
        ...

    def service(self, namespace: str, name: str) -> Json | None:
        """A Service, or None."""
        ...

    def create_service(self, manifest: Json) -> Json:
        """Make a Service. Raises Invalid, and Conflict where one of its name is there."""
        ...

    def workload(self, namespace: str, workload: Workload) -> Json | None:
        """Somebody's workload, or None; a kind that is not known is Forbidden."""
        ...

    def workloads_like(self, workload: Workload, namespaces: Sequence[str]) -> Iterable[Json]:
        """All workloads of a workload's kind, in the given namespaces, or in all where none is given; a kind that is
        not known is Forbidden. What is given is read while it is taken, and may raise then.
        """
        ...

    def mirrored(self, namespace: str, workload: Workload) -> list[Json]:
        """Pods among which are all those of a workload."""
        ...

    def asking_namespaces(self) -> list[Json]:
        """The namespaces whose pods shall be recorded."""
        ...

    def every_pod(self, namespace: str) -> list[Json]:
        """All pods of a namespace, labelled or not."""
        ...

    def apply_status(self, manifest: Json) -> Json:
        """Replace a TrainingRun's status by server-side apply. Raises Missing, Conflict, Invalid."""
        ...

    def delete_run(self, namespace: str, name: str, uid: str, version: str) -> None:
        """Delete a TrainingRun if it is still that one, in that version; one that is gone is no error.

        Raises Conflict.
        """
        ...

    def warnings(self, namespace: str, uid: str) -> list[Json]:
        """The Warning Events on an object, as core/v1 has them."""
        ...

    def sweep(self, namespace: str, name: str) -> Json | None:
        """A Sweep, or None."""
        ...

    def trials(self, namespace: str, sweep: str) -> list[Json]:
        """The TrainingRuns that carry the label of a Sweep's name."""
        ...

    def cronjobs(self, namespaces: Sequence[str]) -> list[Json]:
        """The CronJobs of the given namespaces, or of all where none is given."""
        ...

    def nights(self, namespace: str, line: str) -> list[Json]:
        """The TrainingRuns that carry the label of a line's name."""
        ...

    def create_run(self, manifest: Json) -> Json:
        """Make a TrainingRun. Raises Invalid, and Conflict where one of its name is there."""
        ...

    def patch_run(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a TrainingRun by a merge patch. Raises Missing, Conflict, Invalid."""
        ...

    def apply_sweep_status(self, manifest: Json) -> Json:
        """Replace a Sweep's status by server-side apply. Raises Missing, Conflict, Invalid."""
        ...

    def create_event(self, manifest: Json) -> None:
        """Make an Event; one of the same name is no error."""
        ...

    def listed(self, kind: Kind, namespaces: Sequence[str], *, is_whole: bool = False) -> Iterable[Json]:
        """All that the watch of a kind shows, in the given namespaces, or in all where none is given; metadata alone,
        unless it is asked for whole. What is given is read while it is taken, and may raise then.
        """
        ...

    def key_accounts(self) -> list[Json]:
        """The ServiceAccounts of API keys."""
        ...

    def delete_key(self, name: str, handle_uid: str) -> None:
        """Delete the handle of that UID, and then the ServiceAccount; what is gone is no error. Raises Conflict."""
        ...

    def uid(self) -> str:
        """The UID of the namespace kube-system, which identifies a cluster."""
        ...


class Leases(Protocol):
    """The requests of an election. Every method may raise Forbidden and Unavailable."""

    def lease(self, namespace: str, name: str) -> Json | None:
        """A Lease, or None."""
        ...

    def create_lease(self, manifest: Json) -> Json:
        """Make a Lease. Raises Conflict where one is there."""
        ...

    def replace_lease(self, manifest: Json) -> Json:
        """Replace a Lease in the version that it names. Raises Conflict, Missing."""
        ...
