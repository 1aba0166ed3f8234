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
    specs,
    status,
    strangers,
)
from chiplog_operator.cluster import Cluster, Kind
from chiplog_operator.heads import Head
from chiplog_operator.observations import Job, Observation
from chiplog_operator.pace import Pace
from chiplog_operator.pods import Pod
from chiplog_operator.sightings import Key
from chiplog_operator.specs import Run

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


@dataclass(frozen=True)
class Answer:
    """What a roll call found."""

    unchanged: list[Unchanged]
    pods: list[tuple[Key, str]]
    """Every pod of a Job of ours: its run, and its name."""


@dataclass
class _Candidate:
    """A run that may be unchanged, as text: of ten thousand a tenth of what their documents take."""

    text: str
    versions: list[Version]
    settled: Pace | None = None
    """Of a durable run: what follows whatever its Job and pods are."""
    job: Job | None = None
    pods: list[Pod] = field(default_factory=list)


class _Roll:
    """The candidates, and what the listings say of them one after the other."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._candidates: dict[Key, _Candidate] = {}
        self.found: list[Unchanged] = []
        self.pods: list[tuple[Key, str]] = []

    def run(self, body: Json) -> None:
        """A TrainingRun."""
        run = specs.run(body)
        if not _is_told(run):
            return
        settled = pace.settled(run, self._now) if documents.is_durable(run.status) else None
        if settled is not None or (run.mirrors is None and run.status.get("state") in _AWAITED):
            text, versions = json.dumps(_reduced(body)), [_version("trainingruns", body)]
            self._candidates[Key(run.namespace, run.name)] = _Candidate(text, versions, settled)

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
            return
        self.pods.append((_key(body), body["metadata"]["name"]))
        candidate = self._candidates.get(_key(body))
        if candidate is not None:
            candidate.versions.append(_version("pods", body))
        if candidate is not None and candidate.settled is None:
            candidate.pods.append(pods.pod(body))

    def close(self) -> None:
        """All was listed."""
        while self._candidates:
            key, candidate = self._candidates.popitem()
            run = _parsed(candidate)
            after = candidate.settled or _after(run, candidate, self._now)
            if after is not None and not after.is_expired:
                recorders = tuple(pod.uid for pod in candidate.pods)
                versions = tuple(candidate.versions)
                self.found.append(Unchanged(key, run.uid, run.generation, after, recorders, versions))


def call(
    cluster: Cluster, namespaces: Sequence[str], now: float, chance: Callable[[], float] = random.random
) -> Answer:
    """List all runs, Jobs and pods once, and find the runs that need no pass. Raises ClusterError.

    When they are looked at for the first time is up to `chance`, a number from 0 to 1: not all at once.
    """
    roll = _Roll(now)
    kinds: tuple[tuple[Kind, Callable[[Json], None]], ...] = (
        ("trainingruns", roll.run), ("jobs", roll.job), ("pods", roll.pod),
    )  # fmt: skip
    for kind, take in kinds:
        for body in cluster.listed(kind, namespaces, is_whole=True):
            take(body)
    roll.close()
    return Answer(_spread(roll.found, chance), roll.pods)


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
    is_alone = len(candidate.pods) == (run.parallelism if run.status["state"] == "running" else 0)
    if candidate.job is None or not is_alone or any(pod.is_over for pod in candidate.pods):
        return None
    seen = _seen(run, candidate.job, candidate.pods, now)
    new = status.decide(run, seen)
    if hindrances.subject(seen) or news.is_transition(run.status, new):
        return None
    return pace.following(run, seen, new)


def _seen(run: Run, job: Job, found: Sequence[Pod], now: float) -> Observation:
    """What a pass would see, had every recorder just said that all is well."""
    heads = {pod.uid: Head(now, "recording", has_streams=True) for pod in found}
    known = attempts.recalled(run.status.get("lastAttempts") or [], run.training_container)
    tries = attempts.merge(known, found, observer.circumstances(run, job, heads))
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
    """What of a pod template says which container trains, and whether it starts again in place."""
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
