"""What the cluster's objects say: is it a run of ours, does the recorder stand in its pods, and do they start."""

from collections.abc import Iterator

from chiplog_cli.evidence import Evidence, Object
from chiplog_cli.findings import Finding, absence, asking, bad, containers, good, matching, open_, starting
from chiplog_cli.surroundings import Surroundings

_CONDITIONS = ("Started", "Recording", "Complete", "Failed", "Suspended", "Durable")

_LOOK = "kubectl get pods -A -l app.kubernetes.io/component=operator"
_OPERATOR_LOGS = "see the operator: kubectl logs -n chiplog-system -l app.kubernetes.io/component=operator --tail=20"

_LATER = frozenset({"Shipping", "Resumed"})
"""Reasons of a condition that is False without anything being wrong."""


def of(seen: Evidence) -> Iterator[Finding]:
    """All that the cluster knows of the subject."""
    if seen.no_cluster:
        yield open_(f"the cluster was not asked: {seen.no_cluster}")
        return
    if seen.training_run is not None:
        yield from _of_run(seen.training_run, seen.around)
    if seen.is_namespace:
        if seen.around is not None:
            yield from matching.of_namespace(seen.pods, seen.around)
        return
    if seen.training_run is not None and seen.job is None and not seen.pods:
        yield bad("it has no Job yet", _OPERATOR_LOGS)
    if seen.job is not None and not seen.pods:
        yield from starting.of_job(seen.job, seen.around)
    for pod in seen.pods:
        yield from _of_pod(pod, seen)


def _of_run(run: Object, around: Surroundings | None) -> Iterator[Finding]:
    status = run.get("status") or {}
    if not status:
        yield bad(
            "the operator has not seen the TrainingRun",
            f"is it running, and does it watch this namespace (watchNamespaces)? {_LOOK}",
        )
        yield from _of_operators(around)
        return
    if status.get("observedGeneration", 0) < run["metadata"].get("generation", 0):
        yield bad("the operator has not seen the last change of the TrainingRun", f"is it running? {_LOOK}")
        yield from _of_operators(around)
    yield good(f"TrainingRun {run['metadata']['name']} is run {status.get('runId', '')}, {status.get('state', '')}")
    if status.get("message"):
        over_badly = status.get("state") in ("failed", "killed", "silent", "untracked")
        yield Finding(False if over_badly else None, f"the operator says: {status['message']}")
    for condition in sorted(status.get("conditions") or [], key=_rank):
        yield from _of_condition(condition)


def _of_operators(around: Surroundings | None) -> Iterator[Finding]:
    for deployment in (around.operators if around is not None else None) or ():
        where = f"-n {deployment['metadata'].get('namespace', '')} deployment/{deployment['metadata']['name']}"
        yield from absence.of_deployment(deployment, "operator", f"kubectl describe {where}; kubectl logs {where}")


def _rank(condition: Object) -> int:
    return _CONDITIONS.index(condition["type"]) if condition["type"] in _CONDITIONS else len(_CONDITIONS)


def _of_condition(condition: Object) -> Iterator[Finding]:
    kind, status, reason = condition["type"], condition["status"], condition.get("reason", "")
    text = f"{kind} is {status} ({reason}): {condition.get('message', '')}".rstrip(": ")
    if kind in ("Recording", "Durable"):
        is_good = True if status == "True" else False if status == "False" and reason not in _LATER else None
        yield Finding(is_good, text)
    elif kind == "Failed" and status == "True":
        yield Finding(False, text)


def _of_pod(pod: Object, seen: Evidence) -> Iterator[Finding]:
    job = seen.job if seen.training_run is None or (seen.training_run.get("spec") or {}).get("mirrors") else None
    yield from matching.of_pod(pod, job, seen.around, has_run=seen.training_run is not None)
    if asking.recorder(pod) is not None:
        yield from containers.of(pod)
    yield from starting.of_pod(pod, seen.around)
