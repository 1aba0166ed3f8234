"""The whole status of a Sweep from its plan and its trials; it writes nothing."""

import statistics
from collections.abc import Sequence
from typing import Any

from chiplog_operator import conditions, times
from chiplog_operator.conditions import Condition
from chiplog_operator.sweeps import samplers, values
from chiplog_operator.sweeps.plans import Plan
from chiplog_operator.sweeps.resources import Sweep, Task
from chiplog_operator.sweeps.trials import Trial

SHOWN = 10
"""Stopped trials that a status shows."""

_MESSAGE_LENGTH = 2048
ENDED = ("finished", "failed")


def status(sweep: Sweep, task: Task, plan: Plan, trials: Sequence[Trial], made: int, now: float) -> dict[str, Any]:
    """The status to be written, complete; equal to `sweep.status` where nothing changed."""
    found = {
        **_head(sweep, plan.state, plan.reason, plan.message),
        "trials": made,
        "expectedTrials": samplers.total(task.search),
        "running": sum(not trial.is_over for trial in trials),
        "succeeded": sum(trial.state == "succeeded" for trial in trials),
        "failed": sum(trial.state == "failed" for trial in trials) + made - len(trials),
        "pruned": sum(trial.state == "pruned" for trial in trials),
        "best": _best(task, trials),
        "estimatedCompletionTime": _estimate(sweep, task, plan, trials, made),
        "lastStopped": _stopped(trials) or None,
        "conditions": conditions.moved_on(sweep.status, _conditions(sweep, task, plan), sweep.generation, now),
    }
    return {key: value for key, value in found.items() if value is not None}


def refused(sweep: Sweep, reason: str, message: str, now: float) -> dict[str, Any]:
    """The status of a Sweep that cannot be run as it is; what it said of its trials stays."""
    found = [conditions.false("Accepted", reason, message), conditions.true("Failed", reason, message)]
    said = {**sweep.status, **_head(sweep, "failed", reason, message)}
    return {**said, "conditions": conditions.moved_on(sweep.status, found, sweep.generation, now)}


def _head(sweep: Sweep, state: str, reason: str, message: str) -> dict[str, Any]:
    return {
        "observedGeneration": sweep.generation,
        "sweepId": sweep.id,
        "state": state,
        "reason": reason,
        "message": message[:_MESSAGE_LENGTH],
    }


def _best(task: Task, trials: Sequence[Trial]) -> dict[str, Any] | None:
    found = values.best(trials, task.metric) if task.metric is not None else None
    if task.metric is None or found is None:
        return None
    trial, value = found
    return {
        "trial": trial.name,
        "run": trial.run_id,
        "metric": task.metric.name,
        "goal": task.metric.goal,
        "value": format(value, ".6g"),
        "parameters": dict(trial.config),
    }


def _estimate(sweep: Sweep, task: Task, plan: Plan, trials: Sequence[Trial], made: int) -> str | None:
    """From the end of the newest trial, so that it moves only when one ends."""
    total = samplers.total(task.search)
    spans = [
        trial.finished_at - trial.started_at
        for trial in trials
        if trial.is_over and trial.finished_at is not None and trial.started_at is not None
    ]
    left = None if total is None else total - made + sum(not trial.is_over for trial in trials)
    if plan.state != "running" or not spans or not left:
        return None
    newest = max(trial.finished_at for trial in trials if trial.finished_at is not None)
    return times.text(newest + statistics.fmean(spans) * left / sweep.parallelism)


def _stopped(trials: Sequence[Trial]) -> list[dict[str, str]]:
    found = [trial for trial in trials if trial.said]
    return [{"trial": trial.name, "message": trial.said} for trial in found[-SHOWN:]]


def _conditions(sweep: Sweep, task: Task, plan: Plan) -> list[Condition]:
    warned = "; ".join(task.search.config.warnings)
    found = [conditions.true("Accepted", "Accepted", warned or "the configuration can be run")]
    if plan.state == "suspended":
        found.append(conditions.true("Suspended", plan.reason, plan.message))
    elif conditions.find(sweep.status, "Suspended"):
        found.append(conditions.false("Suspended", "Resumed", "trials start again"))
    if plan.state in ENDED:
        kind = "Complete" if plan.state == "finished" else "Failed"
        found.append(conditions.true(kind, plan.reason, plan.message))
    return found
