"""Takes up pods that are not ours: each workload of them gets a TrainingRun that mirrors it, once.

It never touches a pod or a workload. A pod that was missed gets an Event that says why, and what to do.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from chiplog.errors import BucketError, FormatError
from chiplog_operator import admission, events, lines, mirrors, missed, wishes
from chiplog_operator.cluster import Cluster, ClusterError, Conflict, Forbidden
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.settings import Settings
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.specs import Workload
from chiplog_operator.strangers import Strangers, is_labelled, is_stranger

Json = dict[str, Any]

ROUND_SECONDS = 20.0
"""Between two looks at the namespaces that ask: a pod that was missed there is flagged within a minute."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Adopter:
    """What an adoption works with; threads may run adoptions of different pods at once."""

    settings: Settings
    cluster: Cluster
    ledger: Ledger
    strangers: Strangers
    sightings: Sightings
    metrics: Metrics
    reporter: str = ""
    clock: Callable[[], float] = time.time

    def adopt(self, key: Key) -> Key | None:
        """Find the run of a pod that waits, or make it; returns the run to look at, None where there is none.

        Raises ClusterError where the API server did not answer: worth another try.
        """
        pod = self.strangers.waiting(key)
        if pod is None:
            return None
        if _is_over(pod) and not admission.is_recorded(pod):
            self.strangers.dismissed(key)
            return None
        workload = self.strangers.lineage.top(pod)
        run = Key(key.namespace, mirrors.name(workload))
        is_known = self.strangers.run_of(pod) is not None
        if self.cluster.run(*run) is None and not self._is_written_down(run):
            if is_known and self._is_gone(key.namespace, workload):
                self.strangers.dismissed(key)
                return None
            self._make(key.namespace, workload, pod)
        if not is_known:
            self._tell(pod)
        self.strangers.adopted(pod, run)
        self.sightings.pod_seen(run, key.name)
        return run

    def missed(self) -> Iterator[Key]:
        """Pods of asking namespaces that have neither the recorder nor the label, so that no watch shows them."""
        served, closed = self.settings.namespaces, self.settings.closed_namespaces
        for namespace in self.cluster.asking_namespaces():
            name = namespace["metadata"]["name"]
            if name in closed or (served and name not in served):
                continue
            for pod in self.cluster.every_pod(name):
                if _is_missed(pod, namespace):
                    yield self.strangers.arrived(pod)

    def _make(self, namespace: str, workload: Workload, pod: Mapping[str, Any]) -> None:
        with suppress(Conflict):  # Another of its pods was quicker.
            night = self._night(namespace, workload)
            self.cluster.create_run(mirrors.manifest(workload, namespace, wishes.of(pod), night))
            self.metrics.count("adoptions_total", kind=workload.kind)
            log.info("workload adopted", namespace=namespace, kind=workload.kind, name=workload.name)

    def _night(self, namespace: str, workload: Workload) -> lines.Night | None:
        """The night that a Job is; None where the workload is none, or may not be read."""
        if (workload.group, workload.kind) != ("batch", "Job"):
            return None
        try:
            body = self.cluster.workload(namespace, workload)
        except Forbidden:
            return None
        is_same = body is not None and body["metadata"]["uid"] == workload.uid
        return lines.night(body) if is_same and body is not None else None

    def _is_gone(self, namespace: str, workload: Workload) -> bool:
        """The mirror went because its workload did, and the pods are about to; what may not be read is there."""
        try:
            body = self.cluster.workload(namespace, workload)
        except Forbidden:
            return False
        return body is None or body["metadata"]["uid"] != workload.uid

    def _is_written_down(self, run: Key) -> bool:
        """The mirror came and went, and all of it is in the bucket: its pods need no other."""
        try:
            outcome = self.ledger.outcome(self.ledger.place(run.namespace, run.name))
        except (BucketError, FormatError):
            return False
        return outcome is not None and outcome["durable"]

    def _tell(self, pod: Mapping[str, Any]) -> None:
        """One Event on the pod for each thing that is wrong with it."""
        fault = missed.of(pod, self.settings.closed_namespaces)
        told = [events.Event("Warning", fault.reason, fault.message)] if fault is not None else []
        if fault is None:
            told = [events.Event("Warning", "AnnotationIgnored", text) for text in wishes.of(pod).problems]
        for event in told:
            self.metrics.count("events_total", reason=event.reason)
            try:
                self.cluster.create_event(events.on_pod(event, pod, self.reporter, self.clock()))
            except ClusterError as error:
                log.warning("event not made, the run's status tells it", error=str(error))


def _is_over(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _is_missed(pod: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
    """The pod was made after its namespace asked, and has no recorder; those from before were never meant."""
    if is_labelled(pod) or not is_stranger(pod) or admission.is_recorded(pod) or _is_over(pod):
        return False
    if not wishes.is_asked(pod, namespace["metadata"].get("labels")):
        return False
    return not missed.is_older(pod, namespace)
