"""Looks at everything that tells of one run: its pods, those that vanished, its recorders' heads and answers.

It changes nothing anywhere, and a store that does not answer is a fact that it reports, not an error.
"""

import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chiplog.documents import Attempt
from chiplog.errors import BucketError, FormatError
from chiplog_operator import (
    attempts,
    documents,
    durability,
    hindrances,
    ledger,
    missed,
    names,
    pods,
    ranks,
    recording,
    strangers,
    times,
)
from chiplog_operator.attempts import Circumstances
from chiplog_operator.cluster import Cluster, ClusterError
from chiplog_operator.heads import Head
from chiplog_operator.ledger import Ledger
from chiplog_operator.missed import Missed
from chiplog_operator.observations import Hindrance, Job, Observation, Refusal, Trouble
from chiplog_operator.recorder_probe import Prober
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.specs import Run, Workload
from chiplog_operator.strangers import Strangers

MAX_BY_NAME = 4
"""Pods of a run that are read one by one; of more a LIST asks less of our share of requests."""

Sight = tuple[dict[str, Any], bool]
"""A pod's body, and whether the pod is gone."""


@dataclass(frozen=True)
class Memory:
    """What is remembered of a run's attempts."""

    attempts: tuple[Attempt, ...] = ()
    trouble: Trouble | None = None
    """Why the bucket could not be read; the attempts are then what the status still shows of them."""
    is_on_record: bool = False
    """An outcome.json tells of a life that goes on: it is written when there is a Job, before any status."""

    def has_begun(self, run: Run) -> bool:
        """A Job of this run was made before, by its status or by what is on record. A mirror always began."""
        return self.is_on_record or bool(self.attempts) or "jobName" in run.status or run.mirrors is not None


@dataclass(frozen=True)
class Observer:
    """Where to look; threads may share it."""

    cluster: Cluster
    ledger: Ledger
    prober: Prober
    sightings: Sightings
    strangers: Strangers
    role: str = ""
    """Template of the sidecars' role, for advice; empty where they assume none."""
    clock: Callable[[], float] = time.time
    closed: tuple[str, ...] = ()
    """Namespaces whose pods are never touched."""

    def remember(self, run: Run) -> Memory:
        """The attempts as outcome.json has them."""
        try:
            outcome = self.ledger.outcome(self.ledger.place(run.namespace, run.id))
        except (BucketError, FormatError) as error:
            recalled = attempts.recalled(run.status.get("lastAttempts") or [], run.training_container)
            return Memory(tuple(recalled), ledger.trouble(error))
        if outcome is None:
            return Memory()
        return Memory(tuple(outcome["attempts"]), is_on_record=outcome["state"] not in documents.TERMINAL)

    def unseen(self, run: Run, refusal: Refusal) -> Observation:
        """What is known of a run that is refused before anybody looks at what may be another's."""
        return Observation(now=self.clock(), training=run.training_container, refusal=refusal)

    def observe(self, key: Key, run: Run, memory: Memory, job: Job | None) -> Observation:
        """Everything there is to see of a run that has this Job."""
        bodies = self._bodies(key, run, memory, job) if job is None or not job.is_new else []
        run = _described(run, bodies)
        found = _read(run, bodies, memory)
        known = (binding["id"] for attempt in memory.attempts for binding in attempt["recorders"])
        recorders = {*known, *(pod.uid for pod in found)} - {""}
        over = recorders if self._is_to_be_judged(run) else {pod.uid for pod in found if pod.is_over}
        heads, trouble = self._heads(run.namespace, recorders, over)
        tries = attempts.merge(memory.attempts, found, circumstances(run, job, heads))
        seen = Observation(
            now=self.clock(),
            training=run.training_container,
            role=names.role_arn(self.role, run.namespace),
            job=job,
            was_begun=job is not None or memory.has_begun(run),
            pods=tuple(found),
            attempts=tuple(tries),
            heads=heads,
            trouble=memory.trouble or trouble,
            missed=self._missed(run, bodies),
            template=run.template,
        )
        return replace(seen, probes=self._answers(seen), hindrance=self._hindrance(run, seen))

    def _hindrance(self, run: Run, seen: Observation) -> Hindrance | None:
        """What the cluster's Events say of a pod that is not made or does not start; asked only where there is one."""
        uid = hindrances.subject(seen)
        try:
            return hindrances.hindrance(self.cluster.warnings(run.namespace, uid)) if uid else None
        except ClusterError:
            return None  # Somebody keeps Events from us: the run goes on as well without them.

    def _bodies(self, key: Key, run: Run, memory: Memory, job: Job | None) -> list[Sight]:
        """The run's pods and the last sight of those that vanished; none of an earlier run of the same name."""
        listed = self._present(key, run, memory, job)
        present = {body["metadata"]["uid"] for body in listed}
        vanished = [body for body in self.sightings.pods(key) if body["metadata"]["uid"] not in present]
        return [(body, is_gone) for group, is_gone in ((listed, False), (vanished, True)) for body in group
                if self._is_of(body, run)]  # fmt: skip

    def _present(self, key: Key, run: Run, memory: Memory, job: Job | None) -> list[dict[str, Any]]:
        """The pods that are there: by name where the Job goes on and all are known, else by a LIST.

        What ends a run for good is so never judged by what the watch has brought. A LIST by label costs the API server
        a look at every pod of the namespace: a tenth of a second for ten thousand, or a whole one where it asks etcd.
        """
        names = self.sightings.pod_names(key)
        remembered = {binding["pod"] for binding in attempts.current(memory.attempts).values()}
        goes_on = job is not None and not (job.is_complete or job.failing or job.is_suspended)
        if not (goes_on and _least(run) <= len(names) and len(names | remembered) <= MAX_BY_NAME):
            return self._listed(key, run)
        found = {name: self.cluster.pod(key.namespace, name) for name in sorted(names | remembered)}
        for name in names:
            if found[name] is None:
                self.sightings.pod_missed(key, name)  # Its deletion may be one that the watch never brings.
        present = [body for body in found.values() if body is not None]
        is_judged_by_pods = run.mirrors is not None and not any(map(strangers.is_alive, present))
        return self._listed(key, run) if is_judged_by_pods else present

    def _listed(self, key: Key, run: Run) -> list[dict[str, Any]]:
        return self.cluster.pods(*key) if run.mirrors is None else self._mirrored(key, run.mirrors)

    def _mirrored(self, key: Key, workload: Workload) -> list[dict[str, Any]]:
        found = self.cluster.mirrored(key.namespace, workload)
        present = {body["metadata"]["uid"] for body in found}
        return found + [body for body in self.strangers.unlabelled(key) if body["metadata"]["uid"] not in present]

    def _is_of(self, pod: Mapping[str, Any], run: Run) -> bool:
        if run.mirrors is not None:
            return strangers.is_stranger(pod) and self.strangers.lineage.top(pod).uid == run.mirrors.uid
        annotations = pod["metadata"].get("annotations") or {}
        return bool(annotations.get(names.RUN_ID_ANNOTATION) == run.id)

    def _missed(self, run: Run, bodies: Iterable[Sight]) -> dict[str, Missed]:
        if run.mirrors is None:
            return {}
        judged = ((body["metadata"]["name"], missed.of(body, self.closed)) for body, _ in bodies)
        return {name: fault for name, fault in judged if fault is not None}

    def _is_to_be_judged(self, run: Run) -> bool:
        """The run ended so long ago that what is not drained counts as lost, which no old sight may say."""
        ended = times.seconds(run.status.get("completionTime"))
        return ended is not None and self.clock() - ended > durability.LOST_SECONDS

    def _heads(
        self, namespace: str, recorders: Iterable[str], over: Container[str]
    ) -> tuple[dict[str, Head], Trouble | None]:
        """The heads that there are; those that cannot be read now are left out, with the first reason.

        Of recorders whose pod is `over` the last word counts, so it is read anew: end and Durable are then one write.
        """
        found: dict[str, Head] = {}
        trouble: Trouble | None = None
        for recorder in sorted(recorders):
            try:
                head = self.ledger.head(namespace, recorder, is_fresh=recorder in over)
            except (BucketError, FormatError) as error:
                trouble = trouble or ledger.trouble(error)
                continue
            if head is not None:
                found[recorder] = head
        return found, trouble

    def _answers(self, seen: Observation) -> dict[str, Any]:
        """What the recorders say that should have been heard of by now."""
        overdue = [pod for pod in seen.pods if pod.ip and recording.is_overdue(seen, pod)]
        return {pod.uid: self.prober.ask(pod.uid, pod.ip) for pod in overdue}


def circumstances(run: Run, job: Job | None, heads: Mapping[str, Head]) -> Circumstances:
    """What the Job and the recorders add to a pod's own word on its end."""
    deletion = attempts.DELETED
    if job is not None and job.failing == attempts.DEADLINE:
        deletion = run.stop.reason if run.stop is not None else attempts.DEADLINE
    elif job is not None and job.is_suspended:
        deletion = attempts.SUSPENDED
    return Circumstances(
        training=run.training_container,
        deletion=deletion,
        restarts_in_place=(run.template.get("spec") or {}).get("restartPolicy", "Never") != "Never",
        exits={recorder: head.exit_code for recorder, head in heads.items() if head.exit_code is not None},
    )


def _least(run: Run) -> int:
    """How many pods it has at least, while it trains: how many a mirror's workload wants its kind alone knows."""
    return run.parallelism if run.mirrors is None else 1


def _described(run: Run, bodies: list[Sight]) -> Run:
    """A mirror with its first pod for a template: what a TrainingRun of ours says, of a mirror its pods do."""
    if run.mirrors is None or not bodies:
        return run
    body = min(
        (body for body, _ in bodies), key=lambda body: times.seconds(body["metadata"].get("creationTimestamp")) or 0.0
    )
    annotations = {"annotations": body["metadata"].get("annotations") or {}}
    return replace(run, template={"metadata": annotations, "spec": body["spec"]})


def _read(run: Run, bodies: Iterable[Sight], memory: Memory) -> list[pods.Pod]:
    found = [pods.pod(body, is_gone=is_gone) for body, is_gone in bodies]
    return found if run.mirrors is None else ranks.ranked(found, memory.attempts)
