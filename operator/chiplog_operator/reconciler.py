"""One level-triggered pass over one TrainingRun: look, decide, write; every decision is made elsewhere.

A pass starts from what is there and each of its writes can be repeated, so one that was cut short anywhere is simply
done again. The order of writes: run.json, the Job, outcome.json (the memory of pods that vanish), what people are to be
told, the status, Events.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from chiplog.documents import Attempt
from chiplog.errors import BucketError, FormatError, PreconditionFailed
from chiplog_operator import (
    documents,
    events,
    manifests,
    names,
    news,
    observations,
    pace,
    promptness,
    sources,
    specs,
    status,
    workloads,
)
from chiplog_operator.cluster import Cluster, ClusterError, Conflict, Forbidden, Invalid, Missing
from chiplog_operator.following import Following
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.news import Budget
from chiplog_operator.observations import Observation, Refusal
from chiplog_operator.observer import Memory, Observer
from chiplog_operator.pace import Pace
from chiplog_operator.promptness import Lags
from chiplog_operator.settings import Settings
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.specs import Run, Workload

Json = dict[str, Any]

ID_TAKEN = "RunIdTaken"
"""Reason of a run whose id is another's."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Reconciler:
    """What a pass works with; threads may run passes over different runs at once."""

    settings: Settings
    cluster: Cluster
    ledger: Ledger
    sightings: Sightings
    observer: Observer
    following: Following
    metrics: Metrics
    budget: Budget
    reporter: str = ""
    """Our pod's name, which Events name."""
    keep: Callable[[Run, Json, Sequence[Attempt]], None] = lambda *_: None
    """Writes down what a sweep's trial found."""
    close: Callable[[Run, Json, Observation], Json] = lambda _, new, __: new
    """Judges a run's gates and writes down its night."""
    notify: Callable[[Run, Json, Observation], None] = lambda *_: None
    """Takes in what people are to be told of a run, before its status says so."""
    notify_problem: Callable[[Run], str] = lambda _: ""
    """Why a run that asks for it is told to nobody."""
    due_seconds: Callable[[Key], float] = lambda _: 0.0
    """For how long a pass has been due when it is made: since an event, or since its time came."""
    lags: Lags = field(default_factory=Lags)

    def __post_init__(self) -> None:
        self.metrics.gauge("lag_seconds", self.lags.worst)

    def reconcile(self, key: Key) -> float | None:
        """Bring what stands at `key` on its way. Returns after how many seconds to look again; None waits for an event.

        Raises ClusterError where the API server did not take a write, PreconditionFailed where outcome.json was not
        as remembered: both are worth another pass.
        """
        present, departed = self.cluster.run(*key), self.sightings.run(key)
        if present is not None and departed is not None and specs.run(present).id == specs.run(departed).id:
            self.sightings.run_returned(key)
            departed = None
        delays = []
        if departed is not None:
            delays.append(self._depart(key, specs.run(departed)))
        if present is not None:
            delays.append(self._advance(key, specs.run(present)))
        else:
            self.following.drop(key)
            self.budget.forget(key)
            self.lags.note(key, None)
        return min((delay for delay in delays if delay is not None), default=None)

    def _advance(self, key: Key, run: Run) -> float | None:
        """One pass over a TrainingRun that is there."""
        if not run.is_ours:
            return None
        is_settled = documents.is_durable(run.status) and run.status.get("observedGeneration") == run.generation
        if is_settled and not run.status_editors:
            return self._expire(run, pace.settled(run, self.observer.clock()))
        if _is_untouched(run):
            self._begin(run)
        if self._is_another_s(run):
            unseen = self.observer.unseen(run, _id_taken(run))
            self._tell(key, run, unseen, status.decide(run, unseen))
            return pace.LOOK_AGAIN_SECONDS
        run, refusal = self._filled_in(run)
        memory = self.observer.remember(run)
        job, refusal = (None, refusal) if refusal is not None else self._workload(run, memory)
        seen = replace(self.observer.observe(key, run, memory, job), refusal=refusal)
        run = replace(run, template=seen.template)
        new = status.decide(run, seen)
        new = self.close(run, new, seen) if documents.is_durable(new) else new
        if not self._record(key, run, seen, new) and documents.is_durable(new):
            return pace.LOOK_AGAIN_SECONDS  # Durable is the last word: it waits until the outcome is written.
        self.notify(run, new, seen)
        wait = self._tell(key, run, seen, new)
        after = pace.following(run, seen, new, self.following.living())
        self.lags.note(key, new.get("lagSeconds") if after.is_followed else None)
        again = self._follow(key, run, seen, after)
        return min((delay for delay in (wait, again) if delay is not None), default=None)

    def _is_another_s(self, run: Run) -> bool:
        """The run's id is in the bucket as that of another resource, whose records must stay as they are.

        A run that was told its id has it; of a store that does not answer nothing is known.
        """
        if "runId" in run.status and run.status.get("reason") != ID_TAKEN:
            return False
        owner = ""
        with suppress(BucketError, FormatError):
            owner = self.ledger.owner(self.ledger.place(run.namespace, run.id))
        return names.run_id("", owner) == names.run_id("", run.identity) and owner != run.identity

    def _depart(self, key: Key, run: Run) -> float | None:
        """One pass over a TrainingRun that was deleted: its outcome is still to be written, by what was last seen."""
        if not run.is_ours or self._is_another_s(run) or not (memory := self.observer.remember(run)).has_begun(run):
            self.sightings.run_written_down(key)
            return None
        job = self._departing(run)
        seen = replace(self.observer.observe(key, run, memory, job), is_departed=True)
        run = replace(run, template=seen.template)
        new = status.decide(run, seen)
        # A CronJob that keeps few Jobs takes a night's mirror away as soon as it has ended.
        new = self.close(run, new, seen) if documents.is_durable(new) else new
        self._record(key, run, seen, new)
        self.notify(run, new, seen)
        self.sightings.run_vanished(key, _with_status(self.sightings.run(key), new))
        after = pace.departing(seen, new)
        if after.again_after is None:
            self.sightings.run_written_down(key)
        self._forget(run, seen)
        return after.again_after

    def _workload(self, run: Run, memory: Memory) -> tuple[observations.Job | None, Refusal | None]:
        """What runs: our Job, or of a mirror somebody else's workload, of which nothing is ever made or changed."""
        if run.mirrors is not None:
            return self._mirrored(run, run.mirrors), None
        return self._ensure_job(run, memory)

    def _departing(self, run: Run) -> observations.Job | None:
        if run.mirrors is not None:
            return self._mirrored(run, run.mirrors)
        body = self.cluster.job(run.namespace, run.id)
        return observations.job(body) if body is not None and manifests.is_of(body, run) else None

    def _mirrored(self, run: Run, workload: Workload) -> observations.Job | None:
        """The workload, None where it is gone; one that may not be read is judged by its pods."""
        try:
            body = self.cluster.workload(run.namespace, workload)
        except Forbidden:
            return workloads.mute(workload, run.created_at)
        is_same = body is not None and body["metadata"]["uid"] == workload.uid
        return workloads.job(workload, body) if is_same and body is not None else None

    def _ensure_job(self, run: Run, memory: Memory) -> tuple[observations.Job | None, Refusal | None]:
        """The Job, made where the run never had one; an owner's change of `suspend` or `stop` is passed on.

        A run that ever began gets no second Job: one that was deleted by hand is an end, not a reason to train again.
        A bucket that is down is no reason not to train.
        """
        is_new = _is_untouched(run) and not memory.has_begun(run)
        body = None if is_new else self.cluster.job(run.namespace, run.id)
        if body is not None and manifests.is_of(body, run):
            return observations.job(self._with_wishes(run, body)), None
        if (
            run.is_deleting
            or run.stop is not None
            or memory.has_begun(run)
            or run.status.get("state") in documents.TERMINAL
        ):
            return None, None
        if body is not None:
            return None, _taken("Job", run)
        self._ensure_document(run)
        return self._make_job(run)

    def _found_job(self, run: Run) -> tuple[observations.Job | None, Refusal | None]:
        """What stands where a Job was to be made: ours, of a pass that was cut off, or a stranger's."""
        body = self.cluster.job(run.namespace, run.id)
        if body is None or not manifests.is_of(body, run):
            return None, _taken("Job", run)
        return observations.job(self._with_wishes(run, body)), None

    def _filled_in(self, run: Run) -> tuple[Run, Refusal | None]:
        """The run with what it does again in it (`spec.from`), written down once; or why that cannot be."""
        if not run.is_unresolved or run.is_deleting or run.stop or run.status.get("state") in documents.TERMINAL:
            return run, None
        body = self.cluster.run(run.namespace, run.source)
        if body is None or not body["spec"].get("template"):
            said = f"spec.from.run: there is no TrainingRun {run.source} with a template in namespace {run.namespace}"
            return run, Refusal(said, is_final=False, reason="SourceMissing")
        try:
            made = self.cluster.patch_run(run.namespace, run.name, sources.patch(run, body))
        except Invalid as error:
            return run, Refusal(f"as {run.source} was made, this run cannot be: {error.said}", is_final=True)
        log.info("run filled in", namespace=run.namespace, run=run.id, source=run.source)
        return specs.run(made), None

    def _make_job(self, run: Run) -> tuple[observations.Job | None, Refusal | None]:
        """The Job, and before it the Service of a gang, whose workers look for each other at once."""
        try:
            if not self._ensure_service(run):
                return None, _taken("Service", run)
            made = self.cluster.create_job(manifests.job(run, self.settings))
        except Conflict:
            return self._found_job(run)
        except (Invalid, Forbidden) as error:
            return None, Refusal(f"the API server refuses the Job: {error.said}", is_final=isinstance(error, Invalid))
        log.info("job made", namespace=run.namespace, run=run.id)
        return replace(observations.job(made), is_new=True), None

    def _ensure_service(self, run: Run) -> bool:
        """The Service of a gang is there, or none is needed; False where a stranger's has its name."""
        service = manifests.service(run)
        if service is None:
            return True
        try:
            self.cluster.create_service(service)
        except Conflict:
            found = self.cluster.service(run.namespace, run.id)
            return found is not None and manifests.is_of(found, run)
        return True

    def _with_wishes(self, run: Run, body: Mapping[str, Any]) -> Mapping[str, Any]:
        patch = manifests.stopping(run, body) or manifests.suspension(run, body)
        if patch is None or "deletionTimestamp" in body["metadata"]:
            return body
        try:
            return self.cluster.patch_job(run.namespace, run.id, patch)
        except (Missing, Invalid):
            return body  # The Job ended or went meanwhile; its next event says so. A Conflict is worth another pass.

    def _record(self, key: Key, run: Run, seen: Observation, new: Json) -> bool:
        """run.json and outcome.json, where there is anything to tell; vanished pods that stand in it need no other
        memory. Says whether they are written.
        """
        if seen.trouble is not None or not (seen.was_begun or new["state"] in documents.TERMINAL):
            return False
        self._ensure_document(run)
        if not self._is_kept(run, seen, new):
            return False
        document = documents.outcome(run.id, new, seen.attempts)
        place = self.ledger.place(run.namespace, run.id)
        is_written = self._tolerated(run, lambda: self.ledger.save_outcome(place, document))
        if is_written:
            self.sightings.pods_written_down(key, [pod.uid for pod in seen.pods if pod.is_gone])
        return is_written

    def _is_kept(self, run: Run, seen: Observation, new: Json) -> bool:
        """A trial's values are written down before its outcome calls it durable: then its segments go."""
        if names.SWEEP_LABEL not in run.labels or not documents.is_durable(new):
            return True
        return self._tolerated(run, lambda: self.keep(run, new, seen.attempts))

    def _tell(self, key: Key, run: Run, seen: Observation, new: Json) -> float | None:
        """The status if it changed, in one write, and then Events of the change. Mere progress waits for its turn, and
        what changes again at once for that: then after how many seconds it is to be told.
        """
        is_transition = news.is_transition(run.status, new)
        if not is_transition:
            self.budget.settled(key)
        if new == run.status:
            return None
        if is_transition:
            self.budget.noticed(key, self.due_seconds(key))
        wait = self.budget.hold(key, new) if is_transition else self.budget.wait(key, len(self.following))
        if wait > 0:
            return wait
        self.cluster.apply_status(manifests.status(run, new))
        late_seconds = self.budget.told(key)
        if is_transition:
            self.metrics.took("transition_told_seconds", late_seconds)
        for name, seconds in promptness.delays(run.status, new, seen, self.observer.clock()):
            self.metrics.took(name, seconds)
        self.metrics.count("status_writes_total", kind="transition" if is_transition else "progress")
        for event in events.between(run.status, new):
            self._say(run, event)
        if not run.status and (said := self.notify_problem(run)):
            self._say(run, events.Event("Warning", "NotifyRefused", said))
        return None

    def _say(self, run: Run, event: events.Event) -> None:
        """Make an Event; where that is refused the status still holds the fact."""
        self.metrics.count("events_total", reason=event.reason)
        log.info("event", namespace=run.namespace, run=run.id, reason=event.reason, note=event.note)
        manifest = events.manifest(event, run, self.reporter, self.observer.clock())
        try:
            self.cluster.create_event(manifest)
        except ClusterError as error:
            log.warning("event not made, the status tells it", namespace=run.namespace, run=run.id, error=str(error))

    def _follow(self, key: Key, run: Run, seen: Observation, after: Pace) -> float | None:
        if after.is_followed:
            self.following.follow(
                key, _recorders(seen), is_hot=after.is_hot, is_heard=after.is_heard, is_awaited=after.is_awaited
            )
        elif not after.is_forgotten:
            self.following.wait(key)
        else:
            self.following.drop(key)
        if after.is_forgotten:
            self.budget.forget(key)
            self._forget(run, seen)
        return self._expire(run, after)

    def _expire(self, run: Run, after: Pace) -> float | None:
        if after.is_expired:
            log.info("deleted, its time to live is over", namespace=run.namespace, run=run.id)
            self.cluster.delete_run(run.namespace, run.name, run.uid, run.resource_version)
        return after.again_after

    def _forget(self, run: Run, seen: Observation) -> None:
        self.ledger.forget(self.ledger.place(run.namespace, run.id), _recorders(seen))

    def _begin(self, run: Run) -> None:
        """run.json before anything is read of a run that is new, so that nothing needs to be read."""
        place = self.ledger.place(run.namespace, run.id)
        self._tolerated(run, lambda: self.ledger.begin(place, partial(documents.run, run, self.settings.cluster)))

    def _ensure_document(self, run: Run) -> None:
        place = self.ledger.place(run.namespace, run.id)
        document = partial(documents.run, run, self.settings.cluster)
        self._tolerated(run, lambda: self.ledger.ensure_run(place, document))

    def _tolerated(self, run: Run, write: Callable[[], object]) -> bool:
        """Write to the bucket; what a store does not take now it gets in a later pass. Raises PreconditionFailed."""
        try:
            write()
        except PreconditionFailed:
            raise
        except (BucketError, FormatError) as error:
            log.warning("not written, a later pass will", namespace=run.namespace, run=run.id, error=str(error))
            return False
        return True


def _is_untouched(run: Run) -> bool:
    """Nothing was told of it yet, and it has all that a Job is made of."""
    return not (run.status or run.is_deleting or run.stop or run.is_unresolved or run.mirrors)


def _recorders(seen: Observation) -> list[str]:
    return [binding["id"] for attempt in seen.attempts for binding in attempt["recorders"] if binding["id"]]


def _id_taken(run: Run) -> Refusal:
    """Chance, or somebody's invention: nothing is made or recorded, so that nobody's records are written over."""
    said = f"the run id {run.id} belongs to another run in the bucket: delete this one and make it again"
    return Refusal(said, is_final=False, reason=ID_TAKEN)


def _taken(kind: str, run: Run) -> Refusal:
    """A stranger's object stands where ours belongs: it is left alone, and the run waits."""
    said = f"there is a {kind} {run.id} that does not belong to this run: delete or rename it, and the run starts"
    return Refusal(said, is_final=False, reason="NameTaken")


def _with_status(body: Mapping[str, Any] | None, new: Json) -> Json:
    return {**(body or {}), "status": new}
