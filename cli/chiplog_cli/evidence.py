"""Everything that is known of one subject, gathered from the cluster and the bucket; it judges nothing.

Either source may be out of reach: then it is said why, and the other one answers alone.
"""

from dataclasses import dataclass, replace
from typing import Any

from chiplog.errors import BucketError, ChiplogError, RunNotFound, SettingsError
from chiplog.reading import naming
from chiplog.reading.views import RunView
from chiplog_cli.session import Session

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

    @property
    def is_empty(self) -> bool:
        """Neither knows the subject."""
        return self.training_run is None and self.job is None and not self.pods and self.view is None


def gather(session: Session, subject: str) -> Evidence:
    """Look for `RUN`, `pod/NAME` or `trainingrun/NAME`.

    Raises RunNotFound if both were asked and neither knows it, SettingsError for another kind, AmbiguousRun, and the
    bucket's error if neither could be asked.
    """
    kind, name = _subject(subject)
    seen = _with_cluster(session, Evidence(subject), kind, name)
    seen, error = _with_bucket(session, seen, name)
    if seen.no_cluster and error is not None:
        raise error
    if seen.is_empty:
        raise RunNotFound(_nobody(seen))
    return seen


def _subject(subject: str) -> tuple[str, str]:
    kind, separator, name = subject.partition("/")
    if separator and kind in ("pod", "pods"):
        return "pod", name
    if separator and kind in ("trainingrun", "trainingruns"):
        return "trainingrun", name
    return "run", subject


def _with_cluster(session: Session, seen: Evidence, kind: str, name: str) -> Evidence:
    try:
        cluster = session.connect()
        named = naming.parse(name, session.namespace)
        namespace = named.namespace or cluster.namespace
        if kind == "pod":
            return _of_pod(cluster, seen, namespace, named.run)
        found = _of_run(cluster, seen, namespace, named.run)
        return found if kind == "trainingrun" or not found.is_empty else _of_pod(cluster, seen, namespace, named.run)
    except (BucketError, SettingsError) as error:
        return replace(seen, no_cluster=str(error))


def _of_run(cluster: Any, seen: Evidence, namespace: str, name: str) -> Evidence:
    run = cluster.training_run(namespace, name)
    if run is None:
        return seen
    status = run.get("status") or {}
    run_id = status.get("runId", "")
    job = cluster.job(namespace, status.get("jobName") or run_id) if status.get("jobName") or run_id else None
    return replace(seen, training_run=run, job=job, pods=tuple(cluster.pods(namespace, name, run_id)))


def _of_pod(cluster: Any, seen: Evidence, namespace: str, name: str) -> Evidence:
    pod = cluster.pod(namespace, name)
    if pod is None:
        return seen
    run = (pod["metadata"].get("labels") or {}).get("chiplog.dev/run", "")
    owner = _of_run(cluster, seen, namespace, run) if run else seen
    return replace(owner, pods=(pod,))


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
