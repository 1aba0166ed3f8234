"""What a sweep does now: which trials start, which are stopped, and where it stands; it does none of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chiplog_operator.sweeps import samplers, values
from chiplog_operator.sweeps.resources import Sweep, Task
from chiplog_operator.sweeps.stopping import Decision
from chiplog_operator.sweeps.trials import Trial

FIRST_FAILURES = 5
"""A sweep whose first trials all fail is given up after so many, as W&B's agent does."""


@dataclass(frozen=True)
class Plan:
    """What to do, and what to say of it."""

    starts: tuple[int, ...]
    """Indexes of the trials to make now."""
    stops: tuple[Decision, ...]
    state: str
    reason: str
    message: str


def plan(sweep: Sweep, task: Task, trials: Sequence[Trial], made: int) -> Plan:
    """`made` is how many trials were ever made: the next has this index, whatever became of the others."""
    stops = _stops(task, trials)
    ending = _ending(sweep, task, trials, made)
    active = [trial for trial in trials if not trial.is_over]
    if ending is not None:
        state, reason, message = ending
        is_over = not active
        return Plan((), stops, state if is_over else "running", reason, message)
    if sweep.suspend:
        text = f"no trial starts; {len(active)} go on" if active else "no trial starts"
        return Plan((), stops, "suspended", "Suspended", text)
    left = _left(task, made)
    room = max(0, sweep.parallelism - len(active))
    starts = tuple(range(made, made + (room if left is None else min(room, left))))
    count = len(active) + len(starts)
    return Plan(starts, stops, "running", "Running", f"{count} {'trial runs' if count == 1 else 'trials run'}")


def _stops(task: Task, trials: Sequence[Trial]) -> tuple[Decision, ...]:
    if task.rule is None or task.metric is None:
        return ()
    return tuple(found for found in task.rule.decide(trials, task.metric) if not found.trial.is_stopping)


def _left(task: Task, made: int) -> int | None:
    total = samplers.total(task.search)
    return None if total is None else max(0, total - made)


def _ending(sweep: Sweep, task: Task, trials: Sequence[Trial], made: int) -> tuple[str, str, str] | None:
    """State, reason and message once no further trial starts; the state holds when the last one is over."""
    if task.metric is not None and (best := values.best(trials, task.metric)) and task.metric.is_reached(best[1]):
        text = f"{best[0].name} reached {task.metric.name} {best[1]:.6g}, the target is {task.metric.target:g}"
        return "finished", "TargetReached", text
    if failure := _failure(sweep, trials, made):
        return "failed", *failure
    if _left(task, made) == 0:
        return "finished", "AllTrialsMade", f"all {made} trials are made"
    return None


def _failure(sweep: Sweep, trials: Sequence[Trial], made: int) -> tuple[str, str] | None:
    failed = sum(trial.state == "failed" for trial in trials) + made - len(trials)
    if sweep.max_failed_trials is not None:
        if failed > sweep.max_failed_trials:
            return "TooManyFailures", f"{failed} trials failed, maxFailedTrials is {sweep.max_failed_trials}"
        return None
    if failed >= FIRST_FAILURES and failed == made - sum(not trial.is_over for trial in trials):
        return "EveryTrialFails", f"the first {failed} trials all failed; set maxFailedTrials to go on in spite of it"
    return None
