"""The condition Recording: do the run's recorders bring what it writes to the bucket, and if not, what to do."""

from collections.abc import Mapping
from typing import Any

from chiplog.records import HEARTBEAT_SECONDS
from chiplog_operator import attempts, conditions
from chiplog_operator.conditions import Condition
from chiplog_operator.heads import Head, Probe
from chiplog_operator.observations import Observation
from chiplog_operator.pods import Container, Pod

TYPE = "Recording"

EXPECTED_SECONDS = 20.0
"""A recorder that runs for this long has written its head; a head this old while it trains is worth a question."""

QUIET_SECONDS = 120.0
"""A script has this long to begin to write before we say that nothing is recorded."""

SILENT_SECONDS = HEARTBEAT_SECONDS + 60.0
"""A head older than this missed its heartbeat."""

FAILURES = frozenset({"AccessDenied", "BucketMissing", "Unreachable", "RecorderDown"})
"""Reasons that somebody should mend; each makes an Event."""

_BUCKET = {
    "denied": (
        "AccessDenied",
        "the recorder may not write to the bucket: let its role{role} put objects under live/, raw/ and blobs/ of "
        "this namespace. Training goes on; what is not shipped stays with the pod",
    ),
    "missing": (
        "BucketMissing",
        "the bucket does not exist: create it, or correct the chart's value. Training goes on; what is not shipped "
        "stays with the pod",
    ),
    "unreachable": (
        "Unreachable",
        "the recorder does not reach the store and tries again. Training goes on; what is not shipped stays with the "
        "pod",
    ),
}
_NO_RECORDS = (
    "the script has written nothing that is recorded: does it call wandb.init, or write to $CHIPLOG_DIR/files? Name a "
    "wandb directory that it hard-codes in spec.recorder.paths"
)
_RANKS = {"False": 0, "Unknown": 1, "True": 2}


def condition(seen: Observation, before: Mapping[str, Any], *, is_over: bool) -> Condition:
    """What to say now. `before` is the status written last.

    A failure's message stands as long as the failure: errors name keys and times, and must not write a status each.
    """
    said = conditions.find(before, TYPE)
    wanted = _at_the_end(seen, said) if is_over else _while_it_lives(seen, said)
    if (said.get("status"), said.get("reason")) == (wanted.status, wanted.reason) and wanted.reason in FAILURES:
        return Condition(TYPE, wanted.status, wanted.reason, said["message"])
    return wanted


def is_overdue(seen: Observation, pod: Pod) -> bool:
    """The pod trains, and its recorder should have been heard of by now."""
    recorder = pod.recorder
    if pod.is_over or recorder is None or not recorder.is_running or recorder.started_at is None:
        return False
    head = seen.heads.get(pod.uid)
    return seen.now - max(recorder.started_at, head.modified if head else 0.0) > EXPECTED_SECONDS


def is_awaited(seen: Observation, pod: Pod) -> bool:
    """The pod's recorder runs, and its first head is still to come."""
    is_running = pod.recorder is not None and pod.recorder.is_running and not pod.is_over
    return is_running and pod.uid not in seen.heads and not is_overdue(seen, pod)


def is_silent(seen: Observation, pod: Pod) -> bool:
    """A recorder that wrote before missed its heartbeat, and no answer of its own excuses it."""
    head, probe = seen.heads.get(pod.uid), seen.probes.get(pod.uid)
    answers = probe is not None and probe.bucket != "silent"
    return head is not None and not answers and seen.trouble is None and seen.now - head.modified > SILENT_SECONDS


def _while_it_lives(seen: Observation, said: Mapping[str, Any]) -> Condition:
    """The worst word on any rank's pod, for one lost rank is a loss.

    From a pod's end until the next one's recorder is overdue nothing is known to be amiss, and no status is written for
    that.
    """
    living = [pod for pod in map(seen.pod, _newest(seen)) if pod is not None and not pod.is_over]
    words = [_of_pod(seen, pod) for pod in living]
    if said.get("status") == "True" and _is_between(seen, living, words):
        return Condition(TYPE, "True", said["reason"], said["message"])
    if not words:
        return conditions.unknown(TYPE, "Waiting", "no training pod runs")
    return min(words, key=lambda word: _RANKS[word.status])


def _is_between(seen: Observation, living: list[Pod], words: list[Condition]) -> bool:
    """One attempt is over, and no recorder of the next has been heard of or should have been."""
    if not living:
        return bool(seen.attempts and seen.attempts[-1]["reason"])
    is_expected = any(is_overdue(seen, pod) for pod in living)
    return not is_expected and all(word.reason == "Waiting" for word in words)


def _newest(seen: Observation) -> list[str]:
    return [binding["pod"] for binding in attempts.current(seen.attempts).values()]


def _of_pod(seen: Observation, pod: Pod) -> Condition:
    recorder = pod.recorder
    if recorder is None:
        fault = seen.missed.get(pod.name)
        return conditions.false(TYPE, "Untracked", fault.message if fault else f"pod {pod.name} has no recorder")
    if not recorder.is_running and seen.trainer(pod).is_running:
        return conditions.false(TYPE, "RecorderDown", f"the recorder of pod {pod.name} does not run: {_why(recorder)}")
    if not recorder.is_running:
        return conditions.unknown(TYPE, "Waiting", f"the recorder of pod {pod.name} has not started")
    return _of_recorder(seen, pod, seen.heads.get(pod.uid), seen.probes.get(pod.uid))


def _why(recorder: Container) -> str:
    end = recorder.ended or recorder.last
    return recorder.message or (end.reason if end is not None else "it never started")


def _of_recorder(seen: Observation, pod: Pod, head: Head | None, probe: Probe | None) -> Condition:
    if probe is not None and probe.bucket in _BUCKET:
        reason, text = _BUCKET[probe.bucket]
        advice = text.replace("{role}", f" {seen.role}" if seen.role else "")
        return conditions.false(TYPE, reason, f"{advice} ({probe.message})" if probe.message else advice)
    if head is not None and not is_silent(seen, pod):
        return _of_head(seen, pod, head)
    if seen.trouble is not None:
        text = f"the operator cannot read the bucket, so it cannot tell: {seen.trouble.message}"
        return conditions.unknown(TYPE, seen.trouble.reason, text)
    if head is not None:
        return conditions.false(TYPE, "Silent", f"the recorder of pod {pod.name} missed its heartbeat")
    if probe is not None and probe.bucket == "silent":
        text = f"the recorder of pod {pod.name} wrote nothing yet and does not answer: {probe.message}"
        return conditions.unknown(TYPE, "NoAnswer", text)
    return conditions.unknown(TYPE, "Waiting", f"the recorder of pod {pod.name} has not written yet")


def _of_head(seen: Observation, pod: Pod, head: Head) -> Condition:
    started = seen.trainer(pod).started_at
    is_quiet = started is not None and seen.now - started > QUIET_SECONDS
    if not head.has_streams and is_quiet:
        return conditions.false(TYPE, "NoRecords", _NO_RECORDS)
    problems = f"; not recorded: {'; '.join(head.problems)}" if head.problems else ""
    return conditions.true(TYPE, "Shipping", f"what the run writes reaches the bucket{problems}")


def _at_the_end(seen: Observation, said: Mapping[str, Any]) -> Condition:
    heads = [seen.heads.get(binding["id"]) for binding in attempts.current(seen.attempts).values()]
    found = [head for head in heads if head is not None]
    if found and len(found) == len(heads) and all(head.is_drained for head in found):
        if not any(head.has_streams for head in found):
            return conditions.false(TYPE, "NoRecords", _NO_RECORDS)
        problems = "; ".join(problem for head in found for problem in head.problems)
        missing = f"; not recorded: {problems}" if problems else ""
        return conditions.true(TYPE, "Drained", f"all that was found is recorded{missing}")
    if said:
        return Condition(TYPE, said["status"], said["reason"], said["message"])
    return conditions.unknown(TYPE, "Waiting", "the run ended before its recorder was heard of")
