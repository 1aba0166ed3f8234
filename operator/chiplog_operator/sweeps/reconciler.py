"""One level-triggered pass over one Sweep: look, decide, write; every decision is made elsewhere.

The order of writes: trials that are stopped, trials that start, the status, Events. Each can be repeated: a trial's
name says which it is, so one that is there already is not made again, and what the next one tries is the same whoever
asks. A pass that was cut off anywhere is simply done again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from chiplog.documents import Attempt, TrialDocument
from chiplog.errors import BucketError, FormatError
from chiplog_operator import events, names, specs
from chiplog_operator.cluster import Cluster, ClusterError, Conflict, Forbidden, Invalid, Missing
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.sightings import Key
from chiplog_operator.sweeps import (
    announcing,
    configs,
    documents,
    manifests,
    plans,
    resources,
    results,
    samplers,
    sightings,
    statuses,
)
from chiplog_operator.sweeps.plans import Plan
from chiplog_operator.sweeps.resources import Sweep, Task
from chiplog_operator.sweeps.results import Results
from chiplog_operator.sweeps.trials import Curve, Trial

Json = dict[str, Any]

LOOK_AGAIN_SECONDS = 30.0
"""A sweep that goes on is looked at this often even if nothing moves."""

JUDGE_SECONDS = 5.0
"""And this often where trials may be stopped early: what they log makes no event."""

log = structlog.get_logger()


class Refused(Exception):
    """A trial cannot be made, and never will be as the Sweep stands."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class SweepReconciler:
    """What a pass works with; threads may run passes over different Sweeps at once."""

    cluster: Cluster
    ledger: Ledger
    results: Results
    metrics: Metrics
    clock: Callable[[], float]
    reporter: str = ""

    def reconcile(self, key: Key) -> float | None:
        """Bring the Sweep at `key` on its way. Returns seconds until it is looked at again; None waits for an event."""
        body = self.cluster.sweep(*key)
        if body is None or "deletionTimestamp" in body["metadata"]:
            self.results.forget(*key)
            return None
        sweep = resources.sweep(body)
        try:
            task = resources.task(sweep)
        except configs.InvalidConfig as error:
            self._tell(sweep, statuses.refused(sweep, "InvalidConfig", str(error), self.clock()))
            return None
        return self._advance(sweep, task)

    def keep(self, run: specs.Run, status: Mapping[str, Any], attempts: Sequence[Attempt]) -> None:
        """Write down what a trial found, before its outcome says that it is durable. Raises BucketError."""
        place = run.labels.get(names.TRIAL_LABEL, "")
        body = self.cluster.sweep(run.namespace, run.labels.get(names.SWEEP_LABEL, ""))
        if body is None or not place.isdecimal() or self.results.kept(run.namespace, run.id) is not None:
            return
        sweep = resources.sweep(body)
        try:
            self._keep(sweep, resources.task(sweep), replace(run, status=status), int(place), attempts)
        except configs.InvalidConfig as error:
            log.warning("trial not kept, its sweep is invalid", run=run.id, namespace=run.namespace, error=str(error))

    def _advance(self, sweep: Sweep, task: Task) -> float | None:
        bodies = {place: body for body in self.cluster.trials(sweep.namespace, sweep.name)
                  if manifests.is_of(body, sweep) and (place := sightings.index(body)) is not None}  # fmt: skip
        trials = [self._trial(sweep, task, place, specs.run(bodies[place])) for place in sorted(bodies)]
        made = max(sweep.status.get("trials", 0), max(bodies, default=-1) + 1)
        plan = plans.plan(sweep, task, trials, made)
        stopped = self._stop(plan, bodies)
        trials = [replace(trial, **stopped.get(trial.index, {})) for trial in trials]
        try:
            started = self._start(sweep, task, plan, trials)
        except Refused as refused:
            self._tell(sweep, statuses.refused(sweep, refused.reason, str(refused), self.clock()))
            return LOOK_AGAIN_SECONDS
        made += len(started)
        self._tell(sweep, statuses.status(sweep, task, plan, [*trials, *started], made, self.clock()))
        is_idle = plan.state == "suspended" and all(trial.is_over for trial in trials)
        if is_idle or plan.state in statuses.ENDED:
            return None
        return JUDGE_SECONDS if task.rule is not None else LOOK_AGAIN_SECONDS

    def _trial(self, sweep: Sweep, task: Task, place: int, run: specs.Run) -> Trial:
        found = sightings.trial(run, place, {})
        try:
            return replace(found, curves=self._curves(sweep, task, place, run, found))
        except (BucketError, FormatError) as error:
            log.warning("trial not read, a later pass will", namespace=run.namespace, run=run.id, error=str(error))
            # Without its values an ended trial must not be counted: the next ones would be chosen by less.
            return replace(found, state="running", is_stopping=True) if found.is_over else found

    def _curves(self, sweep: Sweep, task: Task, place: int, run: specs.Run, found: Trial) -> Mapping[str, Curve]:
        names_of = [metric.name for metric in task.metrics]
        if not names_of or found.state == "pending":
            return {}
        if found.is_over:
            kept = self.results.kept(run.namespace, run.id) or self._keep(sweep, task, run, place, self._attempts(run))
            return results.curves(kept)
        wanted = task.iterations or ((1,) if task.search.objectives[0].impute_while_running else ())
        attempts = self._attempts(run) if wanted else ()
        rows = self._rows(run, attempts)
        return self.results.running(run.namespace, run.id, attempts, names_of, wanted, rows)

    def _rows(self, run: specs.Run, attempts: Sequence[Attempt]) -> int:
        """As many rows as its recorders' heads tell, which are read ahead of the status."""
        ids = [binding["id"] for attempt in attempts for binding in attempt["recorders"] if binding["id"]]
        heads = [self.ledger.head(run.namespace, recorder) for recorder in ids]
        return sum(head.rows for head in heads if head is not None)

    def _keep(self, sweep: Sweep, task: Task, run: specs.Run, place: int, attempts: Sequence[Attempt]) -> TrialDocument:
        names_of, headline = [metric.name for metric in task.metrics], run.status.get("metric") or {}
        curves = self.results.ended(run.namespace, attempts, names_of, task.iterations, headline)
        document = documents.trial(sweep, task, run, sightings.trial(run, place, curves), curves)
        self.results.keep(run.namespace, run.id, document)
        return document

    def _attempts(self, run: specs.Run) -> Sequence[Attempt]:
        outcome = self.ledger.outcome(self.ledger.place(run.namespace, run.id))
        return outcome["attempts"] if outcome is not None else ()

    def _stop(self, plan: Plan, bodies: Mapping[int, Json]) -> dict[int, Json]:
        """Tell trials to end; returns what is new of them, by index."""
        stopped = {}
        for decision in plan.stops:
            body = bodies[decision.trial.index]
            try:
                self.cluster.patch_run(body["metadata"]["namespace"], body["metadata"]["name"],
                                       manifests.stop(body, decision))  # fmt: skip
            except (Missing, Conflict, Invalid):
                continue  # It went, or was stopped by somebody else; its next event says so.
            log.info("trial stopped", namespace=body["metadata"]["namespace"], run=decision.trial.run_id,
                     said=decision.said)  # fmt: skip
            stopped[decision.trial.index] = {"is_stopping": True, "said": decision.said}
        return stopped

    def _start(self, sweep: Sweep, task: Task, plan: Plan, trials: Sequence[Trial]) -> list[Trial]:
        """Make trials, each chosen with the ones before it in sight."""
        started: list[Trial] = []
        for place in plan.starts:
            chosen = samplers.suggest(task.search, place, [*trials, *started])
            body = self._made(sweep, manifests.trial(sweep, task, place, chosen))
            started.append(sightings.trial(specs.run(body), place, {}))
        return started

    def _made(self, sweep: Sweep, manifest: Json) -> Json:
        """The trial's TrainingRun, made now or by an earlier pass that was cut off. Raises Refused."""
        name = manifest["metadata"]["name"]
        try:
            made = self.cluster.create_run(manifest)
        except Conflict as error:
            found = self.cluster.run(sweep.namespace, name)
            if found is None:
                raise
            if not manifests.is_of(found, sweep):
                text = (
                    f"TrainingRun {name} is there and is not this sweep's: delete it, or make a Sweep of another name"
                )
                raise Refused("NameTaken", text) from error
            return found
        except (Invalid, Forbidden) as error:
            raise Refused("TrialRefused", f"the API server refuses TrainingRun {name}: {error.said}") from error
        log.info("trial made", namespace=sweep.namespace, sweep=sweep.name, run=name)
        return made

    def _tell(self, sweep: Sweep, new: Json) -> None:
        """The status if it changed, in one write, and then Events of the change."""
        if new == sweep.status:
            return
        self.cluster.apply_sweep_status(_status_manifest(sweep, new))
        self.metrics.count("sweep_status_writes_total")
        for event in announcing.between(sweep.status, new):
            self.metrics.count("events_total", reason=event.reason)
            manifest = events.manifest(event, sweep, self.reporter, self.clock(), kind=names.SWEEP_KIND)
            try:
                self.cluster.create_event(manifest)
            except ClusterError as error:
                log.warning("event not made, the status tells it", sweep=sweep.name, error=str(error))


def _status_manifest(sweep: Sweep, new: Json) -> Json:
    """The status to apply, over the very version that was read."""
    metadata = {"name": sweep.name, "namespace": sweep.namespace, "uid": sweep.uid,
                "resourceVersion": sweep.resource_version}  # fmt: skip
    return {"apiVersion": names.API_VERSION, "kind": names.SWEEP_KIND, "metadata": metadata, "status": new}
