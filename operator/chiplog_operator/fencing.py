"""A cluster that takes no write from an operator that is not the leader any more; it decides nothing else.

A leader that was paused (a frozen node, SIGSTOP) wakes up in the middle of a pass that it began long ago. Every write
asks first whether the Lease is still ours; what passes that check and is late all the same meets the second fence:
a status, a patch and a deletion name the version and the UID that were read, and a creation never replaces.
"""

from collections.abc import Callable, Iterable, Sequence

from chiplog_operator.cluster import Cluster, Json, Kind, Unavailable
from chiplog_operator.specs import Workload


class Fenced:
    """The `Cluster` protocol over another, which only a leader may change."""

    def __init__(self, cluster: Cluster, is_leader: Callable[[], bool]) -> None:
        self._cluster = cluster
        self._is_leader = is_leader

    def run(self, namespace: str, name: str) -> Json | None:
        """A TrainingRun, or None."""
        return self._cluster.run(namespace, name)

    def job(self, namespace: str, name: str) -> Json | None:
        """A Job, or None."""
        return self._cluster.job(namespace, name)

    def pod(self, namespace: str, name: str) -> Json | None:
        """A pod, or None."""
        return self._cluster.pod(namespace, name)

    def pods(self, namespace: str, run: str) -> list[Json]:
        """The pods of a TrainingRun's name."""
        return self._cluster.pods(namespace, run)

    def workload(self, namespace: str, workload: Workload) -> Json | None:
        """Somebody's workload, or None."""
        return self._cluster.workload(namespace, workload)

    def workloads_like(self, workload: Workload, namespaces: Sequence[str]) -> Iterable[Json]:
        """All workloads of a workload's kind."""
        return self._cluster.workloads_like(workload, namespaces)

    def mirrored(self, namespace: str, workload: Workload) -> list[Json]:
        """Pods among which are all those of a workload."""
        return self._cluster.mirrored(namespace, workload)

    def asking_namespaces(self) -> list[Json]:
        """The namespaces that carry the inject label."""
        return self._cluster.asking_namespaces()

    def every_pod(self, namespace: str) -> list[Json]:
        """All pods of a namespace."""
        return self._cluster.every_pod(namespace)

    def service(self, namespace: str, name: str) -> Json | None:
        """A Service, or None."""
        return self._cluster.service(namespace, name)

    def warnings(self, namespace: str, uid: str) -> list[Json]:
        """The Warning Events on an object."""
        return self._cluster.warnings(namespace, uid)

    def key_accounts(self) -> list[Json]:
        """The ServiceAccounts of API keys."""
        return self._cluster.key_accounts()

    def sweep(self, namespace: str, name: str) -> Json | None:
        """A Sweep, or None."""
        return self._cluster.sweep(namespace, name)

    def trials(self, namespace: str, sweep: str) -> list[Json]:
        """The TrainingRuns of a Sweep's name."""
        return self._cluster.trials(namespace, sweep)

    def cronjobs(self, namespaces: Sequence[str]) -> list[Json]:
        """The CronJobs that there are."""
        return self._cluster.cronjobs(namespaces)

    def nights(self, namespace: str, line: str) -> list[Json]:
        """The TrainingRuns of a line's name."""
        return self._cluster.nights(namespace, line)

    def listed(self, kind: Kind, namespaces: Sequence[str], *, is_whole: bool = False) -> Iterable[Json]:
        """All that the watch of a kind shows."""
        return self._cluster.listed(kind, namespaces, is_whole=is_whole)

    def uid(self) -> str:
        """The cluster's identity."""
        return self._cluster.uid()

    def create_job(self, manifest: Json) -> Json:
        """Make a Job."""
        return self._writable().create_job(manifest)

    def patch_job(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a Job."""
        return self._writable().patch_job(namespace, name, patch)

    def create_service(self, manifest: Json) -> Json:
        """Make a Service."""
        return self._writable().create_service(manifest)

    def apply_status(self, manifest: Json) -> Json:
        """Replace a TrainingRun's status."""
        return self._writable().apply_status(manifest)

    def delete_run(self, namespace: str, name: str, uid: str, version: str) -> None:
        """Delete a TrainingRun."""
        self._writable().delete_run(namespace, name, uid, version)

    def create_run(self, manifest: Json) -> Json:
        """Make a TrainingRun."""
        return self._writable().create_run(manifest)

    def patch_run(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a TrainingRun."""
        return self._writable().patch_run(namespace, name, patch)

    def apply_sweep_status(self, manifest: Json) -> Json:
        """Replace a Sweep's status."""
        return self._writable().apply_sweep_status(manifest)

    def delete_key(self, name: str, handle_uid: str) -> None:
        """Delete an API key's handle, and then its ServiceAccount."""
        self._writable().delete_key(name, handle_uid)

    def create_event(self, manifest: Json) -> None:
        """Make an Event."""
        self._writable().create_event(manifest)

    def _writable(self) -> Cluster:
        if not self._is_leader():
            raise Unavailable("another operator may be the leader by now: nothing is written")
        return self._cluster
