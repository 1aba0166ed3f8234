"""Everything that is known of one subject, gathered from the cluster and the bucket; it judges nothing.

Either source may be out of reach: then it is said why, and the other one answers alone.
"""

from dataclasses import dataclass, replace
from typing import Any

from chiplog.errors import BucketError, ChiplogError, ClusterDenied, ClusterUnreachable, RunNotFound, SettingsError
from chiplog.reading import naming
from chiplog.reading.views import RunView
from chiplog_cli import surroundings
from chiplog_cli.session import Session
from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What the cluster and the bucket show."""

    subject: str
    """As it was asked for."""
    no_cluster: str = ""
    """Why the cluster was not asked; empty where it was."""
    no_bucket: str = ""
    """Why the bucket was not asked; empty where it was."""
    training_run: Object | None = None
    job: Object | None = None
    pods: tuple[Object, ...] = ()
    view: RunView | None = None
    around: Surroundings | None = None
    """What decides about injection besides the pods; None where nobody asked."""
    is_namespace: bool = False
    """A whole namespace was asked for."""
    address: str = ""
    """Where the bucket is looked for; empty where nobody says."""

    @property
    def is_empty(self) -> bool:
        """Neither knows the subject."""
        has_objects = self.training_run is not None or self.job is not None or bool(self.pods) or self.is_namespace
        return not has_objects and self.view is None


def gather(session: Session, subject: str) -> Evidence:
    """Look for `RUN`, `pod/NAME`, `job/NAME`, `trainingrun/NAME` or `namespace/NAME`.

    Raises RunNotFound if both were asked and neither knows it, SettingsError for another kind, AmbiguousRun, and the
    bucket's error if neither could be asked.
    """
    kind, name = _subject(subject)
    seen = _with_cluster(session, Evidence(subject, address=session.address), kind, name)
    if kind == "namespace":
        return _told(seen)
    seen, error = _with_bucket(session, seen, name)
    if seen.no_cluster and error is not None:
        raise error
    if seen.is_empty:
        raise RunNotFound(_nobody(seen))
    return seen


def _subject(subject: str) -> tuple[str, str]:
    kind, separator, name = subject.partition("/")
    meant = next((word for word, others in _KINDS.items() if kind in others), "")
    return (meant, name) if separator and meant else ("run", subject)


_KINDS = {
    "pod": ("pod", "pods", "po"),
    "job": ("job", "jobs"),
    "trainingrun": ("trainingrun", "trainingruns", "tr"),
    "namespace": ("namespace", "namespaces", "ns"),
}


def _told(seen: Evidence) -> Evidence:
    """A namespace is the cluster's matter alone."""
    if seen.no_cluster:
        raise ClusterUnreachable(f"{seen.subject} cannot be explained without the cluster: {seen.no_cluster}")
    if seen.is_empty:
        raise RunNotFound(f"the cluster does not know {seen.subject}")
    return replace(seen, no_bucket="a namespace is no run")


def _with_cluster(session: Session, seen: Evidence, kind: str, name: str) -> Evidence:
    try:
        cluster = session.connect()
        named = naming.parse(name, session.namespace)
        namespace = named.namespace or cluster.namespace
        if kind == "namespace":
            return _of_namespace(cluster, seen, name)
        if kind == "pod":
            return _of_pod(cluster, seen, namespace, named.run)
        if kind == "job":
            return _of_job(cluster, seen, namespace, named.run)
        found = _of_run(cluster, seen, namespace, named.run)
        return found if kind == "trainingrun" or not found.is_empty else _of_pod(cluster, seen, namespace, named.run)
    except (ClusterDenied, ClusterUnreachable, SettingsError) as error:
        return replace(seen, no_cluster=str(error))


def _of_run(cluster: Any, seen: Evidence, namespace: str, name: str) -> Evidence:
    run = cluster.training_run(namespace, name)
    if run is None:
        return seen
    status = run.get("status") or {}
    run_id = status.get("runId", "")
    mirrored = (run.get("spec") or {}).get("mirrors")
    if mirrored:
        return _mirrored(cluster, replace(seen, training_run=run), namespace, mirrored)
    job = cluster.job(namespace, status.get("jobName") or run_id) if status.get("jobName") or run_id else None
    found = replace(seen, training_run=run, job=job, pods=tuple(cluster.pods(namespace, name, run_id)))
    return _around(cluster, found, namespace)


def _mirrored(cluster: Any, seen: Evidence, namespace: str, workload: Object) -> Evidence:
    """The pods of a mirror: a pod, a Job's, and of any other kind those that its status tells of."""
    if workload["kind"] == "Pod":
        found = [cluster.pod(namespace, workload["name"])]
    elif workload["kind"] == "Job":
        found = cluster.every_pod(namespace, f"batch.kubernetes.io/controller-uid={workload['uid']}")
    else:
        told = ((seen.training_run or {}).get("status") or {}).get("lastAttempts") or []
        found = [cluster.pod(namespace, item["pod"]) for item in told if item.get("pod")]
    return _around(cluster, replace(seen, pods=tuple(pod for pod in found if pod is not None)), namespace)


def _of_pod(cluster: Any, seen: Evidence, namespace: str, name: str) -> Evidence:
    pod = cluster.pod(namespace, name)
    if pod is None:
        return seen
    run = (pod["metadata"].get("labels") or {}).get("chiplog.dev/run", "")
    owner = _of_run(cluster, seen, namespace, run) if run else _of_mirror(cluster, seen, namespace, pod)
    job = owner.job if run else _job_above(cluster, namespace, pod)
    return _around(cluster, replace(owner, pods=(pod,), job=job), namespace)


def _job_above(cluster: Any, namespace: str, pod: Object) -> Object | None:
    owners = pod["metadata"].get("ownerReferences") or []
    name = next((owner["name"] for owner in owners if owner["kind"] == "Job"), None)
    found: Object | None = cluster.job(namespace, name) if name else None
    return found


def _of_job(cluster: Any, seen: Evidence, namespace: str, name: str) -> Evidence:
    job = cluster.job(namespace, name)
    if job is None:
        return seen
    pods = tuple(cluster.every_pod(namespace, f"batch.kubernetes.io/job-name={name}"))
    labels = job["metadata"].get("labels") or {}
    run = cluster.training_run(namespace, labels["chiplog.dev/run"]) if "chiplog.dev/run" in labels else None
    owner = replace(seen, training_run=run) if run else _of_mirror(cluster, seen, namespace, job)
    return _around(cluster, replace(owner, job=job, pods=pods), namespace)


def _of_namespace(cluster: Any, seen: Evidence, name: str) -> Evidence:
    pods = tuple(cluster.every_pod(name))
    around = surroundings.of(cluster, name, ())
    return replace(seen, pods=pods, around=around, is_namespace=around.namespace is not None or bool(pods))


def _of_mirror(cluster: Any, seen: Evidence, namespace: str, item: Object) -> Evidence:
    """The TrainingRun that mirrors an object, or one of its owners."""
    metadata = item["metadata"]
    owners = metadata.get("ownerReferences") or []
    uids = {metadata.get("uid"), *(owner["uid"] for owner in owners)}
    for job in [owner["name"] for owner in owners if owner["kind"] == "Job"]:
        above = ((cluster.job(namespace, job) or {}).get("metadata") or {}).get("ownerReferences") or []
        uids |= {owner["uid"] for owner in above}
    found = [run for run in cluster.mirrors(namespace) if run["spec"]["mirrors"]["uid"] in uids]
    return replace(seen, training_run=found[0]) if found else seen


def _around(cluster: Any, seen: Evidence, namespace: str) -> Evidence:
    subjects = [*([seen.job] if seen.job is not None else []), *seen.pods]
    return replace(seen, around=surroundings.of(cluster, namespace, subjects))


def _with_bucket(session: Session, seen: Evidence, name: str) -> tuple[Evidence, ChiplogError | None]:
    try:
        _, view = _session_at(session, seen).find(_name_in_bucket(seen, name))
    except RunNotFound:
        return seen, None
    except (BucketError, SettingsError) as error:
        return replace(seen, no_bucket=str(error)), error
    return replace(seen, view=view), None


def _session_at(session: Session, seen: Evidence) -> Session:
    """The cluster knows the namespace better than the option."""
    for item in (seen.training_run, *seen.pods):
        if item is not None:
            return replace(session, namespace=item["metadata"].get("namespace") or session.namespace)
    return session


def _name_in_bucket(seen: Evidence, name: str) -> str:
    """The run's id where the cluster tells it: names may have been used before."""
    if seen.training_run is not None:
        return str((seen.training_run.get("status") or {}).get("runId") or name)
    return str(seen.pods[0]["metadata"]["name"]) if seen.pods else name


def _nobody(seen: Evidence) -> str:
    if seen.no_cluster:
        return f"the bucket does not know {seen.subject}, and the cluster was not asked: {seen.no_cluster}"
    if seen.no_bucket:
        return f"the cluster does not know {seen.subject}, and the bucket was not asked: {seen.no_bucket}"
    return f"neither the cluster nor the bucket knows {seen.subject}"
