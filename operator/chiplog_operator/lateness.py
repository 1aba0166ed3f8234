"""What became of a night that has no run: is it late, or missed, and why; it looks at nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chiplog_operator import observations, times
from chiplog_operator.cronjobs import CronJob

Tree = Mapping[str, Any]

LATE_SECONDS = 30.0
"""Kubernetes looks at its CronJobs every 10 s, so a Job that is not there after this long is late."""

RUNLESS_SECONDS = 600.0
"""A Job whose pod is scheduled, and its image pulled, has made its run by then."""

SETTLE_SECONDS = 30.0
"""After the end of a Job, or a deadline, what it made may still be on its way to us."""


@dataclass(frozen=True)
class Fault:
    """A night that is not as it should be."""

    kind: Literal["late", "missed"]
    reason: str
    """`NoJob`, `Overlap`, `NoRun`."""
    said: str


def judge(cron: CronJob, due: float, following: float | None, job: Tree | None, busy: str, now: float) -> Fault | None:
    """The fault of a night without a run; None while it may still come in time.

    `following` is the next due time, where it is past; `job` the night's Job, `busy` the Job of an earlier night that
    was at work when it was due.
    """
    when = times.text(due)
    if job is not None:
        return _of_job(due, job, now)
    if cron.last_scheduled_at == due:
        said = f"the night of {when} has no run: its Job {cron.job_name(due)} is gone"
        return Fault("missed", "NoRun", said) if now - due >= RUNLESS_SECONDS else None
    if busy:
        reason, why = "Overlap", f"{busy} was still at work, and concurrencyPolicy is Forbid"
    else:
        reason, why = "NoJob", "no Job was made for it"
    if now >= _deadline(cron, due, following) + SETTLE_SECONDS:
        return Fault("missed", reason, f"the night of {when} is missed: {why}")
    return Fault("late", reason, f"the night of {when} is late: {why} yet") if now - due >= LATE_SECONDS else None


def last_before(cron: CronJob, due: float) -> float | None:
    """The night before `due` for which a Job was made last, where it is known."""
    last = cron.last_scheduled_at
    return last if last is not None and last < due else None


def was_busy(job: Tree | None, due: float) -> bool:
    """A Job was at work when the next night was due."""
    if job is None:
        return False
    found = observations.job(job)
    is_over = found.is_complete or bool(found.failure)
    return not is_over or (found.finished_at is not None and found.finished_at > due)


def overlapping(live: Sequence[tuple[float, str]], due: float) -> str:
    """The name of an earlier night's run that goes on, else empty; `live` are scheduled times and names."""
    return next((name for moment, name in sorted(live) if moment < due), "")


def _of_job(due: float, job: Tree, now: float) -> Fault | None:
    found, name = observations.job(job), job["metadata"]["name"]
    if found.is_complete or found.failure:
        ended = found.failure or "Complete"
        said = f"the night of {times.text(due)} has no run: its Job {name} ended ({ended}) and made none"
        is_settled = now - (found.finished_at or due) >= SETTLE_SECONDS
        return Fault("missed", "NoRun", said) if is_settled else None
    said = f"the night of {times.text(due)} is late: its Job {name} has made no run yet"
    return Fault("late", "NoRun", said) if now - found.created_at >= RUNLESS_SECONDS else None


def _deadline(cron: CronJob, due: float, following: float | None) -> float:
    """When Kubernetes gives a night up: past its starting deadline, or when the next one is due."""
    ends = [following] if following is not None else []
    ends += [due + cron.deadline_seconds] if cron.deadline_seconds is not None else []
    ends += [due] if cron.last_scheduled_at is not None and cron.last_scheduled_at > due else []
    return min(ends, default=float("inf"))
