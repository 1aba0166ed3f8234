"""When a run is looked at again, how closely it is followed, and when its time to live is over; a pure rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import conditions, documents, durability, recording, times
from chiplog_operator.observations import Observation
from chiplog_operator.specs import Run

YOUNG_SECONDS = 300.0
"""A run is followed closely for this long after its start."""

LOOK_AGAIN_SECONDS = 30.0
"""A living run is looked at this often even if nothing moves: silence makes no event. So is a Job that was refused."""

LOOKS_PER_SECOND = 10.0
"""But all that live together are looked at no oftener than this, about three requests each: more than 300 wait longer.
What moves makes an event and is looked at at once, however many live."""

AWAITED_SECONDS = 2.5
"""A run whose pods are to start is looked at this often at first, less often the longer it waits."""

STILL_AWAITED_SECONDS = 8.0
"""But no less often than this, however long: why it does not start is to be told within 10 s."""

LOST_AGAIN_SECONDS = 300.0
"""A run that ended without being durable is looked at this often: a partitioned node may come back."""

GIVE_UP_SECONDS = 24 * 3600.0
"""And after this long no more."""

DEPARTED_SECONDS = 15.0
"""A deleted TrainingRun whose pods are ending is looked at this often."""


@dataclass(frozen=True)
class Pace:
    """What follows a pass."""

    again_after: float | None = None
    """Seconds; None waits for an event."""
    is_followed: bool = False
    is_hot: bool = False
    is_awaited: bool = False
    """A recorder of it runs, and is to write its first head any moment."""
    is_heard: bool = False
    """Its recorders were heard of, so that one which only came further is no reason to look."""
    is_forgotten: bool = False
    """Nothing of it needs to be remembered until then."""
    is_expired: bool = False
    """It is to be deleted now."""


def look_again_seconds(live: int) -> float:
    """Until a living run of so many is looked at again where nothing moves."""
    return max(LOOK_AGAIN_SECONDS, live / LOOKS_PER_SECOND)


def following(run: Run, seen: Observation, new: Mapping[str, Any], live: int = 1) -> Pace:
    """What follows a pass over a TrainingRun whose status is now `new`, where so many live."""
    if documents.is_durable(new):
        return _of_durable(run, new, seen.now)
    if new["state"] in documents.TERMINAL:
        return _of_ended(run, seen, new)
    started = times.seconds(new.get("startTime"))
    is_young = started is None or seen.now - started < YOUNG_SECONDS
    is_alive = any(not pod.is_over for pod in seen.pods)
    is_heard = conditions.find(new, recording.TYPE).get("status") == "True"
    is_awaited = any(recording.is_awaited(seen, pod) for pod in seen.pods)
    again = _look_again(run, seen, new, live)
    return Pace(again, is_followed=is_alive, is_hot=is_young, is_awaited=is_awaited, is_heard=is_heard)


def settled(run: Run, now: float) -> Pace:
    """What is left to do for a run that its status calls durable: nothing but to die in time."""
    return _of_durable(run, run.status, now)


def departing(seen: Observation, new: Mapping[str, Any]) -> Pace:
    """What follows a pass over a deleted TrainingRun: until its records are safe, or its pods had their time."""
    if seen.trouble is not None:
        return Pace(DEPARTED_SECONDS, is_forgotten=True)
    is_running = any(not pod.is_over for pod in seen.pods)
    if documents.is_durable(new) or (not is_running and _since_end(seen, new) > durability.LOST_SECONDS):
        return Pace(is_forgotten=True)
    return Pace(DEPARTED_SECONDS, is_forgotten=True)


def _look_again(run: Run, seen: Observation, new: Mapping[str, Any], live: int) -> float:
    """Why a pod is not made or does not start makes no event of a pod: it is asked for, at first every few seconds."""
    is_awaited = new["state"] == "pending" and seen.refusal is None
    waited = seen.now - (seen.job.created_at if seen.job is not None else run.created_at)
    if not is_awaited:
        return look_again_seconds(live)
    return max(AWAITED_SECONDS, min(STILL_AWAITED_SECONDS, waited / 10), live / LOOKS_PER_SECOND)


def _of_durable(run: Run, new: Mapping[str, Any], now: float) -> Pace:
    """The time to live counts from the moment that everything was in the bucket."""
    if run.ttl_seconds_after_finished is None or run.is_deleting:
        return Pace(is_forgotten=True)
    durable_at = times.seconds(conditions.find(new, durability.TYPE)["lastTransitionTime"]) or now
    left = durable_at + run.ttl_seconds_after_finished - now
    return Pace(left, is_forgotten=True) if left > 0 else Pace(is_forgotten=True, is_expired=True)


def _of_ended(run: Run, seen: Observation, new: Mapping[str, Any]) -> Pace:
    waited = _since_end(seen, new)
    ttl = run.ttl_seconds_after_finished
    if run.mirrors is not None and ttl is not None and waited > max(ttl, GIVE_UP_SECONDS):
        return Pace(is_forgotten=True, is_expired=not run.is_deleting)
    if waited <= durability.LOST_SECONDS:
        return Pace(durability.LOST_SECONDS - waited + 1.0, is_followed=True, is_hot=True)
    is_waited_for = waited < GIVE_UP_SECONDS or (run.mirrors is not None and ttl is not None)
    again = LOST_AGAIN_SECONDS if waited < GIVE_UP_SECONDS else LOST_AGAIN_SECONDS * 12
    return Pace(again if is_waited_for else None, is_forgotten=True)


def _since_end(seen: Observation, new: Mapping[str, Any]) -> float:
    return seen.now - (times.seconds(new.get("completionTime")) or seen.now)
