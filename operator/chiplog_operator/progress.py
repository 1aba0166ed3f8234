"""How far a run is, in the numbers of its status: step, headline metric, rows, lag; it decides nothing."""

import math
from collections.abc import Iterable
from typing import Any

from chiplog_operator import attempts, heads
from chiplog_operator.heads import Head
from chiplog_operator.observations import Observation
from chiplog_operator.specs import Run

_STALLED_STEP_SECONDS = 15
"""A lag that only grows is told in steps of this, so that it does not write a status every second."""


def numbers(run: Run, seen: Observation, *, is_durable: bool) -> dict[str, Any]:
    """The fields of the status that only progress changes. What no recorder tells any more stays as it was told."""
    current = [seen.heads.get(binding["id"]) for _, binding in sorted(attempts.current(seen.attempts).items())]
    found = [head for head in current if head is not None]
    before = run.status
    told = {
        "step": max((head.step for head in found if head.step is not None), default=before.get("step")),
        "metric": _metric(run, found),
        "rows": max(sum(head.rows for head in seen.heads.values()), before.get("rows", 0))
        if _any_rows(run, seen)
        else None,
        "lagSeconds": 0 if is_durable else _lag(run, seen),
        "recorders": max(len(seen.heads), before.get("recorders", 0)) or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _any_rows(run: Run, seen: Observation) -> bool:
    return bool(seen.heads) or "rows" in run.status


def _metric(run: Run, found: Iterable[Head]) -> dict[str, str] | None:
    if not run.metrics:
        return None
    headline = run.metrics[0]
    texts = (heads.metric_text(head.summary, headline["name"]) for head in found)
    before = run.status.get("metric") or {}
    remembered = before.get("value") if before.get("name") == headline["name"] else None
    value = next((text for text in texts if text is not None), remembered)
    return {"name": headline["name"], "goal": headline["goal"], **({"value": value} if value is not None else {})}


def _lag(run: Run, seen: Observation) -> int | None:
    """The slowest recorder's, for that is what a lost node would cost."""
    lags = [_lag_of(seen, pod.uid, pod.recorder.started_at) for pod in seen.pods if not pod.is_over and pod.recorder]
    told = [lag for lag in lags if lag is not None]
    before = run.status.get("lagSeconds")
    return max(told) if told else before


def _lag_of(seen: Observation, recorder: str, started_at: float | None) -> int | None:
    """A recorder's own number, unless it says that it cannot ship: then the time since it last could."""
    head, probe = seen.heads.get(recorder), seen.probes.get(recorder)
    since = head.modified if head is not None else started_at
    is_stalled = probe is not None and probe.bucket in ("denied", "missing", "unreachable")
    if is_stalled and since is not None:
        return max(0, int(seen.now - since) // _STALLED_STEP_SECONDS * _STALLED_STEP_SECONDS)
    return math.ceil(head.lag_seconds) if head is not None else None
