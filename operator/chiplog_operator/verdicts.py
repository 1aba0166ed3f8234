"""The one state of a run and why: pod facts outrank the program's exit record, which outranks the heartbeat.

Where no witness is left the reason is what is known (`Deleted`, `JobDeleted`), never a guess at how the program did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog.documents import Attempt
from chiplog_operator import attempts, documents, names, pods, recording
from chiplog_operator.observations import Job, Observation
from chiplog_operator.pods import Pod
from chiplog_operator.specs import Run, Workload

NO_POD_SECONDS = 30.0
"""A Job that has made no pod for this long is worth a word."""

UNREAD_SECONDS = 10.0
"""A Job of a run this young that is not there, and of which no pod ended, is rather missing in an old answer of an API
server than deleted; and a run that was called killed without any records would be durable for good."""

QUIET_SECONDS = 60.0
"""A workload that does not tell of its end is over so long after its last pod ended well."""

RETRY_SECONDS = 900.0
"""The same after one that ended badly: the longest that a controller waits before it tries again is some minutes."""

_STEADY = frozenset({
    "ImagePullBackOff", "CrashLoopBackOff", "QuotaExceeded", "AdmissionDenied", "PodRefused", "VolumeNotMounted",
    "NoSandbox",
})  # fmt: skip
"""Reasons whose messages alternate while nothing changes; the first one stays."""


@dataclass(frozen=True)
class Verdict:
    """Where a run stands."""

    state: str
    reason: str
    message: str

    @property
    def is_over(self) -> bool:
        """The run never leaves this state."""
        return self.state in documents.TERMINAL


def verdict(run: Run, seen: Observation) -> Verdict:
    """The state of a run; one that is over stays as it was.

    Unless its Job goes on, or somebody else has written the status: then what it says is no witness.
    """
    before = run.status
    if before.get("state") in documents.TERMINAL and not _goes_on(seen.job) and not run.status_editors:
        return Verdict(before["state"], before.get("reason", ""), before.get("message", ""))
    found = _verdict(run, seen)
    is_same = (before.get("state"), before.get("reason")) == (found.state, found.reason)
    return Verdict(found.state, found.reason, before["message"]) if is_same and found.reason in _STEADY else found


def _goes_on(job: Job | None) -> bool:
    return job is not None and not job.is_complete and not job.failing


def _verdict(run: Run, seen: Observation) -> Verdict:
    job = seen.job
    if job is not None and job.is_complete:
        return Verdict("finished", "Completed", _ended(seen) or "the run finished")
    if job is not None and job.failure:
        return _failed(run, job, seen)
    if job is not None and job.is_mute and (ended := _by_pods(seen)) is not None:
        return ended
    if seen.is_departed and (run.mirrors is None or _is_left(seen)):
        return _departed(run, seen)
    if seen.refusal is not None:
        return Verdict("failed" if seen.refusal.is_final else "pending", seen.refusal.reason, seen.refusal.message)
    if run.stop is not None and not any(not pod.is_over for pod in seen.pods) and (job is None or job.is_suspended):
        return Verdict("killed", run.stop.reason, run.stop.message)
    if job is None:
        return _without_job(run, seen)
    if job.is_suspended:
        return _suspended(run)
    return _living(run, seen, job)


def _failed(run: Run, job: Job, seen: Observation) -> Verdict:
    """The Job gave up: the last attempt's end is the true reason, unless its own deadline or `spec.stop` ended it."""
    if job.failure == attempts.DEADLINE and run.stop is not None:
        return Verdict("killed", run.stop.reason, run.stop.message)
    if job.failure == attempts.DEADLINE:
        return Verdict("killed", attempts.DEADLINE, job.message or "the run was active for longer than it may")
    if not seen.attempts or not seen.attempts[-1]["reason"]:
        return Verdict("failed", job.failure, job.message)
    return _by_end(seen.attempts[-1], seen)


def _by_end(attempt: Attempt, seen: Observation) -> Verdict:
    end = attempts.trainer(attempts.decisive(attempt, seen.training), seen.training)
    state = "killed" if attempts.is_killed(end) else "failed"
    return Verdict(state, attempt["reason"], _ended(seen))


def _ended(seen: Observation) -> str:
    """`attempt 2 ended: OOMKilled, exit code 137 (pod mnist-3f2a9c10-x7k2p): …`."""
    if not seen.attempts or not seen.attempts[-1]["reason"]:
        return ""
    return describe(seen.attempts[-1], seen.training)


def describe(attempt: Attempt, training: str) -> str:
    """How an attempt ended, in a sentence."""
    binding = attempts.decisive(attempt, training)
    end = attempts.trainer(binding, training)
    code = f", exit code {end['exit_code']}" if "exit_code" in end else ""
    said = f": {end['message']}" if end.get("message") else ""
    return f"attempt {attempt['number']} ended: {attempt['reason']}{code} (pod {binding['pod']}){said}"


def _without_job(run: Run, seen: Observation) -> Verdict:
    if not seen.was_begun:
        return Verdict("pending", "Pending", "the Job is not made yet")
    if run.mirrors is not None:
        return _witnessless(seen, "WorkloadDeleted", _gone(run.mirrors))
    has_ended = any(attempt["reason"] for attempt in seen.attempts)
    if not has_ended and not run.is_deleting and seen.now - run.created_at < UNREAD_SECONDS:
        return Verdict("pending", "Pending", "the Job was made, and is not to be read yet")
    reason = "RunDeleted" if run.is_deleting else "JobDeleted"
    return _witnessless(seen, reason, "the Job was deleted while the run went on")


def _witnessless(seen: Observation, reason: str, message: str) -> Verdict:
    """No Job is left to ask: an end that the newest pod, or the program itself, still told of; else a kill."""
    last = seen.attempts[-1] if seen.attempts else None
    if last is None or not last["reason"]:
        return Verdict("killed", reason, message)
    if last.get("exit_code") == 0:
        return Verdict("finished", "Completed", _ended(seen))
    return Verdict("killed", reason, message) if last["reason"] == attempts.DELETED else _by_end(last, seen)


def _departed(run: Run, seen: Observation) -> Verdict:
    if run.mirrors is None:
        return _witnessless(seen, "RunDeleted", "the TrainingRun was deleted while it ran")
    return _witnessless(seen, "WorkloadDeleted", _gone(run.mirrors))


def _is_left(seen: Observation) -> bool:
    """The workload of a mirror is gone, or cannot be read and no pod of it lives; else the mirror went alone."""
    return seen.job is None or (seen.job.is_mute and all(pod.is_over for pod in seen.pods))


def _gone(workload: Workload) -> str:
    return f"{workload.kind} {workload.name} was deleted while it ran"


def _by_pods(seen: Observation) -> Verdict | None:
    """The end of a workload that does not tell of it: its newest pods are over, and for long none has followed."""
    newest = attempts.current(seen.attempts).values()
    ends = [attempts.trainer(binding, seen.training).get("finished_at") for binding in newest]
    present = [
        pod for pod in map(seen.pod, (binding["pod"] for binding in newest)) if pod is not None and not pod.is_over
    ]
    last = seen.attempts[-1] if seen.attempts else None
    if present or last is None or not last["reason"]:
        return None
    is_good = last.get("exit_code") == 0
    waited = seen.now - max((end for end in ends if end is not None), default=seen.now)
    if waited < (QUIET_SECONDS if is_good else RETRY_SECONDS):
        return None
    return Verdict("finished", "Completed", _ended(seen)) if is_good else _by_end(last, seen)


def _suspended(run: Run) -> Verdict:
    if run.suspend:
        return Verdict("suspended", "Suspended", "spec.suspend is true")
    queue = run.labels.get(names.QUEUE_LABEL)
    said = f"it waits in Kueue's queue {queue}: see kubectl get workloads" if queue else "another controller holds it"
    return Verdict("suspended", "Queued", f"the Job is held back: {said}")


def _living(run: Run, seen: Observation, job: Job) -> Verdict:
    newest = [seen.pod(binding["pod"]) for binding in attempts.current(seen.attempts).values()]
    present = [pod for pod in newest if pod is not None and not pod.is_over]
    training = [pod for pod in present if seen.trainer(pod).is_running]
    if training and run.stop is not None:
        return Verdict("running", "Stopping", run.stop.message)
    if training:
        return _training(seen, training)
    if present:
        return _starting(seen, present)
    if seen.attempts and seen.hindrance is None:
        return _between(run, seen)
    if seen.hindrance is not None:
        return Verdict("pending", seen.hindrance.reason, seen.hindrance.message)
    if seen.now - job.created_at > NO_POD_SECONDS:
        text = "the Job has made no pod, and no Event says why: see kubectl describe job"
        return Verdict("pending", "NoPod", text)
    return Verdict("pending", "Pending", "the Job has not made a pod yet")


def _between(run: Run, seen: Observation) -> Verdict:
    """The newest pods are over and their Job has not yet said what follows: the run's end, or another attempt."""
    last, told = seen.attempts[-1], _ended(seen) or "the last attempt ended"
    is_disrupted = last["reason"] in attempts.DISRUPTIONS  # The Job does not count those against backoffLimit.
    if last.get("exit_code") == 0 or (run.backoff_limit == 0 and not is_disrupted):
        return Verdict("running", "Ending", told)
    return Verdict("pending", "Restarting", f"{told}; the next is to start")


def _training(seen: Observation, training: list[Pod]) -> Verdict:
    if all(pod.recorder is None for pod in training):
        return _untracked(seen, training)
    if all(recording.is_silent(seen, pod) for pod in training):
        return Verdict("silent", "Silent", "it trains, but its recorder missed its heartbeat")
    return Verdict("running", "Running", "it trains")


def _untracked(seen: Observation, training: list[Pod]) -> Verdict:
    fault = next((seen.missed[pod.name] for pod in training if pod.name in seen.missed), None)
    if fault is None:
        return Verdict("untracked", "Untracked", "it trains without a recorder")
    return Verdict("untracked", fault.reason, fault.message)


def _starting(seen: Observation, present: list[Pod]) -> Verdict:
    """No container trains: a pod has yet to start, or its training is over and the recorder ships the rest."""
    for pod in present:
        if seen.trainer(pod).ended is not None and not seen.trainer(pod).waiting:
            return Verdict("running", "Ending", _ended(seen) or "the training container is between two lives")
        every = (*pod.containers, *((pod.recorder,) if pod.recorder else ()))
        reason, message = pods.trouble(pod, every)
        if reason:
            return Verdict("pending", reason, message)
    if seen.hindrance is not None:
        return Verdict("pending", seen.hindrance.reason, seen.hindrance.message)
    return Verdict("pending", "Starting", f"pod {present[0].name} starts")


def is_pull_problem(status: Mapping[str, Any]) -> bool:
    """An image of the run cannot be pulled."""
    return status.get("state") == "pending" and status.get("reason") in ("ImagePullBackOff", "InvalidImageName",
                                                                         "ErrImageNeverPull")  # fmt: skip
