"""The whole status of a run from what it wants, what was seen and what was said before; it writes nothing."""

from collections.abc import Mapping
from typing import Any

from chiplog.documents import Attempt
from chiplog_operator import (
    attempts,
    conditions,
    documents,
    durability,
    hindrances,
    progress,
    recording,
    times,
    verdicts,
)
from chiplog_operator.conditions import Condition
from chiplog_operator.observations import Observation
from chiplog_operator.specs import Run
from chiplog_operator.verdicts import Verdict

Tree = Mapping[str, Any]

_MESSAGE_LENGTH = 2048
"""A message is cut to this many characters, so that a status stays small."""


def decide(run: Run, seen: Observation) -> dict[str, Any]:
    """The status to be written, complete; equal to `run.status` where nothing changed."""
    verdict = verdicts.verdict(run, seen)
    tries = list(seen.attempts)
    ended_at = _ended_at(run, seen) if verdict.is_over else None
    held = conditions.moved_on(run.status, _conditions(run, seen, verdict, ended_at), run.generation, seen.now)
    status = {
        "observedGeneration": run.generation,
        "runId": run.id,
        "state": verdict.state,
        "reason": verdict.reason,
        "message": verdict.message[:_MESSAGE_LENGTH],
        "attempts": max((attempt["number"] for attempt in tries), default=run.status.get("attempts", 0)),
        "lastAttempts": attempts.shown(tries, seen.training) or run.status.get("lastAttempts"),
        "node": _node(run, tries, seen),
        "exitCode": tries[-1].get("exit_code") if tries else run.status.get("exitCode"),
        "jobName": run.id if seen.was_begun and run.mirrors is None else None,
        "startTime": _start(run, seen),
        "completionTime": times.text(ended_at) if ended_at is not None else None,
        "conditions": held,
        **progress.numbers(run, seen, is_durable=documents.is_durable({"conditions": held})),
    }
    return {key: value for key, value in status.items() if value is not None}


def _conditions(run: Run, seen: Observation, verdict: Verdict, ended_at: float | None) -> list[Condition]:
    found = [
        _admitted(run.status, seen, verdict),
        _started(run.status, seen, verdict),
        recording.condition(seen, run.status, is_over=verdict.is_over),
        _suspended(run.status, verdict),
        _ended(verdict),
        _durable(run.status, seen, ended_at),
    ]
    return [condition for condition in found if condition is not None]


def _admitted(before: Tree, seen: Observation, verdict: Verdict) -> Condition:
    """The cluster takes the run: its Job is made, no queue holds it, and its pods are not refused. At the end it stays
    as it was said last.
    """
    said = conditions.find(before, "Admitted")
    if verdict.is_over and said:
        return Condition("Admitted", said["status"], said["reason"], said["message"])
    if verdict.state == "suspended" or not seen.was_begun or verdict.reason in hindrances.REFUSALS:
        return conditions.false("Admitted", verdict.reason, verdict.message)
    return conditions.true("Admitted", "JobMade", "the Job is made, and nothing holds it back")


def _started(before: Tree, seen: Observation, verdict: Verdict) -> Condition:
    """Once True it stays True, whatever becomes of later attempts."""
    said = conditions.find(before, "Started")
    if said.get("status") == "True":
        return Condition("Started", "True", said["reason"], said["message"])
    if any("started_at" in attempt for attempt in seen.attempts):
        return conditions.true("Started", "TrainingStarted", "the training container has started")
    return conditions.false("Started", verdict.reason, verdict.message)


def _suspended(before: Tree, verdict: Verdict) -> Condition | None:
    """As in a Job: it appears with the first suspension."""
    if verdict.state == "suspended":
        return conditions.true("Suspended", verdict.reason, verdict.message)
    if conditions.find(before, "Suspended"):
        return conditions.false("Suspended", "Resumed", "the run may go on")
    return None


def _ended(verdict: Verdict) -> Condition | None:
    """As in a Job: it appears at the end, and says how."""
    if not verdict.is_over:
        return None
    kind = "Complete" if verdict.state == "finished" else "Failed"
    return conditions.true(kind, verdict.reason, verdict.message)


def _durable(before: Tree, seen: Observation, ended_at: float | None) -> Condition:
    """Once True it stays True: later the tables take over from the recorders' objects. A run that lives is not."""
    said = conditions.find(before, durability.TYPE)
    if said.get("status") == "True" and ended_at is not None:
        return Condition(durability.TYPE, "True", said["reason"], said["message"])
    return durability.condition(seen, ended_at=ended_at)


def _node(run: Run, tries: list[Attempt], seen: Observation) -> str | None:
    """The node of the newest attempt; kubectl's columns cannot reach the last item of a list."""
    node = attempts.decisive(tries[-1], seen.training)["node"] if tries else run.status.get("node", "")
    return node or None


def _start(run: Run, seen: Observation) -> str | None:
    starts = [attempt["started_at"] for attempt in seen.attempts if "started_at" in attempt]
    before: str | None = run.status.get("startTime")
    return before or (times.text(min(starts)) if starts else None)


def _ended_at(run: Run, seen: Observation) -> float:
    """When the last attempt ended; where nobody saw that, when the Job or we noticed. Said once, it stays."""
    said = times.seconds(run.status.get("completionTime"))
    stops = [attempt["finished_at"] for attempt in seen.attempts if "finished_at" in attempt]
    noticed = seen.job.finished_at if seen.job is not None else None
    return said or max(stops, default=None) or noticed or seen.now
