"""What listings say at a start: the runs of which nothing changed since their status was written, which need no pass.

Ten thousand passes, each of three requests, would take ten minutes of what the API server grants us. So each run is
judged by what a pass would decide, from the same listings: its own status for a memory, its Job, its pods, and heads
that say nothing new, which are read in their turn. Only where that makes no other status a pass is left out; whatever
is in doubt gets one. It writes nothing.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chiplog.documents import Attempt
from chiplog_operator import (
    attempts,
    documents,
    hindrances,
    manifests,
    names,
    news,
    observations,
    observer,
    pace,
    pods,
    ranks,
    specs,
    status,
    strangers,
    times,
    workloads,
)
from chiplog_operator.cluster import Cluster, Forbidden, Kind
from chiplog_operator.guests import Guests
from chiplog_operator.heads import Head
from chiplog_operator.lineage import Lineage
from chiplog_operator.observations import Job, Observation
from chiplog_operator.pace import Pace
from chiplog_operator.pods import Pod
from chiplog_operator.sightings import Key
from chiplog_operator.specs import Run, Workload

Json = dict[str, Any]
Version = tuple[Kind, str, str]
"""Kind, UID and resourceVersion of an object that was judged."""

_AWAITED = frozenset({"running", "suspended"})
"""States in which a run may stay for long; in any other that is not the last a pass is due."""


@dataclass(frozen=True)
class Unchanged:
    """A run that goes on from its status without a pass."""

    key: Key
    uid: str
    generation: int
    pace: Pace
    recorders: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    strangers: tuple[str, ...] = ()
    """UIDs of the pods of a mirror."""


@dataclass(frozen=True)
class Answer:
    """What a roll call found."""

    unchanged: list[Unchanged]
    pods: list[tuple[Key, str]]
    """Every pod of a Job of ours or of a mirror that was judged: its run, and its name."""
    lineage: Lineage
    """What was learned of who owns what."""


@dataclass
class _Candidate:
    """A run that may be unchanged, as text: of ten thousand a tenth of what their documents take."""

    text: str
    versions: list[Version]
    settled: Pace | None = None
    """Of a durable run: what follows whatever its Job and pods are."""
    job: Job | None = None
    pods: list[Pod] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    oldest: tuple[float, str] = (float("inf"), "")
    """Of a mirror: its first pod, as a template."""


class _Roll:
    """The candidates, and what the listings say of them one after the other."""

    def __init__(self, now: float, guests: Guests) -> None:
        self._now = now
        self._guests = guests
        self._mirrors: dict[str, tuple[Key, Workload]] = {}
        """By the UID of their workload."""
        self.lineage = Lineage(guests.read)
        self._candidates: dict[Key, _Candidate] = {}
        self.found: list[Unchanged] = []
        self.pods: list[tuple[Key, str]] = []

    def run(self, body: Json) -> None:
        """A TrainingRun."""
        run = specs.run(body)
        if not _is_told(run):
            return
        settled = pace.settled(run, self._now) if documents.is_durable(run.status) else None
        if settled is None and run.status.get("state") not in _AWAITED:
            return
        key, text, versions = Key(run.namespace, run.name), json.dumps(_reduced(body)), [_version("trainingruns", body)]
        self._candidates[key] = _Candidate(text, versions, settled)
        if run.mirrors is not None:
            self._mirrors[run.mirrors.uid] = key, run.mirrors

    def job(self, body: Json) -> None:
        """A Job that carries our label."""
        candidate = self._candidates.get(_key(body))
        if candidate is None:
            return
        candidate.versions.append(_version("jobs", body))
        run = _parsed(candidate)
        if candidate.settled is None and manifests.is_of(body, run) and manifests.suspension(run, body) is None:
            candidate.job = observations.job(body)

    def pod(self, body: Json) -> None:
        """A pod that asks for the recorder: one of our Jobs, or a stranger's."""
        if strangers.is_stranger(body):
            self._stranger(body)
            return
        self._take(_key(body), body)

    def _take(self, key: Key, body: Json) -> _Candidate | None:
        """A pod of a run; gives the candidate that is to be judged by it."""
        self.pods.append((key, body["metadata"]["name"]))
        candidate = self._candidates.get(key)
        if candidate is None:
            return None
        candidate.versions.append(_version("pods", body))
        if candidate.settled is not None:
            return candidate
        candidate.pods.append(pods.pod(body))
        return candidate

    def _stranger(self, body: Json) -> None:
        """A pod of somebody's workload; where that has no mirror yet, or one that changes, it waits to be adopted."""
        known = self._mirrors.get(self.lineage.top(body).uid) if self._mirrors else None
        candidate = self._take(known[0], body) if known is not None else None
        if known is None or candidate is None:
            return
        metadata, workload = body["metadata"], known[1]
        candidate.strangers.append(metadata["uid"])
        if candidate.settled is not None:
            return
        made = times.seconds(metadata.get("creationTimestamp")) or 0.0
        if made < candidate.oldest[0]:
            candidate.oldest = made, json.dumps(_outline(body))
        if metadata["uid"] == workload.uid:
            candidate.job = workloads.job(workload, body)

    def close(self) -> None:
        """All was listed."""
        while self._candidates:
            key, candidate = self._candidates.popitem()
            run = _parsed(candidate)
            after = candidate.settled or _after(self._mirrored(run, candidate), candidate, self._now)
            if after is not None and not after.is_expired:
                recorders = tuple(pod.uid for pod in candidate.pods)
                versions, guests = tuple(candidate.versions), tuple(candidate.strangers)
                self.found.append(Unchanged(key, run.uid, run.generation, after, recorders, versions, guests))

    def _mirrored(self, run: Run, candidate: _Candidate) -> Run:
        """A mirror as a pass sees it: with its workload's word, its first pod for a template, and its pods' ranks."""
        if run.mirrors is None:
            return run
        if candidate.job is None:
            body = self._read(run.namespace, run.mirrors)
            candidate.job = workloads.job(run.mirrors, body) if body is not None else None
        run = replace(run, template=json.loads(candidate.oldest[1])) if candidate.pods else run
        candidate.pods = ranks.ranked(candidate.pods, _known(run))
        return run

    def _read(self, namespace: str, workload: Workload) -> Mapping[str, Any] | None:
        try:
            return self._guests.read(namespace, workload)
        except Forbidden:
            return None  # A pass may be allowed to read this one.


def call(
    cluster: Cluster, namespaces: Sequence[str], now: float, chance: Callable[[], float] = random.random
) -> Answer:
    """List all runs, Jobs and pods once, and find the runs that need no pass. Raises ClusterError.

    When they are looked at for the first time is up to `chance`, a number from 0 to 1: not all at once.
    """
    roll = _Roll(now, Guests(cluster, namespaces))
    kinds: tuple[tuple[Kind, Callable[[Json], None]], ...] = (
        ("trainingruns", roll.run), ("jobs", roll.job), ("pods", roll.pod),
    )  # fmt: skip
    for kind, take in kinds:
        for body in cluster.listed(kind, namespaces, is_whole=True):
            take(body)
    roll.close()
    return Answer(_spread(roll.found, chance), roll.pods, roll.lineage)


def _spread(found: Iterable[Unchanged], chance: Callable[[], float]) -> list[Unchanged]:
    items = list(found)
    longest = pace.look_again_seconds(sum(not item.pace.is_forgotten for item in items))
    return [item if item.pace.is_forgotten else _at(item, chance() * longest) for item in items]


def _at(item: Unchanged, seconds: float) -> Unchanged:
    return replace(item, pace=replace(item.pace, again_after=seconds))


def _is_told(run: Run) -> bool:
    """Its status is ours alone, and about what its owner wants now."""
    is_asked = run.is_deleting or run.stop is not None or run.is_unresolved
    return (
        run.is_ours
        and not is_asked
        and not run.status_editors
        and run.status.get("observedGeneration") == run.generation
    )


def _after(run: Run, candidate: _Candidate, now: float) -> Pace | None:
    """What follows if a pass would say what the status says already; None where it would not, or who knows."""
    is_alone = len(candidate.pods) == (_expected(run) if run.status["state"] == "running" else 0)
    if candidate.job is None or not is_alone or any(pod.is_over for pod in candidate.pods):
        return None
    if run.mirrors is not None and any(pod.recorder is None for pod in candidate.pods):
        return None
    seen = _seen(run, candidate.job, candidate.pods, now)
    new = status.decide(run, seen)
    is_another = new["attempts"] != run.status.get("attempts")
    if hindrances.subject(seen) or is_another or news.is_transition(run.status, new):
        return None
    return pace.following(run, seen, new)


def _expected(run: Run) -> int:
    """How many pods train: of a mirror as many as were heard of, if there was one attempt alone."""
    if run.mirrors is None:
        return run.parallelism
    return run.status.get("recorders", -1) if run.status.get("attempts") == 1 else -1


def _known(run: Run) -> list[Attempt]:
    return attempts.recalled(run.status.get("lastAttempts") or [], run.training_container)


def _seen(run: Run, job: Job, found: Sequence[Pod], now: float) -> Observation:
    """What a pass would see, had every recorder just said that all is well."""
    heads = {pod.uid: Head(now, "recording", has_streams=True) for pod in found}
    tries = attempts.merge(_known(run), found, observer.circumstances(run, job, heads))
    return Observation(
        now=now,
        training=run.training_container,
        job=job,
        was_begun=True,
        pods=tuple(found),
        attempts=tuple(tries),
        heads=heads,
        template=run.template,
    )


def _reduced(body: Json) -> Json:
    """A TrainingRun without what no status depends on."""
    metadata, spec = body["metadata"], body["spec"]
    kept = {key: value for key, value in metadata.items() if key not in ("managedFields", "annotations")}
    template = {"template": _outline(spec["template"])} if "template" in spec else {}
    return {"metadata": kept, "spec": {**spec, **template}, "status": body["status"]}


def _outline(template: Mapping[str, Any]) -> Json:
    """What of a pod, or of its template, says which container trains, and whether it starts again in place."""
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    containers = [{"name": item["name"]} for item in template["spec"]["containers"]]
    restarts = {key: value for key, value in template["spec"].items() if key == "restartPolicy"}
    return {"metadata": {"annotations": annotations}, "spec": {**restarts, "containers": containers}}


def _parsed(candidate: _Candidate) -> Run:
    return specs.run(json.loads(candidate.text))


def _key(body: Json) -> Key:
    metadata = body["metadata"]
    return Key(metadata["namespace"], (metadata.get("labels") or {}).get(names.RUN_LABEL, ""))


def _version(kind: Kind, body: Json) -> Version:
    return kind, body["metadata"]["uid"], body["metadata"]["resourceVersion"]
