"""The condition Durable: True once the run is over and everything found is in the bucket; a pipeline waits for it."""

from collections.abc import Iterable

from chiplog.documents import RecorderBinding
from chiplog_operator import attempts, conditions, names
from chiplog_operator.conditions import Condition
from chiplog_operator.observations import Observation

TYPE = "Durable"

LOST_SECONDS = 60.0
"""A recorder whose pod is over had its time to drain; this long after the run's end we say that data may be lost."""


def condition(seen: Observation, *, ended_at: float | None) -> Condition:
    """What to say now; `ended_at` is when the run ended, None while it lives."""
    if ended_at is None:
        return conditions.false(TYPE, "Shipping", "the run goes on")
    if seen.trouble is not None:
        return conditions.false(TYPE, "Shipping", "the operator cannot read the bucket, so it cannot tell")
    if _is_untracked(seen):
        return conditions.false(TYPE, "Untracked", "it ran without a recorder, so nothing of it is in the bucket")
    open_pods = [binding["pod"] for binding in _recorders(seen) if not _is_drained(seen, binding)]
    if not open_pods:
        return _shipped(seen)
    is_running = any(not pod.is_over for pod in map(seen.pod, open_pods) if pod is not None)
    if is_running or seen.now - ended_at <= LOST_SECONDS:
        return conditions.false(TYPE, "Shipping", f"not yet drained: {_listed(open_pods)}")
    text = f"ended before everything was shipped: {_listed(open_pods)}; what is in the bucket stays readable"
    return conditions.false(TYPE, "Lost", text)


def _is_untracked(seen: Observation) -> bool:
    """It trained, and no pod of it ever had a recorder."""
    bindings = [binding for attempt in seen.attempts for binding in attempt["recorders"]]
    trained = [binding for binding in bindings if "started_at" in attempts.trainer(binding, seen.training)]
    words = [word["name"] for binding in bindings for word in binding["containers"]]
    return bool(trained) and names.SIDECAR not in words and not seen.heads


def _shipped(seen: Observation) -> Condition:
    if any(_recorders(seen)):
        return conditions.true(TYPE, "AllShipped", "everything found is in the bucket")
    return conditions.true(TYPE, "NothingToShip", "the run ended before anything could be recorded")


def _recorders(seen: Observation) -> Iterable[RecorderBinding]:
    """The recorders that ever ran, or may yet; a pod that ended before its image was pulled has nothing to ship."""
    bindings = [binding for attempt in seen.attempts for binding in attempt["recorders"]]
    return [
        binding
        for binding in bindings
        if binding["id"] in seen.heads or _has_started(binding, seen.training) or _is_alive(seen, binding)
    ]


def _is_alive(seen: Observation, binding: RecorderBinding) -> bool:
    pod = seen.pod(binding["pod"])
    return pod is not None and not pod.is_over


def _has_started(binding: RecorderBinding, training: str) -> bool:
    recorder = attempts.trainer(binding, names.SIDECAR)
    return "started_at" in recorder or "started_at" in attempts.trainer(binding, training)


def _is_drained(seen: Observation, binding: RecorderBinding) -> bool:
    head = seen.heads.get(binding["id"])
    return head is not None and head.is_drained


def _listed(pods: list[str]) -> str:
    return ", ".join(pods[:3]) + (f" and {len(pods) - 3} more" if len(pods) > 3 else "")
