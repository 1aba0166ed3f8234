"""Why no pod was made, or why a pod does not start, from the cluster's Warning Events; it asks nobody itself.

A quota, a LimitRange, Pod Security or a webhook refuses pods of a Job that was itself accepted, and a volume that
cannot be mounted holds a pod that was scheduled: of neither does any status say why, only an Event does.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chiplog_operator import pods, times
from chiplog_operator.observations import Hindrance, Observation
from chiplog_operator.pods import Pod

Tree = Mapping[str, Any]

PATIENCE_SECONDS = 2.0
"""A pod that is made, or starts, within this time is no matter for a question."""


_REFUSALS = (
    (r"exceeded quota", "QuotaExceeded", "a quota of the namespace is used up; pods are tried again as it frees"),
    (r"must specify .*(limits|requests)", "QuotaExceeded", "the quota asks for requests and limits in the template"),
    (r"violates PodSecurity", "PodSecurityViolation", "the namespace's Pod Security level does not allow the template"),
    (r"(maximum|minimum) .* usage per|limit to request ratio", "LimitRangeViolation",
     "the namespace's LimitRange does not allow the template's resources"),
    (r"serviceaccount .* not found", "ServiceAccountMissing", "make the ServiceAccount, or name another"),
    (r"no PriorityClass", "PriorityClassMissing", "make the PriorityClass, or name another"),
    (r"admission webhook|ValidatingAdmissionPolicy|denied the request", "AdmissionDenied",
     "an admission policy of the cluster refuses the pod"),
)  # fmt: skip
"""Words of a refused pod creation (the Job's Event FailedCreate), our reason, and what they mean."""

REFUSALS = frozenset({*(reason for _, reason, _ in _REFUSALS), "PodRefused"})
"""Our reasons for a pod that the API server does not take."""

UNMOUNTED = {
    "FailedMount": ("VolumeNotMounted", "a volume cannot be mounted: does its Secret, ConfigMap or claim exist?"),
    "FailedAttachVolume": ("VolumeNotMounted", "a volume cannot be attached to the node"),
    "FailedCreatePodSandBox": ("NoSandbox", "the node cannot set up the pod's network or sandbox"),
    "FailedBinding": ("VolumeNotBound", "a claim has no volume"),
    "ProvisioningFailed": ("VolumeNotBound", "a claim gets no volume"),
}
"""Reasons of Events on pods, our reasons, and what they mean."""


def subject(seen: Observation) -> str:
    """The UID of whom to ask about: the Job where it makes no pod, a pod that does not start; empty for nobody."""
    if seen.job is None or seen.job.is_suspended or seen.job.is_complete or seen.job.failing:
        return ""
    present = [pod for pod in seen.pods if not pod.is_over]
    if not present:
        is_late = seen.now - max(seen.job.created_at, _last_end(seen)) > PATIENCE_SECONDS
        return seen.job.uid if is_late else ""
    return next((pod.uid for pod in present if _is_stuck(seen, pod)), "")


def hindrance(warnings: Iterable[Tree]) -> Hindrance | None:
    """What the newest Warning that we understand says; None where there is none."""
    for event in sorted(warnings, key=_moment, reverse=True):
        said, reason = str(event.get("message") or event.get("note") or ""), str(event.get("reason"))
        if reason in UNMOUNTED:
            word, meaning = UNMOUNTED[reason]
            return Hindrance(word, f"{meaning}: {said}")
        if reason == "FailedCreate":
            return _refusal(said)
    return None


def _refusal(said: str) -> Hindrance:
    """Which pod was refused is new each time, and no news."""
    words = re.sub(r'pods? "[^"]*" (is|are) forbidden: ', "", said.removeprefix("Error creating: "))
    for pattern, reason, meaning in _REFUSALS:
        if re.search(pattern, said):
            return Hindrance(reason, f"{meaning}: {words}")
    return Hindrance("PodRefused", f"the API server refuses the pod: {words}")


def _is_stuck(seen: Observation, pod: Pod) -> bool:
    """It has a node, says nothing of a trouble, and nothing in it runs."""
    is_waiting = not any(item.is_running or item.ended for item in pod.containers) and not (
        pod.recorder and pod.recorder.is_running
    )
    every = (*pod.containers, *((pod.recorder,) if pod.recorder else ()))
    return bool(pod.node) and is_waiting and not pods.trouble(pod, every)[0] and _age(seen, pod) > PATIENCE_SECONDS


def _age(seen: Observation, pod: Pod) -> float:
    return seen.now - pod.created_at


def _last_end(seen: Observation) -> float:
    return max((attempt.get("finished_at", 0.0) for attempt in seen.attempts), default=0.0)


def _moment(event: Tree) -> float:
    series = event.get("series") or {}
    moments = (event.get("lastTimestamp"), series.get("lastObservedTime"), event.get("eventTime"))
    return max((times.seconds(moment) or 0.0 for moment in moments if moment), default=0.0)
